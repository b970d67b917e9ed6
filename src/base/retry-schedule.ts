// How long to wait before trying again: a value, so that each use states its own bounds.

import type { Random } from './random.ts';
import { type Millis, millis } from './units.ts';

export interface RetryBounds {
  /** The first wait. */
  readonly initial: Millis;
  /** No wait is longer (before jitter is taken off). */
  readonly maximum: Millis;
  /** Each wait is the one before times this. */
  readonly factor: number;
  /** The share of a wait that chance may take off, 0 to 1: a fleet must not come back in step. */
  readonly jitter: number;
}

/** Waits that grow by a factor up to a maximum. */
export class RetrySchedule {
  #failures = 0;

  constructor(
    private readonly bounds: RetryBounds,
    private readonly random: Random,
  ) {}

  /** The wait before the next try; each call counts a failure. */
  next(): Millis {
    const { initial, maximum, factor, jitter } = this.bounds;
    const wait = Math.min(maximum, initial * factor ** this.#failures);
    this.#failures += 1;
    return millis(wait * (1 - jitter * this.random.uniform()));
  }

  /** To be called after a success. */
  reset(): void {
    this.#failures = 0;
  }
}
