// The addon's errors as DoorphoneErrors: one table from its codes to the mend. A test holds it against the codes that
// the addon itself lists.

import { DoorphoneError } from '../base/errors.ts';

const CONVERT = 'convert it: ffmpeg -i FILE -ar 8000 -ac 1 -c:a pcm_s16le OUT.wav';

/** Code → what the reader can do; undefined: nothing but report it. */
export const nativeMends: { readonly [code: string]: string | undefined } = {
  'invalid-argument': undefined,
  'bad-address': 'give an IPv4 or IPv6 address of this family, not a name',
  'no-port': 'widen media.ports, or stop what else uses them',
  'too-many-sessions': 'end a call first',
  'no-session': undefined,
  'engine-busy': undefined,
  'engine-closed': undefined,
  'engine-failed': undefined,
  'file-not-found': 'correct the path in audio.input',
  'file-unreadable': 'check its permissions',
  'file-too-large': 'shorten it, or convert it to 8 kHz mono',
  'file-not-wav': CONVERT,
  'file-truncated': 'copy it again, or convert it',
  'file-encoding': CONVERT,
  'file-empty': 'name a file with sound in it',
  'recording-unwritable': 'correct the path in audio.output, or its permissions',
  'alsa-missing': 'install the package libasound2 (libasound2t64 on newer Debian)',
};

/** Runs a function of the addon; what it throws comes out as a DoorphoneError where the table knows the code. */
export function callNative<T>(run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    if (!(thrown instanceof Error) || !('code' in thrown) || typeof thrown.code !== 'string') throw thrown;
    if (!(thrown.code in nativeMends)) throw thrown;
    const mend = nativeMends[thrown.code];
    throw new DoorphoneError(
      thrown.code,
      thrown.message,
      mend === undefined ? { cause: thrown } : { mend, cause: thrown },
    );
  }
}
