// What is known of the echo, from one start to the next.

import { beforeEach, expect, it } from 'vitest';
import { Journal } from '../../../src/api/journal.ts';
import { EchoMemory } from '../../../src/app/echo-memory.ts';
import { millis } from '../../../src/base/units.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { FakeEngine } from '../../support/fake-engine.ts';
import { RecordingLog } from '../../support/recording-log.ts';

let text: string;
let writes: number;
let log: RecordingLog;
let journal: Journal;

beforeEach(() => {
  text = '';
  writes = 0;
  log = new RecordingLog();
  journal = new Journal(new FakeClock(), log);
});

const store = {
  read: () => text,
  replace: (lines: string) => {
    text = lines;
    writes += 1;
  },
};

/** A service that has just started. */
function start(device = 'alsa:door', kept = store) {
  const engine = new FakeEngine();
  engine.state = { ...engine.state, device };
  const memory = new EchoMemory({ engine, journal, log, store: kept });
  memory.start();
  return { engine, memory };
}

async function endCall(engine: FakeEngine, echoDelayMs: number | undefined): Promise<void> {
  engine.voiceFigures = { ...engine.voiceFigures, echoDelayMs };
  journal.record('call.ended', { call: 'c1', reason: 'hangup-remote' });
  await settle();
}

/** 160 ms at 8 kHz. */
const PATH = Float32Array.from({ length: 1280 }, (_, at) => Math.sin(at * at) / (1 + at));

it('what was calibrated is in force at once, and after the next start', () => {
  const { engine, memory } = start();
  expect(engine.expected).toEqual([]);
  expect(memory.keep({ delay: millis(42.27), path: PATH })).toBe(true);
  expect(engine.expected).toEqual([{ delay: 42.27, path: PATH }]);
  // Sample for sample.
  expect(start().engine.expected).toEqual([{ delay: 42.3, path: PATH }]);
});

it('what a call has found is kept, and not written again for as much as a card’s delay changes anyway', async () => {
  const { engine } = start();
  await endCall(engine, undefined);
  expect(writes).toBe(0);
  await endCall(engine, 63.5);
  await endCall(engine, 102);
  await endCall(engine, 24);
  expect(writes).toBe(1);
  await endCall(engine, 104);
  expect(writes).toBe(2);
  expect(start().engine.expected).toEqual([{ delay: 104, path: undefined }]);
});

it('the way that was calibrated stays when a call finds another delay', async () => {
  const { engine, memory } = start();
  memory.keep({ delay: millis(42), path: PATH });
  await endCall(engine, 120);
  expect(start().engine.expected).toEqual([{ delay: 120, path: PATH }]);
});

it('of another device it does not count', () => {
  start().memory.keep({ delay: millis(42), path: PATH });
  expect(start('alsa:other').engine.expected).toEqual([]);
});

/** A file with this path. */
const withPath = (path: unknown): string => JSON.stringify({ device: 'alsa:door', delayMs: 42, path });
const floats = (value: number, count = 1280): string =>
  Buffer.from(new Float32Array(count).fill(value).buffer).toString('base64');

it.each([
  ['no JSON', '{'],
  ['no delay', '{"device":"alsa:door"}'],
  ['a delay below nothing', '{"device":"alsa:door","delayMs":-1}'],
  ['a delay beyond the canceller', '{"device":"alsa:door","delayMs":900}'],
  ['a path that is no text', withPath([1, 2])],
  ['a path that is no base64', withPath(`!${floats(0.5).slice(1)}`)],
  ['a path that is cut off', withPath(floats(0.5).slice(0, 4000))],
  ['a path of another length', withPath(floats(0.5, 1281))],
  ['a path of no numbers', withPath(floats(Number.NaN))],
  ['a path without bound', withPath(floats(Number.POSITIVE_INFINITY))],
  ['a path that is far too loud', withPath(floats(1e30))],
  ['a path that is far too long', withPath(floats(0.5, 100_000))],
  ['something else as well', JSON.stringify({ device: 'alsa:door', delayMs: 42, more: 1 })],
])('%s is not read, which is said once, and the echo found anew', (_, spoiled) => {
  text = spoiled;
  expect(start().engine.expected).toEqual([]);
  expect(log.lines.map(({ event }) => event)).toEqual(['echo.not-read']);
  expect(JSON.stringify(log.lines).length).toBeLessThan(500);
});

it('a delay beyond the canceller is not kept', () => {
  const { engine, memory } = start();
  expect(memory.keep({ delay: millis(505), path: PATH })).toBe(false);
  expect(engine.expected).toEqual([]);
  expect(writes).toBe(0);
});

it('a folder that cannot be written costs nothing but the memory', () => {
  const { engine, memory } = start('alsa:door', {
    read: () => '',
    replace: () => {
      throw new Error('EROFS');
    },
  });
  expect(memory.keep({ delay: millis(42), path: PATH })).toBe(false);
  expect(engine.expected).toEqual([{ delay: 42, path: PATH }]);
  expect(log.lines.map(({ event }) => event)).toContain('echo.not-kept');
});

it('after its end calls are listened to no more', async () => {
  const { engine, memory } = start();
  memory.stop();
  await endCall(engine, 63);
  expect(writes).toBe(0);
});
