// What is the virtual board's own, beside the contract of every board: its names.

import { describe, expect, it } from 'vitest';
import { DoorphoneError } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import { processExit, VirtualBoard } from '../../../src/hardware/drivers/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

function createBoard(): VirtualBoard {
  return new VirtualBoard({ clock: new FakeClock(), log: silentLog, onProcessExit: () => () => undefined });
}

describe('the virtual board', () => {
  it('has the lines that the manual names', () => {
    const board = createBoard();
    for (const name of ['button', 'button2', 'button8', 'contact']) expect(board.input(name).name).toBe(name);
    for (const name of ['relay', 'relay2', 'relay4', 'lamp']) expect(board.output(name).name).toBe(name);
  });

  it('takes any header pin in the direction that it is asked for', () => {
    const board = createBoard();
    expect(board.input('GPIO17').name).toBe('GPIO17');
    expect(board.output('GPIO27').name).toBe('GPIO27');
    expect(board.read('GPIO5')).toEqual({ name: 'GPIO5', direction: 'input', active: false });
  });

  it.each([
    ['buton', 'button'],
    ['Relay', 'relay'],
    ['relay5', 'relay'],
    ['gpio17', 'GPIO17'],
    ['lmap', 'lamp'],
  ])('names the nearest line for %s', (wrong, nearest) => {
    expect(() => createBoard().output(wrong)).toThrow(
      expect.objectContaining({ code: 'unknown-line', mend: `did you mean "${nearest}"?` }),
    );
  });

  it('names its lines where nothing is near', () => {
    try {
      createBoard().input('doorbell-of-the-neighbour');
      expect.unreachable();
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(DoorphoneError);
      expect((thrown as DoorphoneError).line).toContain('relay2 to relay4');
    }
  });

  it.each(['button9', 'button1', 'relay5', 'GPIO', 'GPIO017', 'GPIO-1', ''])('has no line "%s"', (name) => {
    expect(() => createBoard().read(name)).toThrow(DoorphoneError);
  });

  it('keeps an input that was set before somebody took it', () => {
    const board = createBoard();
    board.setLine('GPIO4', true);
    expect(board.input('GPIO4').active).toBe(true);
  });

  it('hears of the end of the process until it closes', () => {
    const before = process.listenerCount('exit');
    const board = new VirtualBoard({ clock: new FakeClock(), log: silentLog, onProcessExit: processExit });
    expect(process.listenerCount('exit')).toBe(before + 1);
    board.close();
    expect(process.listenerCount('exit')).toBe(before);
  });

  it('names the outputs that it released when the process ended, and says nothing when there were none', () => {
    const log = new RecordingLog();
    let exit: () => void = () => undefined;
    const onProcessExit = (run: () => void): (() => void) => {
      exit = run;
      return () => undefined;
    };
    const board = new VirtualBoard({ clock: new FakeClock(), log, onProcessExit });
    board.output('relay').set(true);
    board.input('button');
    board.setLine('button', true);
    exit();
    expect(board.read('relay').active).toBe(false);
    exit();
    expect(log.lines.map(({ event, fields }) => ({ event, lines: fields.lines }))).toEqual([
      { event: 'board.released', lines: ['relay'] },
    ]);
  });
});
