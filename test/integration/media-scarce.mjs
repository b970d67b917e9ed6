// Refuses the addon what it asks for, of the system and of Node, call by call, while it does what the argument names: each time
// it is to throw, to leave nothing behind, and to succeed at the next try. Prints how many calls that were, and what was wrong.
import { randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { engineOptions, streamTo } from './media-addon.mjs';

const addon = createRequire(import.meta.url)('../../build/scarce.node');
const PATIENCE_MS = 20_000;
const folder = mkdtempSync(join(tmpdir(), 'doorphone-scarce-'));
const sound = join(folder, 'sound.wav');
const faults = [];
const events = new Float64Array(4 * 64);
let engine;

/** A tenth of a second of silence, 16 bits, 44.1 kHz: it is read and converted. */
function writeSound() {
  const samples = Buffer.alloc(4410 * 2);
  const head = Buffer.from(
    'RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\0\0\0\0\0\0\0\0\x02\0\x10\0data\0\0\0\0',
    'latin1',
  );
  head.writeUInt32LE(36 + samples.length, 4);
  head.writeUInt32LE(44_100, 24);
  head.writeUInt32LE(88_200, 28);
  head.writeUInt32LE(samples.length, 40);
  writeFileSync(sound, Buffer.concat([head, samples]));
}

const openEngine = (changes) => addon.engineCreate(engineOptions(changes), () => undefined);
const engineWith = (device) => () => addon.engineClose(openEngine({ device }));

function prepareEngine() {
  engine = openEngine();
}

/** What is done in each try, and once before. `without`: calls that it can do without, and how many. */
const ways = {
  engine: { run: engineWith({ kind: 'virtual' }) },
  file: { run: engineWith({ kind: 'file', input: sound, output: join(folder, 'heard.wav') }) },
  // A device of libasound's own. While there is no memory for its two directions it is waited for (scarcity.test.c).
  card: { run: engineWith({ kind: 'alsa', name: 'null' }), without: { calloc: 1 } },
  // Without libasound there are none.
  cards: { run: () => addon.alsaCards().length, without: { dlopen: 1 } },
  session: {
    before: prepareEngine,
    run() {
      const [session] = addon.sessionOpen(engine, '127.0.0.1', 0);
      try {
        for (let agreement = 0; agreement < 2; agreement += 1) {
          const keys = { send: randomBytes(30), receive: randomBytes(30) };
          addon.sessionConfigure(engine, session, streamTo(9, { keys }));
        }
      } finally {
        addon.sessionClose(engine, session, new Float64Array(64));
      }
    },
  },
  sound: {
    before: prepareEngine,
    run() {
      addon.soundTry(sound);
      addon.setSound(engine, 1, sound, false);
      addon.setSound(engine, 1, undefined, false);
    },
  },
  watch: {
    run() {
      const descriptor = addon.datagramOpen('127.0.0.1', 0, -1);
      if (descriptor < 0) throw Object.assign(new Error('no socket'), { code: 'engine-failed' });
      try {
        addon.unwatchReadable(addon.watchReadable(descriptor, () => undefined));
      } finally {
        closeSync(descriptor);
      }
    },
  },
};

const { before, run, without = {} } = ways[process.argv[2]];

function held() {
  globalThis.gc();
  // Keys that a session has ended with are collected with the next call.
  if (engine !== undefined) addon.engineTakeEvents(engine, events);
  const count = (path) => readdirSync(path).length;
  return { blocks: addon.scarcityHeld(), descriptors: count('/proc/self/fd'), threads: count('/proc/self/task') };
}

/** What the collector and libuv let go of takes them some turns. @returns undefined, or what is held for good */
async function settle(wanted) {
  const since = performance.now();
  for (;;) {
    await later(2);
    const now = held();
    if (Object.entries(wanted).every(([name, count]) => now[name] <= count)) return undefined;
    if (performance.now() - since > PATIENCE_MS) return JSON.stringify(now);
  }
}

function refuse(grants, lasts) {
  let thrown;
  addon.scarcityBegin(grants, lasts);
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  return { refused: addon.scarcityEnd(), thrown };
}

/** @param lasts whether all that follows a refusal is refused too @returns how many calls there are */
async function sweep(lasts) {
  const { blocks } = held();
  run();
  await settle({ blocks });
  const wanted = held();
  const spared = {};
  for (let at = 0; ; at += 1) {
    const { refused, thrown } = refuse(at, lasts);
    if (refused === undefined) {
      const wrong = !lasts && JSON.stringify(spared) !== JSON.stringify(without);
      if (wrong) faults.push(`done without ${JSON.stringify(spared)}`);
      return at;
    }
    const what = `call ${at}, ${refused}`;
    if (thrown === undefined) spared[refused] = (spared[refused] ?? 0) + 1;
    else if (!addon.errorCodes.includes(thrown.code)) faults.push(`${what}: ${thrown}`);
    run();
    const left = await settle(wanted);
    if (left === undefined) continue;
    faults.push(`${what}: ${left} is held of ${JSON.stringify(wanted)}`);
    return at;
  }
}

writeSound();
before?.();
const calls = await sweep(false);
await sweep(true);
if (engine !== undefined) addon.engineClose(engine);
rmSync(folder, { recursive: true });
console.log(JSON.stringify({ calls, faults }));
