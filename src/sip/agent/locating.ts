// How the agent finds servers: which transports it can use, and the locator made of what the agent was given.

import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { DnsClient, type DnsNetwork, type DnsServer, Locator, type LocatorOptions, Names } from '../locate/index.ts';
import type { Endpoint, Protocol } from '../message/types.ts';
import type { StreamNetwork } from '../transport/index.ts';

/** Whom to ask about names, as of now: each is called before every question. */
export interface DnsOptions {
  readonly network: DnsNetwork;
  readonly servers: () => readonly DnsServer[];
  /** The names that /etc/hosts has addresses for, in lower case: they are left to the system. */
  readonly hosts: () => ReadonlySet<string>;
}

export interface LocatingOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The system's own lookup. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** Left out: `resolve` is asked for every name. */
  readonly dns?: DnsOptions;
}

/** UDP where we listen to it: it is sent from there. Connections need no more than that there are any. */
export function protocolsOf({ listen, streams }: Listening): readonly Protocol[] {
  const udp = listen.some(({ protocol }) => protocol === 'udp');
  return [...(udp ? (['udp'] as const) : []), ...(streams === undefined ? [] : (['tcp', 'tls'] as const))];
}

interface Listening {
  readonly listen: readonly Endpoint[];
  readonly streams?: StreamNetwork;
}

/** @param transports those of `protocolsOf` */
export function createLocator(
  { clock, random, log, resolve, dns }: LocatingOptions,
  transports: readonly Protocol[],
  agent: Pick<LocatorOptions, 'reaches' | 'changed'>,
): Locator {
  const client = dns === undefined ? undefined : new DnsClient({ clock, random, log, ...dns });
  const names = new Names({ clock, log, dns: client, lookup: resolve, hosts: dns?.hosts ?? noNames });
  return new Locator({ clock, random, log, names, transports, ...agent });
}

const noNames = (): ReadonlySet<string> => new Set();
