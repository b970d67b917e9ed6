// The value of `response`: RFC 7616 §3.4.1–3.4.3; without qop as RFC 2069 had it (RFC 3261 §22.4).

import { Secret } from '../../base/secret.ts';
import type { DigestAlgorithm } from './algorithms.ts';

/** What makes a quality of protection of a response. */
export interface DigestProtection {
  readonly qop: 'auth' | 'auth-int';
  /** Eight hexadecimal digits. */
  readonly nc: string;
  readonly cnonce: string;
}

/**
 * A password of which only what digest makes of it is kept (RFC 7616 §5.2): H(user ":" realm ":" password) in lower-case
 * hexadecimal, by the name of the algorithm. It opens this realm as the password itself would, and nothing else.
 */
export interface HashedPassword {
  readonly hashes: ReadonlyMap<string, Secret>;
}

/** What a server knows of a user. */
export type KnownPassword = Secret | HashedPassword;

/** All that goes into a response. */
export interface DigestInput {
  readonly algorithm: DigestAlgorithm;
  readonly username: string;
  readonly password: KnownPassword;
  readonly realm: string;
  readonly nonce: string;
  /** `…-sess`: the nonce that began the session, where it is another by now (RFC 7616 §3.4.2). */
  readonly sessionNonce?: string;
  /** Empty for the digest of a response (§3.5). */
  readonly method: string;
  /** The digest-uri, as it stands in the header. */
  readonly uri: string;
  readonly body: Buffer;
  /** Undefined: the challenge offered no qop. */
  readonly protection: DigestProtection | undefined;
}

/** The value of `response`, and of `rspauth` with an empty method (§3.5). @returns lower-case hexadecimal */
export function digestResponse(input: DigestInput): string {
  const { algorithm, nonce, protection } = input;
  const h1 = hashedA1(input);
  const h2 = algorithm.hash(a2(input));
  if (protection === undefined) return algorithm.hash(`${h1}:${nonce}:${h2}`);
  const { nc, cnonce, qop } = protection;
  return algorithm.hash(`${h1}:${nonce}:${nc}:${cnonce}:${qop}:${h2}`);
}

/** H(A1) (RFC 7616 §3.4.2). */
function hashedA1({ algorithm, username, realm, password, nonce, sessionNonce, protection }: DigestInput): string {
  const plain =
    password instanceof Secret
      ? algorithm.hash(`${username}:${realm}:${password.reveal()}`)
      : (hashFor(password, algorithm)?.reveal() ?? '');
  return algorithm.session ? algorithm.hash(`${plain}:${sessionNonce ?? nonce}:${protection?.cnonce ?? ''}`) : plain;
}

/** What is kept of a password for an algorithm; a session's is the plain one's. */
export function hashFor({ hashes }: HashedPassword, { name }: DigestAlgorithm): Secret | undefined {
  return hashes.get(name.replace(/-sess$/, ''));
}

/** RFC 7616 §3.4.3 */
function a2({ algorithm, method, uri, body, protection }: DigestInput): string {
  return protection?.qop === 'auth-int' ? `${method}:${uri}:${algorithm.hash(body)}` : `${method}:${uri}`;
}
