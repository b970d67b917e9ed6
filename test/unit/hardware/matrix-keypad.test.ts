// A matrix of keys, played with its wires: what is connected with what is connected through other keys too.

import { beforeEach, describe, expect, it } from 'vitest';
import { MatrixKeypad } from '../../../src/hardware/drivers/index.ts';
import { type InputLine, KEYPAD_KEYS, type LineChange, type OutputLine } from '../../../src/hardware/ports/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

const LAYOUT = ['123', '456', '789', '*0#'];

/** Rows, columns, and keys that are down. */
class Wires {
  readonly driven = new Set<number>();
  readonly #down = new Set<string>();
  readonly #listeners: ((change: LineChange) => void)[][] = [[], [], []];
  #active = [false, false, false];
  /** What driving a row comes to. */
  fails = false;
  writes = 0;

  constructor(private readonly clock: FakeClock) {}

  press(key: string): void {
    this.#down.add(key);
    this.#look();
  }

  release(key: string): void {
    this.#down.delete(key);
    this.#look();
  }

  row(row: number): OutputLine {
    const { driven } = this;
    return {
      name: `row ${row}`,
      get active() {
        return driven.has(row);
      },
      set: (active) => {
        if (this.fails) throw new Error('the chip is gone');
        this.writes += 1;
        if (active) driven.add(row);
        else driven.delete(row);
        this.#look();
      },
    };
  }

  column(column: number): InputLine {
    const isActive = (): boolean => this.#active[column] === true;
    return {
      name: `column ${column}`,
      get active() {
        return isActive();
      },
      onChange: (listener) => {
        this.#listeners[column]?.push(listener);
        return () => this.#listeners[column]?.splice(0);
      },
    };
  }

  /** From the rows that are driven through every key that is down, back and forth. */
  #look(): void {
    const rows = new Set(this.driven);
    const columns = new Set<number>();
    for (let size = -1; size !== rows.size + columns.size; ) {
      size = rows.size + columns.size;
      for (const [row, keys] of LAYOUT.entries()) {
        for (const [column, key] of [...keys].entries()) {
          if (!this.#down.has(key)) continue;
          if (rows.has(row)) columns.add(column);
          if (columns.has(column)) rows.add(row);
        }
      }
    }
    const before = this.#active;
    this.#active = [0, 1, 2].map((column) => columns.has(column));
    for (const [column, active] of this.#active.entries()) {
      if (active === before[column]) continue;
      for (const listener of this.#listeners[column] ?? []) listener({ active, at: this.clock.now() });
    }
  }
}

let clock: FakeClock;
let wires: Wires;
let keypad: MatrixKeypad;
let keys: string[];

beforeEach(() => {
  clock = new FakeClock();
  wires = new Wires(clock);
  keys = [];
  keypad = new MatrixKeypad(
    'entrance',
    {
      rows: [0, 1, 2, 3].map((row) => wires.row(row)),
      columns: [0, 1, 2].map((column) => wires.column(column)),
      keys: LAYOUT.map((row) => [...row].map((text) => KEYPAD_KEYS.find((key) => key === text))),
    },
    { clock, log: new RecordingLog() },
  );
  keypad.onKey(({ key }) => keys.push(key));
});

/** A finger on a key for a while. */
function tap(key: string, forMs = 100): void {
  wires.press(key);
  clock.advance(forMs);
  wires.release(key);
  clock.advance(100);
}

describe('a matrix keypad', () => {
  it('tells every key, once', () => {
    for (const key of '123456789*0#') tap(key);
    expect(keys.join('')).toBe('123456789*0#');
  });

  it('does nothing while nobody touches it', () => {
    const before = wires.writes;
    clock.advance(3_600_000);
    expect(wires.writes).toBe(before);
    expect(clock.timers).toEqual([]);
    tap('5');
    expect(clock.timers).toEqual([]);
    expect([...wires.driven]).toEqual([0, 1, 2, 3]);
  });

  it('tells a key that is held once', () => {
    tap('7', 10_000);
    expect(keys).toEqual(['7']);
  });

  it('tells a key that bounces once, and one that is touched for less than its debounce not at all', () => {
    for (let turn = 0; turn < 5; turn += 1) {
      wires.press('4');
      clock.advance(4);
      wires.release('4');
      clock.advance(3);
    }
    tap('4');
    expect(keys).toEqual(['4']);
    tap('6', 5);
    expect(keys).toEqual(['4']);
  });

  it('tells the next key while the one before is still down', () => {
    wires.press('1');
    clock.advance(100);
    wires.press('5');
    clock.advance(100);
    wires.release('1');
    clock.advance(100);
    wires.press('9');
    clock.advance(100);
    expect(keys).toEqual(['1', '5', '9']);
  });

  it('refuses what three keys make look like a fourth', () => {
    wires.press('1');
    wires.press('3');
    clock.advance(100);
    wires.press('7');
    clock.advance(200);
    expect(keys.toSorted()).toEqual(['1', '3']);
    // Now it is known: the ghost (9) is gone with the key that made it.
    wires.release('1');
    clock.advance(100);
    expect(keys.toSorted()).toEqual(['1', '3', '7']);
  });

  it('looks seldom at a key that hangs, and is well again when it comes loose', () => {
    wires.press('2');
    clock.advance(120_000);
    const before = wires.writes;
    clock.advance(10_000);
    expect(wires.writes - before).toBeLessThan(300);
    wires.release('2');
    clock.advance(2000);
    tap('3');
    expect(keys).toEqual(['2', '3']);
  });

  it('goes on when a line that could not be driven can be again', () => {
    wires.fails = true;
    tap('1');
    wires.fails = false;
    clock.advance(6000);
    tap('2');
    expect(keys).toEqual(['2']);
  });

  it('tells nothing once it is closed', () => {
    wires.press('1');
    keypad.close();
    clock.advance(1000);
    tap('2');
    expect(keys).toEqual([]);
    expect(clock.timers).toEqual([]);
  });
});
