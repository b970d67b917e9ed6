// Speech as a scripted phone says and hears it: A-law by the tables of the interop rig, with none of the product's code.

import { decodeG711, PCMA } from '../interop/rig/rtp.ts';
import type { Sound } from './audio-analysis.ts';

/** What each code stands for, by its number. */
const MEANINGS = decodeG711([
  { payloadType: PCMA, payload: Buffer.from(Array.from({ length: 256 }, (_, code) => code)) },
]).samples;

/** The codes that come nearest to a sound's samples. */
export function encodeALaw(sound: Sound): Buffer {
  const inOrder = [...MEANINGS.entries()].sort(([, one], [, other]) => one - other);
  return Buffer.from(
    Array.from(sound.samples, (sample) => {
      let [low, high] = [0, inOrder.length - 1];
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if ((inOrder[middle]?.[1] ?? 0) <= sample) low = middle;
        else high = middle;
      }
      const [below, above] = [inOrder[low], inOrder[high]];
      if (below === undefined || above === undefined) return 0xd5;
      return sample - below[1] < above[1] - sample ? below[0] : above[0];
    }),
  );
}

/** The sound in packets of G.711. */
export function decode(packets: readonly { readonly payloadType: number; readonly payload: Buffer }[]): Sound {
  return decodeG711(packets);
}
