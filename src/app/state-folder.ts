// The folder that a service may write.

import { accessSync, constants, mkdirSync } from 'node:fs';
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
