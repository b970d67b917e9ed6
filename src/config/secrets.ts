// Reads the secrets that a checked file refers to: the text itself, a file, a variable of the environment, a text that is
// encrypted to this device.
// No message holds a secret; a file's or variable's name may stand in it.

import { isAbsolute, join } from 'node:path';
import { errorCode } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import { type Complaint, complaint } from './complaint.ts';
import type { Path } from './document.ts';
import type { ParseOptions } from './types.ts';
import { SecretReference, type SecretSource } from './values.ts';

/** Every secret of a file with the faults and warnings that reading them gave. */
export interface ReadSecrets {
  readonly values: ReadonlyMap<SecretReference, Secret>;
  readonly faults: readonly { readonly path: Path; readonly found: Complaint }[];
  readonly warnings: readonly { readonly path: Path; readonly found: Complaint }[];
}

/** Readable, or writable, by those who are neither owner nor in the group. */
const OTHERS_READ = 0o004;

/** @param folder absolute; relative paths begin there */
export function absolutePath(path: string, folder: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}

/** Walks any value, also a partly faulty one, and reads each SecretReference in it. */
export function readSecrets(value: unknown, folder: string, options: ParseOptions): ReadSecrets {
  const values = new Map<SecretReference, Secret>();
  const faults: { path: Path; found: Complaint }[] = [];
  const warnings: { path: Path; found: Complaint }[] = [];
  const visit = (node: unknown, path: Path): void => {
    if (node instanceof SecretReference) {
      const outcome = readSource(node.source(), folder, options);
      if (outcome.text !== undefined) values.set(node, new Secret(outcome.text));
      if (outcome.fault !== undefined) faults.push({ path, found: outcome.fault });
      if (outcome.warning !== undefined) warnings.push({ path, found: outcome.warning });
    } else if (Array.isArray(node)) {
      for (const [at, item] of node.entries()) visit(item, [...path, at]);
    } else if (typeof node === 'object' && node !== null) {
      for (const [name, item] of Object.entries(node)) visit(item, [...path, name]);
    }
  };
  visit(value, []);
  return { values, faults, warnings };
}

interface SourceOutcome {
  readonly text?: string;
  readonly fault?: Complaint;
  readonly warning?: Complaint;
}

function readSource(source: SecretSource, folder: string, options: ParseOptions): SourceOutcome {
  switch (source.from) {
    case 'text':
      return readInline(source.text, options);
    case 'file':
      return readSecretFile(absolutePath(source.path, folder), options);
    case 'environment': {
      const text = options.environment[source.name];
      if (text === undefined) {
        const mend = 'set it in the service’s environment';
        return { fault: complaint(`names the variable ${source.name}, which is not set`, mend) };
      }
      return checkSecret(text, `the variable ${source.name}`);
    }
    case 'sealed': {
      const text = options.unseal?.(source.text);
      if (text === undefined) {
        const mend = 'encrypt it with age to the key that `doorphone identity` shows';
        return { fault: complaint('is encrypted, and not to the key of this device', mend) };
      }
      return checkSecret(text, 'decrypted');
    }
  }
}

function readInline(text: string, options: ParseOptions): SourceOutcome {
  const outcome = checkSecret(text, 'the text');
  const open = options.mode !== undefined && (options.mode & OTHERS_READ) !== 0;
  if (!open || outcome.fault !== undefined) return outcome;
  const mend = 'chmod 600 the file, or write { file: PATH }';
  return { ...outcome, warning: complaint('is in clear in a file that everybody on this machine can read', mend) };
}

function readSecretFile(path: string, options: ParseOptions): SourceOutcome {
  try {
    const { text, mode } = options.readFile(path);
    const outcome = checkSecret(text.replace(/\r?\n$/, ''), path);
    if (mode === undefined || (mode & OTHERS_READ) === 0) return outcome;
    return {
      ...outcome,
      warning: complaint(`names ${path}, which everybody on this machine can read`, `chmod 600 ${path}`),
    };
  } catch (thrown) {
    return { fault: complaint(`names ${path}, which ${describeReadError(thrown)}`, 'create it, or correct the path') };
  }
}

function checkSecret(text: string, where: string): SourceOutcome {
  if (text === '') return { fault: complaint(`is empty (${where})`, 'give it a value') };
  if (/[\p{Cc}\u2028\u2029]/u.test(text)) {
    return {
      fault: complaint(`holds a control character or more than one line (${where})`, 'keep the secret alone in it'),
    };
  }
  return { text };
}

/** In words, by the code that node:fs gives. */
export function describeReadError(thrown: unknown): string {
  const code = errorCode(thrown);
  switch (code) {
    case 'ENOENT':
      return 'does not exist';
    case 'EACCES':
    case 'EPERM':
      return 'this user may not read';
    case 'ENOTFILE':
      return 'is a pipe or a device, not a file';
    case 'EISDIR':
      return 'is a folder';
    case 'ENOTDIR':
      return 'leads through something that is not a folder';
    case 'EFBIG':
      return 'is too large';
    default:
      return `cannot be read${code === '' ? '' : ` (${code})`}`;
  }
}
