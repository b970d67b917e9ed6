// Challenges: what a 401 or 407 offers, and which of it is taken (RFC 3261 §22.1–22.3, RFC 8760 §2.4).

import { type AuthHeader, parseAuthHeader } from '../message/index.ts';
import type { Headers, SipResponse } from '../message/types.ts';
import { type DigestAlgorithm, findAlgorithm } from './algorithms.ts';

/** Who asks: the server of the request, or a proxy before it. */
export type Challenger = 'server' | 'proxy';

/** Where a challenge stands, where what answers it goes, and what may follow: RFC 3261 §22.2, §22.3, RFC 7615 §3, §4. */
export const authenticationHeaders = {
  server: { challenge: 'WWW-Authenticate', credentials: 'Authorization', info: 'Authentication-Info' },
  proxy: { challenge: 'Proxy-Authenticate', credentials: 'Proxy-Authorization', info: 'Proxy-Authentication-Info' },
} as const satisfies { readonly [challenger in Challenger]: object };

export const challengers: readonly Challenger[] = ['server', 'proxy'];

/** A challenge that can be answered. */
export interface Challenge {
  readonly challenger: Challenger;
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  /** The credentials were right and their nonce was too old (RFC 7616 §3.3). */
  readonly stale: boolean;
  readonly algorithm: DigestAlgorithm;
  /** Whether the challenge named it: only then it is echoed. */
  readonly algorithmNamed: boolean;
  /** Undefined: none was offered. */
  readonly qop: 'auth' | 'auth-int' | undefined;
  /** `charset=UTF-8`: names and passwords are hashed in the Normalization Form C (RFC 7616 §4). */
  readonly unicode: boolean;
  /** The user's name is to be sent hashed (RFC 7616 §3.4.4). */
  readonly userhash: boolean;
}

/** What of a response counts here: digest is HTTP's too, and its responses are no SIP messages. */
export interface DigestAnswer extends Pick<SipResponse, 'status' | 'body'> {
  readonly headers: Pick<Headers, 'all'>;
}

/** What a response asks for, and what of it can be answered. */
export interface ChallengeSet {
  /** One for each realm of each challenger: the strongest, of equals the topmost. */
  readonly chosen: readonly Challenge[];
  /** How many challenges there were, those included that were ignored. */
  readonly offered: number;
}

/** Reads all challenges of a response; what is malformed, or unknown, is ignored (RFC 8760 §2.4). */
export function readChallenges(response: DigestAnswer): ChallengeSet {
  let offered = 0;
  const chosen = new Map<string, Challenge>();
  for (const challenger of challengers) {
    for (const value of response.headers.all(authenticationHeaders[challenger].challenge)) {
      offered += 1;
      const header = parseAuthHeader(value);
      const challenge = header.ok ? readChallenge(challenger, header.value) : undefined;
      if (challenge === undefined) continue;
      const space = protectionSpace(challenger, challenge.realm);
      const rival = chosen.get(space);
      if (rival === undefined || challenge.algorithm.strength > rival.algorithm.strength) chosen.set(space, challenge);
    }
  }
  return { chosen: [...chosen.values()], offered };
}

/** Names who may use the same credentials. */
export function protectionSpace(challenger: Challenger, realm: string): string {
  return `${challenger} ${realm}`;
}

function readChallenge(challenger: Challenger, { scheme, parameters }: AuthHeader): Challenge | undefined {
  const [realm, nonce] = [parameters.get('realm'), parameters.get('nonce')];
  const algorithm = findAlgorithm(parameters.get('algorithm'));
  const offered = parameters.get('qop');
  const qop = chooseQop(offered);
  if (scheme.toLowerCase() !== 'digest' || realm === undefined || nonce === undefined) return undefined;
  if (algorithm === undefined || (offered !== undefined && qop === undefined)) return undefined;
  // The session key is made of a cnonce, which may only be sent with qop (RFC 3261 §22.4, item 8).
  if (algorithm.session && qop === undefined) return undefined;
  return {
    challenger,
    realm,
    nonce,
    opaque: parameters.get('opaque'),
    stale: parameters.get('stale')?.toLowerCase() === 'true',
    algorithm,
    algorithmNamed: parameters.has('algorithm'),
    qop,
    unicode: parameters.get('charset')?.toLowerCase() === 'utf-8',
    userhash: parameters.get('userhash')?.toLowerCase() === 'true',
  };
}

/** `auth` where it is offered: a proxy may change a body, and `auth-int` fails then. */
function chooseQop(offered: string | undefined): 'auth' | 'auth-int' | undefined {
  const options = (offered ?? '').split(',').map((option) => option.trim().toLowerCase());
  if (options.includes('auth')) return 'auth';
  return options.includes('auth-int') ? 'auth-int' : undefined;
}
