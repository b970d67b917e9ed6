// Names to addresses, as the system knows them (its DNS, /etc/hosts, mDNS where it is set up).

import { lookup } from 'node:dns/promises';

/** The addresses of a host, IPv4 first. @throws Error of node:dns when there are none. */
export async function resolveHost(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true, order: 'ipv4first' });
  return found.map(({ address }) => address);
}
