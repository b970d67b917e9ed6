// What people get wrong, and what breaks around a door: one clear line that names the place and the mend, and exit 1; or,
// where the door can still work, an event and a running service whose button rings.

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { doorphone, type Sections, ServiceFolder, ServiceProcess } from '../support/service-process.ts';
import { UdpPhone } from '../support/udp-phone.ts';
import { bindUdp } from '../support/udp-socket.ts';

let folder: ServiceFolder;
beforeEach(() => {
  folder = new ServiceFolder();
});
afterEach(() => {
  folder.remove();
});

/** Runs a service that cannot start, to its end. */
const run = (state = folder.path) =>
  doorphone(['run', '--config', folder.configurationFile, '--state', state, '--socket', folder.socket]);

/** Every line is for a person: the program's name first, no trace of a stack. */
function expectLines(stderr: string, count: number): void {
  const lines = stderr.trimEnd().split('\n');
  expect({ stderr, lines: lines.length }).toEqual({ stderr, lines: count });
  for (const line of lines) expect(line).toMatch(/^doorphone: \S/);
  expect(stderr).not.toMatch(/^\s+at |node:internal|Error:/m);
}

describe('a configuration that is wrong', () => {
  const GOOD = 'board: virtual\nbuttons:\n  front: { line: button, call: [ "sip:101@192.0.2.1" ] }\n';

  it.each<[string, string, string, string]>([
    ['a bracket that is not closed', `${GOOD}sip: { listen: [ "udp:0.0.0.0:5060" }\n`, ':4:', 'bracket'],
    ['a tabulator for indentation', 'board: virtual\nbuttons:\n\tfront: 1\n', ':3:', 'tab'],
    ['a key twice', `${GOOD}board: virtual\n`, ':4:', 'board'],
    ['an unknown key', `${GOOD}audoi: { device: virtual }\n`, ':4:1: audoi', 'audio'],
    ['an unknown key below', `${GOOD}calls: { ringfor: 30s }\n`, ':4:10: calls.ringfor', 'ringFor'],
    ['a duration without its unit', `${GOOD}calls: { ringFor: 30 }\n`, ':4:19: calls.ringFor', '30s'],
    ['a duration with a wrong unit', `${GOOD}calls: { ringFor: 30sec }\n`, ':4:19: calls.ringFor', '30s'],
    ['a percentage too high', `${GOOD}audio: { device: virtual, speaker: 180 }\n`, ':4:36: audio.speaker', '100'],
    ['a text for a number', `${GOOD}audio: { device: virtual, speaker: loud }\n`, ':4:36: audio.speaker', 'number'],
    ['a port that is none', `${GOOD}sip: { listen: [ "udp:0.0.0.0:65536" ] }\n`, ':4:18: sip.listen', '65535'],
    ['an empty file', '', 'doorphone.yaml', 'buttons'],
    ['a list at the top', '- board: virtual\n', ':1:1', 'key'],
  ])('%s: file, line, column, key, mend; exit 1', async (_, text, place, mend) => {
    writeFileSync(folder.configurationFile, text, { mode: 0o600 });
    const [check, started] = await Promise.all([doorphone(['check', folder.configurationFile]), run()]);
    const [line = ''] = check.stdout.split('\n');
    expect(line).toContain(folder.configurationFile);
    expect(line).toContain(place);
    expect(line).toContain(mend);
    expect(check.code).toBe(1);
    expectLines(check.stderr, 1);
    expect(started.code).toBe(1);
    expect(started.stderr).toContain(line);
    for (const one of started.stderr.trimEnd().split('\n')) expect(one).toMatch(/^doorphone: /);
  });

  it.each<[string, () => void, string[]]>([
    ['there is none', () => undefined, ['doorphone.yaml', '--config']],
    ['it is a folder', () => mkdirSync(folder.configurationFile), ['doorphone.yaml', 'folder']],
    [
      'a secret’s file is missing',
      () => folder.configure({ doors: { main: { relay: 'relay', code: { file: 'nowhere' } } } }),
      ['doors.main.code', 'nowhere'],
    ],
    [
      'a secret’s variable is not set',
      () => folder.configure({ doors: { main: { relay: 'relay', code: { env: 'NO_SUCH_VARIABLE' } } } }),
      ['doors.main.code', 'NO_SUCH_VARIABLE'],
    ],
  ])('%s', async (_, prepare, says) => {
    prepare();
    const { code, stderr } = await run();
    expect(code).toBe(1);
    expectLines(stderr, 1);
    for (const word of says) expect(stderr).toContain(word);
  });
});

