// Challenges and checks: the server role of digest (RFC 7616 §3.3–3.4, RFC 8760 §2.3). Which nonces are in use, how
// old they are, and which counts came with them, is its user's to keep.

import { timingSafeEqual } from 'node:crypto';
import { err, ok, type Result } from '../../base/result.ts';
import { Secret } from '../../base/secret.ts';
import { formatAuthHeader, parseAuthHeader, parseUri, urisEqual } from '../message/index.ts';
import type { SipRequest } from '../message/types.ts';
import { findAlgorithm } from './algorithms.ts';
import {
  type DigestInput,
  type DigestProtection,
  digestResponse,
  hashFor,
  type KnownPassword,
} from './digest-response.ts';
import { readExtended } from './user-name.ts';

export interface ChallengeOptions {
  readonly realm: string;
  readonly nonce: string;
  readonly algorithm: 'MD5' | 'SHA-256' | 'SHA-512-256';
  /** The credentials were right, their nonce is too old. */
  readonly stale?: boolean;
}

/** The value of WWW-Authenticate or Proxy-Authenticate; several stand in the order of preference (RFC 8760 §2.3). */
export function formatChallenge({ realm, nonce, algorithm, stale = false }: ChallengeOptions): string {
  const parameters = new Map([
    ['realm', realm],
    ['qop', 'auth'],
    ['algorithm', algorithm],
    ['nonce', nonce],
  ]);
  if (stale) parameters.set('stale', 'true');
  return formatAuthHeader({ scheme: 'Digest', parameters }, 'challenge');
}

/** Credentials that were right. */
export interface VerifiedDigest {
  readonly username: string;
  readonly nonce: string;
  /** The nonce count. One that came before with this nonce and cnonce is a replay (RFC 7616 §5.5). */
  readonly count: number;
  readonly cnonce: string;
  /** What was hashed: the proof that we know the password too is made of it (§3.5). */
  readonly input: DigestInput & { readonly protection: DigestProtection };
}

/**
 * - `malformed`: no digest credentials, or something is missing in them
 * - `realm`: they are for another realm
 * - `nonce`: it is not, or no longer, one of ours: challenge again, with `stale` where the response was right
 * - `uri`: they were made for another request
 * - `wrong`: unknown user or wrong password
 */
export type DigestRefusal = 'malformed' | 'realm' | 'nonce' | 'uri' | 'wrong';

export interface DigestVerification {
  /** The value of Authorization or Proxy-Authorization. */
  readonly credentials: string;
  readonly request: Pick<SipRequest, 'method' | 'requestUri' | 'body'>;
  readonly realm: string;
  /** Whether a nonce was given out for this algorithm and is still good. */
  readonly nonceIsGood: (nonce: string, algorithm: string) => boolean;
  /** The user's password; undefined for an unknown user. One that is not kept for the algorithm is wrong. */
  readonly passwordOf: (username: string) => KnownPassword | undefined;
}

interface ReadCredentials {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly qop: 'auth' | 'auth-int';
  readonly nc: string;
  readonly cnonce: string;
  readonly algorithm: NonNullable<ReturnType<typeof findAlgorithm>>;
}

/** Checks credentials. An unknown user takes as long as a wrong password, and looks the same. */
export function verifyDigest(verification: DigestVerification): Result<VerifiedDigest, DigestRefusal> {
  const { request, realm, nonceIsGood, passwordOf } = verification;
  const given = readCredentials(verification.credentials);
  if (given === undefined) return err('malformed');
  if (given.realm !== realm) return err('realm');
  if (!nonceIsGood(given.nonce, given.algorithm.name)) return err('nonce');
  // RFC 3261 §22.4 item 6 leaves this to the server; nobody forwards to us under another Request-URI.
  if (!isSameUri(given.uri, request.requestUri)) return err('uri');
  const known = passwordOf(given.username);
  const isKept = known === undefined || known instanceof Secret || hashFor(known, given.algorithm) !== undefined;
  const password = isKept ? known : undefined;
  const { algorithm, username, nonce, uri, qop, nc, cnonce } = given;
  const input = {
    algorithm,
    username,
    password: password ?? noPassword,
    realm,
    nonce,
    method: request.method,
    uri,
    body: request.body,
    protection: { qop, nc, cnonce },
  };
  const expected = digestResponse(input);
  if (!equalInConstantTime(expected, given.response.toLowerCase()) || password === undefined) return err('wrong');
  return ok({ username, nonce, count: Number.parseInt(nc, 16), cnonce, input });
}

/** Stands in for an unknown user's. */
const noPassword: Secret = new Secret('');

function readCredentials(value: string): ReadCredentials | undefined {
  const header = parseAuthHeader(value);
  if (!header.ok || header.value.scheme.toLowerCase() !== 'digest') return undefined;
  const { parameters } = header.value;
  const algorithm = findAlgorithm(parameters.get('algorithm'));
  const qop = parameters.get('qop')?.toLowerCase();
  const nc = parameters.get('nc') ?? '';
  if (algorithm === undefined || (qop !== 'auth' && qop !== 'auth-int') || !/^[0-9a-f]{8}$/i.test(nc)) return undefined;
  const names = ['realm', 'nonce', 'uri', 'response', 'cnonce'] as const;
  const [realm, nonce, uri, response, cnonce] = names.map((name) => parameters.get(name));
  const username = readName(parameters);
  if (username === undefined || realm === undefined || nonce === undefined || uri === undefined) return undefined;
  if (response === undefined || cnonce === undefined) return undefined;
  return { username, realm, nonce, uri, response, qop, nc, cnonce, algorithm };
}

/** RFC 7616 §3.4: one of the two notations. Hashed names are not asked for here, hence not taken. */
function readName(parameters: ReadonlyMap<string, string>): string | undefined {
  const [plain, extended] = [parameters.get('username'), parameters.get('username*')];
  if (parameters.get('userhash')?.toLowerCase() === 'true') return undefined;
  if (plain !== undefined) return extended === undefined ? plain : undefined;
  return extended === undefined ? undefined : readExtended(extended);
}

function isSameUri(one: string, other: string): boolean {
  if (one === other) return true;
  const [first, second] = [parseUri(one), parseUri(other)];
  return first.ok && second.ok && urisEqual(first.value, second.value);
}

/** Texts of one length: whatever differs, it takes as long. */
export function equalInConstantTime(expected: string, given: string): boolean {
  const [left, right] = [Buffer.from(expected), Buffer.from(given)];
  return left.length === right.length && timingSafeEqual(left, right);
}
