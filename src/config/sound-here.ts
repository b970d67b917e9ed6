// Whether this machine can do what a configuration asks of its sound: files that are to be heard, codecs that need a library.
// The service starts without them; so these are warnings.

import { complaint } from './complaint.ts';
import type { Report } from './structure.ts';
import type { Configuration, ParseOptions } from './types.ts';

export function reportSoundHere(
  { audio, media }: Pick<Configuration, 'audio' | 'media'>,
  { unplayable, missingCodec }: Pick<ParseOptions, 'unplayable' | 'missingCodec'>,
  warning: Report,
): void {
  for (const [sound, source] of Object.entries(audio.announcements)) {
    const found = source === 'tone' || source === 'off' ? undefined : unplayable?.(source);
    if (found === undefined) continue;
    warning(['audio', 'announcements', sound], complaint(`${found.what}; a tone is played`, found.mend), 'value');
  }
  for (const [at, codec] of media.codecs.entries()) {
    const found = missingCodec?.(codec);
    if (found !== undefined) warning(['media', 'codecs', at], complaint(found.what, found.mend), 'value');
  }
}
