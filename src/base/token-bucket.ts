// A bound on how often something may happen.

import type { Clock } from './clock.ts';
import type { Millis } from './units.ts';

/** Lets `burst` through at once, and one more every `interval`. */
export class TokenBucket {
  #tokens: number;
  #filled: Millis;

  constructor(
    private readonly clock: Clock,
    private readonly burst: number,
    private readonly interval: Millis,
  ) {
    this.#tokens = burst;
    this.#filled = clock.now();
  }

  /** Takes one token; false when there is none. */
  take(): boolean {
    const now = this.clock.now();
    this.#tokens = Math.min(this.burst, this.#tokens + (now - this.#filled) / this.interval);
    this.#filled = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
