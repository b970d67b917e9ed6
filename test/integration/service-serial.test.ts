// Serial devices as a running service has them, on the kernel's own pseudo-terminals.

import { readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../interop/rig/stream.ts';
import { PseudoTerminal } from '../support/pseudo-terminal.ts';
import { ServiceFolder, ServiceProcess } from '../support/service-process.ts';

let folder: ServiceFolder;
let service: ServiceProcess | undefined;
const plugged: PseudoTerminal[] = [];

beforeEach(() => {
  folder = new ServiceFolder();
});
afterEach(async () => {
  await service?.end();
  service = undefined;
  for (const terminal of plugged.splice(0)) terminal.unplug();
  folder.remove();
});

/** Puts a device in, whose path is that of the one before. */
function plug(name: string): PseudoTerminal {
  const terminal = new PseudoTerminal();
  plugged.push(terminal);
  rmSync(folder.file(name), { force: true });
  symlinkSync(terminal.path, folder.file(name));
  return terminal;
}

/** Until the service has opened it: what was sent before is thrown away, as it is by every terminal. */
async function isOpen({ path }: PseudoTerminal): Promise<void> {
  const descriptors = `/proc/${service?.pid}/fd`;
  await until(`${path} is open`, () =>
    readdirSync(descriptors).some((descriptor) => {
      try {
        return readlinkSync(`${descriptors}/${descriptor}`) === path;
      } catch {
        return false;
      }
    }),
  );
}

async function start(configuration: { readonly [section: string]: unknown }): Promise<ServiceProcess> {
  folder.configure({
    doors: { main: { relay: 'relay', openFor: '300ms', code: '4711', cards: ['0x62E3086CED'] } },
    ...configuration,
  });
  service = await ServiceProcess.startIn(folder);
  return service;
}

describe('a keypad', () => {
  it('opens the door by its code, not by noise, and again after it was pulled out', async () => {
    const first = plug('keypad');
    const door = await start({ keypads: { entrance: { device: `serial:${folder.file('keypad')}` } } });
    await isOpen(first);
    first.send([0x47, 0xff, 0x00, 0x81]);
    expect(await door.saw('device.garbled')).toMatchObject({ device: folder.file('keypad') });
    first.send('47');
    first.send('11');
    expect(await door.saw('door.opened')).toMatchObject({ door: 'main', by: 'keypad entrance', forMs: 300 });
    await door.saw('door.closed');
    first.unplug();
    expect(await door.saw('device.lost')).toMatchObject({ why: `${folder.file('keypad')} is gone` });
    expect((await door.status()).faults).toEqual([`serial device: ${folder.file('keypad')} is gone`]);
    const mark = door.events.mark;
    const second = plug('keypad');
    await door.saw('device.found');
    expect((await door.status()).faults).toEqual([]);
    second.send('4711');
    await door.saw('door.opened', { from: mark });
    expect(door.stderr).not.toContain('4711');
  });

  it('that is not there is one event and one fault, and hinders nothing', async () => {
    const door = await start({ keypads: { entrance: { device: 'serial:/dev/no-such-keypad' } } });
    await door.saw('device.lost');
    expect((await door.status()).faults).toEqual(['serial device: /dev/no-such-keypad is not there']);
    await door.execute('open', {});
    await door.saw('door.closed');
    expect(door.allOf('device.lost')).toHaveLength(1);
  });
});

describe('a reader', () => {
  it('opens the door by a card whose checksum is right', async () => {
    const reader = plug('reader');
    const door = await start({ readers: { entrance: { device: `serial:${folder.file('reader')}` } } });
    await isOpen(reader);
    reader.send('\x0262E3086CED09\x03');
    expect(await door.saw('device.garbled')).toMatchObject({ why: 'a tag with a wrong checksum' });
    reader.send('\x0262E3086CE');
    reader.send('D08\x03');
    expect(await door.saw('door.opened')).toMatchObject({ by: 'reader entrance' });
    expect(JSON.stringify(door.events.items) + door.stderr).not.toMatch(/62E3/i);
  });
});
