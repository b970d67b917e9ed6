// Listens to recordings: whose voice is in them, how loud they are, which tone. Pure functions over samples.
//
// A voice is looked for with its reference recording. The speaker may have begun anywhere in the reference, since a
// sound device loops it; a jitter buffer may have shifted parts against each other, and ringback may come before the
// voice. So the recording is cut into windows, each is compared at every shift of the looped reference, and the window
// that agrees best decides. Two voices that say different words stay far below the same voice through G.711 and loss.

import { err, ok, type Result } from '../base/result.ts';
import { type Hz, hertz } from '../base/units.ts';
import { correlate, createSpectrum, type Spectrum, transform } from './fourier.ts';

/** One channel of sound; samples run from -1 to 1. */
export interface Sound {
  readonly rate: Hz;
  readonly samples: Float32Array;
}

/** Where and how well a reference was heard. */
export interface VoiceMatch {
  /** 0: not at all, 1: the very samples (normalised cross-correlation of the best window). */
  readonly correlation: number;
  /** Where in the recording the reference's first sample falls, as if it were not looped: 0 ≤ lagMs < its length. */
  readonly lagMs: number;
  /** Where in the recording the best window begins. */
  readonly atMs: number;
}

const NOTHING_HEARD: VoiceMatch = { correlation: 0, lagMs: 0, atMs: 0 };

/** Long enough that two voices do not agree by chance, short enough to lie between two shifts of a jitter buffer. */
const WINDOW_SECONDS = 2;
const HOP_SECONDS = 0.5;
/** A recording below this length proves nothing. */
const SHORTEST_SECONDS = 0.5;
/** A window below -60 dBFS counts as silent: G.711's smallest steps and comfort noise lie there. */
const SILENCE_RMS = 0.001;
/** Speech falls by 6 to 12 dB an octave; without this the pitch alone would make two voices look alike. */
const PRE_EMPHASIS = 0.9;

/**
 * Reads a WAV file: 16-bit PCM, one channel. A length in the header that is beyond the file's end, as a recording that
 * was broken off has it, means: until the end.
 */
export function readWav(file: Uint8Array): Result<Sound, string> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 12 || text(view, 0) !== 'RIFF' || text(view, 8) !== 'WAVE') return err('not a WAV file');
  let rate: Hz | undefined;
  for (let offset = 12; offset + 8 <= file.length; ) {
    const name = text(view, offset);
    const start = offset + 8;
    const length = Math.min(view.getUint32(offset + 4, true), file.length - start);
    if (name === 'fmt ') {
      if (length < 16) return err('its format chunk is too short');
      const [format, channels, bits] = [
        view.getUint16(start, true),
        view.getUint16(start + 2, true),
        view.getUint16(start + 14, true),
      ];
      if (format !== 1 || channels !== 1 || bits !== 16) {
        return err(`16-bit PCM of one channel expected; found format ${format}, ${channels} channels, ${bits} bits`);
      }
      rate = hertz(view.getUint32(start + 4, true));
    }
    if (name === 'data') {
      if (rate === undefined) return err('its samples come before their format');
      return ok({ rate, samples: readSamples(view, start, length) });
    }
    offset = start + length + (length % 2);
  }
  return err('it has no samples');
}

/** The part of a sound between two times, in milliseconds from its start. */
export function excerpt(sound: Sound, fromMs: number, toMs = Number.POSITIVE_INFINITY): Sound {
  const index = (ms: number): number => Math.min(sound.samples.length, Math.round((ms * sound.rate) / 1000));
  return { rate: sound.rate, samples: sound.samples.subarray(index(fromMs), index(toMs)) };
}

/** How long a sound is, in milliseconds. */
export function durationMs(sound: Sound): number {
  return (sound.samples.length * 1000) / sound.rate;
}

/** The root mean square of a sound: 0 is silence, 1 a full square wave. */
export function loudness(sound: Sound): number {
  return Math.sqrt(energy(sound.samples) / Math.max(1, sound.samples.length));
}

/**
 * The share of 20 ms frames that are louder than -60 dBFS: 0 for a muted line, near 1 for steady sound.
 */
export function soundingShare(sound: Sound): number {
  const frame = Math.round(sound.rate / 50);
  const frames = Math.floor(sound.samples.length / frame);
  let sounding = 0;
  for (let index = 0; index < frames; index += 1) {
    const samples = sound.samples.subarray(index * frame, (index + 1) * frame);
    if (Math.sqrt(energy(samples) / frame) > SILENCE_RMS) sounding += 1;
  }
  return frames === 0 ? 0 : sounding / frames;
}

