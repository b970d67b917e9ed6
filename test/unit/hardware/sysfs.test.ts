// GPIO by sysfs beyond the board contract: the base of the numbers, lines that were left exported, levels that are kept.

import { beforeEach, describe, expect, it } from 'vitest';
import { DoorphoneError } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import { millis, seconds } from '../../../src/base/units.ts';
import { GpioBoard } from '../../../src/hardware/drivers/index.ts';
import { loadOnoff } from '../../../src/hardware/drivers/sysfs/onoff.ts';
import { SysfsGpio } from '../../../src/hardware/drivers/sysfs/sysfs-system.ts';
import type { LineChange } from '../../../src/hardware/ports/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeSysfs } from '../../support/fake-onoff.ts';

let clock: FakeClock;
let sysfs: FakeSysfs;
let system: SysfsGpio;
let faults: readonly string[];
beforeEach(() => {
  clock = new FakeClock();
  faults = [];
  sysfs = new FakeSysfs(
    { label: 'expander', base: 1010, lines: 8 },
    { label: 'pinctrl-bcm2711', base: 512, lines: 58 },
  );
  system = new SysfsGpio({ clock, files: sysfs.files, Gpio: sysfs.Gpio });
});

function board(activeLow = false): GpioBoard {
  const settings = { activeLow };
  const lines = new Map([
    ['button', { place: { chip: 'pinctrl-bcm2711', offset: 17 }, settings: { activeLow: true } }],
    ['relay', { place: { chip: 'pinctrl-bcm2711', offset: 27 }, settings }],
    ['strike', { place: { chip: 'expander', offset: 7 }, settings }],
    ['beyond', { place: { chip: 'expander', offset: 8 }, settings }],
  ]);
  const said = new Map<string, string>();
  const tell = (key: string, what: string | undefined): void => {
    if (what === undefined) said.delete(key);
    else said.set(key, what);
    faults = [...said.values()];
  };
  const reports = { begin: tell, end: (key: string) => tell(key, undefined) };
  const services = { clock, log: silentLog, system, faults: reports, onProcessExit: () => () => undefined };
  return new GpioBoard({ name: 'test', lines }, services);
}

function thrownBy(run: () => unknown): DoorphoneError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof DoorphoneError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

it('counts from where the kernel counts', () => {
  expect(system.chips()).toEqual(['/sys/class/gpio/gpiochip512', '/sys/class/gpio/gpiochip1010']);
  const one = board();
  one.output('relay');
  one.output('strike');
  expect(sysfs.exported.toSorted()).toEqual([1010 + 7, 512 + 27]);
  expect(thrownBy(() => one.output('beyond')).code).toBe('unknown-line');
});

describe('an output', () => {
  it.each([false, true])('that the last service left on is off when it is taken (active low: %s)', (activeLow) => {
    // As it stands after SIGKILL: exported, driven active.
    Object.assign(sysfs.wire(539), { exported: true, driven: !activeLow, activeLow });
    board(activeLow).output('relay');
    expect(sysfs.isHigh(539)).toBe(activeLow);
  });

  it.each([false, true])('is let go inactive, as sysfs keeps its level (active low: %s)', (activeLow) => {
    const one = board(activeLow);
    one.output('relay').set(true);
    one.close();
    expect(sysfs.exported).toEqual([]);
    expect(sysfs.isHigh(539)).toBe(activeLow);
  });

  it('is known to outlive the service', () => {
    const one = board();
    expect(one.keepsOutputs).toBeUndefined();
    one.output('relay');
    expect(one.keepsOutputs).toBe('sysfs');
  });

  it('that cannot be driven is one error', () => {
    const relay = board().output('relay');
    sysfs.broken = true;
    expect(thrownBy(() => relay.set(true)).line).toMatch(/^line "relay" cannot be driven: EIO/);
  });
});

