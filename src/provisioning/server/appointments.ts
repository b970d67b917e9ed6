// When the seconds to come are given away: who comes at a moment that it was given finds room, as in no second more were
// asked to come than can be served.

import { type Millis, millis } from '../../base/units.ts';

/** Moments closer together than this are one. */
const STEP = millis(100);
const SECOND = 10;
/**
 * So much of a second to come is given away. Of a second that is full all come at one moment, whole seconds after they were
 * sent away together; held up by less than a second, they come with those of the next. And others come unasked.
 */
const SHARE = 0.5;

/** How many come at which step. */
export class Appointments {
  /** A ring: a step that is past makes room for the farthest to come. What is past counts in the second that it is in. */
  readonly #counts: Uint32Array;
  #first: number;

  /**
   * @param rate how many may come in a second
   * @param horizon how many seconds ahead are given away
   */
  constructor(
    private readonly rate: number,
    private readonly horizon: number,
    now: Millis,
  ) {
    this.#counts = new Uint32Array((horizon + 2) * SECOND);
    this.#first = stepOf(now) - SECOND;
  }

  /**
   * Takes a place at the first moment that has one.
   * @param from 0: now, if it can be; 1: later
   * @returns in how many seconds: whole ones, as Retry-After has no parts (RFC 3261 §20.33). Undefined: all is given away
   */
  take(now: Millis, from: 0 | 1): number | undefined {
    const step = stepOf(now);
    this.#forgetBefore(step - SECOND);
    for (let wait = from; wait <= this.horizon; wait += 1) {
      const at = step + wait * SECOND;
      if (!this.#hasRoom(at, wait === 0 ? this.rate : Math.ceil(SHARE * this.rate))) continue;
      this.#counts[at % this.#counts.length] = this.#at(at) + 1;
      return wait;
    }
    return undefined;
  }

  /** Whether no second that a step is in has its full number. */
  #hasRoom(step: number, most: number): boolean {
    let inSecond = 0;
    for (let at = step - SECOND + 1; at < step; at += 1) inSecond += this.#at(at);
    for (let last = step; last < step + SECOND; last += 1) {
      inSecond += this.#at(last);
      if (inSecond >= most) return false;
      inSecond -= this.#at(last - SECOND + 1);
    }
    return true;
  }

  #at(step: number): number {
    return step < this.#first ? 0 : (this.#counts[step % this.#counts.length] ?? 0);
  }

  #forgetBefore(step: number): void {
    const gone = Math.min(step - this.#first, this.#counts.length);
    for (let at = step - gone; at < step; at += 1) this.#counts[at % this.#counts.length] = 0;
    this.#first = Math.max(this.#first, step);
  }
}

const stepOf = (now: Millis): number => Math.floor(now / STEP);
