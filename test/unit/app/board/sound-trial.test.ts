// What the microphone has heard of a tone: levels against sines of known loudness, and the engine's own packets.

import { describe, expect, it } from 'vitest';
import { analyse, judge, playAndRecord, trySound } from '../../../../src/app/board/sound-trial.ts';
import { SystemClock } from '../../../../src/base/clock.ts';
import { DoorphoneError } from '../../../../src/base/errors.ts';
import { silentLog } from '../../../../src/base/log.ts';
import { hertz } from '../../../../src/base/units.ts';
import { openEngine } from '../../../../src/media/index.ts';
import { packagePath } from '../../../../src/native.ts';
import { encodeALaw } from '../../../support/g711.ts';

/** A second of a sine, by the tables of the interop rig. @param amplitude of 1 */
function sine(frequency: number, amplitude: number): Buffer {
  const samples = Float64Array.from(
    { length: 8000 },
    (_, at) => amplitude * Math.sin((2 * Math.PI * frequency * at) / 8000),
  );
  return encodeALaw({ samples: Float32Array.from(samples), rate: hertz(8000) });
}

const SILENCE = Buffer.alloc(8000, 0xd5);

describe('levels', () => {
  it.each([
    [0.5, -6],
    [0.1, -20],
    [0.01, -40],
  ])('of a sine of %d are %d dB', (amplitude, db) => {
    const { levelDb, toneDb } = analyse(SILENCE, sine(425, amplitude));
    expect(Math.abs(levelDb - db)).toBeLessThanOrEqual(1);
    expect(Math.abs(toneDb - db)).toBeLessThanOrEqual(1);
  });

  it('of another frequency are none of the tone’s', () => {
    const { levelDb, toneDb } = analyse(SILENCE, sine(1000, 0.5));
    expect(levelDb).toBeGreaterThan(-8);
    expect(toneDb).toBeLessThan(-40);
  });
});

describe('what is made of them', () => {
  it.each([
    ['the tone is heard', SILENCE, sine(425, 0.05), 'good'],
    ['it was there before', sine(425, 0.05), sine(425, 0.05), 'warning'],
    ['something else is heard', sine(1000, 0.1), sine(1000, 0.1), 'warning'],
    ['nothing is heard', SILENCE, SILENCE, 'bad'],
  ])('%s: %#', (_, quiet, loud, result) => {
    expect(judge('alsa:default', analyse(quiet, loud)).result).toBe(result);
  });

  it('nothing at all has to do with the microphone', () => {
    expect(judge('alsa:default', analyse(SILENCE, SILENCE)).mend).toContain('unmute');
    // A card that does one thing at a time has not tried to record.
    expect(judge('alsa:default', analyse(SILENCE, SILENCE), true)).toMatchObject({ result: 'warning' });
  });
});

describe('a trial', () => {
  it('records what the engine’s microphone hears', { timeout: 20_000 }, async () => {
    const input = packagePath('sounds/visitor.en.wav');
    const engine = openEngine(
      {
        device: { kind: 'file', input, output: undefined },
        ports: { first: 26_384, last: 26_392 },
        speaker: 80,
        microphone: 80,
      },
      { log: silentLog },
    );
    try {
      const { levelDb } = await playAndRecord(engine, new SystemClock());
      expect(levelDb).toBeGreaterThan(-60);
      expect(levelDb).toBeLessThan(0);
    } finally {
      engine.close();
    }
  });

  const nobody = () => {
    throw new Error('no sound is to be opened');
  };

  it('needs a yes', async () => {
    const say = () => undefined;
    expect((await trySound(nobody, new SystemClock(), { ask: undefined, say })).result).toBe('untried');
    const ask = () => Promise.resolve('');
    expect((await trySound(nobody, new SystemClock(), { ask, say })).result).toBe('untried');
  });

  it('says why there is no sound', async () => {
    const open = () => {
      throw new DoorphoneError('no-library', 'libasound is not there', { mend: 'install libasound2' });
    };
    const examiner = { ask: () => Promise.resolve('y'), say: () => undefined };
    expect(await trySound(open, new SystemClock(), examiner)).toEqual({
      subject: 'sound',
      result: 'bad',
      what: 'libasound is not there',
      mend: 'install libasound2',
    });
  });
});
