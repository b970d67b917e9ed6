// What an audio line says of a stream: codecs by payload type, digits, packet time, direction, addresses.

import { isIP } from 'node:net';
import { type Millis, millis } from '../base/units.ts';
import type { Attribute, MediaDescription, NetworkAddress, SessionDescription } from './types.ts';

export type Codec = 'PCMA' | 'PCMU';

/** Which way media flows, seen from whoever says it (RFC 8866 §6.7). */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

const DIRECTIONS: readonly Direction[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

/** RFC 3551 §6: payload types that need no rtpmap. */
const STATIC_FORMATS: ReadonlyMap<string, Codec> = new Map([
  ['0', 'PCMU'],
  ['8', 'PCMA'],
]);

export const staticPayloadType = (codec: Codec): number => (codec === 'PCMU' ? 0 : 8);

/** One payload type that can be used. */
export interface CodecFormat {
  readonly codec: Codec;
  readonly payloadType: number;
}

export const attributeOf = (attributes: readonly Attribute[], name: string): string | undefined =>
  attributes.find((attribute) => attribute.name === name)?.value;

/**
 * `name/rate[/channels]` by payload type, in lower case (RFC 8866 §6.6); of two for one type the first counts. Read once
 * a line: to look for each type among the attributes would make a long line cost its square.
 */
function encodingsOf(line: MediaDescription): ReadonlyMap<string, string> {
  const encodings = new Map<string, string>();
  for (const { name, value = '' } of line.attributes) {
    const [, type, encoding] = name === 'rtpmap' ? (/^(\d{1,3})[ \t]+(\S+)/.exec(value) ?? []) : [];
    if (type !== undefined && encoding !== undefined && !encodings.has(type)) {
      encodings.set(type, encoding.toLowerCase());
    }
  }
  return encodings;
}

const isPayloadType = (format: string): boolean => /^\d{1,3}$/.test(format) && Number(format) < 128;

function codecOf(format: string, encoding: string | undefined): Codec | undefined {
  if (encoding === undefined) return STATIC_FORMATS.get(format);
  if (/^pcma\/8000(\/1)?$/.test(encoding)) return 'PCMA';
  return /^pcmu\/8000(\/1)?$/.test(encoding) ? 'PCMU' : undefined;
}

/** The payload types of a line that are G.711, in the line's order (RFC 3264 §5.1: the order is preference). */
export function codecFormats(line: MediaDescription): CodecFormat[] {
  const encodings = encodingsOf(line);
  return line.formats.filter(isPayloadType).flatMap((format) => {
    const codec = codecOf(format, encodings.get(format));
    return codec === undefined ? [] : [{ codec, payloadType: Number(format) }];
  });
}

/** The payload type of digits at 8 kHz (RFC 4733 §2.4.1 with its rtpmap). */
export function eventPayloadType(line: MediaDescription): number | undefined {
  const encodings = encodingsOf(line);
  const isEvent = (format: string): boolean => /^telephone-event\/8000(\/1)?$/.test(encodings.get(format) ?? '');
  const format = line.formats.find((candidate) => isPayloadType(candidate) && isEvent(candidate));
  return format === undefined ? undefined : Number(format);
}

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

/** What G.711 packets may hold here. */
const SHORTEST = 10;
const LONGEST = 60;

/**
 * How much sound a packet to this peer holds: its ptime, else ours; never above its maxptime (RFC 8866 §6.4, §6.5).
 * A whole count of 10 ms between 10 and 60.
 */
export function packetTimeFor(line: MediaDescription, ours: Millis): Millis {
  const wanted = numberOf(line, 'ptime') ?? ours;
  const bound = Math.min(wanted, numberOf(line, 'maxptime') ?? LONGEST, LONGEST);
  return millis(Math.max(SHORTEST, Math.floor(bound / 10) * 10));
}

function numberOf(line: MediaDescription, name: string): number | undefined {
  const number = Number(/^\s*(\d{1,6}(?:\.\d+)?)\s*$/.exec(attributeOf(line.attributes, name) ?? '')?.[1]);
  return number > 0 ? number : undefined;
}