/**
 * Which share of a sound's energy lies at one frequency (Goertzel): 1 for a pure tone, near 0 for anything else.
 */
export function toneShare(sound: Sound, frequency: Hz): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / sound.rate);
  let last = 0;
  let before = 0;
  for (const sample of sound.samples) {
    const next = sample + coefficient * last - before;
    before = last;
    last = next;
  }
  const total = energy(sound.samples);
  if (total === 0) return 0;
  const power = last * last + before * before - coefficient * last * before;
  return (2 * power) / (sound.samples.length * total);
}

/**
 * Looks for a voice in a recording.
 * @param reference what the voice says, as its device loops it; at the recording's rate
 */
export function findVoice(recording: Sound, reference: Sound): VoiceMatch {
  const { rate } = recording;
  if (rate !== reference.rate)
    throw new RangeError(`a recording at ${rate} Hz cannot be compared at ${reference.rate} Hz`);
  const heard = whiten(recording.samples);
  const window = Math.min(heard.length, WINDOW_SECONDS * rate);
  if (window < SHORTEST_SECONDS * rate || reference.samples.length === 0) return NOTHING_HEARD;

  const looped = loop(whiten(reference.samples), window);
  const search = prepareSearch(looped, reference.samples.length, window);
  let best = NOTHING_HEARD;
  for (let start = 0; start + window <= heard.length; start += HOP_SECONDS * rate) {
    if (Math.sqrt(energy(recording.samples.subarray(start, start + window)) / window) < SILENCE_RMS) continue;
    const match = compareWindow(heard.subarray(start, start + window), search);
    if (match.correlation <= best.correlation) continue;
    const period = reference.samples.length;
    const lag = (((start - match.shift) % period) + period) % period;
    best = { correlation: match.correlation, lagMs: (lag * 1000) / rate, atMs: (start * 1000) / rate };
  }
  return best;
}

/** The looped reference, made ready to be compared with many windows. */
interface Search {
  readonly spectrum: Spectrum;
  /** The energy of the looped reference under a window at each shift. */
  readonly energies: Float64Array;
}

function prepareSearch(looped: Float32Array, period: number, window: number): Search {
  const spectrum = createSpectrum(looped.length);
  spectrum.real.set(looped);
  transform(spectrum, 'forward');
  const energies = new Float64Array(period);
  let sum = energy(looped.subarray(0, window));
  for (let shift = 0; shift < period; shift += 1) {
    energies[shift] = sum;
    sum += (looped[shift + window] ?? 0) ** 2 - (looped[shift] ?? 0) ** 2;
  }
  return { spectrum, energies };
}

function compareWindow(window: Float32Array, search: Search): { correlation: number; shift: number } {
  const pattern = createSpectrum(search.spectrum.real.length);
  pattern.real.set(window);
  transform(pattern, 'forward');
  const products = correlate(pattern, search.spectrum);
  const windowEnergy = energy(window);
  // A pause in the reference has no shape to compare: its shifts count as if they held a hundredth of the speech.
  const floor = 0.01 * search.energies.reduce((most, value) => Math.max(most, value), 0);
  let best = { correlation: 0, shift: 0 };
  for (let shift = 0; shift < search.energies.length; shift += 1) {
    const scale = Math.sqrt(windowEnergy * Math.max(floor, search.energies[shift] ?? 0));
    const correlation = scale === 0 ? 0 : (products[shift] ?? 0) / scale;
    if (correlation > best.correlation) best = { correlation, shift };
  }
  return best;
}

/** `samples` over and over, until `beyond` samples after its own end. */
function loop(samples: Float32Array, beyond: number): Float32Array {
  const looped = new Float32Array(samples.length + beyond);
  for (let index = 0; index < looped.length; index += 1) looped[index] = samples[index % samples.length] ?? 0;
  return looped;
}

function whiten(samples: Float32Array): Float32Array {
  return samples.map((sample, index) => sample - PRE_EMPHASIS * (index === 0 ? 0 : (samples[index - 1] ?? 0)));
}

function energy(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum;
}

function readSamples(view: DataView, start: number, length: number): Float32Array {
  const samples = new Float32Array(Math.floor(length / 2));
  for (let index = 0; index < samples.length; index += 1)
    samples[index] = view.getInt16(start + 2 * index, true) / 32768;
  return samples;
}

function text(view: DataView, offset: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((index) => view.getUint8(offset + index)));
}
