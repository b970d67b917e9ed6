// `doorphone release`: relays are driven safe though no service runs, also on kernels that keep a released output.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Machine } from '../../../src/app/boards.ts';
import { releaseRelays } from '../../../src/app/release.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeChip, FakeGpio } from '../../support/fake-gpio.ts';

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

  it('refuses a file that makes no sense', async () => {
    await expect(releaseRelays(configure('name: [\n'))).rejects.toThrow(/faults/);
  });
});
