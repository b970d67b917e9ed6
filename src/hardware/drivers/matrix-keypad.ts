// A keypad whose keys connect rows with columns. At rest all rows are driven, so that any key makes an edge at its column;
// then row by row is driven alone and the columns are looked at, until no key is down any more.
//
// Three keys that are down can look like a fourth: from three on, no key counts that did not before. Rows that are not
// driven have to float (open drain), or two keys in a column would short two rows.

import type { Clock, Timer } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import type { InputLine, KeyPress, Keypad, KeypadKey, OutputLine } from '../ports/index.ts';
import { Listeners } from './listeners.ts';

export interface MatrixWiring {
  readonly rows: readonly OutputLine[];
  readonly columns: readonly InputLine[];
  /** The key at each crossing, row by row; undefined: there is none. */
  readonly keys: readonly (readonly (KeypadKey | undefined)[])[];
}

export interface MatrixServices {
  readonly clock: Clock;
  readonly log: Log;
}

/** How long a row is driven before its columns are looked at: the edges have to come in. */
const SETTLE: Millis = millis(3);
/** Between two passes. A key counts when two passes in a row have seen it: contacts bounce. */
const PAUSE: Millis = millis(8);
/** What has been down for so long hangs; it is looked at seldom then. */
const STUCK_AFTER: Millis = seconds(60);
const PAUSE_WHILE_STUCK: Millis = millis(500);
const AFTER_FAILURE: Millis = seconds(5);
/** With more keys than this down it is not known which. */
const MOST_DOWN = 2;

/** One keypad. */
export class MatrixKeypad implements Keypad {
  readonly #presses: Listeners<KeyPress>;
  readonly #leave: (() => void)[];
  #timer: Timer | undefined;
  #isScanning = false;
  #closed = false;
  /** Crossings, as `row * columns + column`: in the pass that runs, in the one before, and those that count. */
  #seen = new Set<number>();
  #before: ReadonlySet<number> = new Set();
  #down: ReadonlySet<number> = new Set();
  #changedAt: Millis;

  constructor(
    readonly name: string,
    private readonly wiring: MatrixWiring,
    private readonly services: MatrixServices,
  ) {
    this.#presses = new Listeners(services.log);
    this.#changedAt = services.clock.now();
    this.#leave = wiring.columns.map((column) => column.onChange(({ active }) => active && this.#wake()));
    this.#guard(() => this.#rest());
  }

  onKey(listener: (press: KeyPress) => void): () => void {
    return this.#presses.add(listener);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    for (const leave of this.#leave.splice(0)) leave();
  }

  /** Any key makes an edge now. */
  #rest(): void {
    this.#isScanning = false;
    for (const row of this.wiring.rows) row.set(true);
  }

  #wake(): void {
    if (this.#isScanning || this.#closed) return;
    this.#isScanning = true;
    this.#before = new Set();
    this.#changedAt = this.services.clock.now();
    this.#guard(() => this.#pass());
  }

  #pass(): void {
    this.#seen = new Set();
    for (const row of this.wiring.rows) row.set(false);
    this.#drive(0);
  }

  /** Drives one row, looks, and goes on to the next. */
  #drive(at: number): void {
    const row = this.wiring.rows[at];
    if (row === undefined) {
      this.#judge();
      return;
    }
    row.set(true);
    this.#after(SETTLE, () => {
      for (const [column, { active }] of this.wiring.columns.entries()) {
        if (active) this.#seen.add(at * this.wiring.columns.length + column);
      }
      row.set(false);
      this.#drive(at + 1);
    });
  }

  /** What two passes have seen alike counts. */
  #judge(): void {
    const { clock } = this.services;
    const isSteady = isSame(this.#seen, this.#before);
    this.#before = this.#seen;
    if (isSteady && !isSame(this.#seen, this.#down)) this.#settle(this.#seen);
    if (isSteady && this.#down.size === 0 && this.#seen.size === 0) {
      this.#rest();
      return;
    }
    const isStuck = clock.now() - this.#changedAt > STUCK_AFTER;
    this.#after(isStuck ? PAUSE_WHILE_STUCK : PAUSE, () => this.#pass());
  }

  #settle(seen: ReadonlySet<number>): void {
    const { clock } = this.services;
    this.#changedAt = clock.now();
    const pressed = [...seen].filter((crossing) => !this.#down.has(crossing));
    const isClear = seen.size <= MOST_DOWN;
    this.#down = isClear ? seen : new Set([...seen].filter((crossing) => this.#down.has(crossing)));
    if (!isClear) return;
    for (const crossing of pressed) {
      const columns = this.wiring.columns.length;
      const key = this.wiring.keys[Math.floor(crossing / columns)]?.[crossing % columns];
      if (key !== undefined) this.#presses.call({ key, at: clock.now() });
    }
  }

  #after(wait: Millis, run: () => void): void {
    if (this.#closed) return;
    this.#timer = this.services.clock.after(wait, 'matrix keypad', () => this.#guard(run));
  }

  /** A line that cannot be driven says so itself; the keypad tries again. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (thrown) {
      this.services.log.debug('keypad.not-scanned', { keypad: this.name, reason: describeError(thrown) });
      this.#isScanning = true;
      this.#down = new Set();
      this.#after(AFTER_FAILURE, () => this.#rest());
    }
  }
}

const isSame = (one: ReadonlySet<number>, other: ReadonlySet<number>): boolean =>
  one.size === other.size && [...one].every((each) => other.has(each));
