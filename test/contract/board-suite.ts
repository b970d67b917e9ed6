// What every board must do, whatever it is made of. A driver's test hands in a rig: the board, and a way to the outside
// of its pins (memory, or a loopback of wires), so that no answer of the driver's is checked against itself alone.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DoorphoneError } from '../../src/base/errors.ts';
import type { Board, BoardChange, LineChange } from '../../src/hardware/ports/index.ts';

export interface BoardRig {
  readonly board: Board;
  /** An input and an output that this board has. */
  readonly input: string;
  readonly output: string;
  /** Another output, to see that one does not stand for all. */
  readonly otherOutput: string;
  /** Makes the input active or not from outside, and waits until a debounced driver must have seen it. */
  press(active: boolean): Promise<void>;
  /** Whether the pin of an output is at its active level, as seen from outside. */
  isDriven(output: string): boolean;
  /** The present on the Clock that stamps changes. */
  now(): number;
  /** What the end of the process sets off. */
  exit(): void;
  dispose(): void;
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof DoorphoneError) return thrown.code;
    throw thrown;
  }
  return 'nothing was thrown';
}

/** Registers the suite for one driver. */
export function describeBoard(driver: string, createRig: () => BoardRig | Promise<BoardRig>): void {
  describe(`board ${driver}`, () => {
    let rig: BoardRig;
    beforeEach(async () => {
      rig = await createRig();
    });
    afterEach(() => rig.dispose());

    describe('inputs', () => {
      it('say each change once, with its time', async () => {
        const changes: LineChange[] = [];
        rig.board.input(rig.input).onChange((change) => changes.push(change));
        const before = rig.now();
        await rig.press(true);
        await rig.press(true);
        await rig.press(false);
        expect(changes.map((change) => change.active)).toEqual([true, false]);
        for (const change of changes) {
          expect(change.at).toBeGreaterThanOrEqual(before);
          expect(change.at).toBeLessThanOrEqual(rig.now());
        }
      });

      it('can be read at any time', async () => {
        const line = rig.board.input(rig.input);
        await rig.press(true);
        expect(line.active).toBe(true);
        expect(rig.board.read(rig.input)).toEqual({ name: rig.input, direction: 'input', active: true });
        await rig.press(false);
        expect(line.active).toBe(false);
      });

      it('say nothing more to a listener that has left', async () => {
        const changes: LineChange[] = [];
        const leave = rig.board.input(rig.input).onChange((change) => changes.push(change));
        leave();
        await rig.press(true);
        expect(changes).toEqual([]);
      });

      it('reach the other listeners when one throws', async () => {
        const line = rig.board.input(rig.input);
        const changes: LineChange[] = [];
        line.onChange(() => {
          throw new Error('a listener that fails');
        });
        line.onChange((change) => changes.push(change));
        await rig.press(true);
        expect(changes).toHaveLength(1);
      });
    });

    describe('outputs', () => {
      it('are inactive when they are taken', () => {
        expect(rig.board.output(rig.output).active).toBe(false);
        expect(rig.isDriven(rig.output)).toBe(false);
      });

      it('drive their pin, and only theirs', () => {
        const line = rig.board.output(rig.output);
        rig.board.output(rig.otherOutput);
        line.set(true);
        expect(line.active).toBe(true);
        expect(rig.isDriven(rig.output)).toBe(true);
        expect(rig.isDriven(rig.otherOutput)).toBe(false);
        line.set(false);
        expect(rig.isDriven(rig.output)).toBe(false);
      });

      it('cannot be set in the way of an input', () => {
        rig.board.output(rig.output);
        expect(codeOf(() => rig.board.setLine(rig.output, true))).toBe('line-not-settable');
        expect(rig.isDriven(rig.output)).toBe(false);
      });

      it.each([
        ['releaseAll', (board: Board) => board.releaseAll()],
        ['close', (board: Board) => board.close()],
      ])('are all driven safe by %s', (_name, run) => {
        rig.board.output(rig.output).set(true);
        rig.board.output(rig.otherOutput).set(true);
        run(rig.board);
        expect(rig.isDriven(rig.output)).toBe(false);
        expect(rig.isDriven(rig.otherOutput)).toBe(false);
      });

      it('are driven safe when the process ends', () => {
        rig.board.output(rig.output).set(true);
        rig.exit();
        expect(rig.isDriven(rig.output)).toBe(false);
      });

      it('cannot be made active once the board is closed', () => {
        const line = rig.board.output(rig.output);
        rig.board.close();
        expect(codeOf(() => line.set(true))).toBe('board-closed');
        expect(codeOf(() => line.set(false))).toBe('nothing was thrown');
        expect(rig.isDriven(rig.output)).toBe(false);
      });

      it('can be driven again after releaseAll', () => {
        const line = rig.board.output(rig.output);
        line.set(true);
        rig.board.releaseAll();
        line.set(true);
        expect(rig.isDriven(rig.output)).toBe(true);
      });
    });

    describe('the board', () => {
      it('says the changes of all its lines', async () => {
        const changes: BoardChange[] = [];
        rig.board.input(rig.input);
        const output = rig.board.output(rig.output);
        rig.board.onChange((change) => changes.push(change));
        await rig.press(true);
        output.set(true);
        expect(changes.map(({ line, active }) => ({ line, active }))).toEqual([
          { line: rig.input, active: true },
          { line: rig.output, active: true },
        ]);
      });

      it('keeps a line in the direction in which it was taken first', () => {
        rig.board.input(rig.input);
        rig.board.output(rig.output);
        expect(codeOf(() => rig.board.output(rig.input))).toBe('line-direction');
        expect(codeOf(() => rig.board.input(rig.output))).toBe('line-direction');
      });

      it('gives the same line twice', () => {
        rig.board.output(rig.output).set(true);
        expect(rig.board.output(rig.output).active).toBe(true);
      });

      it('refuses a line that it does not have', () => {
        expect(codeOf(() => rig.board.input('no-such-line'))).toBe('unknown-line');
        expect(codeOf(() => rig.board.output('no-such-line'))).toBe('unknown-line');
        expect(codeOf(() => rig.board.read('no-such-line'))).toBe('unknown-line');
        expect(codeOf(() => rig.board.setLine('no-such-line', true))).toBe('unknown-line');
      });

      it('gives no lines once it is closed, and can be closed again', () => {
        rig.board.close();
        rig.board.close();
        expect(codeOf(() => rig.board.input(rig.input))).toBe('board-closed');
        expect(codeOf(() => rig.board.output(rig.output))).toBe('board-closed');
      });
    });
  });
}
