// The whole trial of a board: by its configuration, by what is usual, never beside a running service.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandRegistry } from '../../../../src/api/commands.ts';
import { Journal } from '../../../../src/api/journal.ts';
import { type BoardTrialOptions, tryBoard } from '../../../../src/app/board/board-trial.ts';
import { formatFinding } from '../../../../src/app/board/finding.ts';
import { silentLog } from '../../../../src/base/log.ts';
import { ControlServer } from '../../../../src/control/index.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { FakeChip, FakeGpio } from '../../../support/fake-gpio.ts';

let folder: string;
let clock: FakeClock;
let system: FakeGpio;
let found: string[];
let options: BoardTrialOptions;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trial-'));
  mkdirSync(join(folder, 'boards/test'), { recursive: true });
  writeFileSync(
    join(folder, 'boards/test/board.yaml'),
    'title: Test\ncompatible: [ "maker,test" ]\nlines: { button: {}, relay: {}, lamp: {} }\n',
  );
  clock = new FakeClock();
  system = new FakeGpio([new FakeChip('pinctrl-bcm2711', ['button', 'relay', 'lamp', 'strike'])], clock);
  found = [];
  options = {
    configFile: join(folder, 'door.yaml'),
    configGiven: false,
    stateFolder: join(folder, 'state'),
    socketPath: join(folder, 'control.sock'),
    examiner: { ask: undefined, say: () => undefined },
    found: (finding) => found.push(formatFinding(finding)),
    machine: { compatible: ['maker,test'], boards: join(folder, 'boards'), gpio: () => system },
    files: { read: () => undefined, has: () => false, mayUse: () => false, list: () => [], user: 'door' },
    clock,
  };
});
afterEach(() => rmSync(folder, { recursive: true }));

const configure = (text: string): void => writeFileSync(options.configFile, text);

describe('a board', () => {
  it('that nobody has configured is tried by what is usual', async () => {
    const outcome = await tryBoard(options);
    expect(outcome).toMatchObject({ board: 'test', title: 'Test', ok: false });
    expect(found.map((line) => line.slice(0, 24))).toEqual([
      'ok   GPIO: pinctrl-bcm27',
      '–    button (button): wo',
      '–    relay (relay): woul',
      '–    lamp (lamp): would ',
      'BAD  sound card: there i',
      '–    sound: would ask wh',
    ]);
    expect(system.descriptors).toBe(0);
  });

  it('is tried by its configuration; it is well where nothing is wrong', async () => {
    configure('board: test\naudio: { device: virtual }\ndoors: { main: { relay: strike } }\n');
    expect((await tryBoard(options)).ok).toBe(true);
    expect(found).toContain('–    relay of door main (strike): would ask whether to switch it on for 0.5 s');
  });

  it('that keeps outputs is warned of', async () => {
    system.keepsLevels = true;
    await tryBoard(options);
    expect(found).toContainEqual(expect.stringMatching(/^! {4}relays: a relay stays on when the service is killed/));
    expect([system.isHigh('relay'), system.isHigh('lamp')]).toEqual([false, false]);
  });

  it('without wires has sound alone', async () => {
    configure('board: virtual\naudio: { device: virtual }\n');
    expect((await tryBoard(options)).findings.map(({ subject }) => subject)).toEqual(['sound']);
  });

  it('without wires has its serial devices tried, and asks for no button that cannot be pressed', async () => {
    const devices =
      'keypads: { pad: { device: "serial:/dev/ttyUSB0" } }\nreaders: { gate: { device: "serial:/dev/ttyUSB1" } }';
    const button = 'buttons: { front: { line: button, call: [ "sip:1@x" ] } }';
    configure(`board: virtual\naudio: { device: virtual }\n${button}\n${devices}\n`);
    const { findings, ok } = await tryBoard(options);
    expect(findings.map(({ subject }) => subject)).toEqual([
      'keypad pad (/dev/ttyUSB0)',
      'reader gate (/dev/ttyUSB1)',
      'sound',
    ]);
    expect(ok).toBe(false);
  });

  it('that nobody knows is to be named', async () => {
    const machine = { compatible: ['maker,other'], boards: join(folder, 'boards'), gpio: () => system };
    await expect(tryBoard({ ...options, machine })).rejects.toThrow('is no board that is known');
  });

  it('with a faulty configuration is not tried', async () => {
    configure('board: [\n');
    await expect(tryBoard(options)).rejects.toThrow(/faults/);
  });
});

it('beside a running service nothing is touched', async () => {
  const server = new ControlServer({
    path: options.socketPath,
    registry: new CommandRegistry(),
    journal: new Journal(clock, silentLog),
    log: silentLog,
  });
  await server.start();
  try {
    await expect(tryBoard(options)).rejects.toMatchObject({ code: 'service-runs' });
    expect(found).toEqual([]);
    expect(system.descriptors).toBe(0);
  } finally {
    await server.stop();
  }
});
