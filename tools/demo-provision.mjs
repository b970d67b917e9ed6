// Plays provisioning on this machine: a server, a registrar that takes everybody, and a board that was never configured.
// What they say is shown as it comes: found, fetched, in force, proved; a change followed; a bad one taken back.

import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = join(root, 'bin/doorphone');
const folder = mkdtempSync(join(tmpdir(), 'doorphone-provisioning-'));
const profiles = join(folder, 'profiles');
const common = join(profiles, 'common.yaml');
const registrarPort = 5173;
const patience = 30_000;
const begun = process.hrtime.bigint();
const children = [];

cpSync(join(root, 'examples/provisioning/profiles'), profiles, { recursive: true });
const plain = readFileSync(common, 'utf8');

/** A line of the timeline. */
function say(who, text) {
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  process.stdout.write(`${seconds.toFixed(2).padStart(7)} s  ${who.padEnd(9)} ${text}\n`);
}

/** A program whose lines of JSON are events; `find` waits for one of them. */
function start(who, args, take) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const seen = [];
  const waiting = new Set();
  const line = (text) => {
    let event;
    try {
      event = JSON.parse(text);
    } catch {
      event = { event: 'text', text };
    }
    seen.push(event);
    take(event);
    for (const one of waiting) one(event);
  };
  createInterface({ input: child.stderr }).on('line', line);
  createInterface({ input: child.stdout }).on('line', line);
  const find = (what, fits) =>
    new Promise((done, fail) => {
      const there = seen.find(fits);
      if (there !== undefined) return done(there);
      const timer = setTimeout(() => fail(new Error(`${who}: no ${what} within ${patience / 1000} s`)), patience);
      const look = (event) => {
        if (!fits(event)) return;
        clearTimeout(timer);
        waiting.delete(look);
        done(event);
      };
      waiting.add(look);
    });
  return { child, find };
}

/** Takes every REGISTER. */
function startRegistrar() {
  const socket = createSocket('udp4');
  socket.on('message', (bytes, { port, address }) => {
    const text = bytes.toString();
    if (!text.startsWith('REGISTER')) return;
    const kept = text.split('\r\n').filter((one) => /^(Via|From|To|Call-ID|CSeq|Contact):/i.test(one));
    const fields = kept.map((one) => (/^To:/i.test(one) ? `${one};tag=demo` : one));
    socket.send(['SIP/2.0 200 OK', ...fields, 'Content-Length: 0', '', ''].join('\r\n'), port, address);
  });
  return new Promise((done) => socket.bind(registrarPort, '127.0.0.1', () => done(socket)));
}

const show = {
  'registration.changed': ({ registered, account }) =>
    `${account} ${registered ? 'is registered' : 'is not registered'}`,
};
for (const type of ['provisioning.applied', 'provisioning.rejected', 'provisioning.rolled-back']) {
  show[type] = ({ serial, why, faults }) =>
    [type, serial && `serial ${serial}`, why, ...(faults ?? [])].filter(Boolean).join(', ');
}

async function play() {
  const registrar = await startRegistrar();
  children.push({ kill: () => registrar.close() });
  const account = (port) => `accounts: [ { uri: "sip:door@127.0.0.1:${port}" } ]\n`;
  writeFileSync(common, plain + account(registrarPort));
  const server = start(
    'server',
    ['provision-server', '--profiles', profiles, '--state', join(folder, 'server')],
    (event) => {
      if (event.event === 'fleet.new-device') say('server', `a device has shown itself: ${event.device}`);
      if (event.event === 'fleet.changed' && event.devices > 0)
        say('server', `the folder has changed: ${event.devices} device is told`);
      if (event.event === 'fleet.report')
        say('server', `the device says: ${event.verdict}, serial ${event.serial ?? 'none'}`);
    },
  );
  await server.find('ready', ({ event }) => event === 'fleet.ready');
  say('server', `serves ${profiles}`);
  const state = join(folder, 'device');
  const device = start(
    'device',
    ['run', '--config', join(root, 'examples/provisioning/device.yaml'), '--state', state],
    (event) => {
      const text = show[event.event]?.(event);
      if (text !== undefined) say('device', text);
    },
  );
  const saw = (type, serial) =>
    device.find(`${type} of serial ${serial}`, (event) => event.event === type && event.serial === serial);
  say('device', 'starts; it knows where its server is, and nothing else');
  await saw('provisioning.applied', 1);
  say('owner', 'gives the door another name');
  writeFileSync(common, plain.replace('Front door', 'North door') + account(registrarPort));
  await saw('provisioning.applied', 2);
  say('owner', 'names a registrar that is not there');
  writeFileSync(common, plain.replace('Front door', 'North door') + account(9));
  await saw('provisioning.rolled-back', 3);
  await server.find('report', ({ event, verdict }) => event === 'fleet.report' && verdict === 'rolled-back');
  say('all', 'went as it must');
}

try {
  await play();
} catch (thrown) {
  process.stderr.write(`${thrown.message}\n`);
  process.exitCode = 1;
} finally {
  for (const child of children.reverse()) child.kill();
  await Promise.all(
    children.map((child) => (child.once === undefined ? undefined : new Promise((done) => child.once('exit', done)))),
  );
  rmSync(folder, { recursive: true, force: true });
}
