// Answers challenges: the client role of digest (RFC 7616 §3, RFC 8760 §2.4, RFC 3261 §22). No socket, no clock.

import type { Random } from '../../base/random.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Secret } from '../../base/secret.ts';
import { type AuthHeader, formatAuthHeader, parseAuthHeader } from '../message/index.ts';
import type { Headers, SipRequest } from '../message/types.ts';
import { readAuthenticationInfo, type ServerProof } from './authentication-info.ts';
import {
  authenticationHeaders,
  type Challenge,
  type Challenger,
  challengers,
  type DigestAnswer,
  protectionSpace,
  readChallenges,
} from './challenge.ts';
import { type DigestInput, type DigestProtection, digestResponse } from './digest-response.ts';
import { nameParameters, normalize } from './user-name.ts';

export interface DigestCredentials {
  readonly username: string;
  readonly password: Secret;
}

export interface DigestClientOptions {
  readonly random: Random;
  /** For every realm that has none of its own; undefined: there are none. */
  readonly credentials: DigestCredentials | undefined;
  /** For the realms that are named. */
  readonly byRealm?: ReadonlyMap<string, DigestCredentials>;
}

/** What of a request goes into its credentials. A `SipRequest` is one. */
export type RequestToAuthorize = Pick<SipRequest, 'method' | 'requestUri' | 'body'>;

/** A request as it was sent, with the credentials that it carried. */
export interface ChallengedRequest extends RequestToAuthorize {
  readonly headers: Pick<Headers, 'all'>;
}

/** Authorization and Proxy-Authorization fields. */
export type CredentialHeaders = readonly (readonly [name: string, value: string])[];

/** Why a challenge is not answered. */
export interface AuthFailure {
  readonly code: /** User name or password are wrong: the same answer would be refused again. */
    | 'rejected'
    /** No challenge by a scheme, algorithm and qop that is known here. */
    | 'unsupported'
    /** No credentials for any of the realms. */
    | 'no-credentials'
    /** The response holds no challenge. */
    | 'no-challenge';
  /** One sentence, without any secret. */
  readonly message: string;
}

/** A challenge in use: the nonce count goes on with each request (RFC 7616 §3.4). */
interface Session {
  readonly challenge: Challenge;
  readonly credentials: DigestCredentials;
  readonly cnonce: string;
  /** That of the challenge, or the server's `nextnonce` since (RFC 7616 §3.5). */
  nonce: string;
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
    const reusable = [...this.#sessions.values()].filter(
      ({ challenge, uses }) => challenge.qop !== undefined || uses === 0,
    );
    return reusable.map((session) => this.#credentials(session, request));
  }

  /**
   * Credentials for the next try of a request that got 401 or 407: all that it needs, those for challengers that were
   * content included.
   * @param sent the request as it was refused
   */
  answer(sent: ChallengedRequest, response: DigestAnswer): Result<CredentialHeaders, AuthFailure> {
    const { chosen, offered } = readChallenges(response);
    if (offered === 0) return failure('no-challenge', `the ${response.status} holds no challenge`);
    if (chosen.length === 0) return failure('unsupported', 'no challenge by an algorithm that is known here');
    const before = sentCredentials(sent);
    for (const challenge of chosen) {
      if (this.#refuses(challenge, before)) {
        return failure('rejected', `user name or password are wrong for realm "${challenge.realm}"`);
      }
    }
    const opened = chosen.flatMap((challenge) => this.#open(challenge) ?? []);
    if (opened.length === 0) {
      const realms = chosen.map(({ realm }) => `"${realm}"`).join(', ');
      return failure('no-credentials', `the account has no credentials for realm ${realms}`);
    }
    const answered = new Set(chosen.map(({ challenger, realm }) => protectionSpace(challenger, realm)));
    const contented = [...before.keys()].flatMap((space) =>
      answered.has(space) ? [] : (this.#sessions.get(space) ?? []),
    );
    return ok([...contented, ...opened].map((session) => this.#credentials(session, sent)));
  }

  /**
   * Reads what a server that took the credentials says of itself (RFC 7616 §3.5): the nonce to use next, and the proof
   * that it knows the password too. Of a server whose proof is wrong nothing is believed.
   * @param sent the request as it was accepted
   */
  accepted(sent: ChallengedRequest, response: DigestAnswer): ServerProof {
    let proof: ServerProof = 'none';
    const given = [...sentCredentials(sent)];
    for (const [space, { challenger, parameters }] of given) {
      const session = this.#sessions.get(space);
      const nonce = parameters.get('nonce');
      // Challenged anew while this request was under way: it belongs to a session that is over (§3.6).
      const isOver = session?.challenge.qop !== undefined && parameters.get('cnonce') !== session.cnonce;
      if (session === undefined || nonce === undefined || isOver) continue;
      const answered = { requestUri: sent.requestUri, method: '', body: response.body };
      const input = this.#input(session, answered, nonce, parameters.get('nc'));
      const alone = given.filter(([, other]) => other.challenger === challenger).length === 1;
      const info = readAuthenticationInfo(response, { challenger, input, alone });
      if (info.proof !== 'none') proof = info.proof;
      if (info.proof === 'wrong') return proof;
      if (info.nextNonce === undefined || nonce !== session.nonce || info.nextNonce === session.nonce) continue;
      session.nonce = info.nextNonce;
      session.uses = 0;
    }
    return proof;
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
    const nonce = parameters.get('nonce');
    const announced = nonce !== this.#sessions.get(space)?.challenge.nonce;
    const usedAgain = announced || Number.parseInt(parameters.get('nc') ?? '1', 16) > 1;
    return !usedAgain || nonce === challenge.nonce;
  }

  #credentialsFor(realm: string): DigestCredentials | undefined {
    return this.options.byRealm?.get(realm) ?? this.options.credentials;
  }

  #open(challenge: Challenge): Session | undefined {
    const own = this.#credentialsFor(challenge.realm);
    if (own === undefined) return undefined;
    const space = protectionSpace(challenge.challenger, challenge.realm);
    const known = this.#sessions.get(space);
    // The nonce of another request that is under way: its count goes on, from 1 it would be a replay.
    const same = known?.nonce === challenge.nonce && known.challenge.algorithm === challenge.algorithm;
    const uses = same ? known.uses : 0;
    const cnonce = same ? known.cnonce : this.options.random.hex(CNONCE_BYTES);
    const credentials = challenge.unicode ? normalize(own) : own;
    const session = { challenge, credentials, cnonce, nonce: challenge.nonce, uses };
    this.#sessions.delete(space);
    this.#sessions.set(space, session);
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= MAXIMUM_SESSIONS) break;
      this.#sessions.delete(oldest);
    }
    return session;
  }

