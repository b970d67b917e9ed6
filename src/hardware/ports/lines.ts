// What the door asks of a pin: active or not. Polarity, pull resistors and debounce are the driver's and the board
// data's; no caller ever sees a level in volts.

import type { Millis } from '../../base/units.ts';

/** One change of a line. `at` is monotonic, on the Clock's scale, as near to the edge as the driver can stamp it. */
export interface LineChange {
  readonly active: boolean;
  readonly at: Millis;
}

/** A button, a door contact, a tamper switch. */
export interface InputLine {
  readonly name: string;
  /** The debounced state. */
  readonly active: boolean;
  /** Calls `listener` for every debounced change, never for the state at the start; the returned function ends it. */
  onChange(listener: (change: LineChange) => void): () => void;
}

/** A relay, a lamp. */
export interface OutputLine {
  readonly name: string;
  readonly active: boolean;
  /**
   * Drives the line. Inactive is always taken, on a closed board also, where every output is so already.
   * @throws DoorphoneError `board-closed`, `line-failed`
   */
  set(active: boolean): void;
  /**
   * Of outputs that answer late: calls `listener` when what was set has turned out not to be so, or is so no more. The line
   * counts as inactive then. The returned function ends it; left out: `set` knows it all.
   */
  onFailed?(listener: (reason: string) => void): () => void;
}

/** Where the kernel has a line, and how it is wired. */
export interface LineWire {
  /** Label of the chip. */
  readonly chip: string;
  /** The kernel's name for it, where several chips have that label. */
  readonly chipName: string;
  readonly offset: number;
  readonly activeLow: boolean;
  /** Of an output. */
  readonly drive: 'push-pull' | 'open-drain' | 'open-source';
}

export type LineDirection = 'input' | 'output';

/** One line as `doorphone line` and the panel show it. */
export interface LineState {
  readonly name: string;
  readonly direction: LineDirection;
  readonly active: boolean;
}
