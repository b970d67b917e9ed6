// A day of a service, lived by its command line: a phone that rings, talks, presses digits and hangs up; somebody who
// calls in; somebody who may not.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DoorphoneEvent } from '../../src/api/events.ts';
import { until } from '../interop/rig/stream.ts';
import { DOOR_CODE, doorphone, ServiceFolder, ServiceProcess } from '../support/service-process.ts';
import { UdpPhone } from '../support/udp-phone.ts';

/** One line, not two, not none. */
const oneLine = (text: string): boolean => /^[^\n]+\n$/.test(text);

describe('a service and its command line', () => {
  let phone: UdpPhone;
  let service: ServiceProcess;

  beforeAll(async () => {
    phone = await UdpPhone.plug();
    service = await ServiceProcess.start({
      configuration: {
        accounts: [{ uri: 'sip:door@127.0.0.1', register: false }],
        buttons: {
          front: { line: 'button', call: [phone.uri] },
          garden: { line: 'button2', call: [phone.uri] },
        },
        doors: { main: { relay: 'relay', openFor: '3s', code: DOOR_CODE } },
      },
    });
  });
  afterAll(async () => {
    await service.stop();
    phone.unplug();
  });

  /** A command with --json that is done. */
  const done = async (...args: string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await service.command(...args, '--json');
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
    return JSON.parse(stdout);
  };

  it('says at its start and in its state that SRTP keys go in the clear', async () => {
    const what = `SRTP keys go in the clear to ${phone.uri}: whoever is on the way can listen`;
    expect(await done('status')).toMatchObject({ warnings: [what] });
    const said = service.log.items.filter(({ event }) => event === 'service.warning');
    expect(said).toHaveLength(1);
    expect(said[0]?.text).toContain(what);
  });

  it('plays a call from the press to the hang-up, every step by a command', async () => {
    expect(await done('status')).toMatchObject({ state: 'idle', call: null, doors: { main: { open: false } } });
    expect(await done('press', 'front')).toEqual({ button: 'front' });
    const call = await phone.takeCall();
    await service.saw('call.answered');
    await call.rtp.hears();
    const talking = await done('status');
    expect(talking).toMatchObject({
      state: 'talking',
      call: { direction: 'outgoing', peer: phone.uri, codec: 'PCMA' },
    });

    expect(await done('dtmf', '1a#')).toEqual({ digits: 3 });
    const pressed = new Set<number>();
    await call.rtp.arrivals.find('digits 1, A, #', ({ payloadType, payload }) => {
      if (payloadType === 101) pressed.add(payload.readUInt8(0));
      return pressed.size === 3;
    });
    // RFC 4733 §3.2: 0 to 9, then * is 10, # is 11, A is 12.
    expect([...pressed]).toEqual([1, 12, 11]);

    expect(await done('line', 'relay')).toEqual({ line: 'relay', active: false });
    call.rtp.press(DOOR_CODE);
    await service.saw('door.opened');
    expect(await done('line', 'relay')).toEqual({ line: 'relay', active: true });
    await service.saw('door.closed');
    expect(await done('open')).toEqual({ door: 'main', forMs: 3000 });
    expect(await done('line', 'relay', '1')).toEqual({ line: 'relay', active: true });
    expect(await done('line', 'relay', '0')).toEqual({ line: 'relay', active: false });

    const { call: id } = await service.saw('call.answered');
    expect(await done('hangup')).toEqual({ call: id });
    await call.hungUp();
    expect(await service.saw('call.ended')).toMatchObject({ call: id, reason: 'hangup-local' });
    expect(await done('status')).toMatchObject({ state: 'idle', call: null });
  });

  it('tells what happened, in order, as text and as JSON, and ends at the end', async () => {
    const text = await service.command('events');
    const json = await service.command('events', '--json');
    const events: DoorphoneEvent[] = json.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(text.stdout.trim().split('\n')).toHaveLength(events.length);
    const told = events.map(({ type }) => type);
    const order = ['service.started', 'button.pressed', 'call.started', 'call.ringing', 'call.answered'];
    expect(told.filter((type) => order.includes(type))).toEqual(order);
    expect(text.stdout).not.toContain(DOOR_CODE);
    expect(json.stdout).not.toContain('"digit":');
  });

  it('rings again for each finger, and the phone hangs up this time', async () => {
    const [from, at] = [phone.messages.mark, service.events.mark];
    expect(await done('line', 'button2', '1')).toEqual({ line: 'button2', active: true });
    const call = await phone.takeCall({}, from);
    await service.saw('call.answered', { from: at });
    await call.rtp.hears();
    await call.hangup();
    const end = await service.saw('call.ended', { from: at });
    expect(end).toMatchObject({ reason: 'hangup-remote', media: { codec: 'PCMA', encrypted: false } });
    expect(end.media?.packetsReceived).toBeGreaterThan(0);
    expect(await done('line', 'button2', '0')).toEqual({ line: 'button2', active: false });
  });

  it.each<[string, string[], string]>([
    ['hangs up nobody', ['hangup'], 'no call'],
    ['answers nobody', ['answer'], 'no call'],
    ['sends digits to nobody', ['dtmf', '1'], 'call'],
    ['asks which button', ['press'], 'front, garden'],
    ['knows no such button', ['press', 'fornt'], 'front'],
    ['knows no such door', ['open', 'mian'], 'main'],
    ['knows no such line', ['line', 'rellay'], 'relay'],
    ['calls no nonsense', ['call', 'not an address'], 'sip:'],
  ])('exits 1 with one line: %s', async (_, args, says) => {
    const { code, stdout, stderr } = await service.command(...args);
    expect({ code, stdout, oneLine: oneLine(stderr) }).toEqual({ code: 1, stdout: '', oneLine: true });
    expect(stderr).toContain(says);
    const json = await service.command(...args, '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toEqual({
      error: { code: expect.stringMatching(/^[a-z-]+$/), message: expect.any(String) },
    });
  });

  it.each<[string, string[], string]>([
    ['a command that does not exist', ['prees'], 'press'],
    ['an option that does not exist', ['press', '--buton', 'front'], '--buton'],
    ['too much', ['hangup', 'now'], 'hangup'],
    ['too little', ['dtmf'], 'DIGITS'],
    ['digits that are none', ['dtmf', '12x'], '0-9'],
    ['a level that is none', ['line', 'relay', 'on'], '1'],
  ])('exits 2 with one line: %s', async (_, args, says) => {
    const { code, stdout, stderr } = await service.command(...args);
    expect({ code, stdout, oneLine: oneLine(stderr) }).toEqual({ code: 2, stdout: '', oneLine: true });
    expect(stderr).toContain(says);
  });

  it('follows events until its service ends, and says so', async () => {
    const other = await ServiceProcess.start();
    const following = other.command('events', '--follow', '--json');
    await other.command('open');
    await other.saw('door.closed');
    const exit = await other.stop();
    const { code, stdout, stderr } = await following;
    expect(exit).toEqual({ code: 0, signal: null });
    expect({ code, oneLine: oneLine(stderr) }).toEqual({ code: 1, oneLine: true });
    const told = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).type ?? JSON.parse(line).error.code);
    expect(told[0]).toBe('service.started');
    expect(told).toContain('door.opened');
    expect(told.slice(-2)).toEqual(['service.stopping', 'connection-lost']);
  });

  it('says who is meant when no service answers', async () => {
    const nobody = new ServiceFolder();
    const { code, stderr } = await doorphone(['press', '--state', nobody.path]);
    nobody.remove();
    expect({ code, oneLine: oneLine(stderr) }).toEqual({ code: 1, oneLine: true });
    expect(stderr).toContain(nobody.socket);
    expect(stderr).toContain('doorphone run');
  });
});

