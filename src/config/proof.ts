// How long something new may take to show that it works: a profile, or a version of this program.

import { type Millis, minutes } from '../base/units.ts';
import { parseDuration } from './duration.ts';

const LONGEST = minutes(60);

/** What is wrong with a value that is none. */
export const NO_PROOF_TIME = 'is no duration up to an hour';

/** @param stated as a profile has it @returns undefined where it is none */
export function readProofTime(stated: unknown): Millis | undefined {
  const parsed = typeof stated === 'string' ? parseDuration(stated) : undefined;
  return parsed?.ok === true && parsed.value > 0 && parsed.value <= LONGEST ? parsed.value : undefined;
}
