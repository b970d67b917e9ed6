// How long relays may be on: what is known of a board by its name, by this machine, by a path.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Machine, relayLimits } from '../../../src/app/boards.ts';
import { runService } from '../../../src/app/service.ts';

let folder: string;
let machine: Machine;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'limits-'));
  for (const [name, text] of [
    ['small', 'title: Small\ncompatible: [ "maker,small" ]\nrelayLimit: 2s\n'],
    ['free', 'title: Free\n'],
    ['odd', 'title: [\n'],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'board.yaml'), text);
  }
  machine = {
    compatible: ['maker,small'],
    boards: folder,
    gpio: () => {
      throw new Error('nobody asks for lines here');
    },
  };
});
afterEach(() => rmSync(folder, { recursive: true }));

it('a board that says one has one, by name and by path', () => {
  expect(relayLimits(machine)('small')).toEqual({ board: 'small', limit: 2000 });
  expect(relayLimits(machine)(join(folder, 'small'))).toEqual({ board: join(folder, 'small'), limit: 2000 });
});

it('nothing is known of a board that says none, is not there, makes no sense, or has no wires', () => {
  for (const board of ['free', 'nowhere', 'odd', 'virtual']) expect(relayLimits(machine)(board), board).toBeUndefined();
});

it('`auto` is this machine', () => {
  rmSync(join(folder, 'odd'), { recursive: true });
  expect(relayLimits(machine)('auto')).toEqual({ board: 'small', limit: 2000 });
  expect(relayLimits({ ...machine, compatible: ['maker,other'] })('auto')).toBeUndefined();
});

it('the service does not start with a longer time', async () => {
  const configFile = join(folder, 'door.yaml');
  writeFileSync(configFile, 'board: ./small\ndoors: { main: { relay: relay, openFor: 3s } }\n');
  const said: string[] = [];
  const write = process.stderr.write;
  process.stderr.write = (text: string | Uint8Array) => said.push(String(text)) > 0;
  try {
    const stateFolder = join(folder, 'state');
    const socketPath = join(stateFolder, 'control.sock');
    expect(await runService({ configFile, configGiven: true, stateFolder, socketPath, version: '1' })).toBe(1);
  } finally {
    process.stderr.write = write;
  }
  expect(said.join('')).toContain(`${configFile}:2:41: doors.main.openFor: is longer than the relays of`);
});
