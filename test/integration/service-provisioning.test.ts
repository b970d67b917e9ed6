// A board and its provisioning server, both as processes: found, fetched, in force, proved, followed, taken back.

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorCode } from '../../src/base/errors.ts';
import { ProvisionServerProcess } from '../support/provision-server-process.ts';
import { type Sections, ServiceFolder, ServiceProcess } from '../support/service-process.ts';
import { UdpPhone } from '../support/udp-phone.ts';
import { bindUdp } from '../support/udp-socket.ts';

const DEVICE = '02000000000a';

let registrar: UdpPhone;
let server: ProvisionServerProcess;
let folder: ServiceFolder;
let door: ServiceProcess | undefined;
let byFiles: Sections;
let bySip: Sections;
let serverSettings: string;

/** Below those that the system gives to whoever asks for any (32768 and more): nobody takes one before the server does. */
let candidate = 27_000 + randomInt(2_000);

/** A port that is free for UDP and for TCP. */
async function freePort(): Promise<number> {
  for (;;) {
    candidate += 1;
    if (await isFree(candidate)) return candidate;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    const socket = await bindUdp('127.0.0.1', port);
    await new Promise<void>((closed) => socket.close(closed));
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch (thrown) {
    if (errorCode(thrown) === 'EADDRINUSE') return false;
    throw thrown;
  }
}

const profile = (name: string, host = `127.0.0.1:${registrar.place.port}`): string => `
name: ${name}
board: virtual
media: { ports: 23200-23398 }
audio: { device: virtual }
accounts:
  - { uri: "sip:door@${host}" }
buttons:
  front: { line: button, call: [ "sip:101@${host}" ] }
doors:
  main: { relay: relay, openFor: 200ms, code: "42#" }
profile: { proveWithin: 6s }
`;

beforeEach(async () => {
  registrar = await UdpPhone.plug();
  let bound = '';
  registrar.onMessage = (message) => {
    if (message.method !== 'REGISTER') return;
    bound = message.header('Contact') ?? bound;
    registrar.respond(message, 200, { headers: [`Contact: ${bound}`] });
  };
  const [sip, files] = [await freePort(), await freePort()];
  serverSettings = `sip: [ "udp:127.0.0.1:${sip}" ]\nfiles: http:127.0.0.1:${files}\nplainNames: true\napprove: automatic\n`;
  server = new ProvisionServerProcess({
    'server.yaml': serverSettings,
    'common.yaml': profile('Front door'),
  });
  await server.start();
  folder = new ServiceFolder();
  byFiles = { server: `http://127.0.0.1:${files}/${DEVICE}.yaml`, http: true };
  bySip = { server: `sip:127.0.0.1:${sip}`, http: true };
  configure(byFiles);
});

afterEach(async () => {
  await door?.end();
  door = undefined;
  folder.remove();
  await server.stop();
  registrar.unplug();
});

/** A board with nothing but where its profiles come from. */
function configure(provisioning: Sections): void {
  const nothing = { name: undefined, buttons: undefined, doors: undefined, media: undefined };
  folder.configure({ ...nothing, provisioning });
}

async function started(): Promise<ServiceProcess> {
  door = await ServiceProcess.startIn(folder);
  return door;
}

const listed = async (): Promise<{
  model: string;
  verdict: string;
  applied: number | null;
  serial: number;
  reason: string | null;
}> => JSON.parse((await server.command('list', '--json')).stdout)[0];

describe('a board that has never been configured', () => {
  it('fetches its profile, registers, proves itself, and rings whom the profile names', async () => {
    const running = await started();
    const applied = await running.saw('provisioning.applied');
    expect(applied).toMatchObject({ serial: 1 });
    const { accounts } = await running.status();
    expect(accounts).toMatchObject([{ registered: true }]);
    const mark = registrar.messages.mark;
    await running.execute('press', {});
    await registrar.messages.find('INVITE', (message) => message.method === 'INVITE', { from: mark });
    const shown = await running.command('provision');
    expect(shown.stdout).toContain('serial 1');
    expect(shown.stdout).toMatch(/^profile +accounts, serial 1, of \S+/m);
    expect(shown.stdout).toMatch(/^file +provisioning\.server$/m);
  });

  it('has it again after a restart, with the server gone', async () => {
    await (await started()).saw('provisioning.applied');
    await door?.end();
    await server.end();
    const again = await started();
    await again.saw('registration.changed', { fits: ({ registered }) => registered });
    expect((await again.status()).doors).toEqual({ main: { open: false } });
  });
});

describe('a board that knows nothing but a SIP address', () => {
  it('finds its profile there, and registers', async () => {
    configure(bySip);
    const running = await started();
    await running.saw('provisioning.applied');
    expect((await running.status()).accounts).toMatchObject([{ registered: true }]);
    expect(await listed()).toMatchObject({ serial: 1, model: 'doorphone' });
  });
});

describe('a server of files', () => {
  it('is asked again when somebody says so', async () => {
    await (await started()).saw('provisioning.applied');
    const from = server.log.mark;
    server.write('common.yaml', profile('North door'));
    await server.log.find('a change', ({ event }) => event === 'fleet.changed', { from });
    await door?.execute('provision', { now: true });
    await door?.saw('provisioning.applied', { fits: ({ serial }) => serial === 2 });
  });
});

describe('a server that asks for passwords', () => {
  beforeEach(async () => {
    const from = server.log.mark;
    server.write('secrets/door', 'open-sesame\n');
    server.write('server.yaml', `${serverSettings}users: { ${DEVICE}: { file: secrets/door } }\n`);
    await server.log.find('a look at the folder', ({ event }) => event === 'fleet.changed', { from });
  });

  it('gives a board its file that shows its own', async () => {
    configure({ ...byFiles, username: DEVICE, password: 'open-sesame' });
    await (await started()).saw('provisioning.applied');
    expect((await server.command('metrics')).stdout).not.toMatch(/logins_refused_total\{/);
    expect(server.log.items.map(({ text }) => text).join()).not.toContain('open-sesame');
  });

  it('gives it to no other, counts it, and the board says why', async () => {
    configure({ ...byFiles, username: DEVICE, password: 'a guess' });
    const running = await started();
    const fault = await running.saw('fault', { fits: ({ what }) => what.includes('lets us not in') });
    expect(fault.mend).toContain('password');
    expect(running.allOf('provisioning.applied')).toEqual([]);
    expect((await server.command('metrics')).stdout).toMatch(
      /^doorphone_fleet_logins_refused_total\{by="http",why="wrong-password"\} [1-9]/m,
    );
  });
});

describe('a change at the server', () => {
  beforeEach(async () => {
    configure(bySip);
    await (await started()).saw('provisioning.applied');
  });

  async function change(text: string): Promise<void> {
    const from = server.log.mark;
    server.write('common.yaml', text);
    await server.log.find('a look at the folder', ({ event }) => /fleet\.(changed|not-applied)/.test(String(event)), {
      from,
    });
  }

  it('is followed, and the server knows', async () => {
    await change(profile('North door'));
    await door?.saw('provisioning.applied', { fits: ({ serial }) => serial === 2 });
    await server.log.find(
      'report',
      ({ event, serial, verdict }) => event === 'fleet.report' && serial === 2 && verdict === 'applied',
    );
    expect(await listed()).toMatchObject({ serial: 2, applied: 2, verdict: 'applied' });
  });

  it('that cannot work goes back, and house and server know', async () => {
    const dead = await freePort();
    await change(profile('Front door', `127.0.0.1:${dead}`));
    const back = await door?.saw('provisioning.rolled-back', { withinMs: 15_000 });
    expect(back).toMatchObject({ serial: 2, why: 'it did not work within 6 s' });
    await server.log.find('report', ({ verdict }) => verdict === 'rolled-back');
    expect(await listed()).toMatchObject({
      serial: 2,
      applied: 1,
      verdict: 'rolled-back',
      reason: 'it did not work within 6 s',
    });
    await door?.saw('registration.changed', { fits: ({ registered }) => registered, from: 0 });
    const shown = await door?.command('provision');
    expect(shown?.stdout).toContain('rolled-back');
  }, 30_000);

  it('that makes no sense never leaves the server', async () => {
    await change('name: North\ndoors: 7\n');
    expect(server.log.items.some(({ text }) => text.includes('common.yaml:2:8: doors'))).toBe(true);
    expect(await listed()).toMatchObject({ serial: 1, applied: 1 });
  });

  it('is forgotten by reset, and comes again', async () => {
    const from = door?.events.mark ?? 0;
    const { stdout } = (await door?.command('reset')) ?? { stdout: '' };
    expect(stdout).toBe('forgotten\n');
    await door?.saw('provisioning.applied', { from });
  });
});
