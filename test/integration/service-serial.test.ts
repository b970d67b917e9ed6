// Serial devices as a running service has them, on the kernel's own pseudo-terminals.

import { readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../interop/rig/stream.ts';
import { FakeModbusLine } from '../support/fake-modbus.ts';
import { PseudoTerminal } from '../support/pseudo-terminal.ts';
import { doorphone, ServiceFolder, ServiceProcess } from '../support/service-process.ts';

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

describe('relays of modules', () => {
  const OFF = [0xa0, 2, 0, 0xa2];
  const ON = [0xa0, 2, 1, 0xa3];

  /** All that a device gets. */
  function listenTo(terminal: PseudoTerminal): number[] {
    const got: number[] = [];
    terminal.watch((bytes) => got.push(...bytes));
    return got;
  }

  it('of an LCUS board open the door, and are off at the start, at the end, and by release', async () => {
    const got = listenTo(plug('relays'));
    const modules = { usb: { device: `serial:${folder.file('relays')}`, protocol: 'lcus', relays: 2 } };
    const door = await start({ modules, doors: { main: { relay: 'usb:relay2', openFor: '300ms' } } });
    await until('it is off at first', () => got.length === 4);
    expect(got.splice(0)).toEqual(OFF);
    await door.execute('open', {});
    await door.saw('door.closed');
    await until('it has been on and off', () => got.length === 8);
    expect(got.splice(0)).toEqual([...ON, ...OFF]);
    await door.execute('open', {});
    await door.end();
    await until('it is off at the end', () => got.length === 8);
    expect(got.splice(0)).toEqual([...ON, ...OFF]);
    const released = await doorphone(['release', '--config', folder.configurationFile, '--state', folder.path]);
    expect(released).toMatchObject({ code: 0, stdout: 'released usb:relay2\n' });
    await until('it is released', () => got.length >= 4);
    expect(got).toEqual(OFF);
  });

  it('of a Modbus module open the door; one that is not confirmed is a fault, and the door is shut', async () => {
    const terminal = plug('bus');
    const line = new FakeModbusLine((bytes) => terminal.send(bytes));
    const played = line.add(3, 2, 1);
    played.coils.fill(true);
    terminal.watch((bytes) => line.take(bytes));
    const modules = {
      io: { device: `serial:${folder.file('bus')}`, protocol: 'modbus', unit: 3, relays: 2, inputs: 1 },
    };
    const door = await start({
      modules,
      doors: { main: { relay: 'io:relay1', openFor: '500ms' } },
      buttons: { front: { line: 'io:input1', call: ['sip:101@127.0.0.1:9'] } },
    });
    await until('it is driven off at first', () => played.coils[0] === false);
    expect(played.coils[1]).toBe(true);
    played.inputs[0] = true;
    await door.saw('button.pressed');
    await door.execute('open', {});
    await until('the relay is on', () => played.coils[0] === true);
    await door.saw('door.closed');
    await until('the relay is off', () => played.coils[0] === false);
    played.isOn = false;
    const mark = door.events.mark;
    const opened = door.execute('open', {}).catch(() => undefined);
    expect(await door.saw('fault', { from: mark })).toMatchObject({
      what: expect.stringContaining('the relay of door main does not obey: it does not answer'),
    });
    await opened;
    expect(await door.saw('device.lost')).toMatchObject({ device: expect.stringContaining('module io (3 at') });
    const refused = await doorphone(['open', '--socket', folder.socket]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('it does not answer');
    played.isOn = true;
    await door.saw('device.found');
    await door.saw('door.closed', { from: mark });
    expect((await door.status()).doors).toEqual({ main: { open: false } });
  });

  it('are said not to be released when the module is not there', async () => {
    const modules = { io: { device: `serial:${folder.file('none')}`, protocol: 'modbus', relays: 2 } };
    folder.configure({ modules, doors: { main: { relay: 'io:relay1' } } });
    const released = await doorphone(['release', '--config', folder.configurationFile, '--state', folder.path]);
    expect(released.code).toBe(1);
    expect(released.stderr).toContain(`not released: io:relay1: ${folder.file('none')} is not there`);
  });
});

describe('a changed configuration', () => {
  it('that asks for a restart of the parts takes the same devices again', async () => {
    const terminal = plug('keypad');
    const keypads = { entrance: { device: `serial:${folder.file('keypad')}` } };
    const door = await start({ keypads });
    await isOpen(terminal);
    const code = '8150';
    folder.configure({ keypads: { entrance: { ...keypads.entrance, code } } });
    const mark = door.events.mark;
    await door.execute('reload', {});
    await door.saw('configuration.applied', { from: mark });
    await until('the new code opens', () => {
      terminal.send(`${code}#`);
      return door.allOf('door.opened', mark).length > 0;
    });
    expect(door.allOf('device.lost', mark)).toEqual([]);
  });
});
