// Which services a domain offers, by its NAPTR records: RFC 3263 §4.1 with RFC 3403 §4.1.

import type { Protocol } from '../message/types.ts';
import type { NaptrRecord } from './dns/records.ts';
import type { Place } from './place.ts';

/** An SRV name and the transport that its servers are spoken to by. */
export interface Service {
  readonly name: string;
  readonly protocol: Protocol;
}

/** RFC 3263 §9, the registry of service fields; SCTP is left out. */
const PROTOCOLS: ReadonlyMap<string, Protocol> = new Map([
  ['SIP+D2U', 'udp'],
  ['SIP+D2T', 'tcp'],
  ['SIPS+D2T', 'tls'],
]);

/** The services that records name, the one to be used first, as far as they are good for that place and for us. */
export function servicesOf(
  records: readonly NaptrRecord[],
  { secure }: Place,
  able: readonly Protocol[],
): readonly Service[] {
  const sorted = [...records].sort((a, b) => a.order - b.order || a.preference - b.preference);
  return sorted.flatMap(({ flags, services, regexp, replacement }) => {
    const protocol = PROTOCOLS.get(services.toUpperCase());
    // §4.1: for a sips URI nothing but SIPS; an empty regular expression and a replacement that is asked for SRV.
    if (protocol === undefined || !able.includes(protocol) || (secure && protocol !== 'tls')) return [];
    return flags.toUpperCase() === 'S' && regexp === '' && replacement !== '' ? [{ name: replacement, protocol }] : [];
  });
}

/** The SRV name for one transport of a domain (§4.2). */
export function serviceFor(domain: string, protocol: Protocol): Service {
  const labels = { udp: '_sip._udp', tcp: '_sip._tcp', tls: '_sips._tcp' };
  return { name: `${labels[protocol]}.${domain}`, protocol };
}

/**
 * The transports that are tried by SRV where there are no NAPTR records (§4.1): of sips TLS, of sip those in the clear,
 * since `_sips` is asked for only by who wishes for TLS. Who has nothing but TLS does.
 */
export function transportsOf({ secure, transport }: Place, able: readonly Protocol[]): readonly Protocol[] {
  if (transport !== undefined) return [transport];
  if (secure) return ['tls'];
  const clear = able.filter((protocol) => protocol !== 'tls');
  return clear.length > 0 ? clear : able;
}

/** The transport for a numeric host, an explicit port, or a domain without any service record (§4.1): UDP for sip. */
export function transportFor(place: Place, able: readonly Protocol[]): Protocol | undefined {
  const transports = transportsOf(place, able);
  return transports.includes('udp') ? 'udp' : transports[0];
}
