// Work over a whole fleet, a little at a time: whoever calls meanwhile is answered.

import type { Clock, Timer } from '../../base/clock.ts';
import { millis } from '../../base/units.ts';

/** What stops for a moment after every piece. */
export type Work<Result> = Generator<undefined, Result>;

/** Does all of it at once. */
export function finish<Result>(work: Work<Result>): Result {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/** How long nobody else may be served, and for how long others are, before it goes on. */
const SLICE = millis(10);
const PAUSE = millis(5);

/** One such work, done in slices; the next takes its place. */
export class SlicedWork {
  #timer: Timer | undefined;

  constructor(private readonly clock: Clock) {}

  /** Begins at once. */
  begin(work: Work<void>): void {
    this.stop();
    const end = this.clock.now() + SLICE;
    while (this.clock.now() < end) {
      if (work.next().done === true) return;
    }
    this.#timer = this.clock.after(PAUSE, 'work on the fleet', () => this.begin(work));
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
