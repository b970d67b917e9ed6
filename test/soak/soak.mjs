// `make soak`: an engine in two calls for half an hour, or DOORPHONE_SOAK_MINUTES: SRTP through loss and jitter, a peer whose
// clock runs fast, hold and resume, new keys, a sound card that is pulled out, JavaScript that stands still. Prints what the
// process takes up, and fails where something grows, or where packets stay away.

import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pass } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { addon, openEngine, streamTo } from '../integration/media-addon.mjs';
import { Card } from './card.mjs';

const MINUTES = Number(process.env.DOORPHONE_SOAK_MINUTES ?? 30);
const STEP_MS = 5000;
const BLOCKED_MS = 2000;
/** Kilobytes that may come and go, of the collector and of the sound library. */
const SLACK_KB = 2048;
/** The share of the run in which everything reaches its size. */
const WARM = 0.25;

const FIGURES = ['sent', 'received', 'lost', 'late', 'duplicate', 'refused', 'concealed', 'jitterMs', 'bufferMs'];

function figuresOf(engine, session) {
  const numbers = new Float64Array(64);
  addon.sessionStatistics(engine, session, numbers);
  return Object.fromEntries(FIGURES.map((name, at) => [name, numbers[at]]));
}

function stateOf(engine) {
  const numbers = new Float64Array(16);
  addon.engineState(engine, numbers);
  return { dropped: numbers[1], fault: numbers[3] };
}

/** What the process takes up. */
function taken() {
  globalThis.gc();
  const kilobytes = Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
  return {
    kilobytes,
    descriptors: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
  };
}

function fail(what) {
  throw new Error(what);
}

/** The two calls, and what befalls them. */
class Soak {
  #card = Card.isThere() ? new Card() : undefined;
  #farEnd = fork(fileURLToPath(new URL('./far-end.mjs', import.meta.url)));
  #events = new Float64Array(4 * 64);

