// NOTIFYs that belong to no subscription. RFC 6665 knows none; registrars send some nevertheless: Asterisk and FreeSWITCH
// tell of waiting messages as soon as a phone registers, and many tell it to fetch its configuration (`check-sync`).
// Taken are the packages that somebody here has asked for, each from those alone whose word it is.

import type { Log } from '../../base/log.ts';
import { type Notification, readNotification, refuseEventBody } from '../event/index.ts';
import { createResponse, eventOf } from '../message/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';

/** Answers a NOTIFY that belongs to no subscription, with a status. */
export type UnaskedHandler = (notification: Notification, request: SipRequest) => number;

/** How NOTIFYs of one package are taken that nobody subscribed to. */
export interface UnaskedPolicy {
  /** `servers`: those of our accounts alone; `callers`: whoever may call in. */
  readonly from: 'servers' | 'callers';
  /** Further SIP URIs whose located addresses count as the accounts' servers do, as of now. */
  readonly peers?: () => readonly string[];
  /** With `servers`: whoever shows the password of a caller may tell it as well. */
  readonly passwords?: boolean;
  /** Whether registrars are told that it is taken. */
  readonly advertised?: boolean;
  /** Body types that are understood; default: the handler looks for itself. */
  readonly types?: readonly string[];
}

/**
 * What a NOTIFY that belongs to no subscription is, before it is read: of one whose word it is, of one who may show that he is
 * that by a password, or of anybody else.
 */
export type UnaskedStanding = 'known' | 'to prove' | 'unknown';

export interface UnaskedOptions {
  readonly log: Log;
  /** The addresses that a SIP URI has been located at. */
  readonly addressesOf: (uri: string) => readonly string[];
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

  get advertised(): readonly string[] {
    return [...this.#takers].filter(([, { policy }]) => policy.advertised === true).map(([name]) => name);
  }

  /** As what a NOTIFY is to be looked at. Makes no state. */
  standingOf(request: SipRequest, source: Endpoint): UnaskedStanding {
    if (this.options.isServer(source)) return 'known';
    const event = eventOf(request);
    const policy = event.ok ? this.#takers.get(event.value.name)?.policy : undefined;
    if (policy?.from !== 'servers') return 'unknown';
    if (this.#isPeer(policy, source)) return 'known';
    return policy.passwords === true ? 'to prove' : 'unknown';
  }

  /**
   * A NOTIFY outside of any dialog, from somebody who was let in, or whose word it is.
   * @param authenticatedAs whose password it has shown
   */
  receive(transaction: ServerTransaction, authenticatedAs: string | undefined): void {
    const { request, source } = transaction;
    const notification = readNotification(request, source);
    if (!notification.ok) {
      transaction.respond(notification.error);
      return;
    }
    const response = this.#answer(request, notification.value, authenticatedAs !== undefined);
    const { event } = notification.value;
    this.options.log.debug('event.unasked', { event: event.name, status: response.status, from: source.address });
    transaction.respond(response);
  }

  /** RFC 6665 §4.1.3: 489 for a package that is not understood, 481 where there is no such subscription. */
  #answer(request: SipRequest, notification: Notification, isProven: boolean): SipResponse {
    const { isServer, allowEvents } = this.options;
    const { source } = notification;
    const taker = this.#takers.get(notification.event.name);
    if (taker === undefined) return createResponse(request, 489, { headers: [['Allow-Events', allowEvents]] });
    const { from, types, passwords = false } = taker.policy;
    const isTheirs = from === 'callers' || isServer(source) || this.#isPeer(taker.policy, source);
    if (!isTheirs && !(passwords && isProven)) return createResponse(request, 481);
    const refusal = types === undefined ? undefined : refuseEventBody(request, types);
    return refusal ?? createResponse(request, taker.handler(notification, request));
  }

  #isPeer({ peers }: UnaskedPolicy, { address }: Endpoint): boolean {
    return peers?.().some((uri) => this.options.addressesOf(uri).includes(address)) === true;
  }
}
