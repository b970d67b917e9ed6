// Answers challenges: the client role of digest (RFC 7616 §3, RFC 8760 §2.4, RFC 3261 §22). No socket, no clock.
// Left out: userhash, Authentication-Info.

import type { Random } from '../../base/random.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Secret } from '../../base/secret.ts';
import { type AuthHeader, formatAuthHeader, parseAuthHeader } from '../message/index.ts';
import type { SipRequest, SipResponse } from '../message/types.ts';
import {
  authenticationHeaders,
  type Challenge,
  type Challenger,
  challengers,
  protectionSpace,
  readChallenges,
} from './challenge.ts';
import { type DigestProtection, digestResponse } from './digest-response.ts';

export interface DigestCredentials {
  readonly username: string;
  readonly password: Secret;
}

export interface DigestClientOptions {
  readonly random: Random;
  readonly credentials: DigestCredentials;
}

/** What of a request goes into its credentials. A `SipRequest` is one. */
export type RequestToAuthorize = Pick<SipRequest, 'method' | 'requestUri' | 'body'>;

/** A request as it was sent, with the credentials that it carried. */
export type ChallengedRequest = RequestToAuthorize & Pick<SipRequest, 'headers'>;

/** Authorization and Proxy-Authorization fields. */
export type CredentialHeaders = readonly (readonly [name: string, value: string])[];

/** Why a challenge is not answered. */
export interface AuthFailure {
  readonly code: /** User name or password are wrong: the same answer would be refused again. */
    | 'rejected'
    /** No challenge by a scheme, algorithm and qop that is known here. */
    | 'unsupported'
    /** The response holds no challenge. */
    | 'no-challenge';
  /** One sentence, without any secret. */
  readonly message: string;
}

/** A challenge in use: the nonce count goes on with each request (RFC 7616 §3.4). */
interface Session {
  readonly challenge: Challenge;
  readonly cnonce: string;
  uses: number;
}

/** More realms than one account has to do with; the oldest is forgotten. */
const MAXIMUM_SESSIONS = 8;
/** How often in a row a nonce may be called stale before the server is not believed any more. */
const MAXIMUM_STALE = 3;
const CNONCE_BYTES = 16;

/** One account's credentials, with the challenges that they have answered. */
export class DigestClient {
  readonly #sessions = new Map<string, Session>();
  readonly #stale = new Map<string, number>();

  constructor(private readonly options: DigestClientOptions) {}

