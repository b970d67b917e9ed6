// SIP and SIPS URIs: RFC 3261 §19.1 with the IPv6 grammar of RFC 5954.

import { err, ok, type Result } from '../../base/result.ts';
import { hasSpaceOrControl } from './characters.ts';
import { formatHostPort, hostsEqual, readHostPort } from './host.ts';
import { NO_PARAMETERS } from './parameters.ts';
import { lowerCase, parseError, Scanner } from './scanner.ts';
import type { Parameters, ParseError, SipUri } from './types.ts';

const NO_HEADERS: ReadonlyMap<string, string> = new Map();

/** What stands unescaped in each part, beside letters, digits and `mark` (§25.1). */
const USER = "-_.!~*'()&=+$,;?/";
const PASSWORD = "-_.!~*'()&=+$,";
const PARAMETER = "-_.!~*'()[]/:&+$";
const HEADER = "-_.!~*'()[]/?:+$";

const fault = (offset: number, message: string) => err(parseError('uri', offset, message));

/**
 * Reads a sip: or sips: URI. Escapes are resolved; names of parameters and headers are in lower case, of a name that
 * comes twice the first counts. Errors: `uri-scheme` (another scheme: 416), `uri`.
 */
export function parseUri(text: string): Result<SipUri, ParseError> {
  const colon = text.indexOf(':');
  const scheme = colon < 0 ? '' : text.slice(0, colon).toLowerCase();
  if (scheme !== 'sip' && scheme !== 'sips') return err(parseError('uri-scheme', 0, 'the scheme is not sip or sips'));
  if (hasSpaceOrControl(text)) return fault(0, 'a URI has no white space');
  const start = colon + 1;
  const userinfo = readUserinfo(text, start);
  if (userinfo === undefined) return fault(start, 'the user part is malformed');
  const scanner = Scanner.of(text.slice(userinfo.end));
  const hostPort = readHostPort(scanner);
  if (hostPort === undefined) return fault(userinfo.end, 'the host or the port is malformed');
  // Host and port are ASCII, so that an octet is a character.
  const hostEnd = userinfo.end + scanner.at;
  const question = text.indexOf('?', hostEnd);
  const parametersEnd = question < 0 ? text.length : question;
  const parameters = readParameters(text.slice(hostEnd, parametersEnd));
  if (parameters === undefined) return fault(hostEnd, 'the parameters are malformed');
  const headers = readHeaders(text.slice(parametersEnd + 1));
  if (headers === undefined) return fault(parametersEnd, 'the headers are malformed');
  const { user, password } = userinfo;
  return ok({ scheme, user, password, ...hostPort, parameters, headers });
}

interface Userinfo {
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Where the host begins. */
  readonly end: number;
}

function readUserinfo(text: string, start: number): Userinfo | undefined {
  // `@` stands unescaped in no part of a URI but here, so the first one ends the user.
  const at = text.indexOf('@', start);
  if (at < 0) return { user: undefined, password: undefined, end: start };
  const colon = text.indexOf(':', start);
  const userEnd = colon >= 0 && colon < at ? colon : at;
  const user = unescapePart(text.slice(start, userEnd), USER);
  if (user === undefined || user === '') return undefined;
  if (userEnd === at) return { user, password: undefined, end: at + 1 };
  const password = unescapePart(text.slice(userEnd + 1, at), PASSWORD);
  return password === undefined ? undefined : { user, password, end: at + 1 };
}

function readParameters(text: string): Parameters | undefined {
  if (text === '') return NO_PARAMETERS;
  if (!text.startsWith(';')) return undefined;
  const parameters = new Map<string, string | true>();
  for (const part of text.slice(1).split(';')) {
    const equals = part.indexOf('=');
    const name = unescapePart(equals < 0 ? part : part.slice(0, equals), PARAMETER);
    const value = equals < 0 ? true : unescapePart(part.slice(equals + 1), PARAMETER);
    if (name === undefined || value === undefined || (name === '' && part !== '')) return undefined;
    const key = lowerCase(name);
    if (key !== '' && !parameters.has(key)) parameters.set(key, value);
  }
  return parameters;
}

