// How far behind the echo is, from one start to the next.

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

it('what was calibrated is in force at once, and after the next start', () => {
  const { engine, memory } = start();
  expect(engine.expected).toEqual([]);
  memory.keep(millis(42.27));
  expect(engine.expected).toEqual([42.27]);
  expect(start().engine.expected).toEqual([42.3]);
});

it('what a call has found is kept, and not written again for less than two milliseconds', async () => {
  const { engine } = start();
  await endCall(engine, undefined);
  expect(writes).toBe(0);
  await endCall(engine, 63.5);
  await endCall(engine, 64.5);
  await endCall(engine, 62);
  expect(writes).toBe(1);
  await endCall(engine, 66);
  expect(writes).toBe(2);
  expect(start().engine.expected).toEqual([66]);
});

it('of another device it does not count', () => {
  start().memory.keep(millis(42));
  expect(start('alsa:other').engine.expected).toEqual([]);
});

it.each(['{', '{"device":"alsa:door"}', '{"device":"alsa:door","delayMs":-1}', '{"device":"alsa:door","delayMs":900}'])(
  'what cannot be read is found anew: %s',
  (spoiled) => {
    text = spoiled;
    expect(start().engine.expected).toEqual([]);
    expect(log.lines.map(({ event }) => event)).toContain('echo.not-read');
  },
);

it('a delay beyond the canceller is not kept', () => {
  const { engine, memory } = start();
  memory.keep(millis(505));
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
  memory.keep(millis(42));
  expect(engine.expected).toEqual([42]);
  expect(log.lines.map(({ event }) => event)).toContain('echo.not-kept');
});

it('after its end calls are listened to no more', async () => {
  const { engine, memory } = start();
  memory.stop();
  await endCall(engine, 63);
  expect(writes).toBe(0);
});
