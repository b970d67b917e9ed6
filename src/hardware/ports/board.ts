// A board: where lines are taken from, and who drives every output safe when nobody is in command any more.

import type { InputLine, LineChange, LineState, LineWire, OutputLine } from './lines.ts';

/** A change of any line of the board, input or output. */
export interface BoardChange extends LineChange {
  readonly line: string;
}

/**
 * One board. A line has one direction from the first time it is taken until the board closes. Outputs are inactive
 * when they are taken, after `releaseAll`, after `close`, and when the process ends in any way that lets it run code.
 */
export interface Board {
  /** `virtual`, or the name of the folder in board/. */
  readonly name: string;
  /** @throws DoorphoneError `unknown-line`, `line-direction`, `board-closed` */
  input(name: string): InputLine;
  /** @throws DoorphoneError `unknown-line`, `line-direction`, `board-closed` */
  output(name: string): OutputLine;
  /** Every line that has a direction, by the order of the board. */
  lines(): readonly LineState[];
  /** The state of a line, taken or not. @throws DoorphoneError `unknown-line` */
  read(name: string): LineState;
  /** Where a line is, and how it is wired if it is an output; undefined: it has no wire that the kernel knows. Never throws. */
  wireOf(name: string): LineWire | undefined;
  /**
   * Makes an input active or not, as a finger or a wire would: for boards without wires.
   * @throws DoorphoneError `unknown-line`, `line-not-settable` (an output, or an input of a real board), `board-closed`
   */
  setLine(name: string, active: boolean): void;
  /** Calls `listener` for every change of every line; the returned function ends it. */
  onChange(listener: (change: BoardChange) => void): () => void;
  /** By what an output that is taken keeps its level when the process dies; undefined: by nothing that is known. */
  readonly keepsOutputs: string | undefined;
  /** Drives every output inactive. Never throws: what fails is logged, the others are driven nevertheless. */
  releaseAll(): void;
  /** `releaseAll`, then gives the lines back. Safe to call again. */
  close(): void;
}

/** How a driver is told that the process ends: `run` is called synchronously, last. The returned function takes it back. */
export type ProcessExit = (run: () => void) => () => void;