describe('a line', () => {
  it('that the kernel itself holds is busy', () => {
    sysfs.busy.add(539);
    expect(thrownBy(() => board().output('relay'))).toMatchObject({ code: 'line-busy' });
  });

  it('that we may not touch is said so', () => {
    sysfs.forbidden = true;
    expect(thrownBy(() => board().output('relay')).line).toContain('cannot be taken: EACCES');
  });
});

describe('an input', () => {
  it('bounces, and is one press', () => {
    sysfs.put(529, true);
    const changes: LineChange[] = [];
    board()
      .input('button')
      .onChange((change) => changes.push(change));
    for (const high of [false, true, false, true, false]) {
      sysfs.put(529, high);
      clock.advance(3);
    }
    clock.advance(30);
    expect(changes.map(({ active }) => active)).toEqual([true]);
  });

  it('whose edges come faster than they are read loses some, and ends right', () => {
    const chip = system.open('/sys/class/gpio/gpiochip512');
    const request = {
      offsets: [17],
      consumer: '',
      output: false,
      activeLow: false,
      bias: 0,
      drive: 0,
      debounceUs: 0,
      initial: 0,
    };
    const lines = system.take(chip, request);
    for (let at = 0; at < 101; at += 1) sysfs.put(529, at % 2 === 0);
    const edges = system.edges(lines);
    if (typeof edges === 'number') throw new Error('no edges');
    expect(edges).toHaveLength(64);
    expect(edges.at(-1)).toMatchObject({ active: true, sequence: 101 });
    system.close(lines);
    sysfs.put(529, false);
    expect(system.read(lines, 1)).toBeLessThan(0);
  });
});

describe('a chip that vanishes', () => {
  const CHIP = { label: 'pinctrl-bcm2711', lines: 58 };

  it.each([
    { wakes: true, after: millis(0) },
    { wakes: false, after: seconds(2) },
  ])('is one fault, no press, and works again, also under other numbers (woken: $wakes)', ({ wakes, after }) => {
    sysfs.put(529, true);
    const one = board();
    const changes: LineChange[] = [];
    one.input('button').onChange((change) => changes.push(change));
    sysfs.put(529, false);
    clock.advance(30);
    sysfs.unplug(CHIP.label, wakes);
    clock.advance(after);
    expect(changes.map(({ active }) => active)).toEqual([true, false]);
    clock.advance(seconds(12));
    expect(faults).toEqual(['line button is gone (ENODEV)']);
    sysfs.plug({ ...CHIP, base: 400 });
    sysfs.put(417, true);
    clock.advance(seconds(5));
    expect(faults).toEqual([]);
    sysfs.put(417, false);
    clock.advance(30);
    expect(changes.map(({ active }) => active)).toEqual([true, false, true]);
    one.close();
    expect(clock.timers).toEqual([]);
  });

  it('with a relay is an error to whoever opens; the relay works, and is off, when it is back', () => {
    const relay = board().output('relay');
    relay.set(true);
    sysfs.unplug(CHIP.label);
    expect(thrownBy(() => relay.set(true)).line).toMatch(/^line "relay" cannot be driven: ENODEV/);
    expect(relay.active).toBe(false);
    sysfs.plug({ ...CHIP, base: 512 });
    expect(sysfs.isHigh(539)).toBe(false);
    relay.set(true);
    expect(sysfs.isHigh(539)).toBe(true);
    expect(faults).toEqual([]);
  });

  it('leaves the lines of the others as they are', () => {
    const one = board();
    one.input('button');
    one.output('strike').set(true);
    sysfs.unplug(CHIP.label);
    expect(sysfs.isHigh(1017)).toBe(true);
    one.output('strike').set(false);
    expect(sysfs.isHigh(1017)).toBe(false);
  });
});

it('the package itself is there, as far as it is used', () => {
  const Gpio = loadOnoff();
  for (const name of ['readSync', 'writeSync', 'direction', 'watch', 'unexport']) {
    expect(Gpio.prototype, name).toHaveProperty(name);
  }
});
