// The server transactions that exist, and no more of them than a flood may make.

import type { SipRequest } from '../message/types.ts';
import { hopKey, requestKey } from './matching.ts';
import type { RunningServerTransaction } from './server-transaction.ts';

export type AnyServerTransaction = RunningServerTransaction<string>;

/** What new requests may fill of the room: a flood of them must not keep a BYE or a CANCEL out. */
const SHARE_OF_NEW_REQUESTS = 0.75;

/** Finds server transactions by the rules of §17.2.3. Bounded: the oldest that only absorbs repetitions makes room. */
export class ServerTable {
  readonly #transactions = new Map<string, AnyServerTransaction>();

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
    const invite = this.#transactions.get(requestKey(cancel, 'INVITE'));
    if (invite !== undefined) return invite;
    const hop = hopKey(cancel);
    return [...this.#transactions.values()].find(
      ({ request }) => request.method !== 'CANCEL' && hopKey(request) === hop,
    );
  }

  /**
   * Makes room for a new transaction.
   * @returns false when there is none: every transaction is still waiting for its user
   */
  makeRoom(request: SipRequest): boolean {
    const ofSomethingThatExists = request.toTag !== undefined || request.method === 'CANCEL';
    const bound = ofSomethingThatExists ? this.maximum : Math.floor(this.maximum * SHARE_OF_NEW_REQUESTS);
    if (this.#transactions.size < bound) return true;
    for (const [key, transaction] of this.#transactions) {
      if (!transaction.settled) continue;
      transaction.close();
      this.#transactions.delete(key);
      return true;
    }
    return false;
  }

  add(transaction: AnyServerTransaction): void {
    this.#transactions.set(requestKey(transaction.request), transaction);
  }

  remove(request: SipRequest): void {
    this.#transactions.delete(requestKey(request));
  }

  close(): void {
    for (const transaction of this.#transactions.values()) transaction.close();
    this.#transactions.clear();
  }
}
