// Rows about pauses that are left out (comfort noise): what of speech in noise is not sent, and what of the noise is. Figures of
// the sound alone: the same in every run. There is no peer: that of SpeexDSP calls itself a hack, and takes all noise for speech.

import { compare } from './rows.mjs';
import { soundFigures, soundFlags } from './sound-program.mjs';

export const PAUSES_FLAGS = soundFlags(['codec/comfort-noise', 'codec/pauses', 'codec/voice-activity']);

/** @param program built from peers/pauses.c */
export const measurePauses = (program) => soundFigures(program);

export function pausesRows(figures) {
  return figures.flatMap(({ noise, clipped, lost, sent }) => [
    compare(`${noise}: speech not sent`, '%', clipped, undefined, { note: `${lost} % of its energy` }),
    compare(`${noise}: noise sent in pauses of 3 s`, '%', sent, undefined),
  ]);
}
