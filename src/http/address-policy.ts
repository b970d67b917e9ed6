// Which addresses a URL that somebody else has named may lead to: RFC 6890 and its registries. A name is judged by the
// addresses that it resolves to, and the connection goes to the very address that was judged.

import { BlockList, isIP, isIPv6 } from 'node:net';

/** Where an address is, as far as a fetch is concerned. */
export type AddressClass = 'public' | 'private' | 'loopback' | 'link-local' | 'metadata' | 'multicast' | 'unspecified';

type Networks = readonly (readonly [network: string, prefix: number])[];

/** The first that fits counts. */
const CLASSES: readonly (readonly [name: AddressClass, networks: Networks])[] = [
  // What clouds tell their machines, keys included: instance metadata.
  [
    'metadata',
    [
      ['169.254.169.254', 32],
      ['169.254.170.2', 32],
      ['100.100.100.200', 32],
      ['192.0.0.192', 32],
      ['168.63.129.16', 32],
      ['fd00:ec2::254', 128],
      ['fd20:ce::254', 128],
    ],
  ],
  [
    'unspecified',
    [
      ['0.0.0.0', 8],
      ['::', 128],
    ],
  ], // RFC 1122 §3.2.1.3; RFC 4291 §2.5.2
  [
    'loopback',
    [
      ['127.0.0.0', 8],
      ['::1', 128],
    ],
  ],
  [
    'link-local',
    [
      ['169.254.0.0', 16],
      ['fe80::', 10],
    ],
  ], // RFC 3927; RFC 4291 §2.5.6
  [
    'multicast',
    [
      ['224.0.0.0', 3],
      ['ff00::', 8],
    ],
  ], // with what is reserved above it, broadcast included
  [
    'private',
    [
      ['10.0.0.0', 8], // RFC 1918
      ['172.16.0.0', 12],
      ['192.168.0.0', 16],
      ['100.64.0.0', 10], // RFC 6598
      ['198.18.0.0', 15], // RFC 2544
      ['fc00::', 7], // RFC 4193
      ['fec0::', 10],
    ],
  ],
];

const lists = CLASSES.map(([name, networks]) => {
  const list = new BlockList();
  for (const [network, prefix] of networks) list.addSubnet(network, prefix, isIPv6(network) ? 'ipv6' : 'ipv4');
  return { name, list };
});

/** @param address numeric, without a zone */
export function classOf(address: string): AddressClass {
  const inner = embedded(address) ?? address;
  const family = isIPv6(inner) ? 'ipv6' : 'ipv4';
  return lists.find(({ list }) => list.check(inner, family))?.name ?? 'public';
}

/**
 * The IPv4 address that a translator, or the kernel, makes of an IPv6 one: mapped and compatible (RFC 4291 §2.5.5),
 * NAT64 (RFC 6052 §2.1), 6to4 (RFC 3056 §2).
 */
function embedded(address: string): string | undefined {
  if (!isIPv6(address)) return undefined;
  const groups = groupsOf(address);
  const dotted = (high = 0, low = 0): string => [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
  const head = groups
    .slice(0, 6)
    .map((group) => group.toString(16))
    .join(':');
  if (head === '0:0:0:0:0:ffff' || head === '64:ff9b:0:0:0:0') return dotted(groups[6], groups[7]);
  if (head === '0:0:0:0:0:0' && groups[6] !== 0) return dotted(groups[6], groups[7]);
  return groups[0] === 0x2002 ? dotted(groups[1], groups[2]) : undefined;
}

/** The eight groups. The URL parser writes them all in one way (WHATWG URL §3.5), dotted tails included. */
function groupsOf(address: string): readonly number[] {
  const text = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = '', tail] = text.split('::');
  const read = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  if (tail === undefined) return read(head);
  const zeros = 8 - read(head).length - read(tail).length;
  return [...read(head), ...Array.from({ length: zeros }, () => 0), ...read(tail)];
}

/** How far a server may send us on. */
export type RedirectPolicy = 'same-host' | 'private' | 'any';

/** What one fetch may reach. */
export interface AddressPolicy {
  /** Plain HTTP too. */
  readonly http: boolean;
  readonly redirects: RedirectPolicy;
  /**
   * A host that the owner has named. It may be on this machine or link; left out: nothing may. A numeric one stands for
   * its kind: who names 127.0.0.1 means this machine.
   */
  readonly named?: string;
  /** Whether the first address must be of the house: who named the URL could be anybody on the local network. */
  readonly houseOnly?: boolean;
}

/** A hop of a fetch that has been let through. */
export interface Hop {
  readonly url: URL;
  readonly address: string;
}

/** Why an address is not gone to; undefined: it may be. @param before the hop that sent us on */
export function objection(url: URL, address: string, policy: AddressPolicy, before?: Hop): string | undefined {
  const kind = classOf(address);
  if (kind !== 'public' && kind !== 'private' && !isNamed(url, kind, policy.named)) {
    return `${address} is ${DESCRIPTIONS[kind]}`;
  }
  const inside = kind !== 'public';
  if (before === undefined) {
    return policy.houseOnly === true && !inside ? `${address} is not on the local network` : undefined;
  }
  if (policy.redirects === 'any') return undefined;
  const wasInside = classOf(before.address) !== 'public';
  if (inside !== wasInside) return `${address} is ${inside ? 'a private' : 'a public'} address, the server's was not`;
  if (url.hostname === before.url.hostname || (policy.redirects === 'private' && inside)) return undefined;
  return `${url.hostname} is another host`;
}

const DESCRIPTIONS: { readonly [kind in AddressClass]: string } = {
  public: 'a public address',
  private: 'a private address',
  loopback: 'this machine itself',
  'link-local': 'an address of the link alone',
  metadata: 'where a cloud keeps its machines’ keys',
  multicast: 'no address of one host',
  unspecified: 'no address',
};

function isNamed(url: URL, kind: AddressClass, named: string | undefined): boolean {
  if (named === undefined || kind === 'multicast' || kind === 'unspecified') return false;
  if (bare(url.hostname) === bare(named)) return true;
  if (kind === 'metadata') return false;
  const own = bare(named) === 'localhost' ? '127.0.0.1' : bare(named);
  return isIP(own) !== 0 && classOf(own) === kind;
}

const bare = (host: string): string => host.replace(/^\[|\]$/g, '').toLowerCase();
