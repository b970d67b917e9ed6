// One question on its way to an answer: which server is asked when, by UDP or TCP, and which answers count.
//
// A server that is silent is asked again in turn with the others; one that refuses, fails or is lame (RFC 1912 §2.8) is
// asked no more, and the next one at once.

import type { Clock, Timer } from '../../../base/clock.ts';
import type { Log } from '../../../base/log.ts';
import type { Random } from '../../../base/random.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import { type Millis, seconds } from '../../../base/units.ts';
import { decodeResponse, encodeQuery } from './codec.ts';
import type { DnsChannel, DnsNetwork, DnsServer } from './network.ts';
import { type DnsMessage, type Question, Rcode } from './records.ts';

export interface QueryEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly network: DnsNetwork;
}

/** An answer and who gave it; or why there is none. */
export type QueryOutcome = Result<{ readonly message: DnsMessage; readonly server: DnsServer }, string>;

/** One server, and how it is being asked. */
interface Attempt {
  readonly server: DnsServer;
  id: number;
  /** Whether it refuses to be told what we can receive, as servers of old do. */
  refusesEdns: boolean;
  times: number;
  datagrams: DnsChannel | undefined;
  stream: DnsChannel | undefined;
  /** It will not answer this question. */
  out: boolean;
}

/** How long each asking is waited for before the next: four of them, 5.5 s in all. */
export const PATIENT: readonly Millis[] = [seconds(0.5), seconds(1), seconds(2), seconds(2)];
/** For what may be swallowed by a router that knows few types, and can be done without. */
export const HASTY: readonly Millis[] = [seconds(0.5), seconds(0.5), seconds(0.5)];

/** One question, put to servers until one answers. */
export class DnsQuery {
  readonly #attempts: readonly Attempt[];
  /** Who was asked last, by place. */
  #last = -1;
  #waited = 0;
  #next: Timer | undefined;
  #over = false;

  /**
   * @param servers the best first; at least one
   * @param done called once, later than `begin`
   */
  constructor(
    private readonly question: Question,
    servers: readonly DnsServer[],
    private readonly waits: readonly Millis[],
    private readonly environment: QueryEnvironment,
    private readonly done: (outcome: QueryOutcome) => void,
  ) {
    this.#attempts = servers.map((server) => ({
      server,
      id: this.#newId(),
      refusesEdns: false,
      times: 0,
      datagrams: undefined,
      stream: undefined,
      out: false,
    }));
  }

  begin(): void {
    this.#askNext();
  }

  /** Ends without a word. */
  close(): void {
    this.#over = true;
    this.#next?.cancel();
    for (const { datagrams, stream } of this.#attempts) {
      datagrams?.close();
      stream?.close();
    }
  }

  /** RFC 5452 §9.2: from the full range, and not to be foreseen. */
  #newId(): number {
    return this.environment.random.bytes(2).readUInt16BE(0);
  }

  /** Asks the server whose turn it is, and plans the next asking. */
  #askNext(): void {
    const wait = this.waits[this.#waited];
    const attempt = this.#inTurn();
    if (attempt === undefined) this.#finish(err('every server refused'));
    else if (wait === undefined) this.#finish(err('no server answered'));
    else {
      this.#next = this.environment.clock.after(wait, 'DNS query', () => {
        this.#waited += 1;
        this.#askNext();
      });
      this.#ask(attempt);
    }
  }

  /** The servers by turns, those left out that will not answer. */
  #inTurn(): Attempt | undefined {
    for (let step = 1; step <= this.#attempts.length; step += 1) {
      const place = (this.#last + step) % this.#attempts.length;
      const attempt = this.#attempts[place];
      if (attempt === undefined || attempt.out) continue;
      this.#last = place;
      return attempt;
    }
    return undefined;
  }

  #ask(attempt: Attempt): void {
    attempt.datagrams ??= this.environment.network.datagrams(attempt.server, {
      message: (bytes) => this.#receive(attempt, bytes, false),
      failed: (reason) => this.#giveUp(attempt, reason),
    });
    attempt.times += 1;
    // Some drop what they do not know instead of refusing it: every second time it is asked as in the old days.
    const edns = !attempt.refusesEdns && attempt.times % 2 === 1;
    attempt.datagrams.send(encodeQuery(attempt.id, this.question, edns));
  }

  #receive(attempt: Attempt, bytes: Buffer, reliable: boolean): void {
    if (this.#over || attempt.out) return;
    const decoded = decodeResponse(bytes);
    if (!decoded.ok || decoded.value.id !== attempt.id) {
      // Forged, or late for another question: the true answer may still come (RFC 5452 §9.1).
      this.environment.log.debug('dns.ignored', { server: attempt.server.address });
      return;
    }
    const message = decoded.value;
    if (!attempt.refusesEdns && refusesEdns(message)) {
      attempt.refusesEdns = true;
      this.#ask(attempt);
      return;
    }
    if (!this.#answersQuestion(message)) return;
    if (message.truncated && !reliable) this.#askReliably(attempt);
    else if (isUsable(message)) this.#finish(ok({ message, server: attempt.server }));
    else this.#giveUp(attempt, `rcode ${message.rcode}`);
  }

  #answersQuestion({ question }: DnsMessage): boolean {
    return question !== undefined && question.name === this.question.name && question.type === this.question.type;
  }

  /** RFC 2181 §9: what was cut off is not used. */
  #askReliably(attempt: Attempt): void {
    if (attempt.stream !== undefined) return;
    attempt.stream = this.environment.network.stream(attempt.server, {
      message: (bytes) => this.#receive(attempt, bytes, true),
      failed: (reason) => this.#giveUp(attempt, reason),
    });
    attempt.stream.send(encodeQuery(attempt.id, this.question, !attempt.refusesEdns));
  }

  #giveUp(attempt: Attempt, reason: string): void {
    if (this.#over || attempt.out) return;
    this.environment.log.debug('dns.server-gave-up', { server: attempt.server.address, reason });
    attempt.out = true;
    attempt.datagrams?.close();
    attempt.stream?.close();
    this.#next?.cancel();
    this.#askNext();
  }

  #finish(outcome: QueryOutcome): void {
    if (this.#over) return;
    this.close();
    this.done(outcome);
  }
}

/** RFC 6891 §7: a server that knows no EDNS0; its refusal may come without the question. */
function refusesEdns({ rcode }: DnsMessage): boolean {
  return rcode === Rcode.formatError || rcode === Rcode.notImplemented;
}

/** An answer, or the statement that there is none; no failure, and no mere hint where else to ask. */
function isUsable(message: DnsMessage): boolean {
  const { rcode, answers, authorities, authoritative, recursionAvailable } = message;
  if (rcode === Rcode.noSuchName) return true;
  if (rcode !== Rcode.noError) return false;
  if (answers.length > 0 || authoritative) return true;
  // RFC 2308 §2.2: no data has an SOA, or neither SOA nor NS; a referral has NS alone. Without recursion it is lame.
  if (authorities.some(({ type }) => type === 'SOA')) return true;
  return recursionAvailable && !authorities.some(({ type }) => type === 'NS');
}
