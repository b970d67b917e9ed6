// A configuration from the disk: the one place of this layer that opens files.

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { DoorphoneError, errorCode } from '../base/errors.ts';
import { LONGEST_FILE_BYTES } from './document.ts';
import { parseConfiguration } from './parse.ts';
import { describeReadError } from './secrets.ts';
import type { FileContent, ParseOptions, ParseOutcome } from './types.ts';

/**
 * Reads a regular file of at most 1 MiB. Throws as node:fs does; EFBIG when it is larger, EISDIR for a folder, ENOTFILE
 * for a pipe or a device: a reload must not stop the door while nobody writes into one, or nobody stops writing.
 */
export function readSmallFile(path: string): FileContent {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = fstatSync(descriptor);
    const { mode, size } = status;
    if (!status.isFile() && !status.isDirectory()) {
      throw Object.assign(new Error(`${path} is not a file`), { code: 'ENOTFILE' });
    }
    if (size > LONGEST_FILE_BYTES) throw Object.assign(new Error(`${path} is too large`), { code: 'EFBIG' });
    return { text: readFileSync(descriptor, 'utf8'), mode };
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Reads the text of a configuration.
 * @throws DoorphoneError `configuration-missing` when there is no such file, `configuration-unreadable` when it cannot
 * be read
 */
export function readConfigurationFile(file: string): FileContent {
  try {
    return readSmallFile(file);
  } catch (thrown) {
    const missing = errorCode(thrown) === 'ENOENT';
    throw new DoorphoneError(
      missing ? 'configuration-missing' : 'configuration-unreadable',
      `the configuration ${file} ${describeReadError(thrown)}`,
      {
        mend: missing ? 'create it, or name another with --config' : 'check the path and its permissions',
        cause: thrown,
      },
    );
  }
}

/**
 * Reads and checks a configuration file. What is wrong in the file is in the outcome.
 * @param known what is known of boards, and of the sound here
 * @throws DoorphoneError as `readConfigurationFile`
 */
export function loadConfiguration(
  file: string,
  environment: { readonly [name: string]: string | undefined },
  known: Pick<ParseOptions, 'relayLimit' | 'unknownBoard' | 'unplayable' | 'missingCodec'> = {},
): ParseOutcome {
  const { text, mode } = readConfigurationFile(file);
  return parseConfiguration(text, {
    file,
    readFile: readSmallFile,
    environment,
    ...known,
    ...(mode === undefined ? {} : { mode }),
  });
}
