// The server transactions that exist, and no more of them than a flood may make.

import { ChurningMap } from '../../base/churning-map.ts';
import type { SipRequest } from '../message/types.ts';
import { hopKey, requestKey } from './matching.ts';
import type { RunningServerTransaction } from './server-transaction.ts';

export type AnyServerTransaction = RunningServerTransaction<string>;

/** What new requests may fill of the room: a flood of them must not keep a BYE or a CANCEL out. */
const SHARE_OF_NEW_REQUESTS = 0.75;

/** Finds server transactions by the rules of §17.2.3. Bounded: the oldest that only absorbs repetitions makes room. */
export class ServerTable {
  readonly #transactions = new ChurningMap<string, AnyServerTransaction>();
  /** What a CANCEL may be for, by its hop: it does not name the method. */
  readonly #byHop = new ChurningMap<string, AnyServerTransaction>();

  /** @param maximum how many may exist at once */
  constructor(private readonly maximum: number) {}

  get size(): number {
    return this.#transactions.size;
  }

  /** The transaction that `request` repeats or, for an ACK, acknowledges. */
  find(request: SipRequest): AnyServerTransaction | undefined {
    return this.#transactions.get(requestKey(request));
  }

  /** The transaction that a CANCEL is for, of whatever method but ACK and CANCEL (§9.2). */
  findCancelled(cancel: SipRequest): AnyServerTransaction | undefined {
    return this.#transactions.get(requestKey(cancel, 'INVITE')) ?? this.#byHop.get(hopKey(cancel));
  }

  /**
   * Makes room for a new transaction: what is settled goes first, then the oldest INVITE that was accepted. Its call goes
   * on without it: the core repeats the 2xx and takes its ACK, and knows the INVITE again (RFC 6026 §7.1, §8.2.2.2).
   * @returns false when there is none: every transaction is still waiting for its user
   */
  makeRoom(request: SipRequest): boolean {
    const ofSomethingThatExists = request.toTag !== undefined || request.method === 'CANCEL';
    const bound = ofSomethingThatExists ? this.maximum : Math.floor(this.maximum * SHARE_OF_NEW_REQUESTS);
    if (this.#transactions.size < bound) return true;
    return this.#throwOut(({ settled }) => settled) || this.#throwOut(({ accepted }) => accepted);
  }

  /** Forgets the oldest transaction of that kind; false when there is none. */
  #throwOut(kind: (transaction: AnyServerTransaction) => boolean): boolean {
    for (const [key, transaction] of this.#transactions) {
      if (!kind(transaction)) continue;
      transaction.close();
      this.#forget(key, transaction);
      return true;
    }
    return false;
  }

  add(transaction: AnyServerTransaction): void {
    this.#transactions.set(requestKey(transaction.request), transaction);
    if (transaction.request.method !== 'CANCEL') this.#byHop.set(hopKey(transaction.request), transaction);
  }

  remove(request: SipRequest): void {
    const key = requestKey(request);
    const transaction = this.#transactions.get(key);
    if (transaction !== undefined) this.#forget(key, transaction);
  }

  close(): void {
    for (const [, transaction] of this.#transactions) transaction.close();
    this.#transactions.clear();
    this.#byHop.clear();
  }

  #forget(key: string, transaction: AnyServerTransaction): void {
    this.#transactions.delete(key);
    const hop = hopKey(transaction.request);
    if (this.#byHop.get(hop) === transaction) this.#byHop.delete(hop);
  }
}
