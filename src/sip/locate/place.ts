// What a SIP URI asks for when its server is to be found: RFC 3263 §4, before anything is looked up.

import { err, ok, type Result } from '../../base/result.ts';
import { isIpAddress, parseUri } from '../message/index.ts';
import type { Protocol, SipUri } from '../message/types.ts';

/** A URI as far as locating is concerned. Two URIs with the same `key` lead to the same servers. */
export interface Place {
  readonly key: string;
  /** TARGET of RFC 3263 §4: `maddr`, else the host. Lower case. */
  readonly target: string;
  readonly numeric: boolean;
  /**
   * The URI's own host: what a server's certificate has to be good for, whatever the DNS made of it (RFC 5922 §4).
   * Undefined where it is numeric.
   */
  readonly domain: string | undefined;
  readonly port: number | undefined;
  /** The transport that the URI prescribes. */
  readonly transport: Protocol | undefined;
  /** sips: TLS and nothing else (RFC 3261 §26.2.2). */
  readonly secure: boolean;
}

/**
 * Reads what a URI asks for.
 * @param able the transports that we have
 * @returns an error is a sentence: no SIP URI, or a transport that is not carried
 */
export function placeOf(uri: string, able: readonly Protocol[]): Result<Place, string> {
  const parsed = parseUri(uri);
  if (!parsed.ok) return err(`${uri} is not a SIP URI`);
  const { host, port, scheme } = parsed.value;
  const secure = scheme === 'sips';
  const transport = transportOf(parsed.value);
  if (!transport.ok) return err(`${uri} asks for ${transport.error}, and that is not carried`);
  const wanted = secure ? 'tls' : transport.value;
  if (wanted !== undefined && !able.includes(wanted)) {
    return err(`${uri} asks for ${wanted.toUpperCase()}, and only ${named(able)} is carried`);
  }
  const target = targetIn(parsed.value);
  const numeric = isIpAddress(target);
  return ok({
    key: `${scheme} ${transport.value ?? ''} ${host} ${target} ${port ?? ''}`,
    target,
    numeric,
    domain: (host === target ? numeric : isIpAddress(host)) ? undefined : host,
    port,
    transport: transport.value,
    secure,
  });
}

/** TARGET of a URI (RFC 3263 §4); undefined where it is no SIP URI. */
export function targetOf(uri: string): string | undefined {
  const parsed = parseUri(uri);
  return parsed.ok ? targetIn(parsed.value) : undefined;
}

/** Whether two URIs lead to one server, as far as they say: by the same transport, to the same port of the same host. */
export function samePlace(one: string, other: string): boolean {
  const [first, second] = [placeOf(one, ALL), placeOf(other, ALL)];
  return first.ok && second.ok && spelledOut(first.value) === spelledOut(second.value);
}

function spelledOut({ target, port, transport, secure }: Place): string {
  const protocol = transport ?? (secure ? 'tls' : 'udp');
  return `${protocol} ${target} ${port ?? defaultPort(protocol)}`;
}

function targetIn({ host, parameters }: SipUri): string {
  const maddr = parameters.get('maddr');
  const target = typeof maddr === 'string' ? maddr.toLowerCase().replace(/^\[(.*)\]$/, '$1') : host;
  return target.replace(/\.$/, '');
}

/** RFC 3261 §19.1.1, §26.2.2: `sips` is TLS over whatever reliable transport is named. The error names another one. */
function transportOf({ scheme, parameters }: SipUri): Result<Protocol | undefined, string> {
  const parameter = parameters.get('transport');
  if (typeof parameter !== 'string') return ok(undefined);
  const transport = parameter.toLowerCase();
  if (scheme === 'sips') return transport === 'tcp' || transport === 'tls' ? ok('tls') : err(transport);
  return transport === 'udp' || transport === 'tcp' || transport === 'tls' ? ok(transport) : err(transport);
}

const named = (able: readonly Protocol[]): string => able.map((protocol) => protocol.toUpperCase()).join(' or ');

const ALL: readonly Protocol[] = ['udp', 'tcp', 'tls'];

/** RFC 3261 §19.1.2, RFC 3263 §4.2. */
export const defaultPort = (protocol: Protocol): number => (protocol === 'tls' ? 5061 : 5060);
