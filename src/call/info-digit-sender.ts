// Digits that we send as INFO, one after another: requests in flight together may overtake one another on UDP.

import type { Clock, Timer } from '../base/clock.ts';
import { type Millis, millis } from '../base/units.ts';
import type { Body } from '../sip/index.ts';
import { writeInfoDigit } from './info-digits.ts';

/** How long each key is said to be held, as a person would. */
const DURATION: Millis = millis(160);
/** From one request to the next. */
const SPACING: Millis = millis(250);

/** Sends digits in the order in which they were asked for. */
export class InfoDigitSender {
  readonly #waiting: string[] = [];
  #timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly sendInfo: (body: Body) => void,
  ) {}

  send(digits: string): void {
    this.#waiting.push(...digits);
    if (this.#timer === undefined) this.#next();
  }

  /** Forgets what has not been sent. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#waiting.length = 0;
  }

  #next(): void {
    this.#timer = undefined;
    const digit = this.#waiting.shift();
    if (digit === undefined) return;
    this.#timer = this.clock.after(SPACING, 'INFO digit', () => this.#next());
    this.sendInfo(writeInfoDigit(digit, DURATION));
  }
}
