// A subscription as its user has it: kept for as long as it is wanted, however often a server forgets it, moves it, or is
// away (RFC 6665 §4.1). Each try is a SubscriptionAttempt; when the next one follows is decided in resubscription.ts.

import type { Timer } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import { type Millis, millis } from '../../base/units.ts';
import type { Notification } from './notification.ts';
import { ResubscriptionPolicy, type SubscriptionEnd } from './resubscription.ts';
import { SubscriptionAttempt } from './subscription-attempt.ts';
import type { SubscriptionPlan } from './subscription-plan.ts';
import type { UsageTable } from './usage-table.ts';

/** What is known of a subscription. */
export interface SubscriptionStatus {
  /** `waiting`: there is none at the moment, and one is asked for, now or later. `ended`: for ever. */
  readonly state: 'waiting' | 'pending' | 'active' | 'ended';
  /** What keeps it from being active; null while it is, or before the first answer. */
  readonly reason: string | null;
}

export type SubscriptionEvents = {
  /** Every NOTIFY, the last one included. */
  notification: [notification: Notification];
  /** There is none at the moment; another is asked for after `wait`. */
  lapsed: [end: SubscriptionEnd, wait: Millis];
  /** On every change, and only then. */
  status: [status: SubscriptionStatus];
  /** It is over and is not asked for again: by `stop`, after a fetch, or because the notifier will not have it. */
  ended: [end: SubscriptionEnd];
};

/** A subscription that is kept. */
export class Subscription {
  readonly #events = new Emitter<SubscriptionEvents>();
  readonly #policy: ResubscriptionPolicy;
  #status: SubscriptionStatus = { state: 'waiting', reason: null };
  #attempt: SubscriptionAttempt | undefined;
  /** When the first notification of this attempt came. */
  #establishedAt: Millis | undefined;
  #retry: Timer | undefined;
  #stopping: (() => void) | undefined;

  constructor(
    private readonly plan: SubscriptionPlan,
    private readonly table: UsageTable,
  ) {
    this.#policy = new ResubscriptionPolicy(plan.environment.random);
  }

  on<Name extends keyof SubscriptionEvents>(
    name: Name,
    listener: (...args: SubscriptionEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener);
  }

  get status(): SubscriptionStatus {
    return this.#status;
  }

  /** Begins to subscribe. */
  start(): void {
    this.#begin();
  }

  /** The link, the route or our address has changed, or the server is back: looks at once. */
  renew(): void {
    if (this.#status.state === 'ended' || this.#stopping !== undefined) return;
    this.#policy.forget();
    if (this.#establishedAt !== undefined) this.#attempt?.refresh();
    else this.#begin();
  }

  /**
   * Unsubscribes and ends (§4.1.2.3).
   * @param done called once: with the last notification, or when it is too late for one
   */
  stop(done: () => void = nothing): void {
    this.#retry?.cancel();
    const attempt = this.#attempt;
    if (attempt === undefined || this.#stopping !== undefined) {
      this.close();
      done();
      return;
    }
    this.#stopping = done;
    attempt.unsubscribe();
  }

  /** Ends without another word to anybody. */
  close(): void {
    this.#retry?.cancel();
    this.#leave();
    this.#setStatus({ state: 'ended', reason: null });
  }

  #begin(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#leave();
    this.#establishedAt = undefined;
    const attempt: SubscriptionAttempt = new SubscriptionAttempt(this.plan, {
      notified: (notification) => this.#notified(notification),
      over: (end) => this.#attemptOver(end),
    });
    this.#attempt = attempt;
    this.table.add(attempt);
    attempt.begin();
  }

  #leave(): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    this.#attempt = undefined;
    attempt.close();
    this.table.remove(attempt);
  }

  #notified(notification: Notification): void {
    const { state } = notification.subscription;
    this.#establishedAt ??= this.plan.environment.clock.now();
    if (state !== 'terminated') {
      this.#setStatus({ state, reason: state === 'pending' ? 'the notifier has not decided yet' : null });
    }
    this.#events.emit('notification', notification);
  }

  #attemptOver(end: SubscriptionEnd): void {
    const { clock } = this.plan.environment;
    this.#leave();
    const done = this.#stopping;
    const lived = this.#establishedAt === undefined ? 0 : clock.now() - this.#establishedAt;
    const wanted = done === undefined && !this.plan.isFetch;
    const wait = wanted ? this.#policy.waitAfter(end, millis(lived)) : undefined;
    this.#establishedAt = undefined;
    if (wait !== undefined) {
      this.#setStatus({ state: 'waiting', reason: whyOf(end) });
      this.#retry = clock.after(wait, 'resubscription', () => this.#begin());
      this.#events.emit('lapsed', end, wait);
      return;
    }
    this.#setStatus({ state: 'ended', reason: done === undefined ? whyOf(end) : null });
    this.#events.emit('ended', end);
    done?.();
  }

  #setStatus(status: SubscriptionStatus): void {
    if (status.state === this.#status.state && status.reason === this.#status.reason) return;
    this.#status = status;
    this.#events.emit('status', status);
  }
}

/** One phrase for a person. */
function whyOf(end: SubscriptionEnd): string {
  switch (end.kind) {
    case 'terminated':
      return end.reason ?? 'terminated';
    case 'refused':
      return `${end.status} ${end.phrase}`;
    case 'lost':
      return 'the notifier has lost it';
    case 'silence':
      return end.why;
  }
}

function nothing(): void {
  return;
}
