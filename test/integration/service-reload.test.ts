// A configuration that changes under a running service: what is taken up at once, what waits, what is refused, and what
// becomes of the call meanwhile.

import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Sections, ServiceProcess } from '../support/service-process.ts';
import { UdpPhone } from '../support/udp-phone.ts';
import { bindUdp } from '../support/udp-socket.ts';

let phone: UdpPhone;
let service: ServiceProcess;
let sections: Sections;

beforeEach(async () => {
  phone = await UdpPhone.plug();
  // Also a registrar: whoever asks to be bound is; who asks what is bound (no Contact) is told.
  let bound = '';
  phone.onMessage = (message) => {
    if (message.method !== 'REGISTER') return;
    bound = message.header('Contact') ?? bound;
    phone.respond(message, 200, { headers: [`Contact: ${bound}`] });
  };
  sections = {
    accounts: [{ uri: `sip:door@127.0.0.1:${phone.place.port}` }],
    buttons: { front: { line: 'button', call: [phone.uri] } },
    doors: { main: { relay: 'relay', openFor: '200ms', code: '42#' } },
  };
  service = await ServiceProcess.start({ configuration: sections });
});
afterEach(async () => {
  await service.stop();
  phone.unplug();
});

const change = (changes: Sections): void => {
  sections = { ...sections, ...changes };
  service.folder.configure(sections);
};

const applied = (from: number) => service.saw('configuration.applied', { from });

/** A press, an answer. */
async function talk() {
  const [events, messages] = [service.events.mark, phone.messages.mark];
  await service.execute('press', {});
  const call = await phone.takeCall({}, messages);
  await service.saw('call.answered', { from: events });
  return call;
}

describe('a reload', () => {
  it('by SIGHUP takes up a new code in the middle of a call; the old one is wrong from then on', async () => {
    const call = await talk();
    change({ doors: { main: { relay: 'relay', openFor: '200ms', code: '777#' } } });
    const mark = service.events.mark;
    service.signal('SIGHUP');
    await applied(mark);
    call.rtp.press('42#');
    await service.saw('code.refused');
    expect(service.allOf('door.opened')).toEqual([]);
    call.rtp.press('777#');
    await service.saw('door.opened');
    await call.rtp.hears();
    await call.hangup();
    expect(await service.saw('call.ended')).toMatchObject({ reason: 'hangup-remote' });
  });

  it('takes up another phone and another log level at once', async () => {
    const other = await UdpPhone.plug();
    change({ buttons: { front: { line: 'button', call: [other.uri] } }, log: { level: 'debug' } });
    expect(await service.command('reload')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^applied .*yaml\n$/),
    });
    expect(service.log.all(({ level }) => level === 'debug')).toEqual([]);
    await service.execute('press', {});
    const call = await other.takeCall();
    await call.hangup();
    await service.log.find('a debug line', ({ level }) => level === 'debug');
    other.unplug();
  });

  it('waits with a changed account until the call is over; the old binding goes, the new one comes', async () => {
    const call = await talk();
    change({ accounts: [{ uri: `sip:gate@127.0.0.1:${phone.place.port}` }] });
    const mark = service.events.mark;
    const reload = await service.command('reload');
    expect(reload).toMatchObject({ code: 0, stdout: expect.stringContaining('as soon as no call is up') });
    await call.rtp.hears(10);
    expect((await service.status()).accounts[0]?.uri).toContain('sip:door@');
    await call.hangup();
    await applied(mark);
    const registered = await service.saw('registration.changed', { from: mark, fits: (one) => one.registered });
    expect(registered.account).toContain('sip:gate@');
    const unbound = phone.messages.all(({ method, text }) => method === 'REGISTER' && /expires[=:] ?0/i.test(text));
    expect(unbound.map((one) => one.header('To'))).toEqual([expect.stringContaining('sip:door@')]);
    const again = await talk();
    await again.hangup();
  });

  it('of a faulty file changes nothing, tells every fault, and the command names the first', async () => {
    const call = await talk();
    const good = { ...sections };
    change({ calls: { ringFor: 30, maxDuration: '1 day' } });
    const { code, stderr } = await service.command('reload');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^doorphone: [^\n]*doorphone\.yaml:\d+:\d+: calls\.ringFor: [^\n]*1 more[^\n]*\n$/);
    const rejected = await service.saw('configuration.rejected');
    expect(rejected.faults).toHaveLength(2);
    expect(rejected.faults[1]).toContain('calls.maxDuration');
    call.rtp.press('42#');
    await service.saw('door.opened');
    await call.hangup();
    writeFileSync(service.folder.configurationFile, 'a: [');
    service.signal('SIGHUP');
    await service.saw('configuration.rejected', { fits: ({ faults }) => faults.length === 1 });
    service.folder.configure(good);
    expect(await service.command('reload')).toMatchObject({ code: 0 });
    expect((await service.status()).faults).toEqual([]);
  });

  it('goes back when the changed parts cannot start, and says so to who asked', async () => {
    const taken = await bindUdp('127.0.0.1');
    const place = `127.0.0.1:${taken.address().port}`;
    const good = { ...sections };
    change({ sip: { listen: [`udp:${place}`] } });
    const { code, stderr } = await service.command('reload');
    expect(code).toBe(1);
    expect(stderr).toContain(place);
    expect((await service.status()).faults).toEqual([expect.stringContaining(place)]);
    const call = await talk();
    await call.hangup();
    taken.close();
    service.folder.configure(good);
    expect(await service.command('reload')).toMatchObject({ code: 0 });
    expect((await service.status()).faults).toEqual([]);
  });

  it('with a mended sound file ends the fault', async () => {
    change({ audio: { device: 'file', input: service.folder.file('nowhere.wav') } });
    expect(await service.command('reload')).toMatchObject({ code: 0 });
    expect(await service.status()).toMatchObject({ state: 'fault', faults: [expect.stringContaining('nowhere.wav')] });
    change({ audio: { device: 'virtual' } });
    await service.command('reload');
    expect(await service.status()).toMatchObject({ state: 'idle', faults: [] });
  });

  it('again and again, by signal and by command at once, ends with the last file', async () => {
    for (let round = 1; round <= 6; round += 1) {
      change({ name: `Door ${round}`, calls: { ringFor: `${round}s` } });
      service.signal('SIGHUP');
    }
    change({ accounts: [{ uri: `sip:last@127.0.0.1:${phone.place.port}` }] });
    expect(await service.command('reload')).toMatchObject({ code: 0 });
    expect((await service.status()).accounts).toMatchObject([{ uri: expect.stringContaining('sip:last@') }]);
    const call = await talk();
    expect((await phone.request('INVITE')).header('From')).toContain('Door 6');
    await call.hangup();
  });
});
