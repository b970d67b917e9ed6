// The contract of boards, held against the kernel's own lines: by the character device, and by sysfs.

import { SystemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { millis } from '../../src/base/units.ts';
import { GpioBoard, type GpioSystem, nativeGpio, sysfsGpio } from '../../src/hardware/drivers/index.ts';
import { type BoardRig, describeBoard } from '../contract/board-suite.ts';
import { ProcessExits } from '../support/process-exits.ts';
import { Chip, elapse, scenario, until } from './guest.ts';
import { runSuite } from './suite-runner.ts';

const LINES = ['button', 'relay', 'strike'] as const;
const chip = new Chip('contract', LINES);
const clock = new SystemClock();
/** Longer than the debounce and the kernel's tick. */
const SETTLED_MS = 60;
const PATIENCE_MS = 3_000;

/** @param activeLow how all of its lines are wired; a wire that nobody holds is pulled to the safe level */
function rig(system: GpioSystem, activeLow: boolean): BoardRig {
  for (const name of LINES) chip.pull(name, activeLow ? 'high' : 'low');
  const { onProcessExit, exit } = new ProcessExits();
  const settings = { activeLow, debounce: millis(20) };
  const board = new GpioBoard(
    {
      name: 'emulated',
      lines: new Map(LINES.map((name, offset) => [name, { place: { chip: 'contract', offset }, settings }])),
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
    input: 'button',
    output: 'relay',
    otherOutput: 'strike',
    press: async (active) => {
      chip.pull('button', active === activeLow ? 'low' : 'high');
      await elapse(SETTLED_MS);
      const isSeen = (): boolean => !board.lines().some((line) => line.name === 'button' && line.active !== active);
      // A host that is busy is late; what never comes is for the suite to say.
      await until('it is seen', isSeen, PATIENCE_MS).catch(() => undefined);
    },
    isDriven: (output) => chip.isHigh(output) !== activeLow,
    now: () => clock.now(),
    exit,
    dispose: () => board.close(),
  };
}

const holds = (driver: string, system: () => GpioSystem, activeLow: boolean) => () =>
  runSuite(() => describeBoard(driver, () => rig(system(), activeLow)));

await scenario({
  'the contract of boards holds by the character device': holds('gpio', nativeGpio, true),
  'the contract of boards holds by sysfs': holds('sysfs', () => sysfsGpio(clock), false),
});
