// What the door itself lets be heard, as it is configured. A file that cannot be played is a fault and a tone in its place:
// a visitor must hear that it rings.

import { DoorphoneError, describeError } from '../base/errors.ts';
import type { AudioConfiguration } from '../config/index.ts';
import { DOOR_SOUNDS, type DoorSound, type MediaEngine } from '../media/index.ts';
import type { Faults } from './faults.ts';

export class Announcements {
  /** Those that are not by the engine's own tone. */
  readonly #replaced = new Set<DoorSound>();

  constructor(
    private readonly engine: Pick<MediaEngine, 'setSound'>,
    private readonly faults: Faults,
  ) {}

  /** Reads the files, which may be others under the same names. */
  apply({ announcements }: Pick<AudioConfiguration, 'announcements'>): void {
    for (const sound of DOOR_SOUNDS) {
      try {
        this.#set(sound, announcements[sound]);
        this.faults.end(keyOf(sound));
      } catch (thrown) {
        this.#fail(sound, thrown);
      }
    }
  }

  #set(sound: DoorSound, source: string): void {
    if (source === 'tone' && !this.#replaced.has(sound)) return;
    this.engine.setSound(sound, source === 'tone' || source === 'off' ? source : { file: source });
    if (source === 'tone') this.#replaced.delete(sound);
    else this.#replaced.add(sound);
  }

  #fail(sound: DoorSound, thrown: unknown): void {
    const { what, mend } = unplayableFile(thrown);
    const key = keyOf(sound);
    this.faults.begin(key, `${key}: ${what}; a tone is played`, mend);
    if (!this.#replaced.delete(sound)) return;
    this.engine.setSound(sound, 'tone');
  }
}

/** Why a file cannot be played, and what to do. @param thrown as the engine did */
export function unplayableFile(thrown: unknown): { readonly what: string; readonly mend: string } {
  if (!(thrown instanceof DoorphoneError)) return { what: describeError(thrown), mend: MEND };
  return { what: thrown.message, mend: thrown.code === 'file-not-found' ? MEND : (thrown.mend ?? MEND) };
}

const MEND = 'correct the path, then reload';

const keyOf = (sound: DoorSound): string => `audio.announcements.${sound}`;
