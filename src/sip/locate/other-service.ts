// The servers of another service than SIP: a numeric host, a host with a port, or what the SRV records of a domain name
// (RFC 2782), and where it has none the host itself at the service's usual port (for STUN RFC 8489 §8.1).

import type { Random } from '../../base/random.ts';
import { isIpAddress } from '../message/index.ts';
import { canonicalAddress, type Family } from './address.ts';
import type { SrvRecord } from './dns/records.ts';
import type { Names } from './names.ts';
import { byPriority, byWeight } from './srv-order.ts';

export interface ServiceQuery {
  /** `_stun._udp` */
  readonly service: string;
  /** A name, or a numeric address. */
  readonly host: string;
  /** Undefined: what SRV records say, else the usual one. */
  readonly port: number | undefined;
  readonly usualPort: number;
}

/** Where one of the servers is. */
export interface ServerPlace {
  readonly address: string;
  readonly port: number;
}

export interface ServiceOptions {
  readonly names: Names;
  readonly random: Random;
  readonly families: readonly Family[];
}

/** No zone makes us ask for hundreds of names. */
const MAXIMUM_SERVERS = 4;

/**
 * Finds the servers, the best first; they are asked for again ahead of their time.
 * @param done called once: before this returns where everything is known; with none where there are none
 */
export function findServers(
  query: ServiceQuery,
  options: ServiceOptions,
  done: (places: readonly ServerPlace[]) => void,
): void {
  const { service, host, port, usualPort } = query;
  if (isIpAddress(host)) {
    done([{ address: canonicalAddress(host), port: port ?? usualPort }]);
  } else if (port !== undefined) {
    findAddresses(host, port, options, done);
  } else {
    options.names.records(`${service}.${host}`, 'SRV', true, ({ items }) => {
      const records = items.filter((record) => record.type === 'SRV');
      if (records.length === 0) findAddresses(host, usualPort, options, done);
      else findTargets(records, options, done);
    });
  }
}

function findAddresses(
  host: string,
  port: number,
  { names, families }: ServiceOptions,
  done: (places: readonly ServerPlace[]) => void,
): void {
  names.addresses(host, { families, ahead: true }, ({ items }) => done(items.map((address) => ({ address, port }))));
}

/** A record for the root, or port 0, is none; where there are no others, the service is decidedly not there. */
function findTargets(
  records: readonly SrvRecord[],
  options: ServiceOptions,
  done: (places: readonly ServerPlace[]) => void,
): void {
  const usable = records.filter(({ target, port }) => target !== '' && port !== 0);
  const ordered = byPriority(usable)
    .flatMap((group) => byWeight(group, options.random))
    .slice(0, MAXIMUM_SERVERS);
  const found: (readonly ServerPlace[])[] = ordered.map(() => []);
  let missing = ordered.length;
  if (missing === 0) done([]);
  for (const [at, { target, port }] of ordered.entries()) {
    findAddresses(target, port, options, (places) => {
      found[at] = places;
      missing -= 1;
      if (missing === 0) done(found.flat());
    });
  }
}
