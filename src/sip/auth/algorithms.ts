// The hash algorithms of digest: RFC 7616 §6.1, RFC 8760 §2.1.

import { createHash } from 'node:crypto';

/** An algorithm as a challenge names it. */
export interface DigestAlgorithm {
  /** As it is written in headers: `SHA-256`, `MD5-sess`. */
  readonly name: string;
  /** `…-sess`: A1 is bound to the first nonce and cnonce (RFC 7616 §3.4.2). */
  readonly session: boolean;
  /** The higher, the rather it is chosen. */
  readonly strength: number;
  /** Lower-case hexadecimal. */
  hash(data: string | Buffer): string;
}

const hexadecimal =
  (algorithm: string) =>
  (data: string | Buffer): string =>
    createHash(algorithm).update(data).digest('hex');

const algorithms: readonly DigestAlgorithm[] = (
  [
    ['MD5', 'md5', 1],
    ['SHA-256', 'sha256', 2],
    ['SHA-512-256', 'sha512-256', 2],
  ] as const
).flatMap(([name, openssl, strength]) => {
  const hash = hexadecimal(openssl);
  return [
    { name, session: false, strength, hash },
    { name: `${name}-sess`, session: true, strength, hash },
  ];
});

/**
 * Finds an algorithm by its name, without regard to case.
 * @param name undefined: MD5, the default of RFC 7616 §3.3
 * @returns undefined for one that is not known: its challenge is to be ignored
 */
export function findAlgorithm(name: string | undefined): DigestAlgorithm | undefined {
  const wanted = (name ?? 'MD5').toLowerCase();
  return algorithms.find((algorithm) => algorithm.name.toLowerCase() === wanted);
}
