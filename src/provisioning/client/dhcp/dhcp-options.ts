// What the options of a DHCP answer say of servers that may hold our profile. Pure; whatever a network sends is read
// without harm.

import { bracketHost } from '../../../sip/index.ts';
import type { ServerFound } from '../types.ts';

/** The options of one lease, by their codes, in bytes as on the wire. */
export interface DhcpLease {
  /** For people: `eth0`. */
  readonly where: string;
  readonly v4: ReadonlyMap<number, Buffer>;
  readonly v6: ReadonlyMap<number, Buffer>;
}

const LONGEST_TEXT = 1024;
const MOST_SERVERS = 8;

/**
 * The servers that a lease names, in the order of `wanted`; those of DHCPv6 come where option 120 does, which they are the
 * likes of (RFC 3319).
 * @param wanted codes of DHCPv4
 */
export function serversIn({ where, v4, v6 }: DhcpLease, wanted: readonly number[]): readonly ServerFound[] {
  const found = wanted.flatMap((code) => {
    const own = urisOf(code, v4.get(code)).map((uri) => serverBy(uri, `DHCP option ${code} at ${where}`));
    if (code !== 120) return own;
    const names = sipNames(v6.get(21)).map((uri) => serverBy(uri, `DHCPv6 option 21 at ${where}`));
    const addresses = sipAddresses6(v6.get(22)).map((uri) => serverBy(uri, `DHCPv6 option 22 at ${where}`));
    return [...own, ...names, ...addresses];
  });
  return found.slice(0, MOST_SERVERS);
}

/** The domain of the network that we are in (RFC 2132 §3.17). */
export function localDomainIn({ v4 }: DhcpLease): string | undefined {
  return domainIn(textOf(v4.get(15)));
}

/** The same out of `/etc/resolv.conf`, where the system's DHCP client has left it: the first name of the last word on it. */
export function searchDomainIn(resolverFile: string): string | undefined {
  const lines = resolverFile.matchAll(/^(?:search|domain)[ \t]+([^\s#;]+)/gm);
  return domainIn([...lines].at(-1)?.[1] ?? '');
}

function domainIn(written: string): string | undefined {
  const text = written.toLowerCase().replace(/\.$/, '');
  return isHost(text) && /[a-z]/.test(text) ? text : undefined;
}

/**
 * The domains that may have a service of RFC 6011: those of option 141 and of 58 of DHCPv6; only where there are none, the
 * network's own, or those of the SIP servers of DHCPv6 (§2.1.2).
 */
export function configurationDomains(lease: DhcpLease): readonly { readonly domain: string; readonly by: string }[] {
  const { where, v4, v6 } = lease;
  const named = (data: Buffer | undefined, by: string) =>
    (data === undefined ? [] : readNames(data)).map((domain) => ({ domain, by: `${by} at ${where}` }));
  const own = [...named(v4.get(141), 'DHCP option 141'), ...named(v6.get(58), 'DHCPv6 option 58')];
  if (own.length > 0) return own;
  const local = localDomainIn(lease);
  const network = local === undefined ? [] : [{ domain: local, by: `DHCP option 15 at ${where}` }];
  return [...network, ...named(v6.get(21), 'DHCPv6 option 21')];
}

const serverBy = (uri: string, by: string): ServerFound => ({ from: 'dhcp', uri, by });

function urisOf(code: number, data: Buffer | undefined): readonly string[] {
  if (data === undefined || data.length === 0) return [];
  switch (code) {
    case 43:
      return urisInVendorOption(data);
    case 120:
      return sipServers(data);
    case 141:
      // Domains, of which the DNS knows more: configuration-service.ts.
      return [];
    default:
      return uriOrHost(textOf(data));
  }
}

/** 66, 160 and their like: phones take a URL there, and a host. What a host alone is asked by is HTTPS. */
function uriOrHost(text: string): readonly string[] {
  const uri = uriIn(text);
  if (uri !== undefined) return [uri];
  return isHost(text) ? [`https://${text}/`] : [];
}

/** Those that we can ask: `tftp:` and `ftp:` are not among them. */
function uriIn(text: string): string | undefined {
  return /^(?:https?:\/\/|sips?:)[\x21-\x7e]+$/i.test(text) ? text : undefined;
}

function isHost(text: string): boolean {
  return (
    text.length <= 253 &&
    /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i.test(text)
  );
}

/** 43: what makers like. A URL as it is, or in one of the encapsulated options (RFC 2132 §8.4), whatever its code. */
function urisInVendorOption(data: Buffer): readonly string[] {
  const whole = uriIn(textOf(data));
  if (whole !== undefined) return [whole];
  for (let at = 0; at + 1 < data.length; ) {
    const code = data[at] ?? 0;
    if (code === 255) break;
    if (code === 0) {
      at += 1;
      continue;
    }
    const length = data[at + 1] ?? 0;
    const uri = uriIn(textOf(data.subarray(at + 2, at + 2 + length)));
    if (uri !== undefined) return [uri];
    at += 2 + length;
  }
  return [];
}

/** RFC 3361 §3. */
function sipServers(data: Buffer): readonly string[] {
  if (data[0] === 0) return sipNames(data.subarray(1));
  if (data[0] !== 1 || data.length % 4 !== 1) return [];
  const addresses: string[] = [];
  for (let at = 1; at < data.length; at += 4) addresses.push(`sip:${data.subarray(at, at + 4).join('.')}`);
  return addresses;
}

/** RFC 3319 §3.1. */
function sipNames(data: Buffer | undefined): readonly string[] {
  return data === undefined ? [] : readNames(data).map((name) => `sip:${name}`);
}

/** RFC 3319 §3.2. */
function sipAddresses6(data: Buffer | undefined): readonly string[] {
  if (data === undefined || data.length % 16 !== 0) return [];
  const addresses: string[] = [];
  for (let at = 0; at < data.length; at += 16) {
    const groups: string[] = [];
    for (let group = 0; group < 16; group += 2) groups.push(data.readUInt16BE(at + group).toString(16));
    addresses.push(`sip:${bracketHost(groups.join(':'))}`);
  }
  return addresses;
}

/**
 * Domain names as in DNS (RFC 1035 §3.1), which may point back (§4.1.4); what is no host name ends the list. A pointer
 * leads to what stands before it, so that each name comes to its end.
 */
export function readNames(data: Buffer): readonly string[] {
  const names: string[] = [];
  for (let at = 0; at < data.length && names.length < MOST_SERVERS; ) {
    const read = readName(data, at);
    if (read === undefined || !isHost(read.name)) break;
    names.push(read.name);
    at = read.end;
  }
  return names;
}

function readName(data: Buffer, start: number): { readonly name: string; readonly end: number } | undefined {
  const labels: string[] = [];
  let end: number | undefined;
  let at = start;
  let barrier = start;
  for (;;) {
    const length = data[at];
    if (length === undefined) return undefined;
    if (length === 0) return { name: labels.join('.'), end: end ?? at + 1 };
    if (length >= 0xc0) {
      const target = ((length & 0x3f) << 8) | (data[at + 1] ?? 0xff);
      end ??= at + 2;
      if (target >= barrier) return undefined;
      barrier = target;
      at = target;
    } else {
      if (length > 63 || at + 1 + length > data.length) return undefined;
      labels.push(data.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
  }
}

/** Text to its first zero: some servers end it so. */
function textOf(data: Buffer | undefined): string {
  if (data === undefined) return '';
  const text = data.subarray(0, LONGEST_TEXT).toString('latin1');
  return (text.split('\0', 1)[0] ?? '').trim();
}
