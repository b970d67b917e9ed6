// When a registration asks again: pure decisions about time, so that the promises can be read in one place.
//
// The promise: registered again within 3 s of a server's return after an outage of less than 30 s, with no storm.
//
// 1. An outage has to be noticed before it can be mended. A registrar that was restarted has forgotten its bindings
//    (most keep them in memory), and answers as if nothing had been. So the binding itself is looked at: a REGISTER
//    without Contact changes nothing and lists the bindings (RFC 3261 §10.2.3). It finds the dead server and the
//    forgetful one alike, however short the outage was. A registrar of the house is asked every 2 s: a fleet of 200
//    doors makes 100 small requests a second, which is a hundredth of what a registrar on one core answers. One on the
//    Internet, where such a rate would be taken for abuse and where a NAT's life sets the pace, is asked every 25 s:
//    there the 3 s hold for every outage that a question fell into.
// 2. In a young outage an attempt lasts 2 s and the next follows at once. An attempt is a transaction with T1 = 500 ms,
//    so its packets leave at 0, 0.5 and 1.5 s: the server gets one at most 1 s after its return. Giving an attempt up
//    after 2 s is a timer F of that length, and keeps §10.2: no registration while another is unanswered.
// 3. An old outage is asked about ever more seldom, up to 60 s, each device by its own chance: a fleet must not come
//    back in step. There an attempt has 8 s, so that a slow server is not taken for a dead one for ever.
// 4. What will not mend itself (a wrong password, 403, 404) is tried again after a minute at the earliest.

import { isOfTheHouse } from '../../base/address.ts';
import type { Random } from '../../base/random.ts';
import { RetrySchedule } from '../../base/retry-schedule.ts';
import { type Millis, millis, minutes, seconds } from '../../base/units.ts';

/** How long an outage is young. 30 s are promised; the rest covers the time until it was noticed. */
const YOUNG_OUTAGE = seconds(35);
const YOUNG_ATTEMPT = seconds(2);
const OLD_ATTEMPT = seconds(8);
/** Never more than one attempt a second. */
const LEAST_SPACING = seconds(1);

const NEAR_INTERVAL = seconds(2);
const FAR_INTERVAL = seconds(25);
/** A registrar that does not list bindings can be asked nothing; it is registered with anew. */
const BLIND_INTERVAL = minutes(1);

const LONGEST_RETRY_AFTER = minutes(60);

/** The waits of one account's registration. */
export class RecoveryPolicy {
  readonly #outage: RetrySchedule;
  readonly #refused: RetrySchedule;
  #outageSince: Millis | undefined;

  constructor(private readonly random: Random) {
    this.#outage = new RetrySchedule({ initial: seconds(4), maximum: seconds(60), factor: 2, jitter: 0.5 }, random);
    this.#refused = new RetrySchedule({ initial: seconds(75), maximum: minutes(10), factor: 2, jitter: 0.2 }, random);
  }

  /** The server answered as it should. */
  succeeded(): void {
    this.#outageSince = undefined;
    this.#outage.reset();
    this.#refused.reset();
  }

  /** The path may have changed (link, route, address): what was learnt about waiting no longer counts. */
  forget(): void {
    this.succeeded();
  }

  /** How long an attempt that begins now may go without an answer. */
  attemptLife(now: Millis): Millis {
    return this.#isYoung(now) ? YOUNG_ATTEMPT : OLD_ATTEMPT;
  }

  /**
   * The wait after an attempt that found no server, or one that is not able to answer.
   * @param began when the attempt began
   */
  afterSilence(now: Millis, began: Millis): Millis {
    this.#outageSince ??= began;
    if (!this.#isYoung(now)) return this.#outage.next();
    return millis(Math.max(0, began + LEAST_SPACING - now));
  }

  /** The wait before another server, or another way, is tried: no outage has been waited for yet. */
  beforeOther(now: Millis, began: Millis): Millis {
    this.#outageSince ??= began;
    return millis(Math.max(0, began + LEAST_SPACING - now));
  }

  /** As `afterSilence`, for a server that answered with a failure: it is there, and is spared more. */
  afterFailure(now: Millis, began: Millis, retryAfter: Millis | undefined): Millis {
    const wait = this.afterSilence(now, began);
    if (retryAfter !== undefined) return this.obey(retryAfter);
    return millis(Math.max(wait, began + YOUNG_ATTEMPT - now));
  }

  /** The wait after a refusal that only a person can mend. */
  afterRefusal(retryAfter: Millis | undefined): Millis {
    return retryAfter === undefined ? this.#refused.next() : this.obey(retryAfter);
  }

  /** Retry-After wins. What is added to it keeps those apart that were told the same. */
  obey(retryAfter: Millis): Millis {
    const wait = Math.min(LONGEST_RETRY_AFTER, Math.max(LEAST_SPACING, retryAfter));
    return millis(wait * (1 + 0.1 * this.random.uniform()));
  }

  #isYoung(now: Millis): boolean {
    return this.#outageSince === undefined || now - this.#outageSince < YOUNG_OUTAGE;
  }
}

/**
 * When the binding is renewed: about the middle of its life, so that an outage of half of it costs nothing, each device
 * at a moment of its own.
 */
export function refreshAfter(life: Millis, random: Random): Millis {
  return millis(Math.max(LEAST_SPACING, life * (0.4 + 0.2 * random.uniform())));
}

/** How long until the binding is looked at again. @param address the registrar's @param lists whether it lists bindings */
export function checkAfter(address: string, lists: boolean, random: Random): Millis {
  const interval = !lists ? BLIND_INTERVAL : isOfTheHouse(address) ? NEAR_INTERVAL : FAR_INTERVAL;
  return millis(interval * (1 - 0.1 * random.uniform()));
}
