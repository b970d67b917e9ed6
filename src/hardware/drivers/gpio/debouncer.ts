// A contact bounces: for some milliseconds it opens and closes before it stays. A level counts when it has stood for the
// whole time; what is shorter is no change. For kernels and chips that do not do this by themselves.

import type { Clock, Timer } from '../../../base/clock.ts';
import type { Millis } from '../../../base/units.ts';

export class Debouncer {
  #timer: Timer | undefined;
  #level: boolean;

  /** @param settled called with each level that counts, other than the one before */
  constructor(
    private readonly clock: Clock,
    private readonly time: Millis,
    private active: boolean,
    private readonly settled: (active: boolean, at: Millis) => void,
  ) {
    this.#level = active;
  }

  /** The contact has this level from now on. */
  edge(active: boolean): void {
    if (active === this.#level) return;
    this.#level = active;
    this.#timer?.cancel();
    this.#timer = this.clock.after(this.time, 'debounce of a line', () => {
      if (this.#level === this.active) return;
      this.active = this.#level;
      this.settled(this.active, this.clock.now());
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
