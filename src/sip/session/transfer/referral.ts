// A REFER of a peer's, as it is put before the user: may it have its way? (RFC 3515 §2.4.2, RFC 4488 §4).

import type { Clock } from '../../../base/clock.ts';
import { createResponse } from '../../message/index.ts';
import type { ServerTransaction } from '../../transaction/index.ts';
import type { Referral, Refusal } from '../types.ts';
import type { ReferRequest } from './refer-request.ts';
import { ReferSubscription, type ReferWire } from './refer-subscription.ts';

export interface ReferralOptions {
  readonly clock: Clock;
  readonly transaction: ServerTransaction;
  readonly wire: ReferWire;
  readonly request: ReferRequest;
  readonly id: number | undefined;
  /** Value of Contact. */
  readonly contact: string;
  /** Where the REFER makes a dialog: our tag. */
  readonly toTag?: string | undefined;
}

/** One REFER. */
export class ReceivedReferral implements Referral {
  readonly target: string;
  readonly replaces: string | undefined;
  readonly referredBy: string | undefined;
  readonly #subscription: ReferSubscription | undefined;
  #settled = false;

  constructor(private readonly options: ReferralOptions) {
    const { request } = options;
    this.target = request.target;
    this.replaces = request.replaces;
    this.referredBy = request.referredBy;
    this.#subscription = request.subscribes ? new ReferSubscription(options) : undefined;
  }

  /** Undefined: the peer does not want to be told (RFC 4488). */
  get subscription(): ReferSubscription | undefined {
    return this.#subscription;
  }

  accept(): void {
    if (this.#settled) return;
    this.#settled = true;
    const { transaction, contact, toTag } = this.options;
    // RFC 4488 §4: said in the 2xx, there is no subscription.
    const subscribed = this.#subscription !== undefined;
    const headers = [['Contact', contact] as const, ...(subscribed ? [] : [['Refer-Sub', 'false'] as const])];
    transaction.respond(createResponse(transaction.request, 202, { headers, toTag, recordRoute: toTag !== undefined }));
    this.#subscription?.begin();
  }

  reject({ status, reason, headers }: Refusal): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#subscription?.close();
    const { transaction, toTag } = this.options;
    transaction.respond(createResponse(transaction.request, status, { reason, headers, toTag }));
  }

  tell(status: number): void {
    this.#subscription?.tell(status);
  }
}
