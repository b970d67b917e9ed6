// WWW-Authenticate, Proxy-Authenticate, Authorization, Proxy-Authorization, Authentication-Info: their grammar alone
// (RFC 3261 §20.7, §20.44, §25.1; RFC 7616 §3.3–3.5). What the values mean is src/sip/auth's.

import { err, ok, type Result } from '../../base/result.ts';
import { COMMA, EQUALS, isSpaceCode, isToken, oneLine, QUOTE } from './characters.ts';
import { lowerCase, parseError, quote, Scanner } from './scanner.ts';
import type { ParseError } from './types.ts';

/** A scheme with its parameters. */
export interface AuthHeader {
  /** As written; compared without case. */
  readonly scheme: string;
  /** By lower-case name; quotes and escapes are resolved. */
  readonly parameters: ReadonlyMap<string, string>;
}

const fault = (offset: number, message: string) => err(parseError('bad-header', offset, message));

/** More parameters than any challenge has. */
const PARAMETER_LIMIT = 32;

/** Reads a challenge or credentials. Error: `bad-header`; its message quotes nothing of the value. */
export function parseAuthHeader(value: string): Result<AuthHeader, ParseError> {
  const scanner = Scanner.of(value);
  scanner.skipSpace();
  const scheme = scanner.token();
  if (scheme === '' || !isSpaceCode(scanner.code)) return fault(0, 'no scheme');
  const parameters = readParameters(scanner);
  return parameters.ok ? ok({ scheme, parameters: parameters.value }) : parameters;
}

/** Reads Authentication-Info, which has no scheme (§20.6). */
export function parseAuthParameters(value: string): Result<ReadonlyMap<string, string>, ParseError> {
  return readParameters(Scanner.of(value));
}

function readParameters(scanner: Scanner): Result<ReadonlyMap<string, string>, ParseError> {
  const parameters = new Map<string, string>();
  do {
    scanner.skipSpace();
    const start = scanner.at;
    const name = lowerCase(scanner.token());
    if (name === '' || !scanner.separator(EQUALS)) return fault(start, 'a parameter has no name or no value');
    const value = scanner.code === QUOTE ? scanner.quotedString() : scanner.plainValue();
    if (value === undefined) return fault(scanner.at, 'a quoted string does not end');
    // A second value for one name would leave open which of them was meant: realm, nonce, uri must be one.
    if (parameters.has(name)) return fault(start, 'a parameter comes twice');
    parameters.set(name, value);
    if (parameters.size > PARAMETER_LIMIT) return fault(start, 'too many parameters');
  } while (scanner.separator(COMMA));
  return scanner.ended ? ok(parameters) : fault(scanner.at, 'something follows the parameters');
}

/**
 * Those that are written without quotes wherever they stand (§25.1; RFC 7616 §3.3, §3.4, RFC 5987 §3.2.1), beside qop in
 * credentials.
 */
const UNQUOTED = new Set(['algorithm', 'stale', 'nc', 'userhash', 'charset', 'username*']);

/**
 * Writes a header's value with the quoting of §25.1, the parameters in the map's order.
 * @param role `challenge` quotes qop (a list), `credentials` does not (one of them)
 */
export function formatAuthHeader(header: AuthHeader, role: 'challenge' | 'credentials'): string {
  return `${oneLine(header.scheme)} ${formatParameters(header.parameters, role)}`;
}

/** Writes the value of Authentication-Info, which has no scheme and quotes as credentials do (RFC 7616 §3.5). */
export function formatAuthParameters(parameters: ReadonlyMap<string, string>): string {
  return formatParameters(parameters, 'credentials');
}

function formatParameters(parameters: ReadonlyMap<string, string>, role: 'challenge' | 'credentials'): string {
  const written = [...parameters].map(([name, value]) => {
    const plain = (UNQUOTED.has(name) || (name === 'qop' && role === 'credentials')) && isToken(value);
    return `${name}=${plain ? value : quote(value)}`;
  });
  return written.join(', ');
}