describe('a machine that does not let it start', () => {
  it('names the SIP port that is taken', async () => {
    const taken = await bindUdp('127.0.0.1');
    const { port } = taken.address();
    folder.configure({ sip: { listen: [`udp:127.0.0.1:${port}`] } });
    const { code, stderr } = await run();
    taken.close();
    expect(code).toBe(1);
    const last = stderr.trimEnd().split('\n').at(-1) ?? '';
    expect(last).toContain(`127.0.0.1:${port}`);
    expect(last).toContain('sip.listen');
  });

  it('names an address that is not this machine’s', async () => {
    folder.configure({ sip: { listen: ['udp:192.0.2.77:5060'] } });
    const { code, stderr } = await run();
    expect(code).toBe(1);
    expect(stderr).toContain('192.0.2.77');
  });

  it('names a state folder that cannot be written', async () => {
    folder.configure({});
    writeFileSync(folder.file('file'), '');
    const { code, stderr } = await run(folder.file('file/state'));
    expect(code).toBe(1);
    expectLines(stderr, 1);
    expect(stderr).toContain(folder.file('file/state'));
    expect(stderr).toContain('--state');
  });

  it('names a control socket whose path cannot be', async () => {
    folder.configure({});
    writeFileSync(folder.socket, 'a file');
    const { code, stderr } = await run();
    expect(code).toBe(1);
    expectLines(stderr, 1);
    expect(stderr).toContain(folder.socket);
    expect(readFileSync(folder.socket, 'utf8')).toBe('a file');
  });

  it('does not disturb the service that has the socket: not its ports, not its recording', async () => {
    const heard = folder.file('heard.wav');
    const first = await ServiceProcess.start({ configuration: { audio: { device: 'file', output: heard } } });
    folder.configure({ audio: { device: 'file', output: heard } });
    const before = readFileSync(heard).subarray(0, 4).toString();
    const second = await doorphone(['run', '--config', folder.configurationFile, '--socket', first.folder.socket]);
    const state = await doorphone(['status', '--socket', first.folder.socket, '--json']);
    const size = readFileSync(heard).length;
    await first.stop();
    expect(second.code).toBe(1);
    expectLines(second.stderr, 1);
    expect(second.stderr).toContain(first.folder.socket);
    expect(second.stderr).toContain('--socket');
    expect(before).toBe('RIFF');
    expect(size).toBeGreaterThan(44);
    expect(JSON.parse(state.stdout).state).toBe('idle');
  });
});

