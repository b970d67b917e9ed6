// Writes a WAV file for a peer to say, and reads what a peer has recorded in however many channels.

import { readFileSync, writeFileSync } from 'node:fs';
import { type Hz, hertz } from '../../../src/base/units.ts';
import { loadWav, type Sound } from '../../support/audio-analysis.ts';

/** The first channel of a WAV file whose header has the usual 44 octets. */
export function loadFirstChannel(path: string): Sound {
  const file = readFileSync(path);
  const channels = file.readUInt16LE(22);
  if (channels === 1) return loadWav(path);
  const rate: Hz = hertz(file.readUInt32LE(24));
  const samples = new Float32Array(Math.floor((file.length - 44) / (2 * channels)));
  for (let at = 0; at < samples.length; at += 1) samples[at] = file.readInt16LE(44 + 2 * channels * at) / 32768;
  return { rate, samples };
}

/** Writes `sound` over and over until it is `lengthMs` long: 16-bit PCM of one channel. */
export function writeWav(path: string, sound: Sound, lengthMs: number): void {
  const count = Math.round((lengthMs * sound.rate) / 1000);
  const file = Buffer.alloc(44 + 2 * count);
  file.write('RIFF', 0);
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(sound.rate, 24);
  file.writeUInt32LE(2 * sound.rate, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36);
  file.writeUInt32LE(2 * count, 40);
  for (let index = 0; index < count; index += 1) {
    const sample = sound.samples[index % sound.samples.length] ?? 0;
    file.writeInt16LE(Math.max(-32768, Math.min(32767, Math.round(sample * 32768))), 44 + 2 * index);
  }
  writeFileSync(path, file);
}
