// Whether more comes in than the processor can do: then what came waits, or its timers are late, again and again.

import type { Clock } from '../../base/clock.ts';
import { type Millis, millis } from '../../base/units.ts';

const STEP = millis(20);
/**
 * A round of the event loop with a full socket takes 32 datagrams: longer than this it takes a machine that cannot do the
 * rate. A moment's collection of garbage does it, too, but once.
 */
const LATE = millis(50);
const TOO_OFTEN = 4;
/** So many that wait to be looked at are a second's work of a fleet: more than a moment's pause leaves. */
const TOO_MANY = 500;
/** Nobody has asked for so long: it is not looked at any more. */
const REST = millis(1000);

/** Looks at the time while somebody asks. */
export class Backlog {
  #late = 0;
  #asked: Millis;
  #looking = false;

  /** @param waiting how many requests have been received and not been looked at */
  constructor(
    private readonly clock: Clock,
    private readonly waiting: () => number = () => 0,
  ) {
    this.#asked = clock.now();
  }

  get isBehind(): boolean {
    this.#asked = this.clock.now();
    if (!this.#looking) this.#look();
    return this.#late >= TOO_OFTEN || this.waiting() >= TOO_MANY;
  }

  #look(): void {
    this.#looking = true;
    const due = this.clock.now() + STEP;
    this.clock.after(STEP, 'look at the backlog', () => {
      const now = this.clock.now();
      this.#late = now - due > LATE ? this.#late + 1 : 0;
      if (now - this.#asked < REST) this.#look();
      else this.#looking = false;
    });
  }
}
