// NOTIFYs that belong to no subscription. RFC 6665 knows none; registrars send some nevertheless: Asterisk and FreeSWITCH
// tell of waiting messages as soon as a phone registers, and many tell it to fetch its configuration (`check-sync`).
// Taken are the packages that somebody here has asked for, each from those alone whose word it is.

import type { Log } from '../../base/log.ts';
import { type Notification, readNotification, refuseEventBody } from '../event/index.ts';
import { createResponse } from '../message/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';

/** Answers a NOTIFY that belongs to no subscription, with a status. */
export type UnaskedHandler = (notification: Notification, request: SipRequest) => number;

/** How NOTIFYs of one package are taken that nobody subscribed to. */
export interface UnaskedPolicy {
  /** `servers`: those of our accounts alone; `callers`: whoever may call in. */
  readonly from: 'servers' | 'callers';
  /** Body types that are understood; default: the handler looks for itself. */
  readonly types?: readonly string[];
}

export interface UnaskedOptions {
  readonly log: Log;
  readonly isServer: (source: Endpoint) => boolean;
  /** Value of Allow-Events, for packages that nobody here understands. */
  readonly allowEvents: string;
}

interface Taker {
  readonly policy: UnaskedPolicy;
  readonly handler: UnaskedHandler;
}

/** The packages that may come unasked. */
export class UnaskedNotifications {
  readonly #takers = new Map<string, Taker>();

  constructor(private readonly options: UnaskedOptions) {}

  /** Takes NOTIFYs of a package, in place of who took them before. @returns ends it */
  on(name: string, policy: UnaskedPolicy, handler: UnaskedHandler): () => void {
    const taker = { policy, handler };
    this.#takers.set(name, taker);
    return () => {
      if (this.#takers.get(name) === taker) this.#takers.delete(name);
    };
  }

  /** A NOTIFY outside of any dialog, from somebody who was let in, or from a server of ours. */
  receive(transaction: ServerTransaction): void {
    const { request, source } = transaction;
    const notification = readNotification(request, source);
    if (!notification.ok) {
      transaction.respond(notification.error);
      return;
    }
    const response = this.#answer(request, notification.value);
    const { event } = notification.value;
    this.options.log.debug('event.unasked', { event: event.name, status: response.status, from: source.address });
    transaction.respond(response);
  }

  /** RFC 6665 §4.1.3: 489 for a package that is not understood, 481 where there is no such subscription. */
  #answer(request: SipRequest, notification: Notification): SipResponse {
    const { isServer, allowEvents } = this.options;
    const taker = this.#takers.get(notification.event.name);
    if (taker === undefined) return createResponse(request, 489, { headers: [['Allow-Events', allowEvents]] });
    const { from, types } = taker.policy;
    if (from === 'servers' && !isServer(notification.source)) return createResponse(request, 481);
    const refusal = types === undefined ? undefined : refuseEventBody(request, types);
    return refusal ?? createResponse(request, taker.handler(notification, request));
  }
}
