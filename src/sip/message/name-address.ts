// name-addr and addr-spec with header parameters: From, To, Contact, Route, Record-Route (RFC 3261 §20.10, §25.1).

import { err, ok, type Result } from '../../base/result.ts';
import {
  COLON,
  COMMA,
  hasSpaceOrControl,
  isAlphaCode,
  isDigitCode,
  isSpaceCode,
  isUriCode,
  LESS,
  QUOTE,
  SEMICOLON,
} from './characters.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { octetAt } from './octets.ts';
import { formatParameters, NO_PARAMETERS, readParameters } from './parameters.ts';
import { parseError, quote, Scanner, skipSpace } from './scanner.ts';
import type { NameAddress, Parameters, ParseError } from './types.ts';

const fault = (offset: number, message: string) => err(parseError('bad-header', offset, message));

/** Reads one address; nothing may follow it. Errors: `bad-header`, `too-many-parameters`. */
export const parseNameAddress = (text: string): Result<NameAddress, ParseError> =>
  readOnlyNameAddress(Scanner.of(text), DEFAULT_LIMITS.parameterCount);

/** Reads the one address that From and To have. */
export function readOnlyNameAddress(scanner: Scanner, parameterCount: number): Result<NameAddress, ParseError> {
  const address = readNameAddress(scanner, parameterCount);
  return address.ok && !scanner.ended ? fault(scanner.at, 'something follows the address') : address;
}

/** Reads every element of a comma-separated list of addresses. `*` (Contact of a REGISTER) is one with that URI. */
export function parseNameAddressList(text: string): Result<readonly NameAddress[], ParseError> {
  const scanner = Scanner.of(text);
  const addresses: NameAddress[] = [];
  do {
    if (scanner.ended) break;
    const address = readNameAddress(scanner, DEFAULT_LIMITS.parameterCount);
    if (!address.ok) return address;
    addresses.push(address.value);
  } while (scanner.separator(COMMA));
  return scanner.ended ? ok(addresses) : fault(scanner.at, 'something follows the address');
}

/** Reads one address with its parameters, up to a comma or the end. */
function readNameAddress(scanner: Scanner, parameterCount: number): Result<NameAddress, ParseError> {
  scanner.skipSpace();
  if (scanner.code === QUOTE) {
    const displayName = scanner.quotedString();
    if (displayName === undefined) return fault(scanner.at, 'a quoted string does not end');
    scanner.skipSpace();
    return readBracketed(scanner, displayName, parameterCount);
  }
  const open = bracket(scanner);
  if (open < 0) return readBare(scanner, parameterCount);
  const displayName = open === scanner.at ? undefined : scanner.source.slice(scanner.at, open).trim();
  scanner.at = open;
  return readBracketed(scanner, displayName, parameterCount);
}

/** Index of the `<` that this element has before any separator; -1 where there is none. */
function bracket(scanner: Scanner): number {
  const { octets } = scanner.source;
  for (let at = scanner.at; at < scanner.end; at += 1) {
    const code = octetAt(octets, at);
    if (code === LESS) return at;
    if (code === QUOTE || code === COMMA || code === SEMICOLON) return -1;
  }
  return -1;
}

function readBracketed(
  scanner: Scanner,
  displayName: string | undefined,
  parameterCount: number,
): Result<NameAddress, ParseError> {
  const { octets } = scanner.source;
  if (scanner.code !== LESS) return fault(scanner.at, 'a name has no address in <>');
  const close = scanner.source.characters.indexOf('>', scanner.at);
  if (close < 0 || close >= scanner.end) return fault(scanner.at, 'an address has no closing >');
  // White space inside the brackets is no part of the grammar; at the edges it is passed over (RFC 4475
  // §3.1.2.14 leaves that to the reader).
  const start = skipSpace(octets, scanner.at + 1);
  let end = close;
  while (end > start && isSpaceCode(octetAt(octets, end - 1))) end -= 1;
  if (!isUri(octets, start, end)) return fault(start, 'the address is not a URI');
  scanner.at = close + 1;
  return finish(scanner, displayName, scanner.source.slice(start, end), parameterCount);
}

/** An addr-spec without brackets: what follows a `;` belongs to the header, not to the URI (§20). */
function readBare(scanner: Scanner, parameterCount: number): Result<NameAddress, ParseError> {
  const { octets } = scanner.source;
  const start = scanner.at;
  let end = start;
  while (end < scanner.end) {
    const code = octetAt(octets, end);
    if (code === SEMICOLON || code === COMMA || isSpaceCode(code)) break;
    end += 1;
  }
  const uri = scanner.source.slice(start, end);
  // A comma, a question mark or a semicolon in the URI is what brackets are for (§20).
  const fit = uri === '*' || (isUri(octets, start, end) && !uri.includes('?'));
  if (!fit) return fault(start, 'the address is not a URI');
  scanner.at = end;
  return finish(scanner, undefined, uri, parameterCount);
}

function finish(
  scanner: Scanner,
  displayName: string | undefined,
  uri: string,
  parameterCount: number,
): Result<NameAddress, ParseError> {
  const parameters = readParameters(scanner, parameterCount, 'tag');
  return parameters.ok ? ok({ displayName, uri, parameters: parameters.value }) : parameters;
}

/** A scheme, a colon, something; no white space, quote or bracket. What the scheme asks for is not looked at. */
function isUri(octets: Buffer, start: number, end: number): boolean {
  let at = start;
  for (let code = octetAt(octets, at); code !== COLON; code = octetAt(octets, at)) {
    const later = isDigitCode(code) || code === 0x2b || code === 0x2d || code === 0x2e;
    if (!isAlphaCode(code) && !(later && at > start)) return false;
    at += 1;
  }
  if (at === start || at + 1 >= end) return false;
  for (at += 1; at < end; at += 1) if (!isUriCode(octetAt(octets, at))) return false;
  return true;
}

/**
 * Writes an address as name-addr, which needs no exception for commas and semicolons in the URI (§20). A display name
 * is always quoted.
 * @throws Error when the URI has white space, control characters or a bracket
 */
export function formatNameAddress(address: {
  readonly displayName?: string | undefined;
  readonly uri: string;
  readonly parameters?: Parameters;
}): string {
  if (hasSpaceOrControl(address.uri) || /[<>]/.test(address.uri)) throw new Error('not a URI to write in <>');
  const name = address.displayName === undefined ? '' : `${quote(address.displayName)} `;
  return `${name}<${address.uri}>${formatParameters(address.parameters ?? NO_PARAMETERS)}`;
}
