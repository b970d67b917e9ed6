// What an audio line says of a stream beside its codecs: packet time, direction, addresses.

import { isIP } from 'node:net';
import { type Millis, millis } from '../base/units.ts';
import { type Codec, codecTraits } from './codec.ts';
import type { Attribute, MediaDescription, NetworkAddress, SessionDescription } from './types.ts';

/** Which way media flows, seen from whoever says it (RFC 8866 §6.7). */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

const DIRECTIONS: readonly Direction[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

export const attributeOf = (attributes: readonly Attribute[], name: string): string | undefined =>
  attributes.find((attribute) => attribute.name === name)?.value;

/** The direction that a line states, else that of the session, else sendrecv (RFC 3264 §6.1, RFC 8866 §6.7). */
export function statedDirection(session: SessionDescription, line: MediaDescription): Direction {
  for (const attributes of [line.attributes, session.attributes]) {
    const stated = DIRECTIONS.find((direction) => attributes.some(({ name }) => name === direction));
    if (stated !== undefined) return stated;
  }
  return 'sendrecv';
}

const sends = (direction: Direction): boolean => direction === 'sendrecv' || direction === 'sendonly';
const receives = (direction: Direction): boolean => direction === 'sendrecv' || direction === 'recvonly';

function directionOf(sending: boolean, receiving: boolean): Direction {
  if (sending) return receiving ? 'sendrecv' : 'sendonly';
  return receiving ? 'recvonly' : 'inactive';
}

/** What we answer: what we want, as far as the peer goes along (RFC 3264 §6.1). */
export function answeredDirection(peer: Direction, ours: Direction): Direction {
  return directionOf(sends(ours) && receives(peer), receives(ours) && sends(peer));
}

/**
 * What flows: nothing is sent to an address of zeros, the old way to hold (RFC 3264 §8.4). It changes nothing of what is
 * answered (RFC 6337 §5.4).
 */
export function flowDirection(agreed: Direction, remoteAddress: string): Direction {
  return isUnspecified(remoteAddress) ? directionOf(false, receives(agreed)) : agreed;
}

export const isUnspecified = (address: string): boolean => address === '0.0.0.0' || /^[0:]+$/.test(address);

/** The numeric unicast address of a line; undefined for a name, a multicast group, or none at all. */
export function addressOf(session: SessionDescription, line: MediaDescription): string | undefined {
  const connection: NetworkAddress | undefined = line.connections[0] ?? session.connection;
  if (connection?.networkType !== 'IN') return undefined;
  const family = isIP(connection.address);
  const stated = { IP4: 4, IP6: 6 }[connection.addressType];
  return family !== 0 && family === stated ? connection.address : undefined;
}

const SHORTEST = 10;

/**
 * How much sound a packet to this peer holds: its ptime, else ours; never above its maxptime (RFC 8866 §6.4, §6.5).
 * A whole count of 10 ms between 10 and what the codec allows.
 */
export function packetTimeFor(line: MediaDescription, ours: Millis, codec: Codec): Millis {
  const { longest } = codecTraits(codec);
  const wanted = numberOf(line, 'ptime') ?? ours;
  const bound = Math.min(wanted, numberOf(line, 'maxptime') ?? longest, longest);
  const lengths = codecTraits(codec).lengths?.filter((length) => length <= bound);
  return millis(lengths?.at(-1) ?? Math.max(SHORTEST, Math.floor(bound / 10) * 10));
}

function numberOf(line: MediaDescription, name: string): number | undefined {
  const number = Number(/^\s*(\d{1,6}(?:\.\d+)?)\s*$/.exec(attributeOf(line.attributes, name) ?? '')?.[1]);
  return number > 0 ? number : undefined;
}
