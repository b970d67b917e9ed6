// A program that uses the addon and ends in some way, named by its argument. Says "ready" once a session sends.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

const addon = createRequire(import.meta.url)('../../build/doorphone.node');

function startCall(wake = () => undefined) {
  const voice = { echoCancellation: true, noiseSuppression: true, gainControl: true };
  const options = {
    device: { kind: 'virtual' },
    wideband: false,
    sessions: 0,
    firstPort: 20600,
    lastPort: 20699,
    speaker: 50,
    microphone: 50,
    voice,
  };
  const engine = addon.engineCreate(options, wake);
  const [session] = addon.sessionOpen(engine, '127.0.0.1', 0);
  addon.sessionConfigure(engine, session, {
    remoteAddress: '127.0.0.1',
    remotePort: 9,
    remoteRtcpAddress: '127.0.0.1',
    remoteRtcpPort: 10,
    codec: 8,
    payloadType: 8,
    eventPayloadType: 101,
    eventClockHz: 8000,
    receivedEventPayloadType: 101,
    packetTimeMs: 20,
    sends: true,
    receives: true,
    sendSuite: undefined,
    sendKey: undefined,
    receiveSuite: undefined,
    receiveKey: undefined,
    signallingAddress: undefined,
    dtlsAssociation: 0,
    dtlsRole: 0,
    dtlsFingerprints: undefined,
    iceUfrag: undefined,
    icePassword: undefined,
  });
  return engine;
}

/** How many threads this process has. */
async function threads() {
  const { readdirSync } = await import('node:fs');
  return readdirSync('/proc/self/task').length;
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
  /** Engines that nobody holds are ended by the collector. */
  async collect() {
    const before = await threads();
    for (let round = 0; round < 4; round += 1) startCall();
    if ((await threads()) < before + 8) throw new Error('the engines have no threads');
    for (let round = 0; round < 50 && (await threads()) > before; round += 1) {
      globalThis.gc();
      await new Promise((done) => setTimeout(done, 20));
    }
    if ((await threads()) > before) throw new Error(`${await threads()} threads are left of ${before}`);
  },
};

if (isMainThread) {
  await ways[process.argv[2]]();
} else {
  startCall(() => parentPort.postMessage('woken'));
  if (process.argv[2] === 'in-worker-exit') setTimeout(() => process.exit(0), 50);
  else setInterval(() => undefined, 1000);
}
