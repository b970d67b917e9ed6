// `doorphone board`: the boards that are known, and what one has.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Machine } from '../../../src/app/boards.ts';
import { readArguments } from '../../../src/cli/arguments.ts';
import { board } from '../../../src/cli/board.ts';
import { packagePath } from '../../../src/native.ts';
import { Bench, KeptOutput, type Outcome } from './support.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.stop());

const machine = (...compatible: readonly string[]): Machine => ({
  compatible,
  boards: packagePath('board'),
  gpio: () => {
    throw new Error('nobody asks for lines here');
  },
});

/** As on a machine of the test's choice. */
async function on(where: Machine, ...args: string[]): Promise<Outcome> {
  const request = readArguments(['board', ...args]);
  if (!request.ok || request.value.kind !== 'command') throw new Error('no command');
  const [out, err] = [new KeptOutput(), new KeptOutput()];
  const exitCode = await board(request.value.invocation, bench.surroundings(out, err), where);
  return { exitCode, out: out.text, err: err.text };
}

const pi = machine('raspberrypi,4-model-b', 'brcm,bcm2711');

describe('the list', () => {
  it('marks this machine', async () => {
    const { out, exitCode } = await on(pi);
    expect(exitCode).toBe(0);
    const marked = out.split('\n').filter((line) => line.startsWith('* '));
    expect(marked).toEqual([expect.stringMatching(/^\* raspberry-pi-4 +Raspberry Pi 4 Model B$/), '* this machine']);
    expect(out).toMatch(/^ {2}virtual /m);
  });

  it('says what a machine that nobody knows calls itself', async () => {
    expect((await on(machine('maker,other'))).out).toContain(
      'none of them is recognised: this machine calls itself maker,other',
    );
    expect((await on(machine())).out).toContain('this machine has no device tree');
  });

  it('is data for programs', async () => {
    const { out } = await on(pi, 'list', '--json');
    const found: unknown = JSON.parse(out);
    expect(found).toMatchObject({
      recognised: 'raspberry-pi-4',
      compatible: ['raspberrypi,4-model-b', 'brcm,bcm2711'],
    });
    expect(found).toHaveProperty(
      'boards',
      expect.arrayContaining([{ name: 'raspberry-pi-4', title: 'Raspberry Pi 4 Model B', current: true }]),
    );
  });
});

describe('one board', () => {
  const configure = (text: string): string => {
    const path = join(bench.folder, 'door.yaml');
    writeFileSync(path, text);
    return path;
  };
  const DOOR =
    'board: raspberry-pi-4\nlines: { bell: { at: GPIO5, active: high } }\n' +
    'buttons: { front: { line: bell, call: [ "sip:101@example.com" ] } }\n' +
    'doors: { main: { relay: relay2, exit: "gpiochip9:4" } }\n';

  it('is shown with what is usually wired to it', async () => {
    const { out } = await on(pi, 'show', 'raspberry-pi-5');
    expect(out).toMatch(/^Raspberry Pi 5 \(raspberry-pi-5\)\n/);
    expect(out).toContain('button = GPIO17 [11] (12) GPIO18');
    expect(out).toMatch(/^chip +pinctrl-rp1$/m);
    expect(out).toMatch(/^config\.txt +dtparam=watchdog=on\n +dtparam=strict_gpiod$/m);
    expect(out).toMatch(/^relays +on for 5m at most$/m);
  });

  it('is shown with what is configured, where that is', async () => {
    const { out } = await on(pi, 'show', '--config', configure(DOOR));
    expect(out).toContain('button front = GPIO5 [29] (30) GND');
    expect(out).toContain('[18] GPIO24 = relay of door main');
    expect(out).toContain('GPIO17 (11) (12) GPIO18');
    expect(out).toMatch(/^wired .*\n(?: +.*\n)*? *exit button of door main: gpiochip9:4$/m);
    expect(out).toContain('button front: GPIO5 (pin 29), active high');
  });

  it('is data for programs', async () => {
    const { out } = await on(pi, 'show', '--json', '--config', configure(DOOR));
    expect(JSON.parse(out)).toMatchObject({
      name: 'raspberry-pi-4',
      chip: 'pinctrl-bcm2711',
      relayLimitMs: 300_000,
      watchdog: '/dev/watchdog',
      lines: expect.arrayContaining([
        { name: 'bell', at: 'GPIO5', pin: 29, active: 'high', uses: ['button front'] },
        { name: 'relay2', at: 'GPIO24', pin: 18, active: null, uses: ['relay of door main'] },
      ]),
    });
  });

  it('is this one where none is named or configured', async () => {
    expect((await on(machine('raspberrypi,3-model-b'), 'show')).out).toMatch(/^Raspberry Pi 3/);
    await expect(on(machine('maker,other'), 'show')).rejects.toThrow(
      'this machine (maker,other) is no board that is known',
    );
  });

  it('that there is none of is said with the likely one', async () => {
    expect(await bench.run('board', 'show', 'raspbery-pi-4')).toEqual({
      exitCode: 1,
      out: '',
      err: 'doorphone: board: there is no board "raspbery-pi-4"; did you mean "raspberry-pi-4"?\n',
    });
  });
});

it('knows no other action', async () => {
  const { exitCode, err } = await bench.run('board', 'shwo');
  expect({ exitCode, err }).toEqual({
    exitCode: 2,
    err: 'doorphone: there is nothing that "board" does by the name "shwo"; the nearest is "show"\n',
  });
});

describe('test', () => {
  it('prints what is found, a line each', async () => {
    expect(await bench.run('board', 'test', '--config', 'door.yaml')).toEqual({
      exitCode: 0,
      out: 'ok   GPIO: a chip\n',
      err: '',
    });
    expect(bench.started).toEqual([
      {
        program: 'board test',
        configFile: 'door.yaml',
        configGiven: true,
        stateFolder: '/var/lib/doorphone',
        socketPath: bench.socket,
        questions: 'out',
      },
    ]);
  });

  it('exits with 1 where something is wrong, and gives programs all of it', async () => {
    bench.board = { ...bench.board, ok: false };
    const { exitCode, out, err } = await bench.run('board', 'test', '--json');
    expect({ exitCode, err }).toEqual({ exitCode: 1, err: 'doorphone: something is wrong with the board test\n' });
    expect(JSON.parse(out)).toEqual(bench.board);
  });
});