describe('what breaks around a door that still works', () => {
  let phone: UdpPhone;
  let service: ServiceProcess | undefined;
  beforeEach(async () => {
    phone = await UdpPhone.plug();
  });
  afterEach(async () => {
    await service?.stop();
    service = undefined;
    phone.unplug();
  });

  /** A door whose button calls the phone, with something broken beside it. */
  async function start(configuration: Sections): Promise<ServiceProcess> {
    service = await ServiceProcess.start({
      configuration: { buttons: { front: { line: 'button', call: [phone.uri] } }, ...configuration },
    });
    return service;
  }

  /** The button rings, and they talk. */
  async function expectCall(door: ServiceProcess): Promise<void> {
    await door.execute('press', {});
    const call = await phone.takeCall();
    await door.saw('call.answered');
    await call.rtp.hears();
    await call.hangup();
    await door.saw('call.ended');
  }

  const fault = (door: ServiceProcess, says: RegExp) =>
    door.saw('fault', { fits: ({ what, mend }) => says.test(`${what}; ${mend}`) });

  it('a missing WAV: a fault that names it, silence in its place', async () => {
    const door = await start({ audio: { device: 'file', input: 'nowhere.wav', output: 'heard.wav' } });
    expect(await fault(door, /nowhere\.wav.*audio\.input/)).toBeDefined();
    const { state, faults } = await door.status();
    expect({ state, named: faults.some((one) => one.includes('nowhere.wav')) }).toEqual({
      state: 'fault',
      named: true,
    });
    await expectCall(door);
  });

  it('a WAV that is none', async () => {
    const fake = folder.file('fake.wav');
    writeFileSync(fake, 'RIFF, says who?'.repeat(100));
    const door = await start({ audio: { device: 'file', input: fake } });
    expect(await fault(door, /fake\.wav.*ffmpeg/)).toBeDefined();
    await expectCall(door);
  });

  it('a recording that cannot be written', async () => {
    writeFileSync(folder.file('file'), '');
    const door = await start({ audio: { device: 'file', output: folder.file('file/heard.wav') } });
    expect(await fault(door, /heard\.wav.*audio\.output/)).toBeDefined();
    await expectCall(door);
  });

  it('a sound card that is not there', async () => {
    const door = await start({ audio: { device: 'alsa:no-such-card' } });
    expect(await fault(door, /alsa|libasound/i)).toBeDefined();
    expect((await door.status()).state).toBe('fault');
    await expectCall(door);
  });

  it('a dead registrar: said once, and the button rings whom it can reach', async () => {
    const dead = await bindUdp('127.0.0.1');
    const { port } = dead.address();
    dead.close();
    const door = await start({
      accounts: [
        { uri: `sip:door@127.0.0.1:${port}`, password: 'x7secretx7' },
        { uri: 'sip:door@127.0.0.1', register: false },
      ],
    });
    const lost = await door.saw('registration.changed', { fits: ({ registered }) => !registered });
    expect(lost.reason).toEqual(expect.any(String));
    await expectCall(door);
    expect(door.allOf('registration.changed')).toHaveLength(1);
  });

  it('a registrar that cannot be resolved', async () => {
    const door = await start({ accounts: [{ uri: 'sip:door@pbx.no-such-house.invalid', password: 'x7secretx7' }] });
    const lost = await door.saw('registration.changed', { fits: ({ registered }) => !registered });
    expect(lost.reason).toContain('pbx.no-such-house.invalid');
    await expectCall(door);
  });

  it('a phone that cannot be resolved: the next on the list rings', async () => {
    const door = await start({
      buttons: { front: { line: 'button', call: ['sip:1@phone.no-such-house.invalid', phone.uri] } },
    });
    await expectCall(door);
    expect(door.allOf('call.ended')[0]).toMatchObject({
      reason: 'unreachable',
      cause: expect.stringContaining('phone.no-such-house.invalid'),
    });
  });

  it('a dead broker', async () => {
    const dead = createServer();
    await new Promise<void>((done) => dead.listen(0, '127.0.0.1', done));
    const address = dead.address();
    dead.close();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const door = await start({ mqtt: { url: `mqtt://127.0.0.1:${port}` } });
    const lost = await door.saw('mqtt.changed');
    expect(lost).toMatchObject({ connected: false, reason: expect.stringContaining('ECONNREFUSED') });
    await expectCall(door);
    expect((await door.status()).mqtt).toEqual({ configured: true, connected: false });
  });

  it('no RTP port free: the call fails with its cause, and works once there is one', async () => {
    const taken = await Promise.all([22_000, 22_001, 22_002, 22_003].map((port) => bindUdp('127.0.0.1', port)));
    const door = await start({ media: { ports: '22000-22003' } });
    await door.execute('press', {});
    const end = await door.saw('call.ended');
    expect(end).toMatchObject({ reason: 'failed', cause: expect.stringContaining('media.ports') });
    for (const socket of taken) socket.close();
    await expectCall(door);
  });

  it('a socket that a killed service left: the next one takes its place', async () => {
    const door = await start({});
    await door.end('SIGKILL');
    service = await ServiceProcess.startIn(door.folder);
    await expectCall(service);
  });

  it('a configuration that everybody can read: a warning before the start, and a start', async () => {
    folder.configure({ buttons: { front: { line: 'button', call: [phone.uri] } } });
    chmodSync(folder.configurationFile, 0o644);
    service = await ServiceProcess.startIn(folder);
    const [warning] = service.log.items;
    expect(warning?.text).toMatch(/^doorphone: warning: .*doors\.main\.code.*chmod 600/);
    await expectCall(service);
  });
});
