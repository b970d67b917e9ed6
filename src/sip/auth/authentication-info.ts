// What a server says that took credentials: Authentication-Info and Proxy-Authentication-Info (RFC 7616 §3.5, RFC 7615),
// read and written. A proof that is wrong is worth a line in the log and no more: whoever stands on the way would leave it out.

import { timingSafeEqual } from 'node:crypto';
import { formatAuthParameters, parseAuthParameters } from '../message/index.ts';
import { authenticationHeaders, type Challenger, type DigestAnswer } from './challenge.ts';
import { type DigestInput, type DigestProtection, digestResponse } from './digest-response.ts';

/**
 * - `none`: the server has not said that it knows the password
 * - `right`: it has proven it (mutual authentication)
 * - `wrong`: what it gave for a proof is none
 */
export type ServerProof = 'none' | 'right' | 'wrong';

export interface AuthenticationInfo {
  readonly proof: ServerProof;
  /** The nonce for the next request. */
  readonly nextNonce: string | undefined;
}

const NOTHING: AuthenticationInfo = { proof: 'none', nextNonce: undefined };

/** The credentials that the response is to. */
export interface AcceptedCredentials {
  readonly challenger: Challenger;
  /** What was hashed for the request, with an empty method and the body of the response. */
  readonly input: DigestInput;
  /** Whether the request had no others for a challenger of that kind. */
  readonly alone: boolean;
}

/**
 * The value of Authentication-Info in the answer to credentials that were right: we know the password as well.
 * @param input what was hashed for the request @param body of the response, which `auth-int` covers
 * @param nextNonce for the next request; undefined: this one is good for longer
 */
export function formatAuthenticationInfo(
  input: DigestInput & { readonly protection: DigestProtection },
  body: Buffer,
  nextNonce: string | undefined,
): string {
  const { qop, nc, cnonce } = input.protection;
  return formatAuthParameters(
    new Map([
      ['qop', qop],
      ['rspauth', digestResponse({ ...input, method: '', body })],
      ['cnonce', cnonce],
      ['nc', nc],
      ...(nextNonce === undefined ? [] : [['nextnonce', nextNonce] as const]),
    ]),
  );
}

export function readAuthenticationInfo(response: DigestAnswer, accepted: AcceptedCredentials): AuthenticationInfo {
  for (const value of response.headers.all(authenticationHeaders[accepted.challenger].info)) {
    const parameters = parseAuthParameters(value);
    if (!parameters.ok || !isFor(parameters.value, accepted)) continue;
    return { proof: proofOf(parameters.value, accepted.input), nextNonce: parameters.value.get('nextnonce') };
  }
  return NOTHING;
}

/** The header field has no realm: where several servers took credentials, cnonce and count tell whose it is. */
function isFor(parameters: ReadonlyMap<string, string>, { input, alone }: AcceptedCredentials): boolean {
  const [cnonce, nc] = [parameters.get('cnonce'), parameters.get('nc')];
  if (cnonce === undefined && nc === undefined) return alone;
  const { protection } = input;
  return cnonce === protection?.cnonce && nc?.toLowerCase() === protection?.nc;
}

function proofOf(parameters: ReadonlyMap<string, string>, input: DigestInput): ServerProof {
  const given = parameters.get('rspauth');
  if (given === undefined) return 'none';
  const { protection } = input;
  // The server says which protection it applied to the response; it may be another than the request had.
  const qop = qopOf(parameters.get('qop')) ?? protection?.qop;
  const applied = protection === undefined || qop === undefined ? undefined : { ...protection, qop };
  const expected = Buffer.from(digestResponse({ ...input, protection: applied }));
  const claimed = Buffer.from(given.toLowerCase());
  return expected.length === claimed.length && timingSafeEqual(expected, claimed) ? 'right' : 'wrong';
}

function qopOf(text: string | undefined): DigestProtection['qop'] | undefined {
  const name = text?.toLowerCase();
  return name === 'auth' || name === 'auth-int' ? name : undefined;
}
