// Answers a server that asks who we are: Basic (RFC 7617) and Digest (RFC 7616). Credentials are for one host; nobody
// else is given any, wherever a redirect leads.

import type { IncomingHttpHeaders } from 'node:http';
import type { Random } from '../base/random.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Secret } from '../base/secret.ts';
import { DigestClient } from '../sip/index.ts';
import { fault, type HttpFault, placeOf } from './fault.ts';

export interface HttpCredentials {
  /** Without port, as a URL has it. */
  readonly host: string;
  readonly username: string;
  readonly password: Secret;
  /** Whether the password itself may be told (Basic), over TLS. Digest tells a proof of it. */
  readonly basic: boolean;
}

const METHOD = 'GET';
const NO_BODY = Buffer.alloc(0);

/** The answers to one host's challenges. */
export class Authenticator {
  readonly #digest: DigestClient;

  constructor(
    private readonly credentials: HttpCredentials,
    random: Random,
  ) {
    const { username, password } = credentials;
    this.#digest = new DigestClient({ random, credentials: { username, password } });
  }

  /** Whether they are for the host of that URL. */
  isFor(url: URL): boolean {
    return url.hostname === this.credentials.host.toLowerCase();
  }

  /** The Authorization of a request that has not been challenged yet; undefined: none is known. */
  prepare(url: URL): string | undefined {
    return this.#digest.prepare({ method: METHOD, requestUri: targetOf(url), body: NO_BODY })[0]?.[1];
  }

  /** The Authorization that a 401 asks for. @param sent the one that was refused */
  answer(url: URL, sent: string | undefined, headers: IncomingHttpHeaders): Result<string, HttpFault> {
    const challenges = splitChallenges(headers['www-authenticate'] ?? '');
    const digest = challenges.filter((challenge) => /^digest\s/i.test(challenge));
    if (digest.length > 0) {
      const answer = this.#digest.answer(
        { method: METHOD, requestUri: targetOf(url), body: NO_BODY, headers: fields('authorization', sent) },
        { status: 401, body: NO_BODY, headers: { all: (name) => (/^www-/i.test(name) ? digest : []) } },
      );
      const value = answer.ok ? answer.value[0]?.[1] : undefined;
      if (value !== undefined) return ok(value);
      if (!answer.ok && answer.error.code !== 'unsupported') return err(this.#refused(url, answer.error.message));
    }
    if (challenges.some((challenge) => /^basic(\s|$)/i.test(challenge))) return this.#basic(url, sent);
    return err(this.#refused(url, 'the server asks for credentials of a kind that is not known here'));
  }

  #basic(url: URL, sent: string | undefined): Result<string, HttpFault> {
    if (/^basic\s/i.test(sent ?? '')) return err(this.#refused(url, 'user name or password are wrong'));
    if (url.protocol !== 'https:') return err(this.#refused(url, 'it wants the password in clear, over plain HTTP'));
    if (!this.credentials.basic) {
      return err(this.#refused(url, 'it wants the password in clear, and nobody has vouched for it'));
    }
    const { username, password } = this.credentials;
    return ok(`Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`);
  }

  #refused(url: URL, why: string): HttpFault {
    return fault('unauthorized', `${placeOf(url)} lets us not in: ${why}`, 'correct user name and password');
  }
}

/** What stands in the request line (RFC 9112 §3.2.1), and is hashed. */
export const targetOf = (url: URL): string => `${url.pathname}${url.search}`;

const fields = (wanted: string, value: string | undefined): { all(name: string): readonly string[] } => ({
  all: (name) => (name.toLowerCase() === wanted && value !== undefined ? [value] : []),
});

/** Several challenges may stand in one field, with commas within and between them (RFC 9110 §11.6.1). */
function splitChallenges(text: string): readonly string[] {
  const challenges: string[] = [];
  for (const [part] of text.slice(0, 8192).matchAll(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g)) {
    const item = part.trim();
    // A scheme is followed by a space or by nothing; a parameter by its equals sign.
    const begins = /^[\w!#$%&'*+.^`|~-]+(?:\s+[^\s=]|$)/.test(item);
    const last = challenges.length - 1;
    if (begins || last < 0) challenges.push(item);
    else if (item !== '') challenges[last] = `${challenges[last] ?? ''}, ${item}`;
  }
  return challenges;
}
