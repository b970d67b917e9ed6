// One subscription of ours that a NOTIFY has made: its refreshes and its end (RFC 6665 §4.1.2, §4.1.3). What is done when
// is in subscriber-machine.ts.

import type { Timer } from '../../base/clock.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import { createResponse } from '../message/index.ts';
import type { Endpoint, SipResponse } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import { step } from '../transaction/machine.ts';
import { type EventDialog, endsSubscription } from './event-dialog.ts';
import type { Notification } from './notification.ts';
import { refuseEventBody } from './notification.ts';
import type { SubscriptionEnd } from './resubscription.ts';
import {
  type SubscriberAction,
  type SubscriberEvent,
  type SubscriberState,
  subscriberMachine,
} from './subscriber-machine.ts';
import { type SubscriptionPlan, subscribeHeaders, timerN } from './subscription-plan.ts';

export interface SubscriberUser {
  notified(notification: Notification): void;
  /** Comes once, last. */
  over(end: SubscriptionEnd): void;
}

/** What an event brings along. */
interface Occasion {
  readonly notification?: Notification;
  readonly end?: SubscriptionEnd;
  readonly retryAfter?: Millis | undefined;
}

const NOTIFY_EVENTS = {
  active: 'NOTIFY active',
  pending: 'NOTIFY pending',
  terminated: 'NOTIFY terminated',
} as const satisfies Record<Notification['subscription']['state'], SubscriberEvent>;

const LEAST_REFRESH = seconds(1);
/** A refresh that failed is tried again so soon at the earliest, unless the notifier says when. */
const LEAST_RETRY = seconds(5);

/** One subscription in one dialog. */
export class SubscriberUsage {
  #state: SubscriberState = 'notify_wait';
  /** When it runs out. */
  #until: Millis;
  /** Whether a NOTIFY has said its life since the last SUBSCRIBE: that word goes before the 2xx's (§4.1.3). */
  #stated = false;
  #leaving = false;
  #refresh: Timer | undefined;
  #expiry: Timer | undefined;
  #timerN: Timer | undefined;
  #giveUp: () => void = nothing;

  /** @param first its life as the 2xx to SUBSCRIBE said it, or as we asked for it */
  constructor(
    private readonly peer: EventDialog,
    private readonly plan: SubscriptionPlan,
    private readonly first: Millis,
    private readonly user: SubscriberUser,
  ) {
    this.#until = plan.environment.clock.now();
  }

  get isOver(): boolean {
    return this.#state === 'terminated';
  }

  /** Whether a NOTIFY from there counts. */
  counts(source: Endpoint): boolean {
    return this.peer.counts(source);
  }

  /** A NOTIFY of this dialog. False: it comes from where the dialog does not live; 481. */
  receive(transaction: ServerTransaction, notification: Notification): boolean {
    const { request, source } = transaction;
    if (!this.peer.counts(source)) return false;
    const disorder = this.peer.accept(request, source);
    if (disorder !== undefined) {
      transaction.respond(disorder);
      return true;
    }
    const refusal = refuseEventBody(request, this.plan.accept);
    transaction.respond(refusal ?? createResponse(request, 200));
    const told = refusal === undefined ? notification : { ...notification, body: undefined };
    this.#handle(NOTIFY_EVENTS[notification.subscription.state], { notification: told, end: endOf(notification) });
    return true;
  }

