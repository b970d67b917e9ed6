// Keypads and readers, tried with somebody at a terminal: on pseudo-terminals, and on a machine of the test's own where time
// passes.

import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type CredentialTrialParts, tryCredentials } from '../../../../src/app/board/credential-trial.ts';
import { formatFinding } from '../../../../src/app/board/finding.ts';
import { type Clock, SystemClock } from '../../../../src/base/clock.ts';
import { silentLog } from '../../../../src/base/log.ts';
import { seconds } from '../../../../src/base/units.ts';
import type { Configuration } from '../../../../src/config/index.ts';
import { VirtualBoard } from '../../../../src/hardware/drivers/index.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { FakeSerial } from '../../../support/fake-serial.ts';
import { PseudoTerminal } from '../../../support/pseudo-terminal.ts';
import { parse } from '../../config/support.ts';

/** The tag of a card whose number is 12345678, with its checksum. */
const TAG = '\u00020B00BC614E98\u0003';

let said: string[];
/** What is done when something is asked for. */
let doIt: () => void;
beforeEach(() => {
  said = [];
  doIt = () => undefined;
});

function configured(text: string): Configuration {
  const { configuration, faults } = parse(`board: virtual\n${text}`);
  if (configuration === undefined) throw new Error(JSON.stringify(faults));
  return configuration;
}

function partsWith(clock: Clock, more: Partial<CredentialTrialParts> = {}): CredentialTrialParts {
  return {
    clock,
    board: new VirtualBoard({ clock, log: silentLog, onProcessExit: () => () => undefined }),
    examiner: {
      ask: () => Promise.resolve(undefined),
      say: (text) => {
        said.push(text);
        if (said.length === 1) doIt();
      },
    },
    files: { read: () => undefined, has: () => true, mayUse: () => true, list: () => [], user: 'door' },
    ...more,
  };
}

async function findings(text: string, parts: CredentialTrialParts): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const finding of tryCredentials(configured(text), parts)) found.push(formatFinding(finding));
  return found;
}

describe('on a serial line', () => {
  /** A device with its other end; sends as soon as it is open, and again until it is heard. */
  function terminalThatSends(bytes: string | readonly number[]): PseudoTerminal {
    const terminal = new PseudoTerminal();
    const clock = new SystemClock();
    let isOver = false;
    const again = (): void => {
      if (isOver) return;
      terminal.send(bytes);
      clock.after(seconds(0.2), 'the next try', again);
    };
    doIt = again;
    onTestFinished(() => {
      isOver = true;
      terminal.unplug();
    });
    return terminal;
  }

  it('a keypad’s keys are shown as they come, and counted in what is found', async () => {
    const { path } = terminalThatSends('1258#');
    const found = await findings(`keypads: { pad: { device: "serial:${path}" } }`, partsWith(new SystemClock()));
    expect(found).toEqual([`ok   keypad pad (${path}): 5 keys came, 5 different`]);
    expect(said).toEqual([
      `keypad pad (${path}): press each of its keys once, # at the end (20 s)`,
      ...['1', '2', '5', '8', '#'].map((key) => `  ${key}`),
    ]);
  });

  it('of a card no more is shown than its last digits, and what is found has none', async () => {
    const { path } = terminalThatSends(TAG);
    const found = await findings(`readers: { gate: { device: "serial:${path}" } }`, partsWith(new SystemClock()));
    expect(found).toEqual([`ok   reader gate (${path}): a card was read, 40 bits of its number`]);
    expect(said.slice(1)).toEqual(['  a card of 40 bits, …678']);
  });

  it.each([
    ['keypads', 'pad', [0xf8, 0x80, 0xfe], 'a byte that is no key', 'ascii'],
    ['readers', 'gate', [0xf8, 0x80, 0xfe], 'bytes outside of a tag', 'rdm6300'],
  ])('%s that speak at another rate are told by what comes', async (kind, name, bytes, why, protocol) => {
    const { path } = terminalThatSends(bytes);
    const found = await findings(`${kind}: { ${name}: { device: "serial:${path}" } }`, partsWith(new SystemClock()));
    expect(found).toEqual([
      `BAD  ${kind.slice(0, -1)} ${name} (${path}): what comes makes no sense: ${why}; ` +
        `it speaks at another rate or in another way than ${kind}.${name} has it: baud 9600, protocol ${protocol}`,
    ]);
  });
});

