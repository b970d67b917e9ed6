// Whether whoever calls in knows a password (RFC 3261 §22.2, RFC 7616, RFC 8760): what the 401 says, and what becomes of
// its answer. It keeps no state for those who have shown none.

import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { Secret } from '../../base/secret.ts';
import { millis, seconds } from '../../base/units.ts';
import { createResponse, parseAuthHeader } from '../message/index.ts';
import type { SipRequest, SipResponse } from '../message/types.ts';
import { findAlgorithm } from './algorithms.ts';
import { formatAuthenticationInfo } from './authentication-info.ts';
import { authenticationHeaders } from './challenge.ts';
import type { KnownPassword } from './digest-response.ts';
import { equalInConstantTime, formatChallenge, verifyDigest } from './digest-server.ts';
import { FailedLogins } from './failed-logins.ts';
import { NonceCounts } from './nonce-counts.ts';
import { Nonces } from './nonces.ts';

export interface CallerAuthenticatorOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly realm: string;
  /** User name → password, as of now. */
  readonly users: () => ReadonlyMap<string, KnownPassword>;
  /** What they are asked by, the first preferred (RFC 8760 §2.3); default: SHA-256, MD5. */
  readonly algorithms?: (() => readonly CallerAlgorithm[]) | undefined;
  /** How many nonces in use are remembered; default: as many as a door needs. */
  readonly nonces?: number | undefined;
}

/** A request that may show a password: of SIP, or of HTTP, whose digest is the same. */
export interface GuardedRequest extends Pick<SipRequest, 'method' | 'requestUri' | 'body'> {
  readonly headers: Pick<SipRequest['headers'], 'all'>;
}

export type CallerAlgorithm = 'SHA-256' | 'MD5';

/**
 * - `off`: nobody has a password
 * - `right`: it is `username`; `proof` makes the value of Authentication-Info for the answer that has this body, where
 *   the password was not simply told
 * - `unknown`: to be challenged; `stale` where the nonce was too old
 * - `wrong`: the password, or the user; to be challenged again. `tries` in a row so far
 * - `locked`: too many wrong ones; nothing is looked at
 */
export type CallerVerdict =
  | { readonly kind: 'off' }
  | { readonly kind: 'locked' }
  | { readonly kind: 'right'; readonly username: string; readonly proof?: (body: Buffer) => string }
  | { readonly kind: 'unknown'; readonly stale: boolean }
  | { readonly kind: 'wrong'; readonly tries: number };

/** The strongest first (RFC 8760 §2.3). */
const ALGORITHMS: readonly CallerAlgorithm[] = ['SHA-256', 'MD5'];
/** Long enough for a phone whose user types a password, and for the next calls of one that counts its uses. */
const NONCE_LIFE = seconds(300);
/** A nonce of this age is followed by its next one, ahead of the challenge that would cost another way to and fro. */
const NONCE_AGES = seconds(150);
/** More credentials than a request of an honest peer carries: one for each realm on its way. */
const MAXIMUM_CREDENTIALS = 4;

/** Challenges callers, and judges what they answer. */
export class CallerAuthenticator {
  readonly #nonces: Nonces;
  readonly #counts: NonceCounts;
  readonly #failed: FailedLogins;

  constructor(private readonly options: CallerAuthenticatorOptions) {
    this.#nonces = new Nonces(options.clock, options.random);
    this.#counts = new NonceCounts(options.nonces);
    this.#failed = new FailedLogins(options.clock);
  }

