// JavaScript may stall: the sound goes on.

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import type { LatenessBucket, NativeEngine } from '../../src/media/index.ts';
import { never, pass, streamTo, virtualEngine } from './media-support.ts';

const receiverFile = fileURLToPath(new URL('./media-receiver.mjs', import.meta.url));
const BLOCKED_MS = 10_000;
const open: { engine?: NativeEngine; receiver?: ChildProcess; hogs: ChildProcess[] } = { hogs: [] };

afterEach(() => {
  for (const hog of open.hogs.splice(0)) hog.kill('SIGKILL');
  open.engine?.close();
  open.receiver?.disconnect();
});

function answer(child: ChildProcess): Promise<Record<string, number>> {
  return new Promise((done) => {
    child.once('message', (message) => {
      if (typeof message !== 'object' || message === null) throw new Error('no answer');
      done(Object.fromEntries(Object.entries(message).map(([name, value]) => [name, Number(value)])));
    });
  });
}

/** The bound below which a share of the packets lies. */
function percentile(buckets: readonly LatenessBucket[], share: number): number {
  const total = buckets.reduce((sum, { packets }) => sum + packets, 0);
  let seen = 0;
  for (const { upTo, packets } of buckets) {
    seen += packets;
    if (seen >= total * share) return upTo;
  }
  return Number.POSITIVE_INFINITY;
}

/** Processes that do nothing else than run, one a core. */
function loadCores(): void {
  for (const _ of cpus()) open.hogs.push(spawn(process.execPath, ['-e', 'for(;;);'], { stdio: 'ignore' }));
}

/** Computes, and makes rubbish; nothing else of JavaScript runs meanwhile. */
function block(ms: number): void {
  const end = process.hrtime.bigint() + BigInt(ms) * 1_000_000n;
  const rubbish: number[][] = [];
  while (process.hrtime.bigint() < end) rubbish[rubbish.length % 1000] = new Array(1000).fill(rubbish.length);
}

it('sends every packet while JavaScript computes for ten seconds and the cores are loaded', {
  timeout: 60_000,
}, async () => {
  open.receiver = fork(receiverFile);
  const { port } = await answer(open.receiver);
  open.engine = virtualEngine({ first: 20_200, last: 20_299 });
  const session = open.engine.openSession({ address: '127.0.0.1', silenceAfter: never });
  session.configure(streamTo(port ?? 0));
  await pass(500);
  loadCores();
  const turns = open.engine.state.turns;
  block(BLOCKED_MS);
  const turned = open.engine.state.turns - turns;
  await pass(200);
  const figures = session.close();
  await pass(100);
  const asked = answer(open.receiver);
  open.receiver.send('what have you seen?');
  const seen = await asked;
  const lateness = open.engine.lateness();
  console.log(
    `blocked 10 s, real-time ${open.engine.state.realtime}: ${seen.received} packets received, ${seen.missing} missing, longest gap ${seen.longestGapMs?.toFixed(2)} ms; ` +
      `lateness p50 ≤ ${percentile(lateness, 0.5)} ms, p99.9 ≤ ${percentile(lateness, 0.999)} ms, ` +
      `greatest ${figures.maxLatenessMs.toFixed(3)} ms`,
  );
  expect(seen.missing).toBe(0);
  expect(seen.received).toBe(figures.packetsSent);
  // 10.7 s and more are 535 packets and more; a thread that had stood still would have sent 35.
  expect(seen.received).toBeGreaterThanOrEqual(530);
  expect(turned).toBeGreaterThanOrEqual(495);
});
