import { describe, expect, test } from 'vitest';
import { hertz } from '../../../src/base/units.ts';
import {
  durationMs,
  excerpt,
  findVoice,
  loadSpeech,
  loudness,
  readWav,
  type Sound,
  soundingShare,
  toneShare,
} from '../../support/audio-analysis.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const RATE = 8000;
const FRAME = 160;
const VISITORS = ['visitor.en', 'visitor.de'];
const RESIDENTS = ['resident.en', 'resident.de'];

function sound(samples: Float32Array | number[]): Sound {
  return { rate: hertz(RATE), samples: Float32Array.from(samples) };
}

function tone(frequency: number, ms: number, amplitude = 0.5): Sound {
  const length = (ms * RATE) / 1000;
  return sound(Array.from({ length }, (_, n) => amplitude * Math.sin((2 * Math.PI * frequency * n) / RATE)));
}

function join(...parts: Sound[]): Sound {
  return sound(parts.flatMap((part) => [...part.samples]));
}

/** `ms` of a looped sound, from `fromMs` within it. */
function looped(source: Sound, fromMs: number, ms: number): Sound {
  const first = Math.round((fromMs * RATE) / 1000);
  const length = Math.round((ms * RATE) / 1000);
  return sound(Array.from({ length }, (_, n) => source.samples[(first + n) % source.samples.length] ?? 0));
}

/** The law of G.711 as its continuous formula with 8 bits: what any μ-law codec does to the samples, near enough. */
function throughG711(source: Sound): Sound {
  const mu = 255;
  const compressed = (x: number): number => Math.round((127 * Math.log1p(mu * Math.abs(x))) / Math.log1p(mu)) / 127;
  return sound(source.samples.map((x) => (Math.sign(x) * Math.expm1(compressed(x) * Math.log1p(mu))) / mu));
}

/** Each 20 ms packet is lost with the given chance, and silence stands for it. */
function withLoss(source: Sound, chance: number): Sound {
  const random = new SeededRandom(7);
  const samples = Float32Array.from(source.samples);
  for (let start = 0; start < samples.length; start += FRAME) {
    if (random.uniform() < chance) samples.fill(0, start, start + FRAME);
  }
  return sound(samples);
}

function noise(ms: number, amplitude: number): Sound {
  const random = new SeededRandom(3);
  return sound(Array.from({ length: (ms * RATE) / 1000 }, () => amplitude * (2 * random.uniform() - 1)));
}

describe('a voice in a recording', () => {
  test.each([...VISITORS, ...RESIDENTS])('%s is found wherever the loop had begun', (name) => {
    const reference = loadSpeech(name);
    const match = findVoice(looped(reference, 1700, 6000), reference);
    expect(match.correlation).toBeGreaterThan(0.99);
    expect(match.lagMs).toBeCloseTo(durationMs(reference) - 1700, 0);
  });

  test.each([...VISITORS, ...RESIDENTS])('%s is found through G.711 and a loss of every tenth packet', (name) => {
    const reference = loadSpeech(name);
    const recording = withLoss(throughG711(looped(reference, 600, 5000)), 0.1);
    expect(findVoice(recording, reference).correlation).toBeGreaterThan(0.6);
  });

  test('is found after silence and ringback, at its own place', () => {
    const reference = loadSpeech('resident.en');
    const recording = join(sound(new Float32Array(RATE)), tone(425, 2000), looped(reference, 0, 4000));
    const match = findVoice(recording, reference);
    expect(match.correlation).toBeGreaterThan(0.95);
    expect(match.lagMs).toBeCloseTo(3000, 0);
    expect(match.atMs).toBeGreaterThanOrEqual(3000);
  });

  test('is found though the jitter buffer left out 40 ms and put in 20 ms', () => {
    const reference = loadSpeech('visitor.de');
    const recording = join(
      looped(reference, 0, 2500),
      looped(reference, 2540, 2500),
      sound(new Float32Array(FRAME)),
      looped(reference, 5040, 2500),
    );
    expect(findVoice(recording, reference).correlation).toBeGreaterThan(0.8);
  });

  test.each(VISITORS.flatMap((visitor) => RESIDENTS.map((resident) => [visitor, resident] as const)))(
    '%s is not taken for %s, nor the other way round',
    (visitor, resident) => {
      expect(findVoice(throughG711(loadSpeech(visitor)), loadSpeech(resident)).correlation).toBeLessThan(0.2);
      expect(findVoice(throughG711(loadSpeech(resident)), loadSpeech(visitor)).correlation).toBeLessThan(0.2);
    },
  );

  test('is heard above the echo of another', () => {
    const near = loadSpeech('visitor.en');
    const far = loadSpeech('resident.en');
    const echo = looped(far, 900, durationMs(near)).samples;
    const mixed = sound(near.samples.map((sample, index) => 0.7 * sample + 0.1 * (echo[index] ?? 0)));
    expect(findVoice(mixed, near).correlation).toBeGreaterThan(0.9);
    expect(findVoice(mixed, far).correlation).toBeLessThan(0.4);
  });

  test.each([
    ['silence', sound(new Float32Array(5 * RATE))],
    ['a line that only hisses below -60 dBFS', noise(5000, 0.001)],
    ['nothing', sound([])],
    ['less than half a second', excerpt(loadSpeech('visitor.en'), 1000, 1400)],
  ])('is not found in %s', (_, recording) => {
    expect(findVoice(recording, loadSpeech('visitor.en')).correlation).toBe(0);
  });

  test.each([
    ['ringback', tone(425, 5000)],
    ['noise', noise(5000, 0.5)],
  ])('is not found in %s', (_, recording) => {
    expect(findVoice(recording, loadSpeech('visitor.en')).correlation).toBeLessThan(0.2);
  });
});

