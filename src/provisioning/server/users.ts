// `users` of server.yaml: who has which password, as the owner wrote it, and as it is once files and variables are read. Of a
// password its hash is enough (RFC 7616 §5.2): who reads the folder then knows none.

import * as v from 'valibot';
import { Secret } from '../../base/secret.ts';
import {
  type Complaint,
  complaint,
  type ParseOptions,
  readSecrets,
  type SecretReference,
  secret,
} from '../../config/index.ts';
import type { CallerAlgorithm, KnownPassword } from '../../sip/index.ts';

/** User name → a password, or what digest makes of it with the realm. */
export const usersSchema = v.record(
  v.pipe(
    v.string(),
    v.regex(/^[^\s:"\\\p{Cc}]{1,128}$/u, 'is no user name; write one without spaces, colons and quotes'),
  ),
  v.union(
    [secret, v.strictObject({ sha256: v.optional(secret), md5: v.optional(secret) })],
    'is no password; write a text in quotes, { file: PATH }, { env: NAME }, or { sha256: "HASH" }',
  ),
);

type Written = v.InferOutput<typeof usersSchema>;
type Hashes = Exclude<Written[string], SecretReference>;

export interface ReadUsers {
  readonly users: ReadonlyMap<string, KnownPassword>;
  readonly faults: readonly { readonly path: readonly string[]; readonly found: Complaint }[];
  readonly warnings: readonly { readonly path: readonly string[]; readonly found: Complaint }[];
}

/** By the names of the algorithms: the key in the file, and how long the hash is. */
const HASHES: readonly (readonly [CallerAlgorithm, keyof Hashes, number])[] = [
  ['SHA-256', 'sha256', 64],
  ['MD5', 'md5', 32],
];

/** @param folder that relative paths begin in @param digest the algorithms that may be asked by */
export function readUsers(
  written: Written,
  folder: string,
  { digest, options }: { readonly digest: readonly CallerAlgorithm[]; readonly options: ParseOptions },
): ReadUsers {
  const { values, faults, warnings } = readSecrets(written, folder, options);
  const users = new Map<string, KnownPassword>();
  const wrong: { path: readonly string[]; found: Complaint }[] = [];
  for (const [name, value] of Object.entries(written)) {
    if ('source' in value) {
      users.set(name, values.get(value) ?? NOTHING);
      continue;
    }
    const hashes = new Map<string, Secret>();
    for (const [algorithm, key, length] of HASHES) {
      const reference = value[key];
      const hash = reference === undefined ? undefined : values.get(reference)?.reveal().toLowerCase();
      if (hash !== undefined && hash.length === length && /^[0-9a-f]+$/.test(hash))
        hashes.set(algorithm, new Secret(hash));
      else if (hash !== undefined) wrong.push({ path: [name, key], found: NO_HASH });
      else if (reference === undefined && digest.includes(algorithm)) wrong.push({ path: [name], found: missing(key) });
    }
    users.set(name, { hashes });
  }
  const texts = (path: readonly (string | number)[]): readonly string[] => path.map(String);
  return {
    users,
    faults: [...faults.map(({ path, found }) => ({ path: texts(path), found })), ...wrong],
    warnings: warnings.map(({ path, found }) => ({ path: texts(path), found })),
  };
}

/** Stands for one whose source is at fault: the settings are refused as a whole. */
const NOTHING: KnownPassword = { hashes: new Map() };
const NO_HASH = complaint('is no hash', 'write what `printf "%s" user:realm:password | sha256sum` (or md5sum) prints');
const missing = (key: string): Complaint =>
  complaint(`has no ${key}, by which devices may be asked`, 'add it, or take the algorithm out of digest');
