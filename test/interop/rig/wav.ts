// Writes a WAV file for a peer to say.

import { writeFileSync } from 'node:fs';
import type { Sound } from '../../support/audio-analysis.ts';

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
