// Whether, and when, a subscription that has ended is asked for again (RFC 6665 §4.1.3): pure, so that it can be read in
// one place. "At once" holds for a subscription that lived a while: a notifier that ends each one as soon as it is there
// is not hammered.

import type { Random } from '../../base/random.ts';
import { RetrySchedule } from '../../base/retry-schedule.ts';
import { type Millis, millis, minutes, seconds } from '../../base/units.ts';

/** How a subscription, or the attempt to have one, came to its end. */
export type SubscriptionEnd =
  /** NOTIFY with `terminated`. */
  | { readonly kind: 'terminated'; readonly reason: string | undefined; readonly retryAfter: Millis | undefined }
  /** SUBSCRIBE was refused. */
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly phrase: string;
      readonly retryAfter: Millis | undefined;
    }
  /** The notifier has lost it: 481 and its like to a refresh, or it ran out. */
  | { readonly kind: 'lost' }
  /** Nobody answered. */
  | { readonly kind: 'silence'; readonly why: string };

/** When to ask again. */
export type Renewal = 'never' | 'at once' | 'after retry-after' | 'later';

/** By the reason that a notifier gives (§4.1.3). */
const REASONS: ReadonlyMap<string, Renewal> = new Map<string, Renewal>([
  ['deactivated', 'at once'],
  ['probation', 'after retry-after'],
  ['rejected', 'never'],
  ['timeout', 'at once'],
  ['giveup', 'after retry-after'],
  ['noresource', 'never'],
  ['invariant', 'never'],
]);

/** No reason, or one that is not known: at any time, but not before retry-after (§4.1.3). */
const OTHER_REASONS: Renewal = 'after retry-after';

/**
 * By status of a refusal. 489: the server does not know the package (§4.2.1.1). Others that no waiting will mend: the
 * method is not known, the address is none.
 */
const FINAL_REFUSALS = new Set([405, 416, 489, 501]);
/** Those that may mend themselves soon: the server is not able to answer. */
const PASSING_REFUSALS = new Set([408, 430, 480, 500, 503, 504]);

/** Pure: what an end leads to. */
export function renewalAfter(end: SubscriptionEnd): Renewal {
  switch (end.kind) {
    case 'terminated':
      return end.reason === undefined ? OTHER_REASONS : (REASONS.get(end.reason) ?? OTHER_REASONS);
    case 'refused':
      return FINAL_REFUSALS.has(end.status) ? 'never' : 'after retry-after';
    case 'lost':
      return 'at once';
    case 'silence':
      return 'later';
  }
}

const LEAST_SPACING = seconds(1);
/** A subscription that has lived so long was a good one; what ended it is no sign that the next would end as soon. */
const GOOD_LIFE = seconds(10);
const LONGEST_RETRY_AFTER = minutes(24 * 60);
/** What is added to Retry-After keeps those apart that were told the same. */
const RETRY_AFTER_JITTER = 0.1;

/** The waits of one subscription. */
export class ResubscriptionPolicy {
  readonly #outage: RetrySchedule;
  readonly #refused: RetrySchedule;

  constructor(private readonly random: Random) {
    this.#outage = new RetrySchedule({ initial: seconds(4), maximum: seconds(60), factor: 2, jitter: 0.5 }, random);
    this.#refused = new RetrySchedule({ initial: seconds(75), maximum: minutes(10), factor: 2, jitter: 0.2 }, random);
  }

  /**
   * How long to wait; undefined: for ever.
   * @param lived how long the subscription was there; 0 where there was none
   */
  waitAfter(end: SubscriptionEnd, lived: Millis): Millis | undefined {
    const renewal = renewalAfter(end);
    if (renewal === 'never') return undefined;
    if (lived >= GOOD_LIFE) this.forget();
    if (renewal === 'at once' && lived >= GOOD_LIFE) return millis(0);
    const retryAfter = 'retryAfter' in end ? end.retryAfter : undefined;
    if (renewal === 'after retry-after' && retryAfter !== undefined) {
      const obeyed = Math.max(LEAST_SPACING, Math.min(LONGEST_RETRY_AFTER, retryAfter));
      return millis(obeyed * (1 + RETRY_AFTER_JITTER * this.random.uniform()));
    }
    const lasting = end.kind === 'refused' && !PASSING_REFUSALS.has(end.status);
    return (lasting ? this.#refused : this.#outage).next();
  }

  /** The path may have changed: what was learnt about waiting no longer counts. */
  forget(): void {
    this.#outage.reset();
    this.#refused.reset();
  }
}
