// Hosts: names, IPv4, IPv6 (RFC 3261 §25.1 with the corrected grammar of RFC 5954).

import { COLON, codeAt, isDigitCode, isHostCode } from './characters.ts';
import { octetAt } from './octets.ts';
import { lowerCase, type Scanner } from './scanner.ts';

const LEFT_BRACKET = 0x5b;
const DOT = 0x2e;
const PORT_MAXIMUM = 65_535;
/** The longest text of an IPv6 address: six groups, an IPv4 tail. */
const IPV6_LENGTH = 45;

/** By the letter of RFC 3261's grammar a third colon may stand before an IPv4 tail: RFC 5118 §4.10 has it passed over. */
const SURPLUS_COLON = /:::(?=(?:\d{1,3}\.){3}\d{1,3}$)/;

/** Host and port as `hostport` has them. */
export interface HostPort {
  /** Lower case; IPv6 without brackets. */
  readonly host: string;
  readonly port: number | undefined;
}

/** The 32 bits of a dotted IPv4 address, no leading zeros (RFC 5954 §4.1); undefined when it is none. */
function ipv4Bits(text: string): number | undefined {
  let bits = 0;
  let dots = 0;
  let octet = -1;
  for (let at = 0; at < text.length; at += 1) {
    const code = codeAt(text, at);
    if (code === DOT) {
      if (octet < 0) return undefined;
      bits = bits * 256 + octet;
      dots += 1;
      octet = -1;
    } else {
      if (!isDigitCode(code) || octet === 0) return undefined;
      octet = Math.max(octet, 0) * 10 + code - 0x30;
      if (octet > 255) return undefined;
    }
  }
  return dots === 3 && octet >= 0 ? bits * 256 + octet : undefined;
}

/** The eight groups of an IPv6 address (RFC 5954 §4.1), IPv4 tail included; undefined when it is none. */
function ipv6Groups(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, at) => hexGroups(half, at === halves.length - 1));
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function hexGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [at, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else {
      const bits = mayEndInIpv4 && at === parts.length - 1 ? ipv4Bits(part) : undefined;
      if (bits === undefined) return undefined;
      groups.push(Math.floor(bits / 65_536), bits % 65_536);
    }
  }
  return groups;
}

export const isIpv4 = (text: string): boolean => ipv4Bits(text) !== undefined;
/** @param text without brackets */
export const isIpv6 = (text: string): boolean => text.length <= IPV6_LENGTH && ipv6Groups(text) !== undefined;
export const isIpAddress = (text: string): boolean => isIpv4(text) || isIpv6(text);

/** The 4 or 16 octets of an address; undefined when it is none. */
export function addressOctets(text: string): Buffer | undefined {
  const bits = ipv4Bits(text);
  const groups = bits === undefined && text.length <= IPV6_LENGTH ? ipv6Groups(text) : undefined;
  const words = bits === undefined ? groups : [Math.floor(bits / 65_536), bits % 65_536];
  return words === undefined ? undefined : Buffer.from(words.flatMap((word) => [word >> 8, word & 0xff]));
}

/** Whether two hosts are the same: names without case, addresses by their bits (RFC 5954 §4.2). */
export function hostsEqual(one: string, other: string): boolean {
  if (lowerCase(one) === lowerCase(other)) return true;
  if (!one.includes(':') || !other.includes(':')) return false;
  const [left, right] = [ipv6Groups(one), ipv6Groups(other)];
  return left !== undefined && right !== undefined && left.every((group, at) => group === right[at]);
}

/** A host as a URI or a Via wants it: brackets around IPv6. */
export const bracketHost = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** `host`, `host:port`, `[address]:port` */
export function formatHostPort(host: string, port: number | undefined): string {
  return port === undefined ? bracketHost(host) : `${bracketHost(host)}:${port}`;
}

/** Reads `host [ ":" port ]` at the scanner's position, with white space around the colon (§20.42). */
export function readHostPort(scanner: Scanner): HostPort | undefined {
  const host = scanner.code === LEFT_BRACKET ? readIpv6Reference(scanner) : readHostName(scanner);
  if (host === undefined) return undefined;
  const end = scanner.at;
  if (!scanner.separator(COLON)) {
    scanner.at = end;
    return { host, port: undefined };
  }
  const port = readPort(scanner);
  return port === undefined ? undefined : { host, port };
}

function readIpv6Reference(scanner: Scanner): string | undefined {
  const start = scanner.at + 1;
  const end = scanner.source.characters.indexOf(']', start);
  if (end < 0 || end >= scanner.end || end - start > IPV6_LENGTH) return undefined;
  const address = scanner.source.slice(start, end).replace(SURPLUS_COLON, '::');
  if (!isIpv6(address)) return undefined;
  scanner.at = end + 1;
  return lowerCase(address);
}

function readHostName(scanner: Scanner): string | undefined {
  const { octets } = scanner.source;
  const start = scanner.at;
  let at = start;
  let code = octetAt(octets, at);
  while (isDigitCode(code) || code === DOT) {
    at += 1;
    code = octetAt(octets, at);
  }
  const numeric = !isHostCode(code);
  while (isHostCode(code)) {
    at += 1;
    code = octetAt(octets, at);
  }
  if (at === start) return undefined;
  const host = scanner.source.slice(start, at);
  // A name's last label begins with a letter: what is all digits and dots can only be an address (RFC 5954 §4.1).
  if (numeric && !isIpv4(host)) return undefined;
  scanner.at = at;
  return numeric ? host : lowerCase(host);
}

function readPort(scanner: Scanner): number | undefined {
  const port = scanner.digits(PORT_MAXIMUM);
  return port === 0 || (port !== undefined && port > PORT_MAXIMUM) ? undefined : port;
}
