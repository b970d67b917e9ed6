// Who is heard where: the visitor says one text, the resident another.

import { findVoice, loadSpeech, type Sound } from '../support/audio-analysis.ts';
import { decode, encodeALaw } from '../support/g711.ts';
import type { Arrival } from '../support/rtp-peer.ts';

/**
 * What one voice must reach, and what the other may not. The other one stays near 0.1 (test/unit/support/
 * audio-analysis.test.ts asks for 0.6 and 0.3): a board that has to wait for its processor loses frames of the right one.
 */
const HEARD = 0.45;
const NOT_HEARD = 0.2;
/** Two windows of the comparison, and what the jitter buffer needs. */
export const TALK_MS = 5_000;

const RESIDENT = loadSpeech('resident.en');
const VISITOR = loadSpeech('visitor.en');
/** G.711 A-law: no sound, 20 ms of it. */
const SILENCE = Buffer.alloc(160, 0xd5);

/** What the resident says into the phone. */
export const residentVoice: Buffer = encodeALaw(RESIDENT);

/** How much of a voice there is in a sound. */
export interface Shares {
  readonly visitor: number;
  readonly resident: number;
}

export function shares(sound: Sound): Shares {
  const share = (said: Sound): number => Number(findVoice(sound, said).correlation.toFixed(3));
  return { visitor: share(VISITOR), resident: share(RESIDENT) };
}

/** What the phone plays of the packets that came: in their order, with silence for those that did not come. */
export function played(arrivals: readonly Arrival[]): Sound {
  const ordered = arrivals.toSorted((one, other) => one.sequence - other.sequence);
  const [first, last] = [ordered[0], ordered.at(-1)];
  if (first === undefined || last === undefined) return decode([]);
  const bySequence = new Map(ordered.map((arrival) => [arrival.sequence, arrival]));
  return decode(
    Array.from({ length: last.sequence - first.sequence + 1 }, (_, at) => {
      return bySequence.get(first.sequence + at) ?? { payloadType: 8, payload: SILENCE };
    }),
  );
}

/** What came of what was sent, by the packets' numbers. */
export function counted(arrivals: readonly Arrival[]): { readonly sent: number; readonly lost: number } {
  const numbers = [...new Set(arrivals.map(({ sequence }) => sequence))].toSorted((one, other) => one - other);
  const sent = (numbers.at(-1) ?? 0) - (numbers[0] ?? 0) + 1;
  return { sent, lost: sent - numbers.length };
}

/** @throws Error with the figures, unless each hears the other, and not himself */
export function assertHeard({ phone, door }: { readonly phone?: Shares; readonly door?: Shares }): void {
  const right = (phone?.visitor ?? 1) > HEARD && (door?.resident ?? 1) > HEARD;
  const wrong = (phone?.resident ?? 0) > NOT_HEARD || (door?.visitor ?? 0) > NOT_HEARD;
  if (!right || wrong) throw new Error(JSON.stringify({ phone, door }));
}
