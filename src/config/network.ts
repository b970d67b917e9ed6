// Addresses as a file writes them: listen addresses, DNS servers, networks, host names.

import { isIP, isIPv4 } from 'node:net';
import { nearestName } from '../base/nearest-name.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type Complaint, complaint } from './complaint.ts';
import type { AcceptRule, ListenAddress, ListenTransport, StunServer } from './types.ts';

const TRANSPORTS: readonly ListenTransport[] = ['udp', 'tcp', 'tls'];

/** What an editor can check before we do. */
export const LISTEN_PATTERN = '^(udp|tcp|tls):(\\[[0-9a-fA-F:.]+\\]|[0-9.]+):[0-9]{1,5}$';

/** A decimal port, `lowest` to 65535; undefined when it is none. */
export function parsePort(text: string, lowest = 1): number | undefined {
  if (!/^[0-9]{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port >= lowest && port <= 65_535 ? port : undefined;
}

/** RFC 3261 §25.1 hostname: labels of letters, digits and hyphens, the last not all digits; at most 253 characters. */
export function isHostName(text: string): boolean {
  const labels = text.replace(/\.$/, '').split('.');
  const last = labels.at(-1) ?? '';
  return (
    text.length <= 253 &&
    labels.every((label) => /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label)) &&
    !/^[0-9]+$/.test(last)
  );
}

/** Splits `host:port` or `[v6]:port`; the host without brackets. */
function splitHostPort(text: string): { host: string; port: string | undefined; bracketed: boolean } {
  const [, inside, portOfBracketed] = /^\[([^\]]*)\](?::(.*))?$/.exec(text) ?? [];
  if (inside !== undefined) return { host: inside, port: portOfBracketed, bracketed: true };
  const colon = text.lastIndexOf(':');
  return colon < 0
    ? { host: text, port: undefined, bracketed: false }
    : { host: text.slice(0, colon), port: text.slice(colon + 1), bracketed: false };
}

/** An IP address with its port; IPv6 in brackets. */
export function parseAddressPort(
  text: string,
  options: { readonly lowestPort: number; readonly example: string },
): Result<{ address: string; port: number }, Complaint> {
  const { host, port, bracketed } = splitHostPort(text);
  const mend = `write ${options.example}`;
  if (isIP(host) === 0) return err(complaint('has no IP address', mend));
  if (!bracketed && !isIPv4(host))
    return err(complaint('has an IPv6 address without brackets', `${mend} or [::]:port`));
  if (port === undefined) return err(complaint('has no port', mend));
  const number = parsePort(port, options.lowestPort);
  if (number === undefined) return err(complaint(`has a port that is not ${options.lowestPort} to 65535`, mend));
  return ok({ address: host, port: number });
}

/** `udp:0.0.0.0:5060`, `tls:[::]:5061`. */
export function parseListenAddress(text: string): Result<ListenAddress, Complaint> {
  const colon = text.indexOf(':');
  const transport = TRANSPORTS.find((name) => name === text.slice(0, Math.max(0, colon)));
  if (transport === undefined) {
    return err(complaint('does not begin with a transport', 'write udp:0.0.0.0:5060 (or tcp:…, tls:…)'));
  }
  const example = `${transport}:0.0.0.0:${transport === 'tls' ? 5061 : 5060}`;
  const address = parseAddressPort(text.slice(colon + 1), { lowestPort: 0, example });
  return address.ok ? ok({ transport, ...address.value }) : address;
}

/** `stun.example.com`, `192.0.2.7:3478`, `[2001:db8::7]:3478`, with or without the scheme of RFC 7064. */
export function parseStunServer(text: string): Result<StunServer, Complaint> {
  const mend = 'write stun.example.com or 192.0.2.7:3478';
  if (/^(?:stuns|turns?):/i.test(text)) return err(complaint('is no plain STUN server', mend));
  const { host, port, bracketed } = splitHostPort(text.replace(/^stun:/i, ''));
  const number = port === undefined ? undefined : parsePort(port);
  if (port !== undefined && number === undefined) return err(complaint('has a port that is not 1 to 65535', mend));
  if (bracketed ? isIP(host) !== 6 : !isIPv4(host) && !isHostName(host)) {
    return err(complaint('is neither the name nor the address of a STUN server', mend));
  }
  return ok({ host: host.toLowerCase(), port: number });
}

/** What a text may name: a place. */
export type AcceptedPlace = Exclude<AcceptRule, { readonly kind: 'credentials' }>;

/** `registrar`, `192.0.2.0/24`, `2001:db8::1`, `phone.example.com`. */
export function parseAcceptRule(text: string): Result<AcceptedPlace, Complaint> {
  if (text === 'registrar') return ok({ kind: 'registrar' });
  const [address = '', prefix, ...rest] = text.split('/');
  if (isIP(address) === 0 || rest.length > 0) return parseAcceptedHost(text);
  const longest = isIPv4(address) ? 32 : 128;
  if (prefix === undefined) return ok({ kind: 'network', address, prefixLength: longest });
  const prefixLength = /^[0-9]{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (!(prefixLength <= longest)) {
    return err(
      complaint(`has a prefix length that is not 0 to ${longest}`, `write ${address}/${isIPv4(address) ? 24 : 64}`),
    );
  }
  return ok({ kind: 'network', address, prefixLength });
}

/** The name of one host: a whole domain cannot be told by its addresses. */
function parseAcceptedHost(text: string): Result<AcceptedPlace, Complaint> {
  const what = 'is neither "registrar" nor a network nor the name of a host';
  if (nearestName(text.slice(0, 64), ['registrar']) !== undefined) return err(complaint(what, 'write registrar'));
  if (text.includes('*')) return err(complaint('has a * in it', 'name each host, or write its network'));
  if (/^sips?:/i.test(text)) return err(complaint('is a SIP address', 'write its host alone'));
  if (isHostName(text)) return ok({ kind: 'host', name: text.toLowerCase().replace(/\.$/, '') });
  return err(complaint(what, 'write registrar, 192.0.2.0/24, 2001:db8::/32 or phone.example.com'));
}
