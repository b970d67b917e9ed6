// Via: RFC 3261 §20.42, with `rport` of RFC 3581 among the parameters.

import { err, ok, type Result } from '../../base/result.ts';
import { COMMA, isSpaceCode } from './characters.ts';
import { formatHostPort, isIpAddress, readHostPort } from './host.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { formatParameters, NO_PARAMETERS, readParameters } from './parameters.ts';
import { lowerCase, parseError, Scanner } from './scanner.ts';
import type { Parameters, ParseError, Protocol, Via } from './types.ts';

const SLASH = 0x2f;

const fault = (offset: number, message: string) => err(parseError('bad-header', offset, message, 'Via'));

/** How nearly all write it, with the space that ends it: spares three tokens. */
const USUAL_PROTOCOL = 'SIP/2.0/UDP ';

const PROTOCOLS: ReadonlyMap<string, Protocol> = new Map([
  ['udp', 'udp'],
  ['tcp', 'tcp'],
  ['tls', 'tls'],
]);

/** Reads one hop; nothing may follow it. Errors: `bad-header`, `too-many-parameters`. */
export function parseVia(text: string): Result<Via, ParseError> {
  const scanner = Scanner.of(text);
  const via = readVia(scanner, DEFAULT_LIMITS.parameterCount);
  return via.ok && !scanner.ended ? fault(scanner.at, 'something follows the hop') : via;
}

/** Reads the first hop of a Via header's value; others may follow it behind a comma. */
export function readVia(scanner: Scanner, parameterCount: number): Result<Via, ParseError> {
  scanner.skipSpace();
  const start = scanner.at;
  const protocol = readProtocol(scanner);
  if (protocol === undefined) return fault(start, 'it does not begin with SIP over UDP, TCP or TLS and white space');
  const hostPort = readHostPort(scanner);
  if (hostPort === undefined) return fault(scanner.at, 'sent-by is malformed');
  const parameters = readParameters(scanner, parameterCount, 'branch');
  if (!parameters.ok) return err({ ...parameters.error, header: 'Via' });
  if (!scanner.ended && scanner.code !== COMMA) return fault(scanner.at, 'something follows the hop');
  const branch = parameters.value.get('branch');
  if (branch === true || branch === '') return fault(scanner.at, 'branch has no value');
  return ok({ protocol, host: hostPort.host, port: hostPort.port, branch, parameters: parameters.value });
}

/** `SIP / 2.0 / UDP LWS`, with white space around the slashes. */
function readProtocol(scanner: Scanner): Protocol | undefined {
  let protocol: Protocol | undefined = 'udp';
  if (!scanner.skipText(USUAL_PROTOCOL)) {
    if (lowerCase(scanner.token()) !== 'sip' || !scanner.separator(SLASH)) return undefined;
    // Another version is let pass, so that it can be answered with 505.
    if (scanner.token() === '' || !scanner.separator(SLASH)) return undefined;
    protocol = PROTOCOLS.get(lowerCase(scanner.token()));
    if (!isSpaceCode(scanner.code)) return undefined;
  }
  scanner.skipSpace();
  return protocol;
}

/** The address in `received`, which half of the field writes in brackets (RFC 5118 §4.5); undefined where there is none. */
export function receivedAddress(via: Via): string | undefined {
  const received = via.parameters.get('received');
  if (typeof received !== 'string') return undefined;
  const address = received.startsWith('[') && received.endsWith(']') ? received.slice(1, -1) : received;
  return isIpAddress(address) ? lowerCase(address) : undefined;
}

/** Writes one hop; `branch` stands first, whether or not the parameters have it too. */
export function formatVia(via: {
  readonly protocol: Protocol;
  readonly host: string;
  readonly port: number | undefined;
  readonly branch?: string | undefined;
  readonly parameters?: Parameters;
}): string {
  const protocol = via.protocol.toUpperCase();
  const sentBy = formatHostPort(via.host, via.port);
  const branch = via.branch === undefined ? '' : `;branch=${via.branch}`;
  return `SIP/2.0/${protocol} ${sentBy}${branch}${formatParameters(via.parameters ?? NO_PARAMETERS, 'branch')}`;
}