describe('what does not come', () => {
  const KEYPAD = 'keypads: { pad: { device: "serial:/dev/ttyUSB0" } }';
  let clock: FakeClock;
  let system: FakeSerial;
  beforeEach(() => {
    clock = new FakeClock();
    system = new FakeSerial();
  });

  /** Lets the device be opened, and then time pass. */
  async function passing(run: Promise<readonly string[]>): Promise<readonly string[]> {
    let found: readonly string[] | undefined;
    void run.then((outcome) => {
      found = outcome;
    });
    for (let turn = 0; turn < 400 && found === undefined; turn += 1) {
      await Promise.resolve();
      if (turn % 10 === 9) clock.advance(seconds(1));
    }
    return found ?? [];
  }

  it('is said, with where to look', async () => {
    const device = system.device('/dev/ttyUSB0');
    expect(await passing(findings(KEYPAD, partsWith(clock, { system })))).toEqual([
      'BAD  keypad pad (/dev/ttyUSB0): nothing has come; check its supply and its wires: what it sends (TX) goes to where ' +
        'the board listens (RX)',
    ]);
    expect(device.isOpen).toBe(false);
    expect(clock.timers).toEqual([]);
  });

  it('is not waited for where a keypad has no # and some keys came', async () => {
    const device = system.device('/dev/ttyUSB0');
    clock.after(seconds(2), 'a key', () => device.send('7'));
    clock.after(seconds(5), 'a key', () => device.send('7'));
    const before = clock.now();
    const found = await passing(findings(KEYPAD, partsWith(clock, { system })));
    expect(found).toEqual(['ok   keypad pad (/dev/ttyUSB0): 2 keys came, 1 different']);
    expect(clock.now() - before).toBeLessThan(seconds(12));
  });

  it('as another program has the device, is said at once', async () => {
    system.device('/dev/ttyUSB0').isOpen = true;
    expect(await passing(findings(KEYPAD, partsWith(clock, { system })))).toEqual([
      'BAD  keypad pad (/dev/ttyUSB0): /dev/ttyUSB0 is in use by another program; end that program',
    ]);
  });

  it('as the port is missing, or may not be used, is said without opening it', async () => {
    const files = { read: () => undefined, has: () => false, mayUse: () => false, list: () => [], user: 'door' };
    expect(await findings(KEYPAD, partsWith(clock, { system, files }))).toEqual([
      'BAD  keypad pad (/dev/ttyUSB0): /dev/ttyUSB0 is not there; plug the device in, enable the port, or correct its path',
    ]);
    expect(await findings(KEYPAD, partsWith(clock, { system, files: { ...files, has: () => true } }))).toEqual([
      'BAD  keypad pad (/dev/ttyUSB0): door may not use /dev/ttyUSB0; add door to the group dialout',
    ]);
    expect(system.tries).toBe(0);
  });

  it('as nobody is there to press, is not tried', async () => {
    const examiner = { ask: undefined, say: () => undefined };
    expect(await findings(KEYPAD, partsWith(clock, { system, examiner }))).toEqual([
      '–    keypad pad (/dev/ttyUSB0): would ask to press keys',
    ]);
    expect(system.tries).toBe(0);
  });

  it('from rows and columns that cannot be had is said with why', async () => {
    const parts = partsWith(clock, { system });
    parts.board.input('GPIO5');
    const matrix = 'keypads: { pad: { matrix: { rows: [ GPIO5 ], columns: [ GPIO6 ], keys: [ "1" ] } } }';
    expect(await findings(matrix, parts)).toEqual([
      'BAD  keypad pad (rows and columns): keypad pad has no lines: line "GPIO5" is an input and cannot be an output; ' +
        'check the wires of its rows and columns against keypads.pad.matrix',
    ]);
  });

  it('from a keypad of rows and columns is said with which wires to look at', async () => {
    const matrix = 'keypads: { pad: { matrix: { rows: [ GPIO5 ], columns: [ GPIO6 ], keys: [ "1" ] } } }';
    expect(await passing(findings(matrix, partsWith(clock, { system })))).toEqual([
      'BAD  keypad pad (rows and columns): nothing has come; check the wires of its rows and columns against keypads.pad.matrix',
    ]);
  });
});
