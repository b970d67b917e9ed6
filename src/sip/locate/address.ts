// Numeric addresses, told apart by family and spelled one way.

import { SocketAddress } from 'node:net';
import { isIpv6 } from '../message/index.ts';

export type Family = 'IPv4' | 'IPv6';

/** @param address numeric */
export const familyOf = (address: string): Family => (address.includes(':') ? 'IPv6' : 'IPv4');

/**
 * As the system writes it where a datagram came from (RFC 5952): IPv6 can be spelled in many ways. Node's own isIPv6 is a
 * regular expression that V8 compiles for 12 ms at its first use, and again when it was forgotten: a press would wait for it.
 */
export function canonicalAddress(address: string): string {
  return isIpv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}
