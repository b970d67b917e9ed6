// The enrollment for one profile at one server: a subscription that is asked for until it is had, and again when it is
// lost (RFC 6080 §5.3.2). What is done when is in enrollment-machine.ts.

import type { Clock, Timer } from '../../../base/clock.ts';
import type { Log } from '../../../base/log.ts';
import type { Random } from '../../../base/random.ts';
import { type Millis, millis, minutes } from '../../../base/units.ts';
import type { Account, EventAgent, Notification, Subscription, SubscriptionEnd } from '../../../sip/index.ts';
import type { ProfileType } from '../../event/index.ts';
import type { ProfileOffer, ServerFound } from '../types.ts';
import {
  type EnrollmentAction,
  type EnrollmentEvent,
  type EnrollmentState,
  enrollmentMachine,
} from './enrollment-machine.ts';
import { ACCEPTED_TYPES, offerIn, T1 } from './profile-offer.ts';

/** One address that a profile is asked for at. */
export interface EnrollmentAddress {
  /** Request-URI and To. */
  readonly uri: string;
  /** From; and who answers challenges, where there is a password. */
  readonly account: Account;
}

export interface ProfileEnrollmentOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly agent: Pick<EventAgent, 'subscribe'>;
  readonly server: ServerFound;
  readonly type: ProfileType;
  /** In the order in which they are tried; at least one. */
  readonly addresses: readonly EnrollmentAddress[];
  /** Value of Event. */
  readonly event: string;
  /** URN of the device. */
  readonly instance: string;
  /** Read for every SUBSCRIBE. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly offered: (offer: ProfileOffer) => void;
  /** On every change. @param why what keeps it from being enrolled, for people */
  readonly changed: (state: EnrollmentState, why: string | undefined) => void;
}

/** RFC 6080 §6.4. */
const LIFE = minutes(24 * 60);
/** Figure 7: the wait is 2^i * 64 * T1, and i goes no further than this. */
const MOST_DOUBLINGS = 8;
/** What chance adds to a wait: a fleet must not come back in step. */
const SPREAD = 0.5;
/** A subscription that was there so long ends the counting of failures. */
const GOOD_LIFE = minutes(1);
/** No server is obeyed that wants to be left alone for longer. */
const LONGEST_RETRY_AFTER = minutes(24 * 60);
/** Refusals that say: there are no such profiles here (RFC 6080 §6.6, RFC 6665 §4.2.1.1). */
const NOT_SERVED = new Set([404, 405, 416, 489, 501]);

/** Keeps one enrollment. */
export class ProfileEnrollment {
  #state: EnrollmentState = 'initial';
  #subscription: Subscription | undefined;
  #timer: Timer | undefined;
  #failures = 0;
  /** Which address is asked, and from which this round began. */
  #address = 0;
  #first = 0;
  /** Of this round. */
  #notServed = true;
  #retryAfter = 0;
  #enrolledAt: Millis | undefined;
  #why: string | undefined;
  #spread = millis(0);

  constructor(private readonly options: ProfileEnrollmentOptions) {}

  get state(): EnrollmentState {
    return this.#state;
  }

  /** The address that is asked, or was the last. */
  get uri(): string {
    return this.#current().uri;
  }

  /** @param spread chance chooses a moment within it: after a power cut a whole fleet starts at once */
  start(spread: Millis): void {
    this.#spread = spread;
    this.#handle('start');
  }

  /** What was learnt of waiting no longer counts, nor that there are no profiles. */
  networkChanged(): void {
    this.#handle('network changed');
  }

