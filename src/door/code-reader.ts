// The digits of one call, read as codes: they collect, and a code opens as soon as the collected digits end with it. A
// try is wrong at `#`, after a pause of 3 s, or at 16 digits, when no code matched.

import type { Clock, Timer } from '../base/clock.ts';
import { type Millis, seconds } from '../base/units.ts';
import type { CodeBook } from './code-book.ts';
import type { CodeLockout, CodeStanding } from './code-lockout.ts';

const LONGEST_TRY = 16;
const PAUSE: Millis = seconds(3);

export interface CodeReaderOptions {
  readonly clock: Clock;
  readonly lockout: CodeLockout;
  /** The codes that hold at the moment of a digit. */
  readonly codes: () => CodeBook;
  /** Whom wrong codes are counted against. */
  readonly caller: string;
  readonly opens: (doors: readonly string[]) => void;
  /** A try was wrong, or was not looked at because the caller is locked out. */
  readonly refused: (standing: CodeStanding) => void;
}

/**
 * Reads the digits of one caller. A try that the end of the call interrupts is still judged when its pause is over:
 * hanging up in time must not be a way to guess for nothing.
 */
export class CodeReader {
  #collected = '';
  #pause: Timer | undefined;

  constructor(private readonly options: CodeReaderOptions) {}

  /** Whether a try is under way. */
  get isCollecting(): boolean {
    return this.#collected !== '';
  }

  /** Takes one digit. What it opens is open when this returns. */
  take(digit: string): void {
    const codes = this.options.codes();
    if (codes.isEmpty) return;
    this.#pause?.cancel();
    const before = this.#collected;
    this.#collected += digit;
    if (this.#opens(codes)) return;
    // A `#` alone ends nothing: many people close a code with it that has opened already.
    if (digit === '#' && before === '') this.reset();
    else if (digit === '#' || this.#collected.length >= LONGEST_TRY) this.#wrong();
    else this.#pause = this.options.clock.after(PAUSE, 'code pause', () => this.#wrong());
  }

  /** Forgets what has been collected. */
  reset(): void {
    this.#pause?.cancel();
    this.#pause = undefined;
    this.#collected = '';
  }

  #opens(codes: CodeBook): boolean {
    const { lockout, caller } = this.options;
    if (lockout.standing(caller).lockedFor !== undefined) return false;
    const doors = codes.match(this.#collected);
    if (doors.length === 0) return false;
    this.reset();
    lockout.right(caller);
    this.options.opens(doors);
    return true;
  }

  #wrong(): void {
    this.reset();
    this.options.refused(this.options.lockout.wrong(this.options.caller));
  }
}
