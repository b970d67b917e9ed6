// GPIO lines beyond the board contract: contacts that bounce, edges that are lost, chips that vanish, names that lead
// nowhere.

import { beforeEach, describe, expect, it } from 'vitest';
import { DoorphoneError } from '../../../src/base/errors.ts';
import { millis, seconds } from '../../../src/base/units.ts';
import { GpioBoard, type KnownLine } from '../../../src/hardware/drivers/index.ts';
import type { LineChange } from '../../../src/hardware/ports/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeChip, FakeGpio } from '../../support/fake-gpio.ts';
import { RecordingLog } from '../../support/recording-log.ts';

let clock: FakeClock;
let chip: FakeChip;
let system: FakeGpio;
let faults: Map<string, string>;
let log: RecordingLog;
let board: GpioBoard;

function boardOf(lines: Readonly<Record<string, KnownLine>> = {}): GpioBoard {
  return new GpioBoard(
    { name: 'test', lines: new Map(Object.entries(lines)) },
    {
      clock,
      log,
      system,
      faults: { begin: (key, what) => faults.set(key, what), end: (key) => faults.delete(key) },
      onProcessExit: () => () => undefined,
    },
  );
}

beforeEach(() => {
  clock = new FakeClock();
  chip = new FakeChip('pinctrl-test', ['GPIO17', 'GPIO27', '']);
  system = new FakeGpio([new FakeChip('other', ['GPIO2']), chip], clock);
  faults = new Map();
  log = new RecordingLog();
  board = boardOf({ button: { place: { chip: 'pinctrl-test', offset: 0 } } });
});

/** What is told of the button, which is a contact to ground. */
function watch(line = 'GPIO17'): LineChange[] {
  const changes: LineChange[] = [];
  board.input(line).onChange((change) => changes.push(change));
  return changes;
}

const press = (): void => system.put('GPIO17', false);
const letGo = (): void => system.put('GPIO17', undefined);
const actives = (changes: readonly LineChange[]): readonly boolean[] => changes.map(({ active }) => active);

function thrownBy(run: () => unknown): DoorphoneError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof DoorphoneError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

describe.each([
  ['the kernel', true],
  ['us', false],
])('a contact, debounced by %s', (_, debounces) => {
  beforeEach(() => {
    chip.debounces = debounces;
  });

  it('that bounces is one press, and one letting go', () => {
    const changes = watch();
    for (const bounce of [1, 2, 1, 3]) {
      press();
      clock.advance(bounce);
      letGo();
      clock.advance(1);
    }
    press();
    clock.advance(30);
    letGo();
    clock.advance(30);
    expect(actives(changes)).toEqual([true, false]);
  });

  it('that is shorter than the time of the debounce is no press', () => {
    const changes = watch();
    press();
    clock.advance(19);
    letGo();
    clock.advance(100);
    expect(changes).toEqual([]);
  });

  it('that is held at the start is active, and tells of it to nobody', () => {
    press();
    const changes = watch();
    clock.advance(100);
    expect(board.input('GPIO17').active).toBe(true);
    expect(changes).toEqual([]);
  });
});

describe('edges', () => {
  it('that the kernel had no room for are noticed, and the level is right afterwards', () => {
    board = boardOf({ GPIO17: { settings: { debounce: millis(0) } } });
    const changes = watch();
    const taken = system.requestOf('GPIO17');
    expect(taken?.debounceUs).toBe(0);
    // Nobody reads while these come.
    const unread = system.edges;
    system.edges = () => [];
    for (let edge = 0; edge < 101; edge += 1) system.put('GPIO17', edge % 2 === 1 ? undefined : false);
    system.edges = unread;
    letGo();
    press();
    expect(log.lines.filter(({ event }) => event === 'line.edges-lost')).toHaveLength(1);
    expect(board.input('GPIO17').active).toBe(true);
    expect(changes.at(-1)?.active).toBe(true);
  });
});

describe('a chip that vanishes', () => {
  it('is one fault, no press, and works again when it is back', () => {
    const changes = watch();
    press();
    clock.advance(30);
    system.plug('pinctrl-test', false);
    expect(actives(changes)).toEqual([true, false]);
    expect([...faults.values()]).toEqual(['line GPIO17 is gone (ENODEV)']);
    clock.advance(seconds(12));
    expect(faults.size).toBe(1);
    letGo();
    system.plug('pinctrl-test', true);
    clock.advance(seconds(5));
    expect(faults.size).toBe(0);
    press();
    clock.advance(30);
    expect(actives(changes)).toEqual([true, false, true]);
  });

  it('with a relay is an error to whoever opens, and the relay is inactive when it is back', () => {
    const relay = board.output('GPIO27');
    system.plug('pinctrl-test', false);
    expect(thrownBy(() => relay.set(true)).code).toBe('line-failed');
    expect(relay.active).toBe(false);
    system.plug('pinctrl-test', true);
    expect(system.isHigh('GPIO27')).toBe(false);
    relay.set(true);
    expect(system.isHigh('GPIO27')).toBe(true);
    expect(faults.size).toBe(0);
  });
});

describe('an output', () => {
  it('that is active low is at its safe level from the moment in which it is one', () => {
    board = boardOf({ GPIO27: { settings: { activeLow: true } } });
    board.output('GPIO27');
    expect(system.requestOf('GPIO27')).toMatchObject({
      output: true,
      activeLow: true,
      initial: 0,
      consumer: 'doorphone',
    });
    expect(system.isHigh('GPIO27')).toBe(true);
  });
});

describe('names', () => {
  it.each([
    ['the board’s own', 'button'],
    ['the kernel’s', 'GPIO17'],
    ['a chip’s label and a number', 'pinctrl-test:0'],
    ['a chip’s name and a number', 'gpiochip1:0'],
  ])('of a line may be %s', (_, name) => {
    const changes = watch(name);
    press();
    clock.advance(30);
    expect(actives(changes)).toEqual([true]);
  });

  it('of the same wire are not two lines', () => {
    board.input('button');
    const { code, line } = thrownBy(() => board.output('GPIO17'));
    expect([code, line]).toEqual(['line-shared', 'line "GPIO17" is the same wire as "button"; name another line']);
  });

  it('that lead nowhere are said with the likely one', () => {
    expect(thrownBy(() => board.input('GPIO16')).line).toMatch(/has no line "GPIO16"; did you mean "GPIO17"\?/);
    expect(thrownBy(() => board.input('pinctrl-test:7')).code).toBe('unknown-line');
  });

  it('of a line that somebody else has are said with whose it is', () => {
    Object.assign(chip.wires[0] ?? {}, { consumer: 'w1-gpio' });
    const { code, line } = thrownBy(() => board.input('button'));
    expect(code).toBe('line-busy');
    expect(line).toContain('in use by "w1-gpio"');
  });
});

describe('a machine', () => {
  it('without chips says so', () => {
    system = new FakeGpio([], clock);
    board = boardOf();
    expect(thrownBy(() => board.input('GPIO17')).line).toBe(
      'this machine has no GPIO chip (/dev/gpiochip…); set board: virtual, or load the driver of the chip',
    );
  });

  it('whose chips may not be opened says who may', () => {
    system.forbidden = true;
    const { line } = thrownBy(() => board.input('GPIO17'));
    expect(line).toMatch(/gpiochip0 \(EACCES\).*add the user of the service to the group gpio/);
  });

  it('keeps nothing open after the board is closed', () => {
    watch();
    board.output('GPIO27').set(true);
    board.close();
    expect(system.descriptors).toBe(0);
    expect(system.isHigh('GPIO27')).toBe(false);
  });
});
