// What `audio calibrate` makes of what the engine measured, and what becomes of one that is disturbed.

import { beforeEach, describe, expect, it } from 'vitest';
import { Calibration } from '../../../src/app/calibration.ts';
import { millis } from '../../../src/base/units.ts';
import type { CalibrationFigures, KnownEcho } from '../../../src/media/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeEngine } from '../../support/fake-engine.ts';

const WELL: CalibrationFigures = {
  way: { delay: millis(42.27), db: -9.6, path: new Float32Array(1280) },
  speakerDbfs: -20.1,
  microphoneDbfs: -29.6,
  noiseDbfs: -62.4,
  clips: 0,
};

let clock: FakeClock;
let engine: FakeEngine;
let busy: boolean;
let found: KnownEcho[];
let kept: boolean;
let calibration: Calibration;

beforeEach(() => {
  clock = new FakeClock();
  engine = new FakeEngine();
  busy = false;
  found = [];
  kept = true;
  calibration = new Calibration({
    clock,
    engine,
    isBusy: () => busy,
    found: (echo) => {
      found.push(echo);
      return kept;
    },
  });
});

/** All of it, `after` so long. */
async function run(outcome: FakeEngine['calibration'], after = 4000) {
  const running = calibration.run();
  await clock.advanceAsync(after);
  engine.calibration = outcome;
  await clock.advanceAsync(100);
  return await running;
}

const way = (delayMs: number, db: number) => ({ delay: millis(delayMs), db, path: new Float32Array(1280) });

const adviceOf = async (figures: Partial<CalibrationFigures>): Promise<readonly string[]> => {
  const outcome = await run({ ...WELL, ...figures });
  return outcome.ok ? outcome.result.advice.map(({ what }) => what) : [outcome.error.code];
};

describe('a calibration', () => {
  it('says delay, loudness and levels, and hands delay and way on', async () => {
    expect(await run(WELL)).toEqual({
      ok: true,
      result: {
        device: 'virtual',
        delayMs: 42.3,
        echoDb: -10,
        levels: { speaker: -20, microphone: -30, noise: -62 },
        clips: 0,
        kept: true,
        advice: [],
      },
    });
    expect(found).toEqual([{ delay: 42.27, path: new Float32Array(1280) }]);
  });

  it('says when nothing is kept of it', async () => {
    kept = false;
    expect(await run(WELL)).toMatchObject({ ok: true, result: { kept: false } });
  });

  it('keeps nothing where the loudspeaker is not heard', async () => {
    expect(await run({ ...WELL, way: undefined })).toMatchObject({ ok: true, result: { kept: false } });
    expect(found).toEqual([]);
  });

  it('is not begun in a call, nor a second time beside itself', async () => {
    busy = true;
    expect(await calibration.run()).toMatchObject({ ok: false, error: { code: 'busy' } });
    expect(engine.calibrations).toBe(0);
    busy = false;
    const first = calibration.run();
    expect(await calibration.run()).toMatchObject({ ok: false, error: { code: 'busy' } });
    engine.calibration = WELL;
    await clock.advanceAsync(100);
    expect(await first).toMatchObject({ ok: true });
    expect(engine.calibrations).toBe(1);
  });

  it('is not begun where nothing is heard of what is played', async () => {
    engine.state = { ...engine.state, byTurns: true };
    expect(await calibration.run()).toMatchObject({
      ok: false,
      error: { code: 'failed', message: expect.stringContaining('by turns') },
    });
    expect(engine.calibrations).toBe(0);
  });

  it.each([
    ['disturbed', 'disturbed'],
    ['failed', 'failed'],
  ] as const)('that is %s is refused, and keeps nothing', async (outcome, code) => {
    expect(await run(outcome)).toMatchObject({ ok: false, error: { code } });
    expect(found).toEqual([]);
    // The next one is another.
    expect(await run(WELL, 0)).toMatchObject({ ok: true });
  });

  it('is given up where the device plays nothing', async () => {
    const running = calibration.run();
    await clock.advanceAsync(16_000);
    expect(await running).toMatchObject({ ok: false, error: { code: 'failed' } });
  });
});

describe('its advice', () => {
  it('is nothing where all is well', async () => {
    expect(await adviceOf({})).toEqual([]);
  });

  it.each([
    [{ way: undefined }, 'the microphone does not hear the loudspeaker'],
    [{ clips: 12 }, '12 samples of the microphone are cut off: no echo can be taken out of those'],
    [{ way: way(40, 3) }, 'what comes back is louder than what is played: loud voices will be cut off'],
    [{ way: way(40, -45) }, 'hardly anything comes back'],
    [{ noiseDbfs: -30 }, 'it is loud at the microphone'],
    [{ way: way(450, -10) }, 'what comes back is late'],
    [{ way: way(505, -10) }, 'what comes back is later than the echo canceller can follow'],
  ])('names what is wrong: %o', async (figures, what) => {
    expect(await adviceOf(figures)).toEqual([what]);
  });

  it('of a microphone that is overdriven says so once', async () => {
    expect(await adviceOf({ clips: 1, way: way(40, 5) })).toHaveLength(1);
  });
});
