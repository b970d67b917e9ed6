// The board contract, held against GPIO by sysfs; the kernel and the package onoff are played.

import { silentLog } from '../../src/base/log.ts';
import { millis } from '../../src/base/units.ts';
import { GpioBoard } from '../../src/hardware/drivers/index.ts';
import { SysfsGpio } from '../../src/hardware/drivers/sysfs/sysfs-system.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeSysfs } from '../support/fake-onoff.ts';
import { ProcessExits } from '../support/process-exits.ts';
import { describeBoard } from './board-suite.ts';

/** As on a Raspberry Pi since 6.6. */
const BASE = 512;

for (const { wiring, activeLow } of [
  { wiring: 'active high', activeLow: false },
  { wiring: 'active low', activeLow: true },
]) {
  describeBoard(`sysfs (${wiring})`, () => {
    const clock = new FakeClock();
    const { onProcessExit, exit } = new ProcessExits();
    const sysfs = new FakeSysfs({ label: 'pinctrl-test', base: BASE, lines: 28 });
    sysfs.put(BASE + 17, activeLow);
    const at = (offset: number) => ({ chip: 'pinctrl-test', offset });
    const board = new GpioBoard(
      {
        name: 'test',
        lines: new Map([
          ['GPIO17', { place: at(17), settings: { activeLow, debounce: millis(20) } }],
          ['GPIO27', { place: at(27), settings: { activeLow } }],
          ['GPIO22', { place: at(22), settings: { activeLow } }],
        ]),
      },
      {
        clock,
        log: silentLog,
        system: new SysfsGpio({ clock, files: sysfs.files, Gpio: sysfs.Gpio }),
        faults: { begin: () => undefined, end: () => undefined },
        onProcessExit,
      },
    );
    const numbers = new Map([
      ['GPIO27', BASE + 27],
      ['GPIO22', BASE + 22],
    ]);
    return {
      board,
      input: 'GPIO17',
      output: 'GPIO27',
      otherOutput: 'GPIO22',
      press: async (active) => {
        sysfs.put(BASE + 17, active !== activeLow);
        clock.advance(25);
      },
      isDriven: (output) => {
        const number = numbers.get(output) ?? 0;
        return sysfs.wire(number).driven !== undefined && sysfs.isHigh(number) !== activeLow;
      },
      now: () => clock.now(),
      exit,
      dispose: () => board.close(),
    };
  });
}
