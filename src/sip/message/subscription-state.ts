// The Subscription-State header (RFC 6665 §4.1.3, §8.2.3).

import { err, ok, type Result } from '../../base/result.ts';
import { type Millis, seconds } from '../../base/units.ts';
import { formatValued, parseValued } from './valued.ts';

/** What a notifier says of a subscription. */
export interface SubscriptionState {
  readonly state: 'active' | 'pending' | 'terminated';
  /** What is left of its life; never with `terminated`. */
  readonly expires?: Millis;
  /** Why it is over: `deactivated`, `timeout`, …; only with `terminated`. */
  readonly reason?: string;
  /** How long a new subscription is to wait; only with `terminated`. */
  readonly retryAfter?: Millis;
}

const STATES: ReadonlyMap<string, SubscriptionState['state']> = new Map([
  ['active', 'active'],
  ['pending', 'pending'],
  ['terminated', 'terminated'],
]);

/** Reads the header. What has no meaning for its state is left out (§4.1.3). The error is a sentence. */
export function parseSubscriptionState(text: string): Result<SubscriptionState, string> {
  const parsed = parseValued(text);
  if (!parsed.ok) return err(parsed.error.message);
  const { value, parameters } = parsed.value;
  const state = STATES.get(value.toLowerCase());
  if (state === undefined) return err('the state is none that is known');
  if (state !== 'terminated') {
    const expires = secondsIn(parameters.get('expires'));
    return ok({ state, ...(expires === undefined ? {} : { expires }) });
  }
  const reason = parameters.get('reason');
  const retryAfter = secondsIn(parameters.get('retry-after'));
  return ok({
    state,
    ...(typeof reason === 'string' ? { reason: reason.toLowerCase() } : {}),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

/** Writes the header. */
export function formatSubscriptionState({ state, expires, reason, retryAfter }: SubscriptionState): string {
  const parameters = new Map<string, string>();
  if (expires !== undefined) parameters.set('expires', String(Math.ceil(expires / 1000)));
  if (reason !== undefined) parameters.set('reason', reason);
  if (retryAfter !== undefined) parameters.set('retry-after', String(Math.ceil(retryAfter / 1000)));
  return formatValued({ value: state, parameters });
}

/** delta-seconds; undefined where there are none. */
function secondsIn(value: string | true | undefined): Millis | undefined {
  return typeof value === 'string' && /^[0-9]{1,10}$/.test(value) ? seconds(Number(value)) : undefined;
}
