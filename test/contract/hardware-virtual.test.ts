// The board contract, held against the board without wires.

import { silentLog } from '../../src/base/log.ts';
import { VirtualBoard } from '../../src/hardware/drivers/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { ProcessExits } from '../support/process-exits.ts';
import { describeBoard } from './board-suite.ts';

for (const lines of [
  { input: 'button', output: 'relay', otherOutput: 'lamp' },
  { input: 'GPIO17', output: 'GPIO27', otherOutput: 'GPIO22' },
]) {
  describeBoard(`virtual (${lines.input})`, () => {
    const clock = new FakeClock();
    const { onProcessExit, exit } = new ProcessExits();
    // The pins from outside: what the changes of the board add up to, kept apart from the lines' own answers.
    const driven = new Map<string, boolean>();
    const board = new VirtualBoard({ clock, log: silentLog, onProcessExit });
    board.onChange((change) => driven.set(change.line, change.active));
    return {
      ...lines,
      board,
      press: async (active) => {
        clock.advance(1);
        board.setLine(lines.input, active);
      },
      isDriven: (output) => driven.get(output) === true,
      now: () => clock.now(),
      exit,
      dispose: () => board.close(),
    };
  });
}
