// A board tried by somebody: inputs that change in time or not, outputs that wait for a yes, and are off again.

import { beforeEach, describe, expect, it } from 'vitest';
import { formatFinding } from '../../../../src/app/board/finding.ts';
import type { UseKind } from '../../../../src/app/board/line-uses.ts';
import { type TrialParts, tryUse } from '../../../../src/app/board/trial.ts';
import { silentLog } from '../../../../src/base/log.ts';
import { GpioBoard } from '../../../../src/hardware/drivers/index.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { FakeChip, FakeGpio } from '../../../support/fake-gpio.ts';

let clock: FakeClock;
let system: FakeGpio;
let said: string[];
let answers: (string | undefined)[];
let parts: TrialParts;
/** What was on whenever something was asked. */
let drivenAtQuestion: boolean[];
beforeEach(() => {
  clock = new FakeClock();
  system = new FakeGpio([new FakeChip('pinctrl-test', ['button', 'relay', 'lamp', 'contact'])], clock);
  said = [];
  answers = [];
  drivenAtQuestion = [];
  const faults = { begin: () => undefined, end: () => undefined };
  const services = { clock, log: silentLog, system, faults, onProcessExit: () => () => undefined };
  const ask = (question: string): Promise<string | undefined> => {
    said.push(question);
    drivenAtQuestion.push(system.isHigh('relay'));
    return Promise.resolve(answers.shift());
  };
  parts = {
    clock,
    board: new GpioBoard({ name: 'test', lines: new Map() }, services),
    examiner: { ask, say: (text) => said.push(text) },
    place: (line) => `${line}, pin 1`,
  };
});

const use = (kind: UseKind, line: string) => ({ kind, what: `the ${line}`, line });

/** What is found, while `meanwhile` happens. */
async function found(kind: UseKind, line: string, meanwhile: () => Promise<void> = () => Promise.resolve()) {
  const finding = tryUse(use(kind, line), parts);
  await meanwhile();
  return formatFinding(await finding);
}

describe('a button', () => {
  it('that is pressed and let go works', async () => {
    const line = found('button', 'button', async () => {
      await clock.advanceAsync(1000);
      system.put('button', false);
      await clock.advanceAsync(230);
      system.put('button', undefined);
      await clock.advanceAsync(100);
    });
    expect(await line).toBe('ok   the button (button, pin 1): was pressed for 230 ms');
    expect(said).toEqual(['the button (button, pin 1): press it, and let go (20 s)']);
  });

  it('that nobody presses, or whose wire is off, is told of after a while', async () => {
    expect(await found('button', 'button', () => clock.advanceAsync(20_000))).toMatch(
      /^BAD {2}the button .*: nothing has changed; check its wires/,
    );
  });

  it('that stays pressed is stuck', async () => {
    const line = found('button', 'button', async () => {
      system.put('button', false);
      await clock.advanceAsync(20 + 10_000);
    });
    expect(await line).toMatch(/^BAD .*stays active/);
  });

  it('that is active before anybody presses is wired the other way round', async () => {
    system.put('button', false);
    expect(await found('button', 'button')).toMatch(/^BAD .*is active though nobody presses/);
  });

  it('of another program is said with whose it is', async () => {
    Object.assign(system.fitted[0]?.wires[0] ?? {}, { consumer: 'gpio-keys' });
    expect(await found('button', 'button')).toMatch(/^BAD .*is in use by "gpio-keys"; end that program/);
  });

  it('that leads nowhere is said, with the likely one', async () => {
    expect(await found('button', 'buton')).toMatch(
      /^BAD .*the board test has no line "buton"; did you mean "button"\?/,
    );
  });
});

it('a contact works when it changes, whichever way', async () => {
  system.put('contact', false);
  const line = found('contact', 'contact', async () => {
    system.put('contact', undefined);
    await clock.advanceAsync(50);
  });
  expect(await line).toBe('ok   the contact (contact, pin 1): has become inactive');
});

describe('a relay', () => {
  it('is on for half a second after a yes, and off before the next question', async () => {
    answers = ['y', 'yes'];
    const line = found('relay', 'relay', async () => {
      await clock.advanceAsync(499);
      expect(system.isHigh('relay')).toBe(true);
      await clock.advanceAsync(1);
    });
    expect(await line).toBe('ok   the relay (relay, pin 1): works');
    expect(drivenAtQuestion).toEqual([false, false]);
    expect(system.isHigh('relay')).toBe(false);
  });

  it.each([['n'], [''], [undefined], ['yo']])('is never driven for %j', async (answer) => {
    answers = [answer, 'y'];
    const line = found('relay', 'relay', async () => {
      await clock.advanceAsync(100);
      expect(system.isHigh('relay')).toBe(false);
    });
    expect(await line).toBe('–    the relay (relay, pin 1): nobody said yes');
    expect(said).toHaveLength(1);
  });

  it('of which nothing is heard is looked after', async () => {
    answers = ['y', 'n'];
    expect(await found('relay', 'relay', () => clock.advanceAsync(500))).toMatch(/^BAD .*lines\.relay\.active: low$/);
  });

  it('that cannot be driven is off, and said', async () => {
    answers = ['y'];
    system.writes = -5;
    expect(await found('relay', 'relay')).toMatch(/^BAD .*cannot be driven: EIO; look after its chip and its wires$/);
  });
});

describe('where nobody can be asked', () => {
  beforeEach(() => {
    parts = { ...parts, examiner: { ask: undefined, say: (text) => said.push(text) } };
  });

  it.each([
    ['button', 'button', 'would ask to press it, and let go'],
    ['contact', 'contact', 'would ask to open and shut the door'],
    ['relay', 'relay', 'would ask whether to switch it on for 0.5 s'],
    ['lamp', 'lamp', 'would ask whether to switch it on for 2 s'],
  ] as const)('a %s is not tried', async (kind, line, what) => {
    expect(await found(kind, line)).toBe(`–    the ${line} (${line}, pin 1): ${what}`);
    expect(said).toEqual([]);
    expect(clock.timers).toEqual([]);
    expect(system.isHigh('relay') || system.isHigh('lamp')).toBe(false);
  });

  it('a relay that another program has is found all the same', async () => {
    Object.assign(system.fitted[0]?.wires[1] ?? {}, { consumer: 'other' });
    expect(await found('relay', 'relay')).toMatch(/in use by "other"/);
  });
});
