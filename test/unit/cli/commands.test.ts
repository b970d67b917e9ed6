import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refuse } from '../../../src/api/commands.ts';
import type { QualityState, StateReport } from '../../../src/api/state.ts';
import { runCommandLine } from '../../../src/cli/command-line.ts';
import { Bench, KeptOutput } from './support.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.stop());

const IDLE: StateReport = {
  state: 'talking',
  call: {
    id: 'c1',
    direction: 'outgoing',
    peer: 'sip:101@example.com',
    codec: 'PCMA',
    encrypted: true,
    signalling: 'tls',
    since: '2025-12-31T23:59:00.000Z',
  },
  doors: { main: { open: true }, garage: { open: false } },
  accounts: [
    { uri: 'sip:door@example.com', registers: true, registered: false, reason: '403 Forbidden' },
    { uri: 'sip:gate@example.com', registers: true, registered: true, reason: null },
  ],
  mqtt: { configured: true, connected: true },
  media: { realtime: false, memoryLocked: false, device: 'file', fault: null },
  faults: ['no broker'],
  version: '1.2.3',
  uptime: 93_784,
};

describe('commands of a running service', () => {
  beforeEach(() => bench.serve());

  it('audio calibrate says what was measured, and what to mend', async () => {
    bench.registry.handle('calibrate', () => ({
      ok: true,
      result: {
        device: 'alsa:door',
        delayMs: 42.3,
        echoDb: 3,
        levels: { speaker: -18, microphone: -15, noise: -60 },
        clips: 12,
        kept: true,
        advice: [{ what: '12 samples are cut off', mend: 'turn it down' }],
      },
    }));
    const { exitCode, out } = await bench.run('audio', 'calibrate');
    expect(exitCode).toBe(0);
    expect(out.split('\n')).toEqual([
      'device      alsa:door',
      'echo        42.3 ms behind, 3 dB louder than it is played',
      'speaker     -18 dBFS',
      'microphone  -15 dBFS, -60 dBFS before',
      'cut off     12 samples',
      'kept        the delay and the way of the echo',
      'warning     12 samples are cut off; turn it down',
      '',
    ]);
    const json = await bench.run('audio', 'calibrate', '--json');
    expect(JSON.parse(json.out)).toMatchObject({ delayMs: 42.3, echoDb: 3, clips: 12 });
  });

  it('audio knows nothing but calibrate', async () => {
    expect(await bench.run('audio', 'play')).toMatchObject({ exitCode: 2, out: '' });
  });

  it('are carried out with what stands behind them, and say so in a line', async () => {
    const asked: unknown[] = [];
    const keep = <Parameters, Result>(result: Result) => {
      return (parameters: Parameters, origin: string): { ok: true; result: Result } => {
        asked.push([parameters, origin]);
        return { ok: true, result };
      };
    };
    bench.registry.handle('press', keep({ button: 'front' }));
    bench.registry.handle('call', keep({ call: 'c1' }));
    bench.registry.handle('answer', keep({ call: 'c1' }));
    bench.registry.handle('hangup', keep({ call: 'c1' }));
    bench.registry.handle('dtmf', keep({ digits: 5 }));
    bench.registry.handle('open', keep({ door: 'main', forMs: 3000 }));
    bench.registry.handle('line', keep({ line: 'relay', active: true }));
    bench.registry.handle('reload', keep({ file: '/etc/x.yaml' }));
    const said = [];
    for (const args of [
      ['press'],
      ['press', 'front'],
      ['call', 'sip:1@x'],
      ['answer'],
      ['hangup'],
      ['dtmf', '4711a'],
      ['open', 'main'],
      ['line', 'relay'],
      ['line', 'relay', '0'],
      ['reload'],
    ]) {
      const { exitCode, out, err } = await bench.run(...args);
      expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
      said.push(out);
    }
    expect(asked).toEqual([
      [{}, 'control'],
      [{ button: 'front' }, 'control'],
      [{ uri: 'sip:1@x' }, 'control'],
      [{}, 'control'],
      [{}, 'control'],
      [{ digits: '4711A' }, 'control'],
      [{ door: 'main' }, 'control'],
      [{ line: 'relay' }, 'control'],
      [{ line: 'relay', active: false }, 'control'],
      [{}, 'control'],
    ]);
    expect(said).toEqual([
      'pressed front\n',
      'pressed front\n',
      'calling: c1\n',
      'answered c1\n',
      'hung up c1\n',
      'sending 5 digits\n',
      'opened main for 3 s\n',
      'relay 1\n',
      'relay 1\n',
      'applied /etc/x.yaml\n',
    ]);
    expect(said.join('')).not.toContain('4711');
  });

  it('give programs the result itself', async () => {
    bench.registry.handle('open', () => ({ ok: true, result: { door: 'main', forMs: 3000 } }));
    expect(await bench.run('open', '--json')).toEqual({ exitCode: 0, out: '{"door":"main","forMs":3000}\n', err: '' });
  });

  it('that are refused exit 1 with the reason', async () => {
    bench.registry.handle('hangup', () => refuse('no-call', 'there is no call'));
    expect(await bench.run('hangup')).toEqual({ exitCode: 1, out: '', err: 'doorphone: there is no call\n' });
    const { exitCode, out } = await bench.run('hangup', '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(out)).toEqual({ error: { code: 'no-call', message: 'there is no call' } });
  });

  it('find the service by --socket before the environment, and by --state', async () => {
    bench.registry.handle('press', () => ({ ok: true, result: { button: 'front' } }));
    bench.environment = { DOORPHONE_SOCKET: '/nowhere.sock' };
    expect((await bench.run('press', '--socket', bench.socket)).exitCode).toBe(0);
    expect((await bench.run('press', '--state', bench.folder)).exitCode).toBe(1);
    bench.environment = { DOORPHONE_STATE: bench.folder };
    expect((await bench.run('press')).exitCode).toBe(0);
    bench.environment = {};
    expect((await bench.run('press', '--state', bench.folder)).exitCode).toBe(0);
  });

  it('status is the state object for programs and a table for eyes', async () => {
    bench.registry.handle('status', () => ({ ok: true, result: IDLE }));
    expect(JSON.parse((await bench.run('status', '--json')).out)).toEqual(IDLE);
    const { out } = await bench.run('status');
    const rows = out.split('\n').map((row) => row.split(/ {2,}/));
    expect(rows.slice(0, 1)).toEqual([['state', 'talking']]);
    expect(out).toMatch(
      /^call +outgoing sip:101@example\.com, PCMA, encrypted, signalled by TLS to the first hop, since [-\d]+ [:\d]+\.000 \(1 min 0 s\)$/m,
    );
    expect(rows.slice(2, 12)).toEqual([
      ['door main', 'open'],
      ['door garage', 'closed'],
      ['account sip:door@example.com', 'not registered: 403 Forbidden'],
      ['account sip:gate@example.com', 'registered'],
      ['mqtt', 'connected'],
      ['sound', 'file'],
      ['real time', 'no; memory not locked'],
      ['fault', 'no broker'],
      ['version', '1.2.3'],
      ['running for', '1 d 2 h'],
    ]);
  });

  it('status calls nothing missing that nobody asked for', async () => {
    const uri = 'sip:door@192.0.2.10';
    const accounts = [
      { uri, registers: false, registered: false, reason: null },
      { uri: 'sip:door@example.com', registers: true, registered: false, reason: null },
    ];
    const mqtt = { configured: false, connected: false };
    bench.registry.handle('status', () => ({ ok: true, result: { ...IDLE, accounts, mqtt } }));
    const { out } = await bench.run('status');
    expect(out).toMatch(/^account sip:door@192\.0\.2\.10 +peer to peer$/m);
    expect(out).toMatch(/^account sip:door@example\.com +not registered yet$/m);
    expect(out).not.toMatch(/^mqtt/m);
  });

  it('status says how a call sounds, here and there', async () => {
    const quality = { mos: 4.2, remoteMos: 3.9, lossPercent: 0.4, remoteLossPercent: 1.5, jitterMs: 3.1 };
    const known = { ...quality, playoutDelayMs: 22, roundTripMs: 12.5 };
    const unknown = { ...known, mos: null, remoteMos: null, remoteLossPercent: null, roundTripMs: null };
    let figures: QualityState = known;
    bench.registry.handle('status', () => ({
      ok: true,
      result: { ...IDLE, call: IDLE.call && { ...IDLE.call, quality: figures } },
    }));
    expect((await bench.run('status')).out).toMatch(
      /^quality +MOS 4\.2, 0\.4 % lost, jitter 3\.1 ms, played 22 ms later, round trip 12\.5 ms; there MOS 3\.9, 1\.5 % lost$/m,
    );
    figures = unknown;
    expect((await bench.run('status')).out).toMatch(/^quality +0\.4 % lost, jitter 3\.1 ms, played 22 ms later$/m);
  });

  it('status says what works and should be known', async () => {
    const warnings = ['SRTP keys go in the clear to sip:pbx'];
    bench.registry.handle('status', () => ({ ok: true, result: { ...IDLE, warnings } }));
    expect((await bench.run('status')).out).toMatch(/^warning +SRTP keys go in the clear to sip:pbx$/m);
  });
  it('status says where an account is registered, and by which ways', async () => {
    const uri = 'sip:door@example.com';
    const known = { uri, registers: true, registered: true, reason: null, registrar: 'sip:backup.example.com' };
    const flows = ['sip:e1;lr', 'sip:e2;lr'].map((proxy) => ({ proxy, registered: true, reason: null }));
    bench.registry.handle('status', () => ({ ok: true, result: { ...IDLE, accounts: [{ ...known, flows }] } }));
    expect((await bench.run('status')).out).toMatch(
      /^account \S+ +registered at sip:backup\.example\.com by sip:e1;lr and sip:e2;lr$/m,
    );
  });

  it('status says by which other names the server knows an account', async () => {
    const account = { uri: 'sip:door@example.com', registers: true, registered: true, reason: null };
    const accounts = [
      { ...account, alsoKnownAs: ['tel:+4930123', 'sip:123@example.com'], mapped: '198.51.100.7:40022' },
    ];
    bench.registry.handle('status', () => ({ ok: true, result: { ...IDLE, accounts } }));
    expect((await bench.run('status')).out).toMatch(
      /^account \S+ +registered, also known as tel:\+4930123 and sip:123@example\.com, behind a NAT, seen at 198\.51\.100\.7:40022$/m,
    );
  });

  it('text of the network does not reach the terminal raw', async () => {
    const raw = '\u001b]0;owned\u0007\r';
    const state = { ...IDLE, accounts: [{ uri: 'sip:a@b', registers: true, registered: false, reason: `no${raw}` }] };
    bench.registry.handle('status', () => ({ ok: true, result: state }));
    bench.registry.handle('hangup', () => refuse('x', raw));
    bench.journal.record('call.refused', { peer: `sip:${raw}@x`, why: raw });
    for (const command of ['status', 'events', 'hangup']) {
      const { out, err } = await bench.run(command);
      expect(`${out}${err}`, command).toMatch(/owned/);
      for (const character of ['\u001b', '\u0007', '\r']) expect(`${out}${err}`, command).not.toContain(character);
    }
  });
});

describe('without a service', () => {
  it('a command exits 1 and names the socket and the mend', async () => {
    expect(await bench.run('press')).toEqual({
      exitCode: 1,
      out: '',
      err:
        `doorphone: no service answers at ${bench.socket}; ` +
        'start it with "doorphone run", or name its socket with --socket\n',
    });
  });
});

describe('events', () => {
  beforeEach(() => bench.serve());

  it('are aligned lines with local time to the millisecond', async () => {
    bench.journal.record('call.started', { call: 'c1', direction: 'outgoing', peer: 'sip:101@example.com' });
    bench.clock.advance(12);
    bench.journal.record('fault', { what: 'no broker', mend: 'start it' });
    const { exitCode, out } = await bench.run('events');
    expect(exitCode).toBe(0);
    const time = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.0\d\d {2}/;
    const lines = out.split('\n').slice(0, -1);
    for (const line of lines) expect(line).toMatch(time);
    expect(lines.map((line) => line.slice(20))).toEqual([
      '000  call.started          call=c1  direction=outgoing  peer=sip:101@example.com',
      '012  fault                 what="no broker"  mend="start it"',
    ]);
  });

  it('are one JSON object a line for programs', async () => {
    bench.journal.record('door.closed', { door: 'main' });
    const { out } = await bench.run('events', '--json');
    expect(out).toBe('{"time":"2026-01-01T00:00:00.000Z","type":"door.closed","door":"main"}\n');
  });

  it('are followed until the reader goes away, which is no failure', async () => {
    bench.journal.record('door.closed', { door: 'one' });
    const [out, err] = [new KeptOutput(), new KeptOutput()];
    const following = runCommandLine(['events', '--follow', '--json'], bench.surroundings(out, err));
    await out.linesWritten(1);
    bench.journal.record('door.closed', { door: 'two' });
    await out.linesWritten(2);
    out.close();
    bench.journal.record('door.closed', { door: 'three' });
    expect(await following).toBe(0);
    expect(out.text).toContain('two');
    expect(out.text).not.toContain('three');
    expect(err.text).toBe('');
  });

  it('end with exit 1 when the service goes away', async () => {
    const [out, err] = [new KeptOutput(), new KeptOutput()];
    const following = runCommandLine(['events', '--follow'], bench.surroundings(out, err));
    bench.journal.record('door.closed', { door: 'one' });
    await out.linesWritten(1);
    const other = bench;
    bench = new Bench();
    await other.stop();
    expect(await following).toBe(1);
    expect(err.text).toMatch(/^doorphone: the service closed the connection; /);
  });
});

describe('check', () => {
  const file = (text: string): string => {
    const path = join(bench.folder, 'door.yaml');
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };

  it('prints every fault with its place and exits 1', async () => {
    const path = file('board: virtual\nnmae: x\ncalls: { ringFor: 30 }\n');
    expect(await bench.run('check', path)).toEqual({
      exitCode: 1,
      out:
        `${path}:2:1: nmae: is not a known key; the nearest known key is name\n` +
        `${path}:3:19: calls.ringFor: has no unit; write 30s for seconds (units: ms, s, m, h)\n`,
      err: `doorphone: ${path} has 2 faults\n`,
    });
  });

  it('prints warnings and exits 0', async () => {
    const path = file('board: virtual\nmqtt: { url: "mqtt://b", homeAssistant: true }\n');
    const { exitCode, out, err } = await bench.run('check', path);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out).toMatch(
      /:2:41: mqtt\.homeAssistant: warning: Home Assistant discovery is not carried out by this version; .*\n.*: no fault, 1 warning\n$/,
    );
  });

  it('gives programs faults and warnings as data', async () => {
    const path = file('board: virtual\nnmae: x\n');
    const { exitCode, out } = await bench.run('check', path, '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(out)).toEqual({
      file: path,
      ok: false,
      faults: [
        {
          file: path,
          line: 2,
          column: 1,
          key: 'nmae',
          what: 'is not a known key',
          mend: 'the nearest known key is name',
        },
      ],
      warnings: [],
    });
  });

  it('reads secrets of the environment of the command', async () => {
    const path = file('board: virtual\ndoors: { main: { relay: relay, code: { env: DOOR_CODE } } }\n');
    expect((await bench.run('check', path)).exitCode).toBe(1);
    bench.environment = { DOOR_CODE: '4711' };
    expect((await bench.run('check', path)).exitCode).toBe(0);
  });

  it('knows how long the relays of the board may be on', async () => {
    mkdirSync(join(bench.folder, 'mine'));
    writeFileSync(join(bench.folder, 'mine/board.yaml'), 'title: Mine\nrelayLimit: 10s\n');
    const path = file(
      'board: ./mine\ndoors:\n  main: { relay: relay, openFor: 10s }\n  yard: { relay: strike, openFor: 11s }\n',
    );
    expect(await bench.run('check', path)).toEqual({
      exitCode: 1,
      out: `${path}:4:35: doors.yard.openFor: is longer than the relays of ${bench.folder}/mine may be on (10s); write 10s or less\n`,
      err: `doorphone: ${path} has 1 fault\n`,
    });
  });

  it('knows the names of boards and add-ons', async () => {
    const path = file('board: rasberry-pi-4\naddons: [ usb-sound-card, respeaker-2mic-hut ]\n');
    expect((await bench.run('check', path)).out).toBe(
      `${path}:1:8: board: there is no board "rasberry-pi-4"; did you mean "raspberry-pi-4"?\n` +
        `${path}:2:27: addons[1]: there is no add-on "respeaker-2mic-hut"; did you mean "respeaker-2mic-hat"?\n`,
    );
    const good = file('board: raspberry-pi-4\naddons: [ usb-sound-card, respeaker-2mic-hat ]\n');
    expect((await bench.run('check', good)).exitCode).toBe(0);
  });

  it('knows boards and add-ons of one’s own by their paths', async () => {
    const path = file('board: ./mine\naddons: [ ./card/addon.yaml ]\n');
    expect((await bench.run('check', path)).out).toMatch(
      /:1:8: board: there is no board ".*\/mine"; known are .*\n.*:2:11: addons\[0\]: there is no add-on ".*\/card\/addon\.yaml"; known are respeaker/,
    );
    for (const folder of ['mine', 'card']) mkdirSync(join(bench.folder, folder));
    writeFileSync(join(bench.folder, 'mine/board.yaml'), 'title: Mine\n');
    writeFileSync(join(bench.folder, 'card/addon.yaml'), 'title: Card\n');
    expect((await bench.run('check', path)).exitCode).toBe(0);
  });

  it('of a missing file is one line', async () => {
    const { exitCode, err } = await bench.run('check', '/nowhere.yaml');
    expect(exitCode).toBe(1);
    expect(err).toMatch(/^doorphone: the configuration \/nowhere\.yaml does not exist; [^\n]+\n$/);
  });
});

describe('provision-server publish', () => {
  const publish = async (...more: string[]) =>
    await bench.run('provision-server', 'publish', '--profiles', 'profiles', '--state', bench.folder, ...more);

  it('says what became of the profiles', async () => {
    const { exitCode, out } = await publish();
    expect(exitCode).toBe(0);
    expect(out).toBe('1 changed, 0 refreshed, 0 removed, 2 unchanged, 0 failed\n');
    expect(bench.started).toEqual([['publish', { profiles: 'profiles', stateFolder: bench.folder, version: '1.2.3' }]]);
    expect(JSON.parse((await publish('--json')).out)).toMatchObject({ changed: 1, unchanged: 2 });
  });

  it('fails where a presence server refused any', async () => {
    bench.tally = { ...bench.tally, failed: 1 };
    expect((await publish()).exitCode).toBe(1);
  });

  it('wants to know which profiles', async () => {
    expect((await bench.run('provision-server', 'publish')).exitCode).toBe(2);
  });
});
