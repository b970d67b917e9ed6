// Names to addresses, as the system knows them (its DNS, /etc/hosts, mDNS where it is set up), and the DNS servers that
// it asks.

import { lookup } from 'node:dns/promises';
import { readFileSync, statSync } from 'node:fs';
import {
  type DnsOptions,
  type DnsServer,
  FileContent,
  NodeDnsNetwork,
  parseHosts,
  parseResolvConf,
  type WatchedFile,
} from '../sip/index.ts';

/** The addresses of a host, IPv4 first. @throws Error of node:dns when there are none. */
export async function resolveHost(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true, order: 'ipv4first' });
  return found.map(({ address }) => address);
}

/**
 * How the SIP agent asks the DNS.
 * @param configured `sip.resolvers` as of now; undefined: the system's servers
 */
export function systemDns(configured: () => readonly DnsServer[] | undefined): DnsOptions {
  const resolvConf = new FileContent(fileAt('/etc/resolv.conf'), parseResolvConf);
  const hosts = new FileContent(fileAt('/etc/hosts'), parseHosts);
  return {
    network: new NodeDnsNetwork(),
    servers: () => configured() ?? resolvConf.current,
    hosts: () => hosts.current,
  };
}

function fileAt(path: string): WatchedFile {
  return {
    version: () => {
      const found = statSync(path, { throwIfNoEntry: false });
      return found === undefined ? undefined : `${found.ino} ${found.size} ${found.mtimeMs}`;
    },
    read: () => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return undefined;
      }
    },
  };
}
