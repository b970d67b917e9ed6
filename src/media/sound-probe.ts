// What can be heard on this machine, without an engine that runs: for a look at a configuration before it is in force.

import { loadNative, type MediaAddon } from '../native.ts';
import { callNative } from './native-error.ts';

export type ProbeAddon = Pick<MediaAddon, 'soundTry' | 'opusFound'>;

/** Reads a WAV file as `setSound` does. @throws DoorphoneError where it cannot be played */
export function trySound(file: string, addon: ProbeAddon = loadNative()): void {
  callNative(() => addon.soundTry(file));
}

/** Whether the library of Opus is installed. */
export function findOpus(addon: ProbeAddon = loadNative()): boolean {
  return addon.opusFound();
}
