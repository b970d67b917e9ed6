// The timers of RFC 3261 §17 (Table 4) with RFC 6026 §8.11, by their names in the RFC: what each begins with and how
// it grows. Timer C belongs to proxies and is left out.

import { type Millis, millis, seconds } from '../../base/units.ts';

/** What every timer's value is made of: RFC 3261 §17.1.1.1, §17.1.2.1, §17.1.2.2. */
export interface TimerSettings {
  /** Estimate of the round trip. */
  readonly t1: Millis;
  /** The longest wait between two repetitions of a non-INVITE request or of an INVITE's response. */
  readonly t2: Millis;
  /** The longest that a message stays in the network. */
  readonly t4: Millis;
}

/** The defaults of RFC 3261 Table 4. */
export const defaultTimers: TimerSettings = { t1: millis(500), t2: seconds(4), t4: seconds(5) };

/** Timers of client transactions; `cancelled` is the 64*T1 that follow a CANCEL (§9.1). */
export type ClientTimer = 'A' | 'B' | 'D' | 'E' | 'F' | 'K' | 'M' | 'cancelled';
/** Timers of server transactions; `trying` is the 200 ms after which an INVITE gets its 100 (§17.2.1). */
export type ServerTimer = 'G' | 'H' | 'I' | 'J' | 'L' | 'trying';
export type TransactionTimer = ClientTimer | ServerTimer;

/** Timer D on an unreliable transport: an absolute minimum, whatever T1 is (RFC 6026 §8.4). */
const LEAST_TIMER_D = seconds(32);

/** How long an INVITE may stay without a provisional response: §17.2.1. */
const TRYING_AFTER = millis(200);

/**
 * What a timer is started with.
 * @param reliable whether the transport delivers by itself; A, E and G repeat, so there they are never started
 * @returns undefined where the timer is not used
 */
export function startValue(timer: TransactionTimer, settings: TimerSettings, reliable: boolean): Millis | undefined {
  const { t1, t4 } = settings;
  switch (timer) {
    case 'A':
    case 'E':
    case 'G':
      return reliable ? undefined : t1;
    case 'B':
    case 'F':
    case 'H':
    case 'L':
    case 'M':
    case 'cancelled':
      return millis(64 * t1);
    case 'D':
      return reliable ? millis(0) : millis(Math.max(LEAST_TIMER_D, 64 * t1));
    case 'I':
    case 'K':
      return reliable ? millis(0) : t4;
    case 'J':
      return reliable ? millis(0) : millis(64 * t1);
    case 'trying':
      return TRYING_AFTER;
  }
}

/** What a repeating timer is started with again: A doubles (§17.1.1.2), E and G double up to T2 (§17.1.2.2, §17.2.1). */
export function grownValue(timer: 'A' | 'E' | 'G', previous: Millis, settings: TimerSettings): Millis {
  const doubled = millis(2 * previous);
  return timer === 'A' ? doubled : millis(Math.min(doubled, settings.t2));
}
