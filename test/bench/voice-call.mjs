// What a call costs with all that is done to the microphone's sound, and without: an engine that talks by SRTP with another one
// in a process of its own, each with the visitor's speech at its microphone. CPU of the whole process, in percent of a core.
// The far end is this file again.

import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as pass } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { addon, openEngine, streamTo } from '../integration/media-addon.mjs';

const SPEECH = fileURLToPath(new URL('../../sounds/visitor.en.wav', import.meta.url));
const SECONDS = 5;
const TURNS = 5;

function openSpeaking(all, changes) {
  const voice = { echoCancellation: all, noiseSuppression: all, gainControl: all };
  return openEngine({ device: { kind: 'file', input: SPEECH }, voice, ...changes });
}

async function farEnd() {
  const engine = openSpeaking(false, { firstPort: 44_100, lastPort: 44_199 });
  const [session, port] = addon.sessionOpen(engine, '127.0.0.1', 0);
  process.send(port);
  process.on('message', ({ door, keys }) => {
    const [send, receive] = keys.map((key) => Buffer.from(key, 'base64'));
    addon.sessionConfigure(engine, session, streamTo(door, { keys: { send, receive } }));
  });
  process.on('disconnect', () => process.exit(0));
}

/** @returns percent of a core */
async function measure(all) {
  const peer = fork(fileURLToPath(import.meta.url), ['far-end']);
  const port = await new Promise((done) => peer.once('message', done));
  const engine = openSpeaking(all, { firstPort: 44_000, lastPort: 44_099 });
  const [session, door] = addon.sessionOpen(engine, '127.0.0.1', 0);
  const keys = { send: randomBytes(30), receive: randomBytes(30) };
  peer.send({ door, keys: [keys.receive.toString('base64'), keys.send.toString('base64')] });
  addon.sessionConfigure(engine, session, streamTo(port, { keys }));
  await pass(1500);
  const before = process.cpuUsage();
  const start = performance.now();
  await pass(1000 * SECONDS);
  const { user, system } = process.cpuUsage(before);
  const share = (user + system) / 10 / (performance.now() - start);
  const figures = new Float64Array(64);
  addon.sessionClose(engine, session, figures);
  addon.engineClose(engine);
  peer.disconnect();
  // The figure is of a call in which the other side was heard, or it is worth nothing.
  if (figures[1] < SECONDS * 45) throw new Error(`only ${figures[1]} packets were received`);
  return share;
}

if (process.argv[2] === 'far-end') {
  await farEnd();
} else {
  const shares = { off: [], on: [] };
  for (let turn = 0; turn < TURNS; turn += 1) {
    shares.off.push(await measure(false));
    shares.on.push(await measure(true));
  }
  process.stdout.write(`${JSON.stringify(shares)}\n`);
}
