// The board contract, held against GPIO lines by the character device; the kernel is played.

import { silentLog } from '../../src/base/log.ts';
import { millis } from '../../src/base/units.ts';
import { GpioBoard } from '../../src/hardware/drivers/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeChip, FakeGpio } from '../support/fake-gpio.ts';
import { ProcessExits } from '../support/process-exits.ts';
import { describeBoard } from './board-suite.ts';

for (const { wiring, activeLow, debounces } of [
  { wiring: 'active high', activeLow: false, debounces: true },
  { wiring: 'active low', activeLow: true, debounces: true },
  { wiring: 'active low, debounced by us', activeLow: true, debounces: false },
]) {
  describeBoard(`gpio (${wiring})`, () => {
    const clock = new FakeClock();
    const { onProcessExit, exit } = new ProcessExits();
    const chip = new FakeChip('pinctrl-test', ['GPIO17', 'GPIO27', 'GPIO22']);
    chip.debounces = debounces;
    const system = new FakeGpio([chip], clock);
    const settings = { activeLow };
    const board = new GpioBoard(
      {
        name: 'test',
        lines: new Map([
          ['GPIO17', { settings: { activeLow, debounce: millis(20) } }],
          ['GPIO27', { settings }],
          ['GPIO22', { settings }],
        ]),
      },
      {
        clock,
        log: silentLog,
        system,
        faults: { begin: () => undefined, end: () => undefined },
        onProcessExit,
      },
    );
    return {
      board,
      input: 'GPIO17',
      output: 'GPIO27',
      otherOutput: 'GPIO22',
      press: async (active) => {
        system.put('GPIO17', active !== activeLow);
        clock.advance(25);
      },
      isDriven: (output) => system.requestOf(output) !== undefined && system.isHigh(output) !== activeLow,
      now: () => clock.now(),
      exit,
      dispose: () => board.close(),
    };
  });
}