  #credentials(session: Session, request: RequestToAuthorize): readonly [name: string, value: string] {
    session.uses += 1;
    const nc = session.uses.toString(16).padStart(8, '0');
    const input = this.#input(session, request, session.nonce, nc);
    const parameters = this.#parameters(session, input);
    const name = authenticationHeaders[session.challenge.challenger].credentials;
    return [name, formatAuthHeader({ scheme: 'Digest', parameters }, 'credentials')];
  }

  /** All that is hashed for a request, or for the response to one. */
  #input(session: Session, request: RequestToAuthorize, nonce: string, nc = '00000001'): DigestInput {
    const { challenge, credentials, cnonce } = session;
    const protection: DigestProtection | undefined =
      challenge.qop === undefined ? undefined : { qop: challenge.qop, nc, cnonce };
    return {
      ...credentials,
      algorithm: challenge.algorithm,
      realm: challenge.realm,
      nonce,
      sessionNonce: challenge.nonce,
      method: request.method,
      uri: request.requestUri,
      body: request.body,
      protection,
    };
  }

  #parameters({ challenge, credentials }: Session, input: DigestInput): ReadonlyMap<string, string> {
    const { protection } = input;
    const parameters = new Map([
      ...nameParameters(credentials.username, challenge),
      ['realm', challenge.realm] as const,
      ['nonce', input.nonce] as const,
      ['uri', input.uri] as const,
      ['response', digestResponse(input)] as const,
    ]);
    if (challenge.algorithmNamed) parameters.set('algorithm', challenge.algorithm.name);
    if (protection !== undefined) {
      parameters.set('cnonce', protection.cnonce).set('qop', protection.qop).set('nc', protection.nc);
    }
    if (challenge.opaque !== undefined) parameters.set('opaque', challenge.opaque);
    if (challenge.userhash) parameters.set('userhash', 'true');
    return parameters;
  }
}

/** The digest credentials that a request carries, by the space that they are for. */
function sentCredentials(
  request: ChallengedRequest,
): ReadonlyMap<string, AuthHeader & { readonly challenger: Challenger }> {
  const found = new Map<string, AuthHeader & { readonly challenger: Challenger }>();
  const read = (challenger: Challenger, value: string): void => {
    const header = parseAuthHeader(value);
    const realm = header.ok ? header.value.parameters.get('realm') : undefined;
    if (header.ok && realm !== undefined) {
      found.set(protectionSpace(challenger, realm), { ...header.value, challenger });
    }
  };
  for (const challenger of challengers) {
    for (const value of request.headers.all(authenticationHeaders[challenger].credentials)) read(challenger, value);
  }
  return found;
}

const failure = (code: AuthFailure['code'], message: string) => err({ code, message });
