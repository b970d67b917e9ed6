// How many codes may be guessed from one place, whatever names its callers go by.

import type { Clock } from '../base/clock.ts';
import { type Millis, millis } from '../base/units.ts';

/** So many guesses at once, and one more every interval. */
export class GuessBudget {
  #spent = 0;
  #since: Millis;

  constructor(
    private readonly clock: Clock,
    private readonly burst: number,
    private readonly interval: Millis,
  ) {
    this.#since = clock.now();
  }

  /** How long until the next guess; 0 when one is left. */
  get wait(): Millis {
    return millis(Math.max(0, (this.#owed() + 1 - this.burst) * this.interval));
  }

  /** Whether nothing stands against the place any more. */
  get isUntouched(): boolean {
    return this.#owed() === 0;
  }

  /** @param guesses may be more than are left: they are waited for */
  spend(guesses: number): void {
    this.#spent = this.#owed() + guesses;
    this.#since = this.clock.now();
  }

  #owed(): number {
    return Math.max(0, this.#spent - (this.clock.now() - this.#since) / this.interval);
  }
}
