// `doorphone release`: relays are driven safe though no service runs, also on kernels that keep a released output.

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Machine } from '../../../src/app/boards.ts';
import { formatRecord, type OutputRecord, outputMemory } from '../../../src/app/output-record.ts';
import { releaseRelays } from '../../../src/app/release.ts';
import { millis } from '../../../src/base/units.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeChip, FakeGpio } from '../../support/fake-gpio.ts';
import { FakeSerial } from '../../support/fake-serial.ts';

let folder: string;
let system: FakeGpio;
let machine: Machine;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'release-'));
  mkdirSync(join(folder, 'boards/test'), { recursive: true });
  writeFileSync(join(folder, 'boards/test/board.yaml'), 'title: Test\nlines: { relay2: { active: low } }\n');
  system = new FakeGpio([new FakeChip('chip', ['relay', 'relay2', 'button'])], new FakeClock());
  // As the last service left them: both doors open.
  system.keepsLevels = true;
  system.put('relay', true);
  system.put('relay2', false);
  machine = { compatible: [], boards: join(folder, 'boards'), gpio: () => system };
});
afterEach(() => rmSync(folder, { recursive: true }));

const FILE = 'name: Door\nboard: test\ndoors:\n  main: { relay: relay }\n  yard: { relay: relay2 }\n';

function configure(text: string, profile?: string): Parameters<typeof releaseRelays>[0] {
  const configFile = join(folder, 'doorphone.yaml');
  writeFileSync(configFile, text);
  const stateFolder = join(folder, 'state');
  if (profile !== undefined) {
    mkdirSync(stateFolder);
    const server = { from: 'configured', uri: 'https://x', by: 'the configuration' };
    const good = { text: profile, where: 'https://x', server, signed: false, fingerprint: 'f', received: '' };
    writeFileSync(join(stateFolder, 'profile.json'), JSON.stringify({ good, past: [], bad: [] }));
  }
  return { configFile, configGiven: true, stateFolder, machine };
}

describe('release', () => {
  it('drives every relay to its own safe level, and holds none of them', async () => {
    expect(await releaseRelays(configure(FILE))).toEqual({
      released: ['relay', 'relay2'],
      message: 'released relay, relay2',
    });
    expect([system.isHigh('relay'), system.isHigh('relay2')]).toEqual([false, true]);
    expect(system.descriptors).toBe(0);
  });

  it('knows the relays of a profile, and those of the file that it does not name', async () => {
    const options = configure(
      'name: Door\nboard: test\ndoors:\n  yard: { relay: relay2 }\n',
      'doors: { main: { relay: relay } }',
    );
    expect((await releaseRelays(options)).released).toEqual(['relay2', 'relay']);
    expect([system.isHigh('relay'), system.isHigh('relay2')]).toEqual([false, true]);
  });

  it('knows what held buttons switch', async () => {
    const buttons = 'buttons: { front: { line: button, call: [ "sip:1@x" ], held: { switch: relay2 } } }';
    const options = configure(`name: Door\nboard: test\ndoors: { main: { relay: relay } }\n${buttons}\n`);
    expect((await releaseRelays(options)).released).toEqual(['relay', 'relay2']);
    expect(system.isHigh('relay2')).toBe(true);
  });

  it('goes by the file alone where a profile makes no sense', async () => {
    expect((await releaseRelays(configure(FILE, 'doors: 7'))).released).toEqual(['relay', 'relay2']);
  });

  it('says which one could not be driven, and drives the others', async () => {
    system.fitted[0]?.wires.splice(0, 1);
    await expect(releaseRelays(configure(FILE))).rejects.toThrow(
      /not released: relay: the board test has no line "relay"/,
    );
    expect(system.isHigh('relay2')).toBe(true);
  });

  it('has nothing to do on a board that nobody has configured', async () => {
    const outcome = await releaseRelays({
      configFile: join(folder, 'nothing.yaml'),
      configGiven: false,
      stateFolder: join(folder, 'state'),
      machine,
    });
    expect(outcome.released).toEqual([]);
  });

  it('refuses a file that makes no sense, where no service was before', async () => {
    await expect(releaseRelays(configure('name: [\n'))).rejects.toThrow(/nothing is released: .* faults/);
  });
});

