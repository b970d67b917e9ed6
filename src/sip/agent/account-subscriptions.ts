// What an account watches at its server: its own registration (RFC 3680), messages that wait for it (RFC 3842). It begins
// when the account is registered: before that, the server knows nobody to tell.

import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import { minutes, seconds } from '../../base/units.ts';
import {
  MESSAGE_SUMMARY_TYPE,
  type MessageSummary,
  REGINFO_TYPE,
  type RegistrationInfo,
  readMessageSummary,
  readReginfo,
  type Subscription,
} from '../event/index.ts';
import { parseUri } from '../message/index.ts';
import type { Account, SubscribeOptions } from './types.ts';

export interface AccountSubscriptionsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly account: Account;
  readonly subscribe: (options: SubscribeOptions) => Subscription;
  /** Our Contacts that the registrar should know. */
  readonly contacts: () => readonly string[];
  /** Registers at once. */
  readonly renew: () => void;
  readonly waiting: (summary: MessageSummary) => void;
  /** Publishes the presence of the account. */
  readonly publish: () => void;
}

const LIFE = minutes(60);
/** RFC 3680 §4.10: a registrar tells no more than once in five seconds. */
const RENEWAL_SPACING = seconds(5);
/** What is told unasked: so many at once, then one each interval. Its sender is known by an address, which can be forged. */
const UNASKED = 5;
const UNASKED_SPACING = seconds(2);

/** By which events a binding of ours is gone, or going, that registering anew brings back (RFC 3680 §4.7.1, §5.1). */
const RECOVERABLE = new Set(['expired', 'deactivated', 'unregistered', 'shortened']);

/** Whether a registrar's word on an account means that it has to be registered anew. */
export function hasLostBinding({ full, contacts }: RegistrationInfo, ours: readonly string[]): boolean {
  const places = new Set(ours.map(placeOf));
  const own = contacts.filter(({ uri }) => places.has(placeOf(uri)));
  if (own.some(({ event }) => RECOVERABLE.has(event))) return true;
  return full && own.length === 0 && ours.length > 0;
}

/** Registrars leave parameters of a Contact out, and add some. */
function placeOf(uri: string): string {
  const parsed = parseUri(uri);
  return parsed.ok ? `${parsed.value.user ?? ''}@${parsed.value.host}:${parsed.value.port ?? ''}` : uri;
}

/** The subscriptions of one account. */
export class AccountSubscriptions {
  readonly #renewals: TokenBucket;
  readonly #unasked: TokenBucket;
  /** What was said last of waiting messages. */
  #told = '';
  #begun = false;

  constructor(private readonly options: AccountSubscriptionsOptions) {
    this.#renewals = new TokenBucket(options.clock, 1, RENEWAL_SPACING);
    this.#unasked = new TokenBucket(options.clock, UNASKED, UNASKED_SPACING);
  }

  /** The account is registered. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    for (const event of this.options.account.subscribe ?? []) {
      if (event === 'reg') this.#watch(event, REGINFO_TYPE, (data) => this.#registration(data));
      else this.#watch(event, MESSAGE_SUMMARY_TYPE, (data) => this.#summary(data));
    }
    if (this.options.account.publish === true) this.options.publish();
  }

  /** The server says unasked what waits: with every REGISTER, some do. @returns the status of the answer */
  unasked(data: Buffer | undefined): number {
    if (!this.#unasked.take()) return 480;
    if (data !== undefined) this.#summary(data);
    return 200;
  }

  #summary(data: Buffer): void {
    const summary = readMessageSummary(data);
    if (!summary.ok) this.#complain('message-summary', summary.error);
    else if (this.#isNews(summary.value)) this.options.waiting(summary.value);
  }

  #isNews(summary: MessageSummary): boolean {
    const told = JSON.stringify(summary);
    if (told === this.#told) return false;
    this.#told = told;
    return true;
  }

  #watch(event: string, type: string, read: (data: Buffer) => void): void {
    const { account, subscribe, log } = this.options;
    const subscription = subscribe({ target: account.uri, account, event, accept: [type], expires: LIFE });
    subscription.on('notification', ({ body }) => {
      if (body !== undefined) read(body.data);
    });
    subscription.on('status', ({ state, reason }) =>
      log.info('sip.subscription', { account: account.uri, event, state, reason }),
    );
  }

  #registration(data: Buffer): void {
    const { contacts, renew, log, account } = this.options;
    const info = readReginfo(data);
    if (!info.ok) {
      this.#complain('reg', info.error);
      return;
    }
    if (!hasLostBinding(info.value, contacts()) || !this.#renewals.take()) return;
    log.info('sip.binding-dropped', { account: account.uri });
    renew();
  }

  #complain(event: string, why: string): void {
    this.options.log.warn('sip.notification-unreadable', { account: this.options.account.uri, event, why });
  }
}
