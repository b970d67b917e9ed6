// Rows about pauses that are left out (comfort noise): what of speech in noise is not sent, and what of the noise is. Figures of
// the sound alone: the same in every run. There is no peer: that of SpeexDSP calls itself a hack, and takes all noise for speech.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { compare } from './rows.mjs';

const NATIVE = fileURLToPath(new URL('../../native/', import.meta.url));
const PARTS = ['codec/comfort-noise', 'codec/pauses', 'codec/voice-activity', 'dsp/resampler', 'fileio/wav-parse'];

export const PAUSES_FLAGS = [
  '-O3',
  `-I${NATIVE}`,
  `-I${NATIVE}../test/native`,
  ...[...PARTS, 'voice/spectrum'].map((name) => `${NATIVE}${name}.c`),
  '-lm',
];

/** @param program built from peers/pauses.c */
export function measurePauses(program) {
  return JSON.parse(execFileSync(program, { cwd: NATIVE, encoding: 'utf8' }));
}

export function pausesRows(figures) {
  return figures.flatMap(({ noise, clipped, lost, sent }) => [
    compare(`${noise}: speech not sent`, '%', clipped, undefined, { note: `${lost} % of its energy` }),
    compare(`${noise}: noise sent in pauses of 3 s`, '%', sent, undefined),
  ]);
}