function readHeaders(text: string): ReadonlyMap<string, string> | undefined {
  if (text === '') return NO_HEADERS;
  const headers = new Map<string, string>();
  for (const part of text.split('&')) {
    const equals = part.indexOf('=');
    const name = unescapePart(part.slice(0, Math.max(equals, 0)), HEADER);
    const value = unescapePart(part.slice(equals + 1), `${HEADER}=;@,`);
    if (name === undefined || name === '' || value === undefined) return undefined;
    const key = lowerCase(name);
    if (!headers.has(key)) headers.set(key, value);
  }
  return headers;
}

/** Resolves %HH; undefined where a character may not stand or an escape is not UTF-8. */
function unescapePart(text: string, extra: string): string | undefined {
  let escapes = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '%') escapes = true;
    else if (!isLetterOrDigit(text.charCodeAt(at)) && !extra.includes(character) && character < '\x80') {
      return undefined;
    }
  }
  if (!escapes) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function escapePart(text: string, extra: string): string {
  let escaped = '';
  for (const character of text) {
    const plain = isLetterOrDigit(character.charCodeAt(0)) || extra.includes(character);
    escaped += plain ? character : percent(character);
  }
  return escaped;
}

const percent = (character: string): string =>
  [...Buffer.from(character, 'utf8')].map((octet) => `%${octet.toString(16).toUpperCase().padStart(2, '0')}`).join('');

const isLetterOrDigit = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);

/** Writes a URI; whatever may not stand in its part is escaped (§19.1.2). */
export function formatUri(uri: SipUri): string {
  let text = `${uri.scheme}:`;
  if (uri.user !== undefined) {
    text += escapePart(uri.user, USER);
    if (uri.password !== undefined) text += `:${escapePart(uri.password, PASSWORD)}`;
    text += '@';
  }
  text += formatHostPort(uri.host, uri.port);
  for (const [name, value] of uri.parameters) {
    text += `;${escapePart(name, PARAMETER)}`;
    if (value !== true) text += `=${escapePart(value, PARAMETER)}`;
  }
  let separator = '?';
  for (const [name, value] of uri.headers) {
    text += `${separator}${escapePart(name, HEADER)}=${escapePart(value, HEADER)}`;
    separator = '&';
  }
  return text;
}

/** Parameters that, when one URI alone has them, make the two differ (§19.1.4). */
const NEVER_IGNORED = ['transport', 'user', 'ttl', 'method', 'maddr'];

/**
 * RFC 3261 §19.1.4, with addresses compared by their bits (RFC 5954 §4.2). Both URIs have been unescaped, so that a
 * reserved character and its escape count as equal, where the RFC would tell them apart. Not transitive.
 */
export function urisEqual(one: SipUri, other: SipUri): boolean {
  return (
    one.scheme === other.scheme &&
    one.user === other.user &&
    one.password === other.password &&
    one.port === other.port &&
    hostsEqual(one.host, other.host) &&
    parametersEqual(one.parameters, other.parameters) &&
    headersEqual(one.headers, other.headers)
  );
}

function parametersEqual(one: Parameters, other: Parameters): boolean {
  for (const name of NEVER_IGNORED) if (one.has(name) !== other.has(name)) return false;
  for (const [name, value] of one) {
    const counterpart = other.get(name);
    if (counterpart !== undefined && !valuesEqual(name, value, counterpart)) return false;
  }
  return true;
}

function valuesEqual(name: string, one: string | true, other: string | true): boolean {
  if (one === true || other === true) return one === other;
  return name === 'maddr' ? hostsEqual(one, other) : lowerCase(one) === lowerCase(other);
}

function headersEqual(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  if (one.size !== other.size) return false;
  for (const [name, value] of one) {
    // The rules of §20 leave case open but for a few headers; a difference in case alone is taken for none.
    const counterpart = other.get(name);
    if (counterpart === undefined || lowerCase(counterpart) !== lowerCase(value)) return false;
  }
  return true;
}