  async begin() {
    const [{ relay, fast }] = await Promise.all([
      new Promise((done) => this.#farEnd.once('message', done)),
      this.#card?.plugIn(),
    ]);
    this.#card?.announce();
    const device = this.#card === undefined ? { kind: 'virtual' } : { kind: 'alsa', name: 'door' };
    this.engine = openEngine({ device, firstPort: 43_100, lastPort: 43_199, wake: () => this.#takeEvents() });
    [this.secured, this.securedPort] = addon.sessionOpen(this.engine, '127.0.0.1', 60_000);
    [this.drifting, this.driftingPort] = addon.sessionOpen(this.engine, '127.0.0.1', 60_000);
    this.relay = relay;
    addon.sessionConfigure(this.engine, this.drifting, streamTo(fast));
    this.#farEnd.send({ door: this.securedPort, drifting: this.driftingPort });
    this.changeKeys();
  }

  #takeEvents() {
    while (addon.engineTakeEvents(this.engine, this.#events) > 0);
  }

  changeKeys() {
    this.keys = { send: randomBytes(30), receive: randomBytes(30) };
    this.#farEnd.send({ keys: [this.keys.receive.toString('base64'), this.keys.send.toString('base64')] });
    this.#agree();
  }

  #agree(changes = {}) {
    addon.sessionConfigure(this.engine, this.secured, streamTo(this.relay, { keys: this.keys, ...changes }));
  }

  async hold() {
    this.#agree({ sends: false, receives: false });
    await pass(STEP_MS);
    this.#agree();
  }

  /** Every packet leaves while nothing of JavaScript runs. */
  block() {
    const before = figuresOf(this.engine, this.drifting).sent;
    const end = performance.now() + BLOCKED_MS;
    while (performance.now() < end);
    const sent = figuresOf(this.engine, this.drifting).sent - before;
    if (sent < BLOCKED_MS / 20 - 2) fail(`${sent} packets left in ${BLOCKED_MS} ms in which JavaScript stood still`);
  }

  async loseCard() {
    if (this.#card === undefined) return;
    await this.#card.pullOut();
    await this.#until('its loss is noticed', () => stateOf(this.engine).fault !== 0);
    await this.#card.plugIn();
    await this.#until('the card is back', () => stateOf(this.engine).fault === 0);
  }

  async #until(what, holds) {
    const end = performance.now() + 60_000;
    while (!holds()) {
      if (performance.now() > end) fail(`not within a minute: ${what}`);
      await pass(100);
    }
  }

  async end() {
    if (this.engine !== undefined) addon.engineClose(this.engine);
    this.#farEnd.disconnect();
    await this.#card?.end();
  }
}

/** One after the other, and rest between them. */
const SCHEDULE = [
  ['hold', (soak) => soak.hold()],
  ['blocked', (soak) => soak.block()],
  ['new keys', (soak) => soak.changeKeys()],
  ['card lost', (soak) => soak.loseCard()],
];

function row(cells) {
  process.stdout.write(`${cells.map((cell) => String(cell).padStart(10)).join('')}\n`);
}

/** What came and went between two looks at a session. */
function checkFlow(name, before, after, leastShare, elapsedMs) {
  const expected = elapsedMs / 20;
  const sent = after.sent - before.sent;
  const received = after.received - before.received;
  if (sent < expected * leastShare) fail(`${name}: ${sent} packets of ${Math.round(expected)} were sent`);
  if (received < expected * leastShare * 0.9) fail(`${name}: ${received} packets of ${Math.round(expected)} came`);
  if (after.bufferMs > 250) fail(`${name}: the jitter buffer has grown to ${after.bufferMs} ms`);
}

async function run(soak) {
  const start = performance.now();
  const length = MINUTES * 60_000;
  let warm;
  row([
    's',
    'kB',
    'fds',
    'threads',
    'sent',
    'came',
    'lost',
    'concealed',
    'buffer ms',
    'drift ms',
    'dropped',
    '',
    'what',
  ]);
  for (let step = 0; performance.now() - start < length; step += 1) {
    const [what, act] = SCHEDULE[step % SCHEDULE.length];
    const before = {
      at: performance.now(),
      a: figuresOf(soak.engine, soak.secured),
      b: figuresOf(soak.engine, soak.drifting),
    };
    await act(soak);
    await pass(STEP_MS);
    const a = figuresOf(soak.engine, soak.secured);
    const b = figuresOf(soak.engine, soak.drifting);
    const elapsed = performance.now() - before.at;
    // On hold for half of it.
    checkFlow('SRTP', before.a, a, what === 'hold' ? 0.4 : 0.9, elapsed);
    checkFlow('drift', before.b, b, 0.95, elapsed);
    const now = taken();
    const seconds = Math.round((performance.now() - start) / 1000);
    const sizes = [now.kilobytes, now.descriptors, now.threads, a.sent, a.received, a.lost, a.concealed];
    row([seconds, ...sizes, a.bufferMs.toFixed(0), b.bufferMs.toFixed(0), stateOf(soak.engine).dropped, '', what]);
    if (what !== SCHEDULE.at(-1)[0]) continue;
    if (performance.now() - start < length * WARM) continue;
    warm ??= now;
    if (now.kilobytes > warm.kilobytes + SLACK_KB) fail(`${warm.kilobytes} kB have grown to ${now.kilobytes}`);
    if (now.descriptors > warm.descriptors) fail(`${warm.descriptors} descriptors have become ${now.descriptors}`);
    if (now.threads > warm.threads) fail(`${warm.threads} threads have become ${now.threads}`);
  }
  if (warm === undefined) process.stdout.write('too short a run to say that nothing grows\n');
  if (!Card.isThere()) process.stdout.write('PulseAudio is not installed: no card was lost\n');
}

const soak = new Soak();
try {
  await soak.begin();
  await pass(STEP_MS);
  await run(soak);
  process.stdout.write('nothing has grown\n');
} catch (thrown) {
  process.stderr.write(`soak: ${thrown.message}\n`);
  process.exitCode = 1;
} finally {
  await soak.end();
}
