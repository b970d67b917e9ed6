// A program that uses the addon and ends in some way, named by its argument. Says "ready" once a session sends.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { addon, openEngine, streamTo } from './media-addon.mjs';

function startCall(wake) {
  const engine = openEngine({ wake });
  const [session] = addon.sessionOpen(engine, '127.0.0.1', 0);
  addon.sessionConfigure(engine, session, streamTo(9));
  return engine;
}

/** Says whether the memory of the engine's thread is locked: 1 or 0. */
function sayWhetherLocked() {
  const numbers = new Float64Array(16);
  addon.engineState(openEngine(), numbers);
  console.error(numbers[6]);
}

/** How many threads this process has. */
function threads() {
  return readdirSync('/proc/self/task').length;
}

/** What must not grow: kilobytes without a file behind them, descriptors, threads. */
function taken() {
  globalThis.gc();
  const anonymous = Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
  return { anonymous, descriptors: readdirSync('/proc/self/fd').length, threads: threads() };
}

/** Opens sessions with keys, agrees, changes the keys, and closes them again. */
async function openAndClose(engine, rounds) {
  const figures = new Float64Array(64);
  const events = new Float64Array(4 * 64);
  for (let round = 0; round < rounds; round += 1) {
    const [session, port] = addon.sessionOpen(engine, '127.0.0.1', 0);
    for (let agreement = 0; agreement < 2; agreement += 1) {
      const keys = { send: randomBytes(30), receive: randomBytes(30) };
      addon.sessionConfigure(engine, session, streamTo(port ^ 64, { keys }));
    }
    addon.sessionClose(engine, session, figures);
    addon.engineTakeEvents(engine, events);
    // What JavaScript keeps of a turn goes with the turn.
    if (round % 100 === 0) await new Promise((done) => setImmediate(done));
  }
}

function events(engine) {
  const taken = new Float64Array(4 * 16);
  return addon.engineTakeEvents(engine, taken);
}

const ways = {
  /** The process ends by itself: an engine does not hold it. */
  idle() {
    startCall();
  },
  'memory-locked': sayWhetherLocked,
  exit() {
    startCall();
    setTimeout(() => process.exit(0), 100);
  },
  throw() {
    startCall();
    setTimeout(() => {
      throw new Error('on purpose');
    }, 100);
  },
  /** What the wake-up throws is an uncaught exception, not a crash. */
  'throw-in-wake'() {
    startCall(() => {
      throw new Error('on purpose');
    });
    setTimeout(() => undefined, 5000);
  },
  /** Two loads of the addon, here and in a worker, each with an engine; the worker is terminated in its call. */
  async worker() {
    const engine = startCall();
    const worker = new Worker(fileURLToPath(import.meta.url), { argv: ['in-worker'] });
    await new Promise((done) => worker.once('message', done));
    await worker.terminate();
    if (events(engine) === 0) throw new Error('the engine of the main thread has said nothing');
    addon.engineClose(engine);
  },
  /** A worker that ends by itself in its call. */
  async 'worker-exit'() {
    for (let round = 0; round < 5; round += 1) {
      const worker = new Worker(fileURLToPath(import.meta.url), { argv: ['in-worker-exit'] });
      await new Promise((done) => worker.once('exit', done));
    }
  },
  /** Sessions that come and go, DOORPHONE_CYCLES of them, leave nothing: the last tenth takes no more than the second. */
  async cycles() {
    const tenth = Number(process.env.DOORPHONE_CYCLES ?? 2000) / 10;
    const engine = openEngine();
    const sizes = [];
    for (let part = 0; part < 10; part += 1) {
      await openAndClose(engine, tenth);
      sizes.push(taken());
    }
    addon.engineClose(engine);
    console.log(`${tenth * 10} sessions: ${sizes.map(({ anonymous }) => anonymous).join(' ')} kB`);
    const [, before] = sizes;
    const after = sizes[9];
    // The collector's own heap comes and goes by so much.
    if (after.anonymous > before.anonymous + 3072) throw new Error(`${before.anonymous} kB grew to ${after.anonymous}`);
    if (after.descriptors !== before.descriptors || after.threads !== before.threads)
      throw new Error('something is left');
  },
  /** The same of whole engines, each with a call up when it is closed. */
  async engines() {
    const rounds = Number(process.env.DOORPHONE_ENGINES ?? 40);
    const before = taken();
    let half;
    for (let round = 0; round < rounds; round += 1) {
      addon.engineClose(startCall());
      await new Promise((done) => setImmediate(done));
      if (round === Math.floor(rounds / 2)) half = taken();
    }
    await new Promise((done) => setTimeout(done, 50));
    const after = taken();
    console.log(`${rounds} engines: ${JSON.stringify(half)}, ${JSON.stringify(after)}`);
    if (after.anonymous > half.anonymous + 2048) throw new Error(`${half.anonymous} kB grew to ${after.anonymous}`);
    if (after.threads > before.threads || after.descriptors > before.descriptors + 2)
      throw new Error('something is left');
  },
  /** Engines that nobody holds are ended by the collector. */
  async collect() {
    const before = threads();
    for (let round = 0; round < 4; round += 1) startCall();
    if (threads() < before + 8) throw new Error('the engines have no threads');
    for (let round = 0; round < 50 && threads() > before; round += 1) {
      globalThis.gc();
      await new Promise((done) => setTimeout(done, 20));
    }
    if (threads() > before) throw new Error(`${threads()} threads are left of ${before}`);
  },
};

if (isMainThread) {
  await ways[process.argv[2]]();
} else {
  startCall(() => parentPort.postMessage('woken'));
  if (process.argv[2] === 'in-worker-exit') setTimeout(() => process.exit(0), 50);
  else setInterval(() => undefined, 1000);
}
