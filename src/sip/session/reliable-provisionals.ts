// Provisional responses that we send reliably: one after the other, each repeated until its PRACK (RFC 3262 §3).

import type { Timer } from '../../base/clock.ts';
import { type Millis, millis } from '../../base/units.ts';
import { createResponse } from '../message/index.ts';
import type { SipResponse } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import type { SessionEnvironment } from './environment.ts';
import { RELIABLE, readRAck } from './rseq.ts';

/** A response without its number. */
type Numberless = (headers: readonly (readonly [name: string, value: string])[]) => SipResponse;

interface Unacknowledged {
  readonly rseq: number;
  readonly described: boolean;
}

export interface ReliableProvisionalsUser {
  /** A PRACK that matches: it is to be answered. */
  acknowledged(prack: ServerTransaction): void;
  /** No PRACK came for 64*T1. */
  expired(): void;
}

/** More never wait: a call rings in two or three ways. */
const MAXIMUM_WAITING = 8;

/** The reliable responses to one INVITE. */
export class ReliableProvisionals {
  #rseq: number;
  #unacknowledged: Unacknowledged | undefined;
  readonly #waiting: Numberless[] = [];
  #repeat: Timer | undefined;
  #deadline: Timer | undefined;
  #stopped = false;

  /** @param transaction that of the INVITE */
  constructor(
    private readonly environment: Pick<SessionEnvironment, 'clock' | 'random' | 'timers'>,
    private readonly transaction: ServerTransaction,
    private readonly user: ReliableProvisionalsUser,
  ) {
    // §3: the first number is drawn from 1 to 2^31 - 1, so that none after it can wrap around.
    this.#rseq = Math.floor(environment.random.uniform() * (2 ** 31 - 1));
  }

  /** Whether one with a description waits for its PRACK, and the 2xx for that (§5). */
  get describes(): boolean {
    return this.#unacknowledged?.described === true;
  }

  /** Sends one, as soon as the one before it is acknowledged. */
  send(make: Numberless): void {
    if (this.#stopped || this.#waiting.length >= MAXIMUM_WAITING) return;
    this.#waiting.push(make);
    this.#next();
  }

  /** A PRACK in the dialog (§3). */
  receivePrack(prack: ServerTransaction): void {
    const acknowledged = readRAck(prack.request);
    const { cseq } = this.transaction.request;
    const matches =
      acknowledged !== undefined &&
      acknowledged.rseq === this.#unacknowledged?.rseq &&
      acknowledged.cseq.number === cseq.number &&
      acknowledged.cseq.method === cseq.method;
    if (!matches) {
      prack.respond(createResponse(prack.request, 481));
      return;
    }
    this.#unacknowledged = undefined;
    this.#silence();
    this.user.acknowledged(prack);
    this.#next();
  }

  /** The INVITE has its final response: nothing is repeated any more, and a late PRACK is still answered (§3). */
  stop(): void {
    this.#stopped = true;
    this.#silence();
  }

  #next(): void {
    if (this.#unacknowledged !== undefined || this.#stopped) return;
    const make = this.#waiting.shift();
    if (make === undefined) return;
    this.#rseq += 1;
    const response = make([
      ['Require', RELIABLE],
      ['RSeq', String(this.#rseq)],
    ]);
    this.#unacknowledged = { rseq: this.#rseq, described: response.body.length > 0 };
    const { clock, timers } = this.environment;
    this.#deadline = clock.after(millis(64 * timers.t1), 'PRACK', () => {
      this.stop();
      this.user.expired();
    });
    this.#send(response, timers.t1);
  }

  /** §3: the interval doubles without a bound, since a PRACK is repeated by itself. */
  #send(response: SipResponse, interval: Millis): void {
    this.transaction.respond(response);
    this.#repeat = this.environment.clock.after(interval, 'repetition of a reliable 1xx', () =>
      this.#send(response, millis(2 * interval)),
    );
  }

  #silence(): void {
    this.#repeat?.cancel();
    this.#deadline?.cancel();
  }
}
