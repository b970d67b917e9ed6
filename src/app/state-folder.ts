// The folder that a service may write.

import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DoorphoneError } from '../base/errors.ts';

/**
 * Makes the folder where it is missing.
 * @throws DoorphoneError `state-not-writable`
 */
export function prepareStateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o750 });
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new DoorphoneError('state-not-writable', `the state folder ${folder} cannot be written`, {
      mend: 'make it writable for this user, or name another with --state DIR',
      cause,
    });
  }
}

/** As long as a reason is that somebody reads. */
const LONGEST_REASON = 200;

/**
 * Why the folder is in memory, where whoever has put it there says so in its file `volatile`; undefined: it is not. The image
 * does where its data partition cannot be mounted (board/image).
 */
export function volatileBecause(folder: string): string | undefined {
  try {
    const [line = ''] = readFileSync(join(folder, 'volatile'), 'utf8').trim().split('\n');
    return line.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, LONGEST_REASON);
  } catch {
    return undefined;
  }
}
