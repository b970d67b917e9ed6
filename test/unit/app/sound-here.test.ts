// What `check` says of a sound that this machine cannot make.

import { expect, it } from 'vitest';
import { soundHere } from '../../../src/app/sound-here.ts';
import { DoorphoneError } from '../../../src/base/errors.ts';
import { formatFault, parseConfiguration } from '../../../src/config/index.ts';

const DOOR = `name: Front door
board: virtual
accounts: [ { uri: "sip:door@192.0.2.1", register: false } ]
buttons: { front: { line: button, call: [ "sip:101@192.0.2.2" ] } }
media: { srtp: off, codecs: [ PCMA, opus ] }
audio:
  announcements:
    ringback: there.wav
    busy: /sounds/gone.wav
    failure: /sounds/text.wav
    opened: off
`;

const FAILURES: { readonly [file: string]: DoorphoneError } = {
  '/sounds/gone.wav': new DoorphoneError('file-not-found', '/sounds/gone.wav does not exist', { mend: 'not this one' }),
  '/sounds/text.wav': new DoorphoneError('file-not-wav', '/sounds/text.wav is not a WAV file', { mend: 'convert it' }),
};

/** The warnings of a look at the file, with Opus here or not. */
function warnings(findOpus: () => boolean, trySound: (file: string) => void): readonly string[] {
  const options = {
    file: '/etc/door.yaml',
    readFile: () => ({ text: '', mode: undefined }),
    environment: {},
    mode: 0o600,
  };
  const { faults, warnings: found } = parseConfiguration(DOOR, { ...options, ...soundHere({ trySound, findOpus }) });
  expect(faults).toEqual([]);
  return found.map(formatFault);
}

it('says which files cannot be played, and that Opus has no library, where they stand', () => {
  const tried: string[] = [];
  const trySound = (file: string): void => {
    tried.push(file);
    const failure = FAILURES[file];
    if (failure !== undefined) throw failure;
  };
  expect(warnings(() => false, trySound)).toEqual([
    '/etc/door.yaml:5:37: media.codecs[1]: opus is not offered, as libopus.so.0 is not installed; apt install libopus0, then restart the service',
    '/etc/door.yaml:9:11: audio.announcements.busy: /sounds/gone.wav does not exist; a tone is played; correct the path, then reload',
    '/etc/door.yaml:10:14: audio.announcements.failure: /sounds/text.wav is not a WAV file; a tone is played; convert it',
  ]);
  // Relative to the file that names it.
  expect(tried).toEqual(['/etc/there.wav', '/sounds/gone.wav', '/sounds/text.wav']);
});

it('says nothing where all is there', () => {
  expect(
    warnings(
      () => true,
      () => undefined,
    ),
  ).toEqual([]);
});

it('says nothing of either where the engine is not built', () => {
  const missing = (): never => {
    throw new DoorphoneError('addon-missing', 'the media engine is missing');
  };
  expect(warnings(missing, missing)).toEqual([]);
});
