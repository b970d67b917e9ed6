// tel: URIs (RFC 3966), and the SIP URIs that they become (RFC 3261 §19.1.6).

import { err, ok, type Result } from '../../base/result.ts';
import { parseError } from './scanner.ts';
import type { ParseError, SipUri } from './types.ts';

/** A number, and what says more about it. */
export interface TelUri {
  /** Without what only pleases the eye (RFC 3966 §5.1.1), letters in lower case; a global one begins with `+`. */
  readonly number: string;
  /** By lower-case name, in the order of §3; values unescaped, in lower case. */
  readonly parameters: ReadonlyMap<string, string | true>;
}

const LONGEST = 256;
const SEPARATORS = /[-.()]/g;
const GLOBAL = /^\+[0-9]+$/;
const LOCAL = /^[0-9a-f*#]+$/;
const PARAMETER = /^([A-Za-z0-9-]+)(?:=((?:[A-Za-z0-9\-_.!~*'()[\]/:&+$]|%[0-9A-Fa-f]{2})+))?$/;
/** §19.1.6: these first and in this order, the others by their names. */
const FIRST: readonly string[] = ['isub', 'postd'];

const fault = (message: string) => err(parseError('uri', 0, message));

/** Reads a tel: URI. Errors: `uri-scheme` for another scheme, `uri`. */
export function parseTel(text: string): Result<TelUri, ParseError> {
  if (!/^tel:/i.test(text)) return err(parseError('uri-scheme', 0, 'the scheme is not tel'));
  if (text.length > LONGEST) return fault('the URI is too long');
  const [subscriber = '', ...rest] = text.slice('tel:'.length).split(';');
  const number = subscriber.replace(SEPARATORS, '').toLowerCase();
  const parameters = new Map<string, string | true>();
  for (const part of rest) {
    const [, name, value] = PARAMETER.exec(part) ?? [];
    const key = name?.toLowerCase();
    if (key === undefined || parameters.has(key)) return fault('a parameter cannot be read, or comes twice');
    const plain = value === undefined ? true : unescaped(value);
    if (plain === undefined) return fault('a parameter is no UTF-8');
    parameters.set(key, plain === true ? true : plain.toLowerCase());
  }
  if (!GLOBAL.test(number) && !(LOCAL.test(number) && parameters.has('phone-context'))) {
    return fault('it is no number, or a local one without its context');
  }
  return ok({ number, parameters: new Map([...parameters].sort(inOrder)) });
}

/** The SIP URI of a number at a domain that knows its way there (§19.1.6). @param at whose scheme, host and port it gets */
export function telToSip({ number, parameters }: TelUri, at: SipUri): SipUri {
  const behind = [...parameters].map(([name, value]) => (value === true ? `;${name}` : `;${name}=${value}`));
  return {
    scheme: at.scheme,
    user: number + behind.join(''),
    password: undefined,
    host: at.host,
    port: at.port,
    parameters: new Map([['user', 'phone']]),
    headers: new Map(),
  };
}

function inOrder([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  const [first, second] = [FIRST.indexOf(one), FIRST.indexOf(other)];
  if (first >= 0 || second >= 0) return (first < 0 ? FIRST.length : first) - (second < 0 ? FIRST.length : second);
  return one < other ? -1 : 1;
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
