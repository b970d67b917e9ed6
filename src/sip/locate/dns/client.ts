// A DNS client for one program: it asks recursive servers and remembers what they said for as long as they said.
//
// A failing server takes nothing away: what was known is given out beyond its time while nobody can be asked (RFC 8767).
// Left out: DNSSEC, encrypted transports, asking authoritative servers itself.

import { type Millis, millis, seconds } from '../../../base/units.ts';
import { type Alias, additionalAddresses, type Finding, failure, MAXIMUM_ALIASES, readAnswer } from './answers.ts';
import { isDnsName } from './codec.ts';
import type { DnsServer } from './network.ts';
import { DnsQuery, type QueryEnvironment, type QueryOutcome } from './query.ts';
import { type Question, questionKey } from './records.ts';

export interface DnsClientOptions extends QueryEnvironment {
  /** The servers as of now, the preferred first. */
  readonly servers: () => readonly DnsServer[];
}

/** What is known of a question, and until when it may be believed. */
export interface Known {
  readonly finding: Finding;
  readonly until: Millis;
}

/** How a question is to be asked. */
export interface Asked {
  /** How long each server is waited for: `PATIENT` or `HASTY`. */
  readonly waits: readonly Millis[];
  readonly ahead: boolean;
}

type Told = (known: Known) => void;

/** A question that is being asked. */
interface Asking {
  query: DnsQuery | undefined;
  /** Asks from the beginning, as if nothing had been asked yet. */
  again: () => void;
  readonly told: Told[];
}

/** The share of an answer's life, at its end, in which it is asked for ahead of its need. */
export const AHEAD_SHARE = 0.2;
const MAXIMUM_KNOWN = 512;
const MAXIMUM_ASKING = 64;
/** More servers than any system takes (three) and any configuration needs. */
const MAXIMUM_SERVERS = 8;
/** RFC 8767 §4: how long an answer beyond its time is given out before somebody is asked again. */
const STALE_LIFE = seconds(30);

/** Questions to servers, answers from memory. */
export class DnsClient {
  /** In the order in which they were learnt; the oldest is forgotten. */
  readonly #known = new Map<string, Known>();
  readonly #asking = new Map<string, Asking>();
  /** Who answered last is asked first. */
  #trusted: DnsServer | undefined;

  constructor(private readonly options: DnsClientOptions) {}

  /**
   * Answers a question: before it returns, where the answer is known and not too old.
   * @param ahead whether an answer in the last fifth of its life is too old: it is asked for before it is missed
   */
  ask(question: Question, { waits, ahead }: Asked, told: Told): void {
    const key = questionKey(question);
    const known = this.#known.get(key);
    const margin = ahead && known !== undefined ? known.finding.life * AHEAD_SHARE : 0;
    if (known !== undefined && this.options.clock.now() < known.until - margin) {
      told(known);
      return;
    }
    const asking = this.#asking.get(key);
    if (asking !== undefined) {
      asking.told.push(told);
      return;
    }
    this.#begin(question, waits, told);
  }

  /**
   * The network is another one: everything is asked for anew, of its servers, and what was known is still there for when
   * nobody answers.
   */
  expire(): void {
    const now = this.options.clock.now();
    for (const [key, { finding }] of this.#known) this.#known.set(key, { finding, until: now });
    this.#trusted = undefined;
    for (const asking of [...this.#asking.values()]) {
      asking.query?.close();
      asking.again();
    }
  }

  /** Asks for nothing any more; who waits is not told. */
  close(): void {
    for (const { query } of this.#asking.values()) query?.close();
    this.#asking.clear();
  }

  #begin(question: Question, waits: readonly Millis[], told: Told): void {
    const asking: Asking = { query: undefined, again: nothing, told: [told] };
    const key = questionKey(question);
    const finish = (finding: Finding): void => {
      this.#asking.delete(key);
      const known = this.#learn(question, finding);
      for (const tell of asking.told) tell(known);
    };
    if (!isDnsName(question.name)) {
      finish({ kind: 'none', life: millis(0) });
      return;
    }
    if (this.#asking.size >= MAXIMUM_ASKING) {
      told(this.#until(failure('too many questions at once')));
      return;
    }
    this.#asking.set(key, asking);
    asking.again = () => this.#query(question, question.name, { asking, waits, aliases: 0, finish });
    asking.again();
  }

  /** Asks for `name`, which the question's name may be an alias of. */
  #query(question: Question, name: string, run: Run): void {
    const servers = this.#servers();
    if (servers.length === 0) {
      run.finish(failure('there is no DNS server'));
      return;
    }
    const asked = { name, type: question.type };
    run.asking.query = new DnsQuery(asked, servers, run.waits, this.options, (outcome) => {
      const result = this.#read(question, name, outcome);
      if (result.kind !== 'alias') run.finish(result);
      else if (run.aliases >= MAXIMUM_ALIASES || !isDnsName(result.target)) run.finish(failure('too many aliases'));
      else this.#query(question, result.target, { ...run, aliases: run.aliases + 1 });
    });
    run.asking.query.begin();
  }

  #read(question: Question, name: string, outcome: QueryOutcome): Finding | Alias {
    if (!outcome.ok) {
      this.options.log.debug('dns.failed', { name, type: question.type, reason: outcome.error });
      return failure(outcome.error);
    }
    const { message, server } = outcome.value;
    this.#trusted = server;
    for (const [about, finding] of additionalAddresses({ name, type: question.type }, message)) {
      // What came along is worth less than what was asked for (RFC 2181 §5.4.1).
      const known = this.#known.get(questionKey(about));
      if (known === undefined || known.until <= this.options.clock.now()) this.#learn(about, finding);
    }
    return readAnswer(question, name, message);
  }

  /** Remembers; a failure does not replace what was known. */
  #learn(question: Question, finding: Finding): Known {
    const key = questionKey(question);
    const before = this.#known.get(key);
    const stale = finding.kind === 'failed' && before !== undefined && before.finding.kind !== 'failed';
    const known = stale ? this.#until({ ...before.finding, life: STALE_LIFE }) : this.#until(finding);
    this.#known.delete(key);
    this.#known.set(key, known);
    if (this.#known.size > MAXIMUM_KNOWN) this.#forgetOldest();
    return known;
  }

  #until(finding: Finding): Known {
    return { finding, until: millis(this.options.clock.now() + finding.life) };
  }

  #forgetOldest(): void {
    for (const key of this.#known.keys()) {
      this.#known.delete(key);
      return;
    }
  }

  /** As configured, but the one that answered last comes first: a dead server costs its time once. */
  #servers(): readonly DnsServer[] {
    const servers = this.options.servers().slice(0, MAXIMUM_SERVERS);
    const trusted = servers.find(
      ({ address, port }) => address === this.#trusted?.address && port === this.#trusted.port,
    );
    return trusted === undefined ? servers : [trusted, ...servers.filter((server) => server !== trusted)];
  }
}

/** What goes along with one question on its way through aliases. */
interface Run {
  readonly asking: Asking;
  readonly waits: readonly Millis[];
  readonly aliases: number;
  finish(finding: Finding): void;
}

function nothing(): void {
  return;
}
