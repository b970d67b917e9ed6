// One try to subscribe: a SUBSCRIBE outside of any dialog, and the subscriptions that its NOTIFYs make (RFC 6665 §4.1.2.1,
// §4.1.2.4, §4.4.1). A NOTIFY may come before the answer to SUBSCRIBE, and from several places where it was forked.

import type { Timer } from '../../base/clock.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import { asksForSips, Dialog } from '../dialog/index.ts';
import { ClientExchange } from '../exchange/index.ts';
import { createRequest, createResponse, formatNameAddress, sameEvent } from '../message/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import { EventDialog } from './event-dialog.ts';
import { type Notification, readNotification } from './notification.ts';
import type { SubscriptionEnd } from './resubscription.ts';
import { SubscriberUsage } from './subscriber-usage.ts';
import { type SubscriptionPlan, subscribeContact, subscribeHeaders, timerN } from './subscription-plan.ts';

export interface AttemptUser {
  notified(notification: Notification): void;
  /** The last of its subscriptions has ended, or there was none. Comes once, last. */
  over(end: SubscriptionEnd): void;
}

/** A SUBSCRIBE and what becomes of it. */
export class SubscriptionAttempt {
  readonly callId: string;
  readonly localTag: string;
  #sequence = 0;
  #exchange: ClientExchange | undefined;
  #timerN: Timer | undefined;
  /** NOTIFYs of further notifiers are taken. */
  #open = true;
  #over = false;
  #leaving = false;
  #granted: Millis;
  readonly #asked = new Set<string>();
  /** By the notifier's tag. */
  readonly #usages = new Map<string, SubscriberUsage>();
  #lastEnd: SubscriptionEnd = { kind: 'lost' };

  constructor(
    private readonly plan: SubscriptionPlan,
    private readonly user: AttemptUser,
  ) {
    const { random } = plan.environment;
    this.callId = random.hex(16);
    this.localTag = random.hex(8);
    this.#granted = plan.expires;
  }

