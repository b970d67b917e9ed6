// The system's DNS servers: /etc/resolv.conf (resolv.conf(5)), read again when it has changed.

import { isIpAddress } from '../../message/index.ts';
import type { DnsServer } from './network.ts';

/** A file as it is now; undefined where it cannot be read. Its version changes when its content does. */
export interface WatchedFile {
  /** Cheap: asked for before every question. */
  version(): string | undefined;
  read(): string | undefined;
}

const DNS_PORT = 53;
/** resolv.conf(5): up to MAXNS are listed; without any, the machine itself is asked. */
const MAXIMUM_NAMESERVERS = 3;
const OWN_MACHINE: DnsServer = { address: '127.0.0.1', port: DNS_PORT };

/** The servers that a resolv.conf names. */
export function parseResolvConf(text: string): readonly DnsServer[] {
  const servers = text.split('\n').flatMap((line) => {
    const [keyword, address] = line.trim().split(/\s+/);
    if (keyword !== 'nameserver' || address === undefined) return [];
    // A link-local address has its interface behind a percent sign.
    return isIpAddress(address.split('%', 1)[0] ?? '') ? [{ address, port: DNS_PORT }] : [];
  });
  return servers.length === 0 ? [OWN_MACHINE] : servers.slice(0, MAXIMUM_NAMESERVERS);
}

/** The names that an /etc/hosts has addresses for (hosts(5)), in lower case. */
export function parseHosts(text: string): ReadonlySet<string> {
  const names = text.split('\n').flatMap((line) => {
    const [address, ...rest] = (line.split('#', 1)[0] ?? '').trim().split(/\s+/);
    return address === undefined || rest.length === 0 ? [] : rest.map((name) => name.toLowerCase());
  });
  return new Set(names);
}

/** What a file says, parsed once for each of its versions. */
export class FileContent<Content> {
  #version: string | undefined;
  #content: Content;

  constructor(
    private readonly file: WatchedFile,
    private readonly parse: (text: string) => Content,
  ) {
    this.#content = parse('');
  }

  /** As of now. While the file cannot be read, as it was: it is being replaced. */
  get current(): Content {
    const version = this.file.version();
    if (version !== undefined && version !== this.#version) {
      const text = this.file.read();
      if (text !== undefined) {
        this.#version = version;
        this.#content = this.parse(text);
      }
    }
    return this.#content;
  }
}
