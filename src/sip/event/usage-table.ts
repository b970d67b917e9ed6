// The subscriptions that exist, of both roles, found by what a request in their dialog names (RFC 3261 §12.2.2).

import type { Endpoint, SipRequest } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';

/** What a request in a dialog, or one that makes it, is for. */
export interface EventUsage {
  readonly callId: string;
  readonly localTag: string;
  /** Whether a request of that identity, from there, belongs to a subscription of this one's. Changes nothing. */
  takes(request: SipRequest, source: Endpoint): boolean;
  /** False: it belongs to no subscription of this one's, or comes from where none lives; 481. */
  receive(transaction: ServerTransaction): boolean;
}

/** Usages by Call-ID and our tag. */
export class UsageTable {
  readonly #usages = new Map<string, EventUsage>();

  get size(): number {
    return this.#usages.size;
  }

  add(usage: EventUsage): void {
    this.#usages.set(key(usage.callId, usage.localTag), usage);
  }

  remove(usage: EventUsage): void {
    this.#usages.delete(key(usage.callId, usage.localTag));
  }

  find(request: SipRequest): EventUsage | undefined {
    return this.#usages.get(key(request.callId, request.toTag ?? ''));
  }
}

const key = (callId: string, localTag: string): string => `${localTag} ${callId}`;
