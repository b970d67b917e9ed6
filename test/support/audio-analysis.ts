// Judging recordings in tests: the demonstration's own ears, and a reader that takes a path.

import { readFileSync } from 'node:fs';
import { readWav, type Sound } from '../../src/demo/hearing.ts';

export type { Sound, VoiceMatch } from '../../src/demo/hearing.ts';
export { durationMs, excerpt, findVoice, loudness, readWav, soundingShare, toneShare } from '../../src/demo/hearing.ts';

/** Reads a WAV file of 16-bit mono samples. @throws Error that names the file */
export function loadWav(path: string): Sound {
  const sound = readWav(readFileSync(path));
  if (!sound.ok) throw new Error(`${path}: ${sound.error}`);
  return sound.value;
}

/** One of the repository's speech files: `visitor.en`, `resident.de`. */
export function loadSpeech(name: string): Sound {
  return loadWav(new URL(`../../sounds/${name}.wav`, import.meta.url).pathname);
}
