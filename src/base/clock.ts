// The one source of time. Everything that waits or measures is handed a Clock, so that a test can move it.
// Only src/app and src/demo construct SystemClock.

import { type Millis, millis } from './units.ts';

/** A timer that has been started. It fires once. */
export interface Timer {
  /** What is waited for, for diagnostics: `transaction B`, `register refresh`. */
  readonly name: string;
  /** Stops the timer; does nothing when it has fired or was cancelled. */
  cancel(): void;
}

/** Monotonic time, timers, and the time of day. */
export interface Clock {
  /**
   * Monotonic milliseconds since an arbitrary start, with a fraction. It is CLOCK_MONOTONIC: the media engine's stamps
   * and those of another process on the same machine can be subtracted from it.
   */
  now(): Millis;
  /** The time of day, for people and protocols that name a date. Never for a timeout: it may be stepped. */
  wall(): Date;
  /** Runs `run` once after `delay` milliseconds. */
  after(delay: Millis, name: string, run: () => void): Timer;
}

/** The longest delay that Node's timers hold (2^31 - 1 ms, 24.8 days). */
const LONGEST_DELAY = 0x7fff_ffff;

/** The machine's clock. */
export class SystemClock implements Clock {
  now(): Millis {
    return millis(Number(process.hrtime.bigint()) / 1e6);
  }

  wall(): Date {
    return new Date();
  }

  after(delay: Millis, name: string, run: () => void): Timer {
    if (delay <= LONGEST_DELAY) {
      const timeout = setTimeout(run, Math.max(0, delay));
      return { name, cancel: () => clearTimeout(timeout) };
    }
    const due = this.now() + delay;
    let handle: NodeJS.Timeout;
    const arm = (): void => {
      const rest = Math.max(0, due - this.now());
      handle = setTimeout(() => (rest > LONGEST_DELAY ? arm() : run()), Math.min(rest, LONGEST_DELAY));
    };
    arm();
    return { name, cancel: () => clearTimeout(handle) };
  }
}
