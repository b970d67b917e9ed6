// The digits of one call, read as codes: they collect, and a code opens as soon as the collected digits end with it. A
// try is wrong at `#`, after a pause of 3 s, or at 16 digits, when no code matched.
//
// The pause is one between key presses, and theirs are the times that count: when this program was held up for seconds
// inside a code, its own timers come late and the digits come all at once.

import type { Clock, Timer } from '../base/clock.ts';
import { type Millis, millis, seconds } from '../base/units.ts';
import type { CodeBook } from './code-book.ts';
import type { CodeCaller, CodeLockout, CodeStanding } from './code-lockout.ts';

const LONGEST_TRY = 16;
const PAUSE: Millis = seconds(3);
/** A timer that is later than this was held up, and digits before it may still be waiting to be told. */
const HELD_UP: Millis = millis(50);
/** How long they are waited for. */
const GRACE: Millis = millis(200);

export interface CodeReaderOptions {
  readonly clock: Clock;
  readonly lockout: CodeLockout;
  /** The codes that hold at the moment of a digit. */
  readonly codes: () => CodeBook;
  /** Whom wrong codes are counted against. */
  readonly caller: CodeCaller;
  readonly opens: (doors: readonly string[]) => void;
  /** A try was wrong, or was not looked at because the caller is locked out. */
  readonly refused: (standing: CodeStanding) => void;
  /** Whether a try has no more digits than the longest code, as at a keypad, where each is one guess. Left out: no. */
  readonly isExact?: boolean;
}

/**
 * Reads the digits of one caller. A try that the end of the call interrupts is still judged when its pause is over:
 * hanging up in time must not be a way to guess for nothing.
 */
export class CodeReader {
  #collected = '';
  /** When the latest digit was pressed. */
  #latest: Millis = millis(0);
  #pause: Timer | undefined;

  constructor(private readonly options: CodeReaderOptions) {}

  /** Whether a try is under way. */
  get isCollecting(): boolean {
    return this.#collected !== '';
  }

  /**
   * Takes one digit. What it opens is open when this returns.
   * @param at when it was pressed, on the clock
   */
  take(digit: string, at: Millis = this.options.clock.now()): void {
    const codes = this.options.codes();
    if (codes.isEmpty) return;
    if (this.isCollecting && at - this.#latest >= PAUSE) this.#wrong();
    this.#pause?.cancel();
    const before = this.#collected;
    this.#collected += digit;
    this.#latest = at;
    if (this.#opens(codes)) return;
    // A `#` alone ends nothing: many people close a code with it that has opened already.
    if (digit === '#' && before === '') this.reset();
    else if (digit === '#' || this.#collected.length >= this.#longestTry(codes)) this.#wrong();
    else this.#await(millis(Math.max(GRACE, at + PAUSE - this.options.clock.now())));
  }

  /** Takes back what has been collected. What could have been a code was a try. */
  clear(): void {
    if (!this.isCollecting) return;
    if (this.#collected.length >= this.options.codes().shortest) this.#wrong();
    else this.reset();
  }

  /** Forgets what has been collected. */
  reset(): void {
    this.#pause?.cancel();
    this.#pause = undefined;
    this.#collected = '';
  }

  #longestTry(codes: CodeBook): number {
    return this.options.isExact === true ? codes.longest : LONGEST_TRY;
  }

  #await(time: Millis): void {
    const { clock } = this.options;
    const due = clock.now() + time;
    this.#pause = clock.after(time, 'code pause', () => {
      if (clock.now() - due > HELD_UP) this.#await(GRACE);
      else this.#wrong();
    });
  }

  #opens(codes: CodeBook): boolean {
    const { lockout, caller } = this.options;
    if (lockout.standing(caller).lockedFor !== undefined) return false;
    const doors = codes.match(this.#collected);
    if (doors.length === 0) return false;
    this.reset();
    lockout.right(caller, codes.size === doors.length);
    this.options.opens(doors);
    return true;
  }

  #wrong(): void {
    const guesses = this.options.codes().guessesIn(this.#collected.length);
    this.reset();
    this.options.refused(this.options.lockout.wrong(this.options.caller, guesses));
  }
}