  /** Sends the SUBSCRIBE. What goes wrong comes as `over`, never before this returns. */
  begin(): void {
    const { environment, options } = this.plan;
    this.#timerN = environment.clock.after(timerN(this.plan), 'subscription N', () => this.#waitedEnough());
    const plan = {
      nextHop: options.routing.nextHop,
      build: () => this.#build(),
      address: (request: SipRequest, target: Endpoint) => this.#address(request, target),
    };
    this.#exchange = new ClientExchange(environment, options.credentials, plan, {
      final: (response) => this.#answered(response),
      failed: (_, phrase) => this.#failLater({ kind: 'silence', why: phrase }),
      heard: (source) => this.#asked.add(source.address),
    });
    this.#exchange.begin();
  }

  takes(request: SipRequest, source: Endpoint): boolean {
    if (request.method !== 'NOTIFY' || this.#over) return false;
    const known = this.#usages.get(request.fromTag ?? '');
    return known === undefined ? this.#mayBegin(source) : known.counts(source);
  }

  /** A NOTIFY whose Call-ID and To tag are ours. False: it is none of ours; 481. */
  receive(transaction: ServerTransaction): boolean {
    const { request, source } = transaction;
    if (request.method !== 'NOTIFY' || this.#over) return false;
    const notification = readNotification(request, source);
    if (!notification.ok) {
      transaction.respond(notification.error);
      return true;
    }
    if (!sameEvent(notification.value.event, this.plan.event)) return false;
    const known = this.#usages.get(notification.value.branch);
    if (known !== undefined) return known.receive(transaction, notification.value);
    return this.#receiveFirst(transaction, notification.value);
  }

  /** Asks for the state at once. */
  refresh(): void {
    for (const usage of this.#usages.values()) usage.refresh();
  }

  /** Ends every subscription that it made or may yet make (§4.1.2.3). */
  unsubscribe(): void {
    this.#leaving = true;
    for (const usage of this.#usages.values()) usage.unsubscribe();
  }

  /** Waits for nothing any longer; nobody is told. */
  close(): void {
    this.#over = true;
    this.#timerN?.cancel();
    this.#exchange?.abandon();
    for (const usage of this.#usages.values()) usage.close();
  }

  #build(): SipRequest {
    const { environment, options, expires, body } = this.plan;
    this.#sequence += 1;
    return createRequest({
      method: 'SUBSCRIBE',
      requestUri: options.routing.requestUri,
      headers: [
        ...options.routing.routes.map((route) => ['Route', route] as const),
        ['Max-Forwards', '70'],
        ['From', formatNameAddress({ ...options.from, parameters: new Map([['tag', this.localTag]]) })],
        ['To', formatNameAddress({ uri: options.target })],
        ['Call-ID', this.callId],
        ['CSeq', `${this.#sequence} SUBSCRIBE`],
        ...subscribeHeaders(this.plan, expires),
        ['User-Agent', environment.userAgent],
      ],
      body,
    });
  }

  #address(request: SipRequest, target: Endpoint): void {
    this.#asked.add(target.address);
    const { environment, options } = this.plan;
    const contact = environment.contact(target, options.contactUser, asksForSips(request));
    request.headers.set('Contact', subscribeContact(this.plan, contact));
  }

  #answered(response: SipResponse): void {
    const { status, reason: phrase } = response;
    if (this.#over) return;
    if (status < 300) {
      this.#granted = this.plan.lifeIn(response) ?? this.#granted;
      this.#usages.get(response.toTag ?? '')?.granted(this.#granted);
    } else if (this.plan.takesLongerLife(response)) {
      this.#granted = this.plan.expires;
      this.#exchange?.begin();
    } else if (this.#usages.size === 0) {
      const wait = response.integer('Retry-After');
      const retryAfter = wait.ok && wait.value !== undefined ? seconds(wait.value) : undefined;
      this.#end({ kind: 'refused', status, phrase, retryAfter });
    }
  }

  /** Whether a further notifier is taken, and one that is there: from where nobody was asked, none counts. */
  #mayBegin(source: Endpoint): boolean {
    const { forks, mayNotify } = this.plan.options;
    const isAsked = this.#asked.has(source.address) || mayNotify(source);
    return this.#open && isAsked && this.#usages.size < forks;
  }

  /** §4.4.1: it makes the subscription, and a dialog; the route set is the NOTIFY's. */
  #receiveFirst(transaction: ServerTransaction, notification: Notification): boolean {
    const { request, source } = transaction;
    const { environment, options } = this.plan;
    if (!this.#mayBegin(source)) return false;
    const dialog = Dialog.ofRequest(request, this.localTag, this.#sequence);
    if (!dialog.ok) {
      transaction.respond(createResponse(request, 400, { reason: `Bad Request: ${dialog.error}` }));
      return true;
    }
    dialog.value.confirm();
    const { credentials, contactUser } = options;
    const peer = new EventDialog(dialog.value, {
      environment,
      credentials,
      contactUser,
      source,
      mayGoTo: () => true,
      holdsWays: true,
      contact: (plain) => subscribeContact(this.plan, plain),
    });
    const usage = new SubscriberUsage(peer, this.plan, this.#granted, {
      notified: (told) => this.user.notified(told),
      over: (end) => this.#usageOver(end),
    });
    this.#usages.set(notification.branch, usage);
    if (options.forks === 1) this.#closeDoor();
    usage.receive(transaction, notification);
    if (this.#leaving && !usage.isOver) usage.unsubscribe();
    return true;
  }

  /** Timer N (§4.1.2.4). */
  #waitedEnough(): void {
    this.#closeDoor();
    if (this.#usages.size === 0) this.#end({ kind: 'silence', why: 'no notification' });
    else this.#checkOver();
  }

  #closeDoor(): void {
    this.#open = false;
    this.#timerN?.cancel();
  }

  #usageOver(end: SubscriptionEnd): void {
    this.#lastEnd = end;
    this.#checkOver();
  }

  /** A forked subscription lives as long as one of its branches. */
  #checkOver(): void {
    const living = [...this.#usages.values()].some((usage) => !usage.isOver);
    if (!living && !this.#open) this.#end(this.#lastEnd);
  }

  #failLater(end: SubscriptionEnd): void {
    this.plan.environment.clock.after(millis(0), 'SUBSCRIBE to nowhere', () => {
      if (this.#usages.size === 0) this.#end(end);
    });
  }

  #end(end: SubscriptionEnd): void {
    if (this.#over) return;
    this.close();
    this.user.over(end);
  }
}
