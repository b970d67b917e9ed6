// Rows about what is heard in the place of lost packets, beside libspandsp, silence, and the last packet once more. Figures of
// the sound alone: the same in every run.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { compare } from './rows.mjs';
import { summarize } from './statistics.mjs';

const NATIVE = fileURLToPath(new URL('../../native/', import.meta.url));

export const CONCEALMENT_FLAGS = [
  '-O3',
  `-I${NATIVE}`,
  `-I${NATIVE}../test/native`,
  ...['jitter/concealment', 'dsp/resampler', 'fileio/wav-parse', 'voice/spectrum'].map((name) => `${NATIVE}${name}.c`),
  '-lspandsp',
  '-lm',
];

/** @param program built from peers/concealment.c */
export function measureConcealment(program) {
  return JSON.parse(execFileSync(program, { cwd: NATIVE, encoding: 'utf8' }));
}

const MEASURES = [
  ['misunderstood', 'not understood', '1 - STOI, %'],
  ['distance', 'spectrum off', 'dB'],
];

export function concealmentRows(figures) {
  return Object.entries(figures).flatMap(([network, fillers]) =>
    MEASURES.map(([measure, what, unit]) => {
      const median = (filler) => summarize(fillers[filler][measure]).median;
      const others = ['spandsp', 'silence', 'last packet'].map(median);
      return compare(`${network} lost: ${what}`, unit, fillers.concealed[measure], fillers.spandsp[measure], {
        peer: 'spandsp',
        aim: Math.min(...others),
        note: `silence ${others[1].toFixed(2)}, the last packet once more ${others[2].toFixed(2)}`,
      });
    }),
  );
}