  /** @param source the address that the request came from */
  judge(request: GuardedRequest, source: string): CallerVerdict {
    const users = this.options.users();
    if (users.size === 0) return { kind: 'off' };
    if (this.#failed.lockedFor(source) !== undefined) return { kind: 'locked' };
    const credentials = this.#ownCredentials(request);
    return credentials === undefined ? { kind: 'unknown', stale: false } : this.#check(credentials, request, source);
  }

  /**
   * Of a password that was told as it is, by a protocol that has it so (RFC 7617). It proves nothing of ours.
   * @returns never `unknown`
   */
  judgeTold(username: string, password: Secret, source: string): CallerVerdict {
    const known = this.options.users();
    if (known.size === 0) return { kind: 'off' };
    if (this.#failed.lockedFor(source) !== undefined) return { kind: 'locked' };
    if (isSame(known.get(username), password, `${username}:${this.options.realm}`)) {
      this.#failed.right(source);
      return { kind: 'right', username };
    }
    return { kind: 'wrong', tries: this.#failed.wrong(source) };
  }

  /** Values of WWW-Authenticate, the first the best; each may be left out where there is no room for it. */
  challenges(source: string, stale: boolean): readonly string[] {
    const { realm, algorithms = () => ALGORITHMS } = this.options;
    return algorithms().map((algorithm) =>
      formatChallenge({ realm, nonce: this.#nonces.make(source, algorithm), algorithm, stale }),
    );
  }

  #check(credentials: string, request: GuardedRequest, source: string): CallerVerdict {
    const { clock, realm, users } = this.options;
    const known = users();
    const oldest = millis(clock.now() - NONCE_LIFE);
    let madeAt = oldest;
    const verified = verifyDigest({
      credentials,
      request,
      realm,
      nonceIsGood: (nonce, algorithm) => {
        madeAt = this.#nonces.madeAt(nonce, source, algorithm) ?? millis(-1);
        return madeAt >= 0 && madeAt >= oldest;
      },
      passwordOf: (username) => known.get(username),
    });
    if (verified.ok) {
      const { nonce, count, username, input } = verified.value;
      this.#counts.forgetBefore(oldest);
      // Most likely a phone that does not count: with a new nonce it is right again.
      if (!this.#counts.take(nonce, count, madeAt)) return { kind: 'unknown', stale: true };
      this.#failed.right(source);
      const next = clock.now() - madeAt < NONCE_AGES ? undefined : this.#nonces.make(source, input.algorithm.name);
      return { kind: 'right', username, proof: (body) => formatAuthenticationInfo(input, body, next) };
    }
    if (verified.error === 'wrong') return { kind: 'wrong', tries: this.#failed.wrong(source) };
    return { kind: 'unknown', stale: verified.error === 'nonce' };
  }

  /** Those for our realm: a request may carry others, for proxies on its way (§22.3). */
  #ownCredentials(request: GuardedRequest): string | undefined {
    const given = request.headers.all(authenticationHeaders.server.credentials).slice(0, MAXIMUM_CREDENTIALS);
    return given.find((value) => {
      const header = parseAuthHeader(value);
      return header.ok && header.value.parameters.get('realm') === this.options.realm;
    });
  }
}

/** @param scope user and realm, as they stand in what is hashed */
function isSame(known: KnownPassword | undefined, told: Secret, scope: string): boolean {
  if (known === undefined) return false;
  if (known instanceof Secret) return equalInConstantTime(known.reveal(), told.reveal());
  const [name, hash] = [...known.hashes][0] ?? [];
  const algorithm = findAlgorithm(name);
  if (hash === undefined || algorithm === undefined) return false;
  return equalInConstantTime(hash.reveal(), algorithm.hash(`${scope}:${told.reveal()}`));
}

/**
 * The header fields of a 401 (RFC 3261 §22.2) with as many of the challenges as there is room for: a forged address gets no
 * more bytes of it than were brought. @returns undefined: there is no room for any
 */
export function fittingChallenges(
  request: SipRequest,
  challenges: readonly string[],
  fits: (response: SipResponse) => boolean,
): readonly (readonly [name: string, value: string])[] | undefined {
  for (let count = challenges.length; count > 0; count -= 1) {
    const headers = challenges.slice(0, count).map((value) => ['WWW-Authenticate', value] as const);
    if (fits(createResponse(request, 401, { headers }))) return headers;
  }
  return undefined;
}
