// Numeric addresses, told apart by family and spelled one way.

import { isIPv6, SocketAddress } from 'node:net';

export type Family = 'IPv4' | 'IPv6';

/** @param address numeric */
export const familyOf = (address: string): Family => (address.includes(':') ? 'IPv6' : 'IPv4');

/** As the system writes it where a datagram came from (RFC 5952): IPv6 can be spelled in many ways. */
export function canonicalAddress(address: string): string {
  return isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}
