// What was given to a connection to send, and can still be lost with it: what waits for it to open, what the system has
// not taken, and the requests that were not answered (RFC 3261 §18.4).

import type { Clock } from '../../base/clock.ts';
import { type Millis, seconds } from '../../base/units.ts';
import type { SendFailure } from './network.ts';

/** What is sent, and who hears that it could not be. */
export interface Outgoing {
  readonly bytes: Buffer;
  /** Names the answer that is waited for (`answered`); undefined where none is. */
  readonly awaits: string | undefined;
  /** Called at most once, later. */
  readonly failed: (failure: SendFailure) => void;
}

/** Messages that may wait for a connection to open. */
const WAITING_MESSAGES = 64;
/** 64*T1: no transaction waits longer for its first answer. */
const ANSWER_TIME = seconds(32);
const UNANSWERED_MESSAGES = 512;

/** The messages of one connection. */
export class Outbox {
  #waiting: Outgoing[] = [];
  /** `end` counts the octets of the connection from the first. */
  #untaken: { readonly end: number; readonly outgoing: Outgoing }[] = [];
  readonly #unanswered = new Map<string, { readonly outgoing: Outgoing; readonly at: Millis }>();

  constructor(private readonly clock: Clock) {}

  /** Whether anybody waits for something. */
  get busy(): boolean {
    return this.#waiting.length > 0 || this.#unanswered.size > 0;
  }

  /** Keeps a message until the connection is open; false when there are too many. */
  wait(outgoing: Outgoing): boolean {
    if (this.#waiting.length >= WAITING_MESSAGES) return false;
    this.#waiting.push(outgoing);
    return true;
  }

  /** What has waited for the connection. */
  takeWaiting(): readonly Outgoing[] {
    return this.#waiting.splice(0);
  }

  /**
   * Notes what was written.
   * @param end octets that were written with it
   * @param taken whether the system has taken all of them
   */
  wrote(outgoing: Outgoing, end: number, taken: boolean): void {
    if (outgoing.awaits !== undefined) this.#await(outgoing, outgoing.awaits);
    else if (!taken) this.#untaken.push({ end, outgoing });
  }

  /** The system has taken everything. */
  drained(): void {
    this.#untaken = [];
  }

  answered(awaits: string): void {
    this.#unanswered.delete(awaits);
  }

  /**
   * The connection is over: gives all that is lost with it, once.
   * @param taken octets that the system had taken
   */
  lost(taken: number): readonly Outgoing[] {
    const lost = [
      ...this.#waiting,
      ...this.#untaken.filter(({ end }) => end > taken).map(({ outgoing }) => outgoing),
      ...[...this.#unanswered.values()].map(({ outgoing }) => outgoing),
    ];
    this.#waiting = [];
    this.#untaken = [];
    this.#unanswered.clear();
    return lost;
  }

  /** Transactions that ended without an answer are forgotten here, the oldest first. */
  #await(outgoing: Outgoing, awaits: string): void {
    const now = this.clock.now();
    for (const [oldest, { at }] of this.#unanswered) {
      if (this.#unanswered.size < UNANSWERED_MESSAGES && now - at <= ANSWER_TIME) break;
      this.#unanswered.delete(oldest);
    }
    this.#unanswered.set(awaits, { outgoing, at: now });
  }
}
