// Did each side hear the other? Said from the two recordings alone, with figures.

import { readFile } from 'node:fs/promises';
import { describeError } from '../base/errors.ts';
import { durationMs, findVoice, loudness, readWav, type Sound, soundingShare } from './hearing.ts';

/** Through G.711 and a jitter buffer the same voice correlates above 0.9, another one below 0.2. */
const HEARD = 0.6;

export interface RecordingClaim {
  /** `door` or `phone`: whose speaker was recorded. */
  readonly listener: 'door' | 'phone';
  readonly recording: string;
  /** The WAV that the other side's microphone heard. */
  readonly voice: string;
}

export interface Hearing {
  readonly listener: 'door' | 'phone';
  readonly recording: string;
  readonly heard: boolean;
  /** Normalised cross-correlation with the other side's voice, 0 to 1. */
  readonly correlation: number;
  readonly seconds: number;
  /** Root mean square against full scale; null where there is only silence. */
  readonly levelDb: number | null;
  /** The share of 20 ms frames that are not silent. */
  readonly sounding: number;
  /** Why nothing could be heard, where the files themselves are at fault. */
  readonly fault: string | null;
}

/** Compares one recording with the voice that must be in it. Never rejects: an unreadable file is not heard. */
export async function judge(claim: RecordingClaim): Promise<Hearing> {
  const { listener, recording } = claim;
  const nothing = { listener, recording, heard: false, correlation: 0, seconds: 0, levelDb: null, sounding: 0 };
  try {
    const [heard, voice] = [await load(recording), await load(claim.voice)];
    if (typeof heard === 'string') return { ...nothing, fault: `${recording}: ${heard}` };
    if (typeof voice === 'string') return { ...nothing, fault: `${claim.voice}: ${voice}` };
    const { correlation } = findVoice(heard, voice);
    const level = loudness(heard);
    return {
      listener,
      recording,
      heard: correlation >= HEARD,
      correlation,
      seconds: durationMs(heard) / 1000,
      levelDb: level === 0 ? null : 20 * Math.log10(level),
      sounding: soundingShare(heard),
      fault: null,
    };
  } catch (thrown) {
    return { ...nothing, fault: describeError(thrown) };
  }
}

/** One line for a person. */
export function describeHearing(hearing: Hearing): string {
  const { listener, heard, correlation, seconds, levelDb, sounding, recording, fault } = hearing;
  const other = listener === 'door' ? 'the phone' : 'the visitor';
  if (fault !== null) return `the ${listener} did not hear ${other}: ${fault}`;
  const level = levelDb === null ? 'silence' : `${levelDb.toFixed(1)} dBFS`;
  const figures = `correlation ${correlation.toFixed(3)} (${HEARD} asked for), ${level}, sound in ${Math.round(sounding * 100)} % of ${seconds.toFixed(1)} s`;
  return `the ${listener} ${heard ? 'heard' : 'did not hear'} ${other}: ${figures}\n    ${recording}`;
}

async function load(path: string): Promise<Sound | string> {
  const sound = readWav(await readFile(path));
  return sound.ok ? sound.value : sound.error;
}
