// Request-Line and Status-Line: RFC 3261 §7.1, §7.2.

import { codeAt, hasSpaceOrControl, isDigitCode, isTokenCode, SPACE } from './characters.ts';
import { parseError } from './scanner.ts';
import type { ParseError } from './types.ts';

/**
 * What a start line says. A faulty Request-Line still names a method where one can be made out, so that the request
 * can be refused.
 */
export type StartLine =
  | { readonly kind: 'request'; readonly method: string; readonly requestUri: string; readonly fault?: ParseError }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string };

/** SP, which separates the parts of a start line once each. */
const SEPARATOR = ' ';

/** Reads the start line that stands in a text up to `end`, where its CRLF is. */
export function readStartLine(text: string, end: number): StartLine | ParseError {
  return hasVersionPrefix(text) ? readStatusLine(text.slice(0, end)) : readRequestLine(text, end);
}

function readStatusLine(line: string): StartLine | ParseError {
  const space = line.indexOf(SEPARATOR);
  const version = space < 0 ? line : line.slice(0, space);
  if (!isVersion2(version)) return versionFault(version, 0);
  const status = readStatus(line, space + 1);
  // The SP before an empty reason is asked for (§7.2); what leaves it out is understood.
  const after = codeAt(line, space + 4);
  if (status === undefined || !(after === SPACE || space + 4 === line.length)) {
    return parseError('start-line', space + 1, 'the status is not a number from 100 to 699');
  }
  return { kind: 'response', status, reason: line.slice(space + 5) };
}

function readStatus(line: string, at: number): number | undefined {
  let status = 0;
  for (let digit = at; digit < at + 3; digit += 1) {
    const code = codeAt(line, digit);
    if (!isDigitCode(code)) return undefined;
    status = status * 10 + code - 0x30;
  }
  return status >= 100 && status < 700 ? status : undefined;
}

function readRequestLine(text: string, end: number): StartLine | ParseError {
  let first = 0;
  while (isTokenCode(codeAt(text, first))) first += 1;
  if (first === 0 || codeAt(text, first) !== SPACE) return parseError('start-line', 0, 'no method');
  const method = text.slice(0, first);
  const last = text.lastIndexOf(SEPARATOR, end);
  const requestUri = text.slice(first + 1, last);
  const fault = requestLineFault(requestUri, first + 1, text.slice(last + 1, end), last + 1);
  return fault === undefined ? { kind: 'request', method, requestUri } : { kind: 'request', method, requestUri, fault };
}

/** §7.1: no LWS in the Request-URI, no `<>` around it, single SP between, nothing behind the version. */
function requestLineFault(uri: string, uriAt: number, version: string, versionAt: number): ParseError | undefined {
  if (!isVersion2(version)) return versionFault(version, versionAt);
  if (uri === '' || hasSpaceOrControl(uri)) return parseError('start-line', uriAt, 'white space in the Request-URI');
  if (uri.indexOf(':') <= 0 || uri.startsWith('<')) return parseError('start-line', uriAt, 'no URI for Request-URI');
  return undefined;
}

/** Another version of SIP is to be answered with 505 (§21.5.6); what is no version at all makes no start line. */
function versionFault(version: string, at: number): ParseError {
  return /^SIP\/\d+\.\d+$/i.test(version)
    ? parseError('version', at, 'not SIP/2.0')
    : parseError('start-line', at, 'no SIP version');
}

/** §7.1: the version is compared without case. */
const isVersion2 = (version: string): boolean => version === 'SIP/2.0' || version.toUpperCase() === 'SIP/2.0';

function hasVersionPrefix(line: string): boolean {
  return line.startsWith('SIP/') || line.slice(0, 4).toUpperCase() === 'SIP/';
}