describe('measures', () => {
  test('the energy of a pure tone lies at its frequency', () => {
    expect(toneShare(tone(697, 1000), hertz(697))).toBeCloseTo(1, 2);
    expect(toneShare(tone(697, 1000), hertz(770))).toBeLessThan(0.01);
  });

  test('the energy of two equal tones lies at both by half', () => {
    const [low, high] = [tone(697, 1000), tone(1209, 1000)];
    const pair = sound(low.samples.map((sample, index) => (sample + (high.samples[index] ?? 0)) / 2));
    expect(toneShare(pair, hertz(697))).toBeCloseTo(0.5, 2);
    expect(toneShare(pair, hertz(1209))).toBeCloseTo(0.5, 2);
  });

  test('silence has no tone', () => {
    expect(toneShare(sound(new Float32Array(RATE)), hertz(425))).toBe(0);
  });

  test('loudness is the root mean square', () => {
    expect(loudness(tone(500, 1000, 1))).toBeCloseTo(Math.SQRT1_2, 4);
    expect(loudness(sound([]))).toBe(0);
  });

  test('the sounding share is that of the frames that are not silent', () => {
    const half = join(tone(500, 1000), sound(new Float32Array(RATE)));
    expect(soundingShare(half)).toBeCloseTo(0.5, 2);
    expect(soundingShare(sound(new Float32Array(RATE)))).toBe(0);
  });

  test('an excerpt is cut by time and ends with its sound', () => {
    expect(durationMs(excerpt(tone(500, 1000), 250, 750))).toBe(500);
    expect(durationMs(excerpt(tone(500, 1000), 900))).toBe(100);
  });
});

describe('WAV files', () => {
  /** RIFF, fmt and data as the format's description has them. */
  function wav(samples: number[], options: { channels?: number; bits?: number; dataLength?: number } = {}): Buffer {
    const { channels = 1, bits = 16, dataLength = samples.length * 2 } = options;
    const header = Buffer.alloc(44);
    header.write('RIFF', 0);
    header.writeUInt32LE(36 + dataLength, 4);
    header.write('WAVEfmt ', 8);
    header.writeUInt32LE(16, 16);
    header.writeUInt16LE(1, 20);
    header.writeUInt16LE(channels, 22);
    header.writeUInt32LE(RATE, 24);
    header.writeUInt32LE((RATE * channels * bits) / 8, 28);
    header.writeUInt16LE((channels * bits) / 8, 32);
    header.writeUInt16LE(bits, 34);
    header.write('data', 36);
    header.writeUInt32LE(dataLength, 40);
    const body = Buffer.alloc(samples.length * 2);
    for (const [index, sample] of samples.entries()) body.writeInt16LE(sample, index * 2);
    return Buffer.concat([header, body]);
  }

  test('samples run from -1 to 1', () => {
    expect(readWav(wav([0, 16384, -32768]))).toEqual({ ok: true, value: sound([0, 0.5, -1]) });
  });

  test('chunks before the samples are passed over, of odd length too', () => {
    const plain = wav([1, 2]);
    const list = Buffer.from('LIST\x03\0\0\0abc\0', 'latin1');
    const file = Buffer.concat([plain.subarray(0, 36), list, plain.subarray(36)]);
    expect(readWav(file)).toEqual(readWav(plain));
  });

  test('a recording that was broken off is read to its end', () => {
    const file = readWav(wav([1, 2, 3], { dataLength: 0x7fff_ffff }));
    expect(file.ok && file.value.samples.length).toBe(3);
  });

  test.each([
    ['text', Buffer.from('not a sound at all, but long enough')],
    ['an empty file', Buffer.alloc(0)],
    ['stereo', wav([1, 2], { channels: 2 })],
    ['8 bits', wav([1, 2], { bits: 8 })],
    ['a header alone', wav([]).subarray(0, 30)],
  ])('%s is refused', (_, file) => {
    expect(readWav(file).ok).toBe(false);
  });
});
