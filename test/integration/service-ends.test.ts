// A service that is ended, crashes, is blocked or is not listened to, in a call with the door open: the relay is let go,
// the recording is whole, the phone is told where that can be, and the next start finds nothing in its way.

import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadWav } from '../support/audio-analysis.ts';
import { ServiceProcess } from '../support/service-process.ts';
import { type PhoneCall, UdpPhone } from '../support/udp-phone.ts';

const SABOTEUR = new URL('../support/service-saboteur.mjs', import.meta.url).pathname;

let phone: UdpPhone;
let service: ServiceProcess;
let call: PhoneCall;

beforeEach(async () => {
  phone = await UdpPhone.plug();
});
afterEach(async () => {
  call.rtp.unplug();
  phone.unplug();
  await service.stop('SIGKILL');
});

/** A call with sound, a recording, and the door open for longer than the test lasts. */
async function talkWithOpenDoor(sabotage = 'none', reader: 'reads' | 'sleeps' = 'reads'): Promise<void> {
  service = await ServiceProcess.start({
    configuration: {
      audio: { device: 'file', output: 'heard.wav' },
      buttons: { front: { line: 'button', call: [phone.uri] } },
      doors: { main: { relay: 'relay', openFor: '1m', code: '42#' } },
      log: { level: 'debug' },
    },
    environment: { DOORPHONE_SABOTAGE: sabotage },
    node: sabotage === 'none' ? [] : ['--import', SABOTEUR],
    reader,
  });
  await service.execute('press', {});
  call = await phone.takeCall();
  await service.saw('call.answered');
  call.rtp.press('42#');
  await service.saw('door.opened');
  await call.rtp.hears(20);
}

/** The header counts exactly what is there, and that is as long as they talked, at least. */
function expectWholeRecording(): void {
  const file = service.folder.file('heard.wav');
  const bytes = readFileSync(file);
  expect(bytes.readUInt32LE(4)).toBe(bytes.length - 8);
  expect(loadWav(file).samples.length / 8000).toBeGreaterThan(0.3);
}

/** Another service in the same folder, at once. */
async function expectNextStart(): Promise<void> {
  service = await ServiceProcess.startIn(service.folder);
  expect(await service.status()).toMatchObject({ state: 'idle', doors: { main: { open: false } } });
}

describe('a service that ends with the door open', () => {
  it.each<NodeJS.Signals>(['SIGTERM', 'SIGINT'])(
    'by %s: door closed, phone told, socket gone, exit 0',
    async (signal) => {
      await talkWithOpenDoor();
      const [exit] = await Promise.all([service.end(signal), call.hungUp()]);
      expect(exit).toEqual({ code: 0, signal: null });
      const told = service.log.items.map(({ event }) => event);
      expect(
        told.filter((event) => ['door.closed', 'service.stopping', 'call.ended'].includes(String(event))).sort(),
      ).toEqual(['call.ended', 'door.closed', 'service.stopping']);
      expect(existsSync(service.folder.socket)).toBe(false);
      expectWholeRecording();
      await expectNextStart();
    },
  );

  it('by SIGKILL: the recording is whole, and the next start takes the socket', async () => {
    await talkWithOpenDoor();
    expect(await service.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    expect(existsSync(service.folder.socket)).toBe(true);
    expectWholeRecording();
    await expectNextStart();
  });

  it.each([
    ['an exception that nobody caught', 'throw', 'sabotage: thrown'],
    ['a promise that nobody waited for', 'reject', 'sabotage: rejected'],
  ])('by %s: said with its trace, relay released, exit 1', async (_, sabotage, reason) => {
    await talkWithOpenDoor(sabotage);
    expect(await service.end('SIGUSR2')).toEqual({ code: 1, signal: null });
    const crashed = service.log.items.find(({ event }) => event === 'service.crashed');
    expect(crashed).toMatchObject({ level: 'error', reason, stack: expect.stringContaining('service-saboteur') });
    const released = service.log.items.find(({ event }) => event === 'board.released');
    expect(released).toMatchObject({ lines: ['relay'] });
    expectWholeRecording();
    await expectNextStart();
  });

  it('by a second signal at once, when the phone does not answer the first good-bye', async () => {
    await talkWithOpenDoor();
    service.signal('SIGINT');
    await phone.request('BYE');
    const exit = await service.end('SIGINT');
    expect(exit.signal ?? exit.code).not.toBe(0);
    expectWholeRecording();
  });
});

describe('a call goes on', () => {
  it('while the event loop stands still', async () => {
    await talkWithOpenDoor('block');
    const { items } = call.rtp.arrivals;
    service.signal('SIGUSR2');
    await service.log.find('the blockade', ({ event }) => event === 'test.blocked');
    const from = call.rtp.arrivals.mark;
    const begin = performance.now();
    // Answered when the loop turns again: the time that it stood still is between the two.
    await service.status();
    const blockedMs = performance.now() - begin;
    const arrived = items.slice(from);
    const [first, last] = [arrived[0], arrived.at(-1)];
    expect(blockedMs).toBeGreaterThan(1000);
    if (first === undefined || last === undefined) throw new Error('nothing arrived');
    // 20 ms a packet, every number once: what the machine's scheduler delays is not lost.
    expect(arrived.length).toBeGreaterThan((blockedMs / 20) * 0.8);
    expect((last.sequence - first.sequence) & 0xffff).toBe(arrived.length - 1);
    await call.hangup();
    expect(await service.saw('call.ended')).toMatchObject({ reason: 'hangup-remote' });
  });

  it('while nobody reads what the service prints, however much that is', async () => {
    await talkWithOpenDoor('none', 'sleeps');
    // Each makes an event, a log line, and some of debug: more than a pipe's 64 KiB in the end.
    for (let time = 0; time < 700; time += 1) await service.execute('line', { line: 'GPIO5', active: time % 2 === 0 });
    await call.rtp.hears(10);
    await service.execute('line', { line: 'relay', active: false });
    await service.saw('door.closed');
    const mark = service.events.mark;
    call.rtp.press('42#');
    await service.saw('door.opened', { from: mark });
    await call.hangup();
    expect(await service.saw('call.ended')).toMatchObject({ reason: 'hangup-remote' });
    expect(await service.end()).toEqual({ code: 0, signal: null });
  });
});
