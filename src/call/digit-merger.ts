// One key press, counted once, whichever ways it arrives by.
//
// Many phones and PBXs send each key twice: as telephone-event in RTP (RFC 4733) and as INFO. Neither carries anything
// that names the other, so they are paired: a digit is the echo of the oldest unpaired one of the same key that came
// the other way a short time ago. Pairing one by one, not "ignore the same key for a while", keeps 1-1 typed fast two
// digits; a sender that uses one way alone is never held back, since nothing arrives the other way.

import type { Clock } from '../base/clock.ts';
import { type Millis, seconds } from '../base/units.ts';
import type { CallDigit } from './types.ts';

/**
 * How far apart the two ways of one key press may arrive. An INFO that is lost twice comes 1.5 s late (RFC 3261
 * §17.1.2.2: T1, then 2*T1), and a key that is held down may be said at its start by the one way and at its end by
 * the other.
 */
const ECHO_WINDOW: Millis = seconds(2);

/** What of a key press tells it from others. */
type Press = Pick<CallDigit, 'digit' | 'via'>;

/** `at` is when it was heard of: both ways are held up alike when this program is. */
interface Unpaired extends Press {
  readonly at: Millis;
}

/** Tells first arrivals from echoes, for one call. */
export class DigitMerger {
  #unpaired: Unpaired[] = [];

  constructor(private readonly clock: Clock) {}

  /** True when this is a key press not heard of before; false when it is the other way's echo. */
  isNew({ digit, via }: Press): boolean {
    const at = this.clock.now();
    this.#unpaired = this.#unpaired.filter((earlier) => at - earlier.at <= ECHO_WINDOW);
    const echoed = this.#unpaired.findIndex((earlier) => earlier.digit === digit && earlier.via !== via);
    if (echoed >= 0) {
      this.#unpaired.splice(echoed, 1);
      return false;
    }
    this.#unpaired.push({ digit, via, at });
    return true;
  }
}
