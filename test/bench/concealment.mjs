// Rows about what is heard in the place of lost packets, beside libspandsp, silence, and the last packet once more. Figures of
// the sound alone: the same in every run.

import { compare } from './rows.mjs';
import { soundFigures, soundFlags } from './sound-program.mjs';
import { summarize } from './statistics.mjs';

export const CONCEALMENT_FLAGS = soundFlags(['jitter/concealment'], ['-lspandsp']);

/** @param program built from peers/concealment.c */
export const measureConcealment = (program) => soundFigures(program);

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