describe('calls into the door', () => {
  let friend: UdpPhone;
  let stranger: UdpPhone;
  let service: ServiceProcess;
  let port: number;

  beforeEach(async () => {
    friend = await UdpPhone.plug('127.0.0.2');
    stranger = await UdpPhone.plug('127.0.0.9');
    service = await ServiceProcess.start({
      configuration: {
        sip: { listen: ['udp:127.0.0.1:0'], answer: 'manual' },
        buttons: { front: { line: 'button', call: [friend.uri] } },
      },
    });
    port = await service.sipPort();
  });
  afterEach(async () => {
    await service.stop();
    friend.unplug();
    stranger.unplug();
  });

  it('rings, is answered by the command, and goes on to a proper end', async () => {
    const door = { address: '127.0.0.1', port };
    const calling = friend.call(door);
    await friend.messages.find('180', ({ status }) => status === 180);
    expect((await service.status()).state).toBe('ringing');
    expect(friend.messages.all(({ status }) => status === 200)).toEqual([]);
    const { code, stdout } = await service.command('answer');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('answered') });
    const call = await calling;
    await call.rtp.hears();
    call.rtp.press(DOOR_CODE);
    expect(await service.saw('door.opened')).toMatchObject({ door: 'main' });
    await call.hangup();
    expect(await service.saw('call.ended')).toMatchObject({ reason: 'hangup-remote' });
  });

  it('gives a stranger no answer at all, and says so once however often it tries', async () => {
    const door = { address: '127.0.0.1', port };
    for (let attempt = 0; attempt < 20; attempt += 1) stranger.invite(door, { user: `scanner${attempt}` });
    stranger.ask('OPTIONS', door);
    stranger.ask('REGISTER', door);
    stranger.ask('MESSAGE', door);
    const refused = await service.saw('call.refused');
    expect(refused.peer).toContain('scanner0');
    // The service has been through all of it when it answers a friend who asked afterwards.
    friend.ask('OPTIONS', door);
    await friend.final('OPTIONS');
    expect(stranger.messages.items).toEqual([]);
    expect(service.allOf('call.refused')).toHaveLength(1);
    expect((await service.status()).state).toBe('idle');
  });

  it('lets nobody else into the call that is up: not by BYE, not by re-INVITE', async () => {
    const door = { address: '127.0.0.1', port };
    const calling = friend.call(door);
    await friend.messages.find('180', ({ status }) => status === 180);
    await service.execute('answer', {});
    const call = await calling;
    // All of the dialog's identifiers are right, as one who listens on the wire knows them; the address is not.
    stranger.sendInDialog('BYE', { ...call.dialog, place: door }, 2);
    stranger.sendInDialog('BYE', { ...call.dialog, place: door }, 3);
    const sdp = ['v=0', 'o=x 2 2 IN IP4 127.0.0.9', 's=-', 'c=IN IP4 127.0.0.9', 't=0 0', 'm=audio 4000 RTP/AVP 8', ''];
    stranger.sendInDialog('INVITE', { ...call.dialog, place: door }, 4, sdp.join('\r\n'));
    friend.ask('OPTIONS', door);
    await friend.final('OPTIONS');
    await call.rtp.hears();
    expect(stranger.messages.all(({ status = 0 }) => status < 300)).toEqual([]);
    expect((await service.status()).state).toBe('talking');
    await call.hangup();
  });
});

it('stops on SIGINT as on SIGTERM, hangs up first, and takes its socket away', async () => {
  const phone = await UdpPhone.plug();
  const service = await ServiceProcess.start({
    configuration: { buttons: { front: { line: 'button', call: [phone.uri] } } },
  });
  await service.execute('press', {});
  const call = await phone.takeCall();
  const ended = service.end('SIGINT');
  await call.hungUp();
  expect(await ended).toEqual({ code: 0, signal: null });
  const { code } = await service.command('status');
  expect(code).toBe(1);
  await until('the log is read', () => service.log.items.some(({ event }) => event === 'service.signal'));
  service.folder.remove();
  phone.unplug();
});