  /**
   * Credentials for a request that nobody has challenged yet, by the last challenges; none where none is known.
   * They spare a round trip where the server lets a nonce be used again.
   */
  prepare(request: RequestToAuthorize): CredentialHeaders {
    this.#stale.clear();
    // Without qop there is no count: a nonce that is used again would be a replay.
    const reusable = [...this.#sessions.values()].filter(({ challenge }) => challenge.qop !== undefined);
    return reusable.map((session) => this.#credentials(session, request));
  }

  /**
   * Credentials for the next try of a request that got 401 or 407: all that it needs, those for challengers that were
   * content included.
   * @param sent the request as it was refused
   */
  answer(sent: ChallengedRequest, response: SipResponse): Result<CredentialHeaders, AuthFailure> {
    const { chosen, offered } = readChallenges(response);
    if (offered === 0) return failure('no-challenge', `the ${response.status} holds no challenge`);
    if (chosen.length === 0) return failure('unsupported', 'no challenge by an algorithm that is known here');
    const before = sentCredentials(sent);
    for (const challenge of chosen) {
      if (this.#refuses(challenge, before)) {
        return failure('rejected', `user name or password are wrong for realm "${challenge.realm}"`);
      }
    }
    const answered = new Set(chosen.map(({ challenger, realm }) => protectionSpace(challenger, realm)));
    const contented = [...before.keys()].flatMap((space) =>
      answered.has(space) ? [] : (this.#sessions.get(space) ?? []),
    );
    const opened = chosen.map((challenge) => this.#open(challenge));
    return ok([...contented, ...opened].map((session) => this.#credentials(session, sent)));
  }

  /** Whether a challenge says that the credentials are wrong, not that their nonce is old. */
  #refuses(challenge: Challenge, before: ReadonlyMap<string, AuthHeader>): boolean {
    const space = protectionSpace(challenge.challenger, challenge.realm);
    const parameters = before.get(space)?.parameters;
    if (parameters === undefined) {
      this.#stale.delete(space);
      return false;
    }
    if (challenge.stale) {
      const count = (this.#stale.get(space) ?? 0) + 1;
      this.#stale.set(space, count);
      return count > MAXIMUM_STALE;
    }
    // A nonce from an earlier request may have been forgotten (a restarted server says no `stale`): once more with the
    // new one. A nonce that answered this very request was new: then it is the password.
    const usedAgain = Number.parseInt(parameters.get('nc') ?? '1', 16) > 1;
    return !usedAgain || parameters.get('nonce') === challenge.nonce;
  }

  #open(challenge: Challenge): Session {
    const space = protectionSpace(challenge.challenger, challenge.realm);
    const known = this.#sessions.get(space);
    // The nonce of another request that is under way: its count goes on, from 1 it would be a replay.
    const same = known?.challenge.nonce === challenge.nonce && known.challenge.algorithm === challenge.algorithm;
    const uses = same ? known.uses : 0;
    const cnonce = same ? known.cnonce : this.options.random.hex(CNONCE_BYTES);
    const session = { challenge, cnonce, uses };
    this.#sessions.delete(space);
    this.#sessions.set(space, session);
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= MAXIMUM_SESSIONS) break;
      this.#sessions.delete(oldest);
    }
    return session;
  }

  #credentials(session: Session, request: RequestToAuthorize): readonly [name: string, value: string] {
    const { challenge, cnonce } = session;
    session.uses += 1;
    const nc = session.uses.toString(16).padStart(8, '0');
    const protection = challenge.qop === undefined ? undefined : { qop: challenge.qop, nc, cnonce };
    const response = digestResponse({
      ...this.options.credentials,
      algorithm: challenge.algorithm,
      realm: challenge.realm,
      nonce: challenge.nonce,
      method: request.method,
      uri: request.requestUri,
      body: request.body,
      protection,
    });
    const parameters = this.#parameters(challenge, request.requestUri, response, protection);
    const name = authenticationHeaders[challenge.challenger].credentials;
    return [name, formatAuthHeader({ scheme: 'Digest', parameters }, 'credentials')];
  }

  #parameters(
    challenge: Challenge,
    uri: string,
    response: string,
    protection: DigestProtection | undefined,
  ): ReadonlyMap<string, string> {
    const parameters = new Map([
      ['username', this.options.credentials.username],
      ['realm', challenge.realm],
      ['nonce', challenge.nonce],
      ['uri', uri],
      ['response', response],
    ]);
    if (challenge.algorithmNamed) parameters.set('algorithm', challenge.algorithm.name);
    if (protection !== undefined) {
      parameters.set('cnonce', protection.cnonce).set('qop', protection.qop).set('nc', protection.nc);
    }
    if (challenge.opaque !== undefined) parameters.set('opaque', challenge.opaque);
    return parameters;
  }
}

/** The digest credentials that a request carries, by the space that they are for. */
function sentCredentials(request: ChallengedRequest): ReadonlyMap<string, AuthHeader> {
  const found = new Map<string, AuthHeader>();
  const read = (challenger: Challenger, value: string): void => {
    const header = parseAuthHeader(value);
    const realm = header.ok ? header.value.parameters.get('realm') : undefined;
    if (header.ok && realm !== undefined) found.set(protectionSpace(challenger, realm), header.value);
  };
  for (const challenger of challengers) {
    for (const value of request.headers.all(authenticationHeaders[challenger].credentials)) read(challenger, value);
  }
  return found;
}

const failure = (code: AuthFailure['code'], message: string) => err({ code, message });