  /** The life that the 2xx to a SUBSCRIBE grants. */
  granted(life: Millis): void {
    const established = this.#state === 'active' || this.#state === 'pending';
    if (established && !this.#stated && !this.#leaving) this.#setLife(life);
  }

  /** Asks for its state at once, and for another life. */
  refresh(): void {
    if (!this.#leaving) this.#handle('refresh due', {});
  }

  unsubscribe(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#handle('unsubscribe', {});
  }

  /** Waits for nothing any longer; nobody is told. */
  close(): void {
    this.#state = 'terminated';
    this.#stopWaiting();
  }

  #handle(event: SubscriberEvent, occasion: Occasion): void {
    const { state, actions } = step(subscriberMachine, this.#state, event);
    this.#state = state;
    for (const action of actions) this.#perform(action, occasion);
  }

  #perform(action: SubscriberAction, { notification, end, retryAfter }: Occasion): void {
    switch (action) {
      case 'send SUBSCRIBE':
        this.#subscribe(this.plan.expires);
        return;
      case 'send unsubscribe':
        this.#refresh?.cancel();
        this.#subscribe(millis(0));
        return;
      case 'start N':
        this.#startTimerN();
        return;
      case 'stop N':
        this.#timerN?.cancel();
        return;
      case 'set life':
        this.#noteLife(notification?.subscription.expires);
        return;
      case 'plan retry':
        this.#planRetry(retryAfter);
        return;
      case 'report state':
        if (notification !== undefined) this.user.notified(notification);
        return;
      case 'stop timers':
        this.#stopWaiting();
        return;
      case 'report end':
        this.user.over(end ?? { kind: 'lost' });
        return;
    }
  }

  #subscribe(expires: Millis): void {
    this.#stated = false;
    this.#giveUp = this.peer.send(
      'SUBSCRIBE',
      { headers: subscribeHeaders(this.plan, expires), body: this.plan.body },
      {
        answered: (response) => this.#answered(response, expires),
        failed: () => this.#handle('refresh failed', {}),
      },
    );
  }

  #answered(response: SipResponse, asked: Millis): void {
    const { status } = response;
    if (status < 300) {
      if (asked > 0) this.granted(this.plan.lifeIn(response) ?? asked);
    } else if (endsSubscription(status)) {
      this.#handle('refresh ended it', { end: { kind: 'lost' } });
    } else if (this.plan.takesLongerLife(response)) {
      this.#handle('refresh due', {});
    } else {
      const wait = response.integer('Retry-After');
      const retryAfter = wait.ok && wait.value !== undefined ? seconds(wait.value) : undefined;
      this.plan.environment.log.info('event.refresh-refused', { event: this.plan.event.name, status });
      this.#handle('refresh failed', { retryAfter });
    }
  }

  #startTimerN(): void {
    this.#timerN?.cancel();
    const { clock } = this.plan.environment;
    this.#timerN = clock.after(timerN(this.plan), 'subscription N', () =>
      this.#handle('timer N', { end: { kind: 'silence', why: 'no notification' } }),
    );
  }

  /** The notifier's word on its life (§4.1.3). Older ones say none, which changes nothing. */
  #noteLife(stated: Millis | undefined): void {
    if (stated !== undefined) this.#stated = true;
    const life = stated ?? (this.#expiry === undefined ? this.first : undefined);
    if (life !== undefined) this.#setLife(life);
  }

  /** Refreshed well before its end, each device at a moment of its own. */
  #setLife(life: Millis): void {
    const { clock, random } = this.plan.environment;
    this.#until = millis(clock.now() + life);
    this.#expiry?.cancel();
    this.#expiry = clock.after(life, 'subscription expires', () => this.#handle('expired', { end: { kind: 'lost' } }));
    if (!this.#leaving) this.#planRefresh(millis(Math.max(LEAST_REFRESH, life * (0.5 + 0.25 * random.uniform()))));
  }

  #planRetry(retryAfter: Millis | undefined): void {
    const rest = this.#until - this.plan.environment.clock.now();
    this.#planRefresh(millis(Math.max(LEAST_RETRY, retryAfter ?? rest / 2)));
  }

  #planRefresh(wait: Millis): void {
    this.#refresh?.cancel();
    this.#refresh = this.plan.environment.clock.after(wait, 'subscription refresh', () =>
      this.#handle('refresh due', {}),
    );
  }

  #stopWaiting(): void {
    for (const timer of [this.#refresh, this.#expiry, this.#timerN]) timer?.cancel();
    this.#giveUp();
    this.peer.release();
  }
}

function endOf({ subscription }: Notification): SubscriptionEnd {
  const { reason, retryAfter } = subscription;
  return { kind: 'terminated', reason, retryAfter };
}

function nothing(): void {
  return;
}