const FAULTY = 'name: [\n';

/** What a service leaves whose relays these are. */
function leave(changed: Partial<OutputRecord> = {}): void {
  mkdirSync(join(folder, 'state'), { recursive: true });
  outputMemory(join(folder, 'state')).replace(formatRecord({ ...RECORD, ...changed }));
}

/** The text with its own sum. */
const resum = (line: string): string => `${line}\n${createHash('sha256').update(line).digest('hex')}\n`;

const MODULE = {
  protocol: 'lcus',
  device: '/dev/ttyUSB0',
  baud: 9600,
  dataBits: 8,
  parity: 'none',
  stopBits: 1,
  relays: 2,
  inputs: 0,
  unit: 1,
  poll: millis(100),
  answerWithin: millis(200),
} as const;

const wiredAt = (line: string, offset: number, activeLow = false) => {
  return { line, chip: 'chip', chipName: 'gpiochip0', offset, activeLow, drive: 'push-pull' } as const;
};

const RECORD: OutputRecord = {
  machine: '',
  board: 'test',
  sysfs: false,
  wired: [wiredAt('relay', 0), wiredAt('relay2', 1, true)],
  modules: [],
};

describe('release by what the last service left', () => {
  const states = () => [system.isHigh('relay'), system.isHigh('relay2')];

  it('drives all of it safe where the file has faults, and says so in one line', async () => {
    leave();
    const { released, message } = await releaseRelays(configure(FAULTY));
    expect(released).toEqual(['relay', 'relay2']);
    expect(message).toMatch(
      /^released relay, relay2, as the last service had it: .*doorphone\.yaml has \d+ faults; doorphone check .+$/,
    );
    expect(states()).toEqual([false, true]);
    expect(system.descriptors).toBe(0);
  });

  it('drives all of it safe where the file is gone', async () => {
    leave();
    const configFile = join(folder, 'gone.yaml');
    const options = { configFile, configGiven: true, stateFolder: join(folder, 'state'), machine };
    expect((await releaseRelays(options)).released).toEqual(['relay', 'relay2']);
    expect(states()).toEqual([false, true]);
  });

  it('drives what a changed file does not name any more', async () => {
    leave();
    const file = 'name: Door\nboard: test\ndoors: { main: { relay: relay2 } }\n';
    expect(await releaseRelays(configure(file))).toEqual({
      released: ['relay2', 'relay'],
      message: 'released relay2; and relay, which the last service had',
    });
    expect(states()).toEqual([false, true]);
  });

  it('drives the old wire of a relay that has moved under the same name', async () => {
    leave({ wired: [wiredAt('strike', 0)] });
    const lines = 'lines: { strike: { at: relay2, active: low } }';
    const file = `name: Door\nboard: test\n${lines}\ndoors: { main: { relay: strike } }\n`;
    expect((await releaseRelays(configure(file))).released).toEqual(['strike', 'strike']);
    expect(states()).toEqual([false, true]);
  });

  it('believes the file where both name a wire: a level that has changed sides energises nothing', async () => {
    leave({ wired: [wiredAt('relay', 0, true)] });
    expect((await releaseRelays(configure(FILE))).released).toEqual(['relay', 'relay2']);
    expect(states()).toEqual([false, true]);
  });

  it.each([
    ['a button', 'buttons: { front: { line: relay2, call: [ "sip:1@x" ] } }'],
    ['a lamp', 'lamps: { front: { line: relay2 } }'],
    ['a key', 'keypads: { pad: { matrix: { rows: [ relay2 ], columns: [ button ], keys: [ "1" ] } } }'],
  ])('leaves a wire alone that is %s by now', async (_, use) => {
    leave();
    const options = configure(`name: Door\nboard: test\ndoors: { main: { relay: relay } }\n${use}\n`);
    expect((await releaseRelays(options)).released).toEqual(['relay']);
    expect(states()).toEqual([false, false]);
  });

  it.each([
    ['torn', (text: string) => text.slice(0, 40)],
    ['of another sum', (text: string) => text.replace('"offset":0', '"offset":2')],
    ['garbage', () => '\u0000\ufffd{{{\n\n'],
    ['empty', () => ''],
    ['of another version', () => resum('{"version":2}')],
    ['no object', () => resum('null')],
  ])('drives nothing by a record that is %s', async (_, spoil) => {
    mkdirSync(join(folder, 'state'));
    writeFileSync(join(folder, 'state/outputs'), spoil(formatRecord(RECORD)));
    await expect(releaseRelays(configure(FAULTY))).rejects.toThrow(/nothing is released/);
    expect(states()).toEqual([true, false]);
  });

  it('drives nothing by the record of another machine', async () => {
    leave({ machine: 'raspberrypi,4-model-b brcm,bcm2711' });
    await expect(releaseRelays(configure(FAULTY))).rejects.toThrow(/nothing is released/);
    expect(states()).toEqual([true, false]);
  });

  it('says which chip is gone, and drives the others', async () => {
    leave({ wired: [{ ...wiredAt('far', 3), chip: 'expander' }, wiredAt('relay', 0)] });
    await expect(releaseRelays(configure(FAULTY))).rejects.toThrow(
      /not released: far: .*expander \(gpiochip0\) is not there/,
    );
    expect(system.isHigh('relay')).toBe(false);
  });

  it('does not fail for what is neither named nor there any more', async () => {
    leave({ wired: [{ ...wiredAt('far', 3), chip: 'expander' }] });
    const { released, message } = await releaseRelays(configure(FILE));
    expect(released).toEqual(['relay', 'relay2']);
    expect(message).toMatch(/^released relay, relay2; not released, which the last service had: far: /);
  });

  it('tells chips of one label apart by their names, and takes none where that does not help', async () => {
    const twin = new FakeChip('chip', ['other']);
    system = new FakeGpio([...system.fitted, twin], new FakeClock());
    system.keepsLevels = true;
    leave({ wired: [{ ...wiredAt('relay', 0), chipName: 'gpiochip1' }] });
    system.put('other', true);
    expect((await releaseRelays(configure(FAULTY))).released).toEqual(['relay']);
    expect([system.isHigh('other'), system.isHigh('relay')]).toEqual([false, true]);
    leave({ wired: [{ ...wiredAt('relay', 0), chipName: 'gpiochip7' }] });
    await expect(releaseRelays(configure(FAULTY))).rejects.toThrow(/not released/);
    expect(system.isHigh('relay')).toBe(true);
  });

  it('asks for sysfs where the board did', async () => {
    const asked: (string | undefined)[] = [];
    machine = {
      ...machine,
      gpio: (chip) => {
        asked.push(chip);
        return system;
      },
    };
    leave({ sysfs: true });
    await releaseRelays(configure(FAULTY));
    expect(asked).toEqual(['sysfs:', 'sysfs:']);
  });

  it('drives a relay of a module off, unless something else hangs at its device by now', async () => {
    const serial = new FakeSerial();
    const port = serial.device('/dev/ttyUSB0');
    leave({ wired: [], modules: [{ line: 'usb:relay2', relay: 2, module: MODULE }] });
    expect((await releaseRelays({ ...configure(FAULTY), serial })).released).toEqual(['usb:relay2']);
    expect(port.takeWritten()).toEqual([0xa0, 2, 0, 0xa2]);
    const reader = 'readers: { gate: { device: "serial:/dev/ttyUSB0" } }';
    const file = `name: Door\nboard: test\ndoors: { main: { relay: relay } }\n${reader}\n`;
    expect((await releaseRelays({ ...configure(file), serial })).released).toEqual(['relay']);
    expect(port.takeWritten()).toEqual([]);
  });
});
