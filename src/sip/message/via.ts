// Via: RFC 3261 §20.42, with `rport` of RFC 3581 among the parameters.

import { err, ok, type Result } from '../../base/result.ts';
import { COMMA, codeAt, isSpaceCode } from './characters.ts';
import { formatHostPort, readHostPort } from './host.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { formatParameters, isParseError, lowerCase, parseError, Scanner } from './scanner.ts';
import type { Parameters, ParseError, Protocol, Via } from './types.ts';

const SLASH = 0x2f;

const fault = (offset: number, message: string) => err(parseError('bad-header', offset, message, 'Via'));

const PROTOCOLS: ReadonlyMap<string, Protocol> = new Map([
  ['udp', 'udp'],
  ['tcp', 'tcp'],
  ['tls', 'tls'],
]);

/** Reads one hop; nothing may follow it. Errors: `bad-header`, `too-many-parameters`. */
export function parseVia(text: string): Result<Via, ParseError> {
  const scanner = new Scanner(text);
  const via = readVia(scanner, DEFAULT_LIMITS.parameterCount);
  return via.ok && !scanner.ended ? fault(scanner.at, 'something follows the hop') : via;
}

/** Reads the first hop of a Via header's value; others may follow it behind a comma. */
export function readVia(scanner: Scanner, parameterCount: number): Result<Via, ParseError> {
  scanner.skipSpace();
  const start = scanner.at;
  const protocol = readProtocol(scanner);
  if (protocol === undefined) return fault(start, 'the protocol is not SIP over UDP, TCP or TLS');
  if (!isSpaceCode(scanner.code)) return fault(scanner.at, 'white space is missing before sent-by');
  scanner.skipSpace();
  const hostPort = readHostPort(scanner);
  if (hostPort === undefined) return fault(scanner.at, 'sent-by is malformed');
  const parameters = scanner.parameters(parameterCount);
  if (isParseError(parameters)) return err({ ...parameters, header: 'Via' });
  if (!scanner.ended && scanner.code !== COMMA) return fault(scanner.at, 'something follows the hop');
  const branch = parameters.get('branch');
  if (branch === true || branch === '') return fault(scanner.at, 'branch has no value');
  return ok({ protocol, host: hostPort.host, port: hostPort.port, branch, parameters });
}

/** `SIP / 2.0 / UDP`, with white space around the slashes. */
function readProtocol(scanner: Scanner): Protocol | undefined {
  if (scanner.text.startsWith('SIP/2.0/UDP', scanner.at) && isSpaceCode(codeAt(scanner.text, scanner.at + 11))) {
    scanner.at += 11;
    return 'udp';
  }
  if (lowerCase(scanner.token()) !== 'sip' || !scanner.separator(SLASH)) return undefined;
  // Another version is let pass, so that it can be answered with 505.
  if (scanner.token() === '' || !scanner.separator(SLASH)) return undefined;
  return PROTOCOLS.get(lowerCase(scanner.token()));
}

/** Writes one hop; `branch` stands first, whether or not the parameters have it too. */
export function formatVia(via: {
  readonly protocol: Protocol;
  readonly host: string;
  readonly port: number | undefined;
  readonly branch?: string | undefined;
  readonly parameters?: Parameters;
}): string {
  const others = new Map(via.parameters);
  others.delete('branch');
  const branch = via.branch === undefined ? '' : `;branch=${via.branch}`;
  const sentBy = formatHostPort(via.host, via.port);
  return `SIP/2.0/${via.protocol.toUpperCase()} ${sentBy}${branch}${formatParameters(others)}`;
}
