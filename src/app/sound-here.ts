// For `check`: what of the sound that a configuration asks for this machine cannot do, in the words that the service has for it.

import { DoorphoneError } from '../base/errors.ts';
import type { ParseOptions } from '../config/index.ts';
import { findOpus, trySound } from '../media/index.ts';
import { unplayableFile } from './announcements.ts';
import { OPUS_MISSING } from './sound.ts';

/** @param probe as the engine has it */
export function soundHere(
  probe: { readonly trySound: (file: string) => void; readonly findOpus: () => boolean } = { trySound, findOpus },
): Pick<ParseOptions, 'unplayable' | 'missingCodec'> {
  return {
    unplayable: (file) => {
      try {
        probe.trySound(file);
        return undefined;
      } catch (thrown) {
        return isAboutAddon(thrown) ? undefined : unplayableFile(thrown);
      }
    },
    missingCodec: (codec) => {
      try {
        return codec !== 'opus' || probe.findOpus() ? undefined : OPUS_MISSING;
      } catch (thrown) {
        if (isAboutAddon(thrown)) return undefined;
        throw thrown;
      }
    },
  };
}

/** A tree that is not built can check a file all the same. */
const isAboutAddon = (thrown: unknown): boolean =>
  thrown instanceof DoorphoneError && (thrown.code === 'addon-missing' || thrown.code === 'addon-unusable');