  /** Says again who we are, and hears again what there is. */
  refresh(): void {
    if (this.#state === 'enrolled') this.#subscription?.renew();
  }

  stop(): void {
    this.#handle('stop');
  }

  #current(): EnrollmentAddress {
    const { addresses } = this.options;
    const address = addresses[this.#address % addresses.length];
    if (address === undefined) throw new Error('an enrollment has an address');
    return address;
  }

  #handle(event: EnrollmentEvent, why?: string): void {
    const row = enrollmentMachine[this.#state][event];
    if (row === undefined) return;
    const before = this.#state;
    this.#state = row.to;
    if (row.to === 'enrolled') this.#why = undefined;
    else this.#why = why ?? this.#why;
    for (const action of row.actions) this.#perform(action);
    if (this.#state === row.to && before !== row.to) this.options.changed(row.to, this.#why);
  }

  #perform(action: EnrollmentAction): void {
    switch (action) {
      case 'wait a little':
        this.#wait(millis(this.#spread * this.options.random.uniform()));
        return;
      case 'ask first':
        this.#first = this.#address;
        this.#notServed = true;
        this.#retryAfter = 0;
        this.#ask();
        return;
      case 'ask next':
        this.#address = (this.#address + 1) % this.options.addresses.length;
        this.#ask();
        return;
      case 'leave':
        this.#leave();
        return;
      case 'plan retry':
        this.#planRetry();
        return;
      case 'forget failures':
        this.#failures = 0;
        return;
      case 'stop timer':
        this.#timer?.cancel();
        return;
    }
  }

  #ask(): void {
    const { agent, event, headers, instance } = this.options;
    const { uri, account } = this.#current();
    this.#enrolledAt = undefined;
    let subscription: Subscription;
    try {
      const wanted = { target: uri, account, event, headers, instance };
      subscription = agent.subscribe({ ...wanted, accept: ACCEPTED_TYPES, expires: LIFE });
    } catch (thrown) {
      // An address that cannot be asked at all, or a service that is stopping: never from within the call.
      const why = thrown instanceof Error ? thrown.message : 'it cannot be asked';
      this.#timer = this.options.clock.after(millis(0), 'enrollment', () => this.#lost(why, false));
      return;
    }
    this.#subscription = subscription;
    const mine = (): boolean => this.#subscription === subscription;
    subscription.on('notification', (told) => mine() && this.#notified(told));
    subscription.on('lapsed', (end, wait) => mine() && this.#lapsed(end, wait));
    subscription.on('ended', (end) => mine() && this.#lost(whyOf(end), true));
  }

  #leave(): void {
    const subscription = this.#subscription;
    this.#subscription = undefined;
    subscription?.stop();
  }

  #notified(told: Notification): void {
    const { state, reason } = { reason: undefined, ...told.subscription };
    if (state !== 'terminated') {
      this.#enrolledAt ??= this.options.clock.now();
      this.#handle('notified');
    }
    const isEmpty = told.body === undefined && !/^message\/external-body/i.test(told.contentType ?? '');
    // What has not been decided, or is over without a word, says nothing of profiles.
    if (isEmpty && state !== 'active') return;
    const { server, type, log } = this.options;
    const { event, contentType, body } = told;
    const offer = offerIn({ event, contentType, data: body?.data }, server, type);
    if (offer.ok) this.options.offered(offer.value);
    else log.warn('provisioning.notification-unreadable', { server: server.uri, why: offer.error, reason });
  }

  /** What RFC 6665 has asked for again at once, or at the server's own time, is left to it. */
  #lapsed(end: SubscriptionEnd, wait: Millis): void {
    const retryAfter = 'retryAfter' in end ? end.retryAfter : undefined;
    const isKept = wait === 0 || (end.kind === 'terminated' && retryAfter !== undefined);
    if (this.#state === 'enrolled' && isKept) return;
    this.#retryAfter = Math.max(this.#retryAfter, Math.min(retryAfter ?? 0, LONGEST_RETRY_AFTER));
    this.#lost(whyOf(end), end.kind === 'refused' && NOT_SERVED.has(end.status));
  }

  #lost(why: string, notServed: boolean): void {
    this.#notServed &&= notServed;
    const isLast = (this.#address + 1) % this.options.addresses.length === this.#first;
    if (this.#state === 'enrolled') this.#handle(notServed ? 'not served' : 'failed', why);
    else if (!isLast) this.#handle('failed', why);
    else this.#handle(this.#notServed ? 'not served' : 'all failed', why);
  }

  /** Figure 7: the wait doubles with each failure; Retry-After makes it longer, never shorter. */
  #planRetry(): void {
    const { clock, random } = this.options;
    if (this.#enrolledAt !== undefined && clock.now() - this.#enrolledAt >= GOOD_LIFE) this.#failures = 0;
    const own = 2 ** Math.min(this.#failures, MOST_DOUBLINGS) * 64 * T1;
    this.#failures += 1;
    this.#wait(millis(Math.max(own, this.#retryAfter) * (1 + SPREAD * random.uniform())));
  }

  #wait(wait: Millis): void {
    this.#timer?.cancel();
    this.#timer = this.options.clock.after(wait, 'enrollment', () => this.#handle('due'));
  }
}

/** One phrase for a person. */
function whyOf(end: SubscriptionEnd): string {
  switch (end.kind) {
    case 'terminated':
      return `ended by the server: ${end.reason ?? 'no reason'}`;
    case 'refused':
      return `${end.status} ${end.phrase}`;
    case 'lost':
      return 'the server has lost it';
    case 'silence':
      return end.why;
  }
}
