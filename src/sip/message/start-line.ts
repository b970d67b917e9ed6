// Request-Line and Status-Line: RFC 3261 §7.1, §7.2.

import { err, ok, type Result } from '../../base/result.ts';
import { hasSpaceOrControl, isDigitCode, SPACE } from './characters.ts';
import { type Octets, octetAt } from './octets.ts';
import { parseError, Scanner } from './scanner.ts';
import type { ParseError } from './types.ts';

/**
 * What a start line says. A faulty Request-Line still names a method where one can be made out, so that the request
 * can be refused.
 */
export type StartLine =
  | {
      readonly kind: 'request';
      readonly method: string;
      readonly requestUri: string;
      readonly fault: ParseError | undefined;
    }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string };

/** SP, which separates the parts of a start line once each. */
const SEPARATOR = ' ';

const SLASH = 0x2f;
const VERSION = 'SIP/2.0';

/** Reads the start line from `start` up to `end`, where its CRLF is. */
export function readStartLine(source: Octets, start: number, end: number): Result<StartLine, ParseError> {
  // No token has a slash: where the fourth character is none, this is a request.
  const isResponse =
    octetAt(source.octets, start + 3) === SLASH && source.slice(start, start + 3).toUpperCase() === 'SIP';
  return isResponse ? readStatusLine(source, start, end) : readRequestLine(source, start, end);
}

function readStatusLine(source: Octets, start: number, end: number): Result<StartLine, ParseError> {
  const space = source.characters.indexOf(SEPARATOR, start);
  const versionEnd = space < 0 ? end : Math.min(space, end);
  const fault = versionFault(source, start, versionEnd);
  if (fault !== undefined) return err(fault);
  const statusAt = versionEnd + 1;
  const after = statusAt + 3;
  const status = after > end ? undefined : readStatus(source.octets, statusAt);
  // The SP before an empty reason is asked for (§7.2); what leaves it out is understood.
  if (status === undefined || !(after === end || octetAt(source.octets, after) === SPACE)) {
    return err(parseError('start-line', Math.min(statusAt, end), 'the status is not a number from 100 to 699'));
  }
  return ok({ kind: 'response', status, reason: source.slice(after + 1, end) });
}

function readStatus(octets: Buffer, at: number): number | undefined {
  let status = 0;
  for (let digit = at; digit < at + 3; digit += 1) {
    const code = octetAt(octets, digit);
    if (!isDigitCode(code)) return undefined;
    status = status * 10 + code - 0x30;
  }
  return status >= 100 && status < 700 ? status : undefined;
}

function readRequestLine(source: Octets, start: number, end: number): Result<StartLine, ParseError> {
  const scanner = new Scanner(source, start, end);
  const method = scanner.token();
  if (method === '' || scanner.code !== SPACE) return err(parseError('start-line', start, 'no method'));
  const uriAt = scanner.at + 1;
  const last = source.characters.lastIndexOf(SEPARATOR, end);
  const requestUri = source.slice(uriAt, last);
  const fault = versionFault(source, last + 1, end) ?? uriFault(requestUri, uriAt);
  return ok({ kind: 'request', method, requestUri, fault });
}

/** §7.1: no LWS in the Request-URI, no `<>` around it, single SP between. */
function uriFault(uri: string, at: number): ParseError | undefined {
  if (uri === '' || hasSpaceOrControl(uri)) return parseError('start-line', at, 'white space in the Request-URI');
  if (uri.indexOf(':') <= 0 || uri.startsWith('<')) return parseError('start-line', at, 'no URI for Request-URI');
  return undefined;
}

/**
 * §7.1: SIP/2.0, in whatever case. Another version is to be answered with 505 (§21.5.6); what is no version at all
 * makes no start line.
 */
function versionFault(source: Octets, start: number, end: number): ParseError | undefined {
  if (end - start === VERSION.length && source.characters.startsWith(VERSION, start)) return undefined;
  const version = source.slice(start, end).toUpperCase();
  if (version === VERSION) return undefined;
  return /^SIP\/\d+\.\d+$/.test(version)
    ? parseError('version', start, 'not SIP/2.0')
    : parseError('start-line', start, 'no SIP version');
}
