// What we say of ourselves: the descriptions that we offer and answer with (RFC 3264 §5, §6, §8).

import type { Millis } from '../base/units.ts';
import { type Codec, type CodecFormat, type Direction, staticPayloadType } from './audio.ts';
import { type CryptoLine, cryptoAttribute } from './crypto-attribute.ts';
import { protocolOf, type RtpProfile } from './profile.ts';
import { RTCP_MUX } from './rtcp.ts';
import type { Attribute, MediaDescription, NetworkAddress, SessionDescription } from './types.ts';

/** Whether media are encrypted: never, when the peer can, or else not at all. */
export type SrtpPolicy = 'off' | 'optional' | 'required';

/** What we have to offer, and what we answer with. */
export interface LocalMedia {
  readonly origin: {
    /** Stays the same in every description of a session. */
    readonly sessionId: number;
    /** Grows by one with every description that differs from the one before (RFC 3264 §8). */
    readonly version: number;
    readonly address: string;
  };
  /** Where we receive: numeric. */
  readonly address: string;
  /** RTP; RTCP is the next one. */
  readonly port: number;
  /** In our order of preference. */
  readonly codecs: readonly Codec[];
  readonly telephoneEvent: boolean;
  /** The payload type of digits in our offers: the session's, once there is one (RFC 3264 §8.3.2); 101 by default. */
  readonly eventPayloadType?: number | undefined;
  /** What we send where the peer states nothing, and what we ask for. */
  readonly packetTime: Millis;
  /** What we want to do. */
  readonly direction: Direction;
  readonly srtp: SrtpPolicy;
  readonly profile: RtpProfile;
  /** The profile that the session has already, by its name in m=: later offers keep it. */
  readonly protocol?: string | undefined;
  /** A suite with its key each, in our order of preference. To be there unless `srtp` is `off`. */
  readonly crypto?: readonly CryptoLine[] | undefined;
}

/** Our payload type for digits, and the events that we understand: 0–9, *, #, A–D, flash (RFC 4733 §3.2). */
const EVENT_PAYLOAD_TYPE = 101;
const EVENTS = '0-16';

/** So many suites are offered, 80 octets each: an INVITE with credentials must fit into a datagram (RFC 3261 §18.1.1). */
const OFFERED_SUITES = 2;

/**
 * Makes an offer of one audio line. `required` offers RTP/SAVP, `optional` RTP/AVP with a=crypto (RFC 8643 §3.1).
 * @param before what we have said last in this session: its other lines stay, refused (RFC 3264 §8)
 * @throws Error when SRTP is to be offered and there is no key: a fault of the program
 */
export function createOffer(local: LocalMedia, before?: SessionDescription): SessionDescription {
  const line = localLine(local, {
    protocol: local.protocol ?? protocolOf(local.profile, local.srtp === 'required'),
    formats: local.codecs.map((codec) => ({ codec, payloadType: staticPayloadType(codec) })),
    eventType: local.telephoneEvent ? (local.eventPayloadType ?? EVENT_PAYLOAD_TYPE) : undefined,
    packetTime: local.packetTime,
    direction: local.direction,
    rtcpMux: true,
    crypto: local.srtp === 'off' ? [] : offeredCrypto(local),
  });
  const lines = before?.media ?? [];
  const place = audioPlace(lines);
  const others = lines.map((other, at) => (at === place ? line : refusedLine(other)));
  return localSession(local, place < 0 ? [...others, line] : others);
}

/** Where our audio stands: the line that is on, else the first that could be (RFC 3264 §8.1); -1: there are none. */
function audioPlace(lines: readonly MediaDescription[]): number {
  const inUse = lines.findIndex(({ media, port }) => media === 'audio' && port !== 0);
  return inUse < 0 ? lines.findIndex(({ media }) => media === 'audio') : inUse;
}

function offeredCrypto({ crypto = [] }: LocalMedia): readonly CryptoLine[] {
  if (crypto.length === 0) throw new Error('SRTP is to be offered without a key');
  return crypto.slice(0, OFFERED_SUITES);
}

/** What differs between the line of an offer and that of an answer. */
export interface LineParts {
  readonly protocol: string;
  readonly formats: readonly CodecFormat[];
  readonly eventType: number | undefined;
  readonly packetTime: Millis;
  readonly direction: Direction;
  readonly rtcpMux: boolean;
  readonly crypto: readonly CryptoLine[];
}

/** One audio line of ours. */
export function localLine(local: LocalMedia, parts: LineParts): MediaDescription {
  const attribute = (name: string, value?: string): Attribute => ({ name, value });
  const { formats, eventType, crypto, rtcpMux } = parts;
  const attributes = formats.map(({ codec, payloadType }) => attribute('rtpmap', `${payloadType} ${codec}/8000`));
  if (eventType !== undefined) {
    attributes.push(
      attribute('rtpmap', `${eventType} telephone-event/8000`),
      attribute('fmtp', `${eventType} ${EVENTS}`),
    );
  }
  attributes.push(...crypto.map(cryptoAttribute));
  if (rtcpMux) attributes.push(RTCP_MUX);
  attributes.push(attribute('ptime', String(parts.packetTime)), attribute(parts.direction));
  const types = formats.map(({ payloadType }) => String(payloadType));
  return {
    ...EMPTY_LINE,
    port: local.port,
    protocol: parts.protocol,
    formats: eventType === undefined ? types : [...types, String(eventType)],
    attributes,
  };
}

/** A description of ours around its lines. */
export function localSession(local: LocalMedia, media: readonly MediaDescription[]): SessionDescription {
  const { origin } = local;
  return {
    origin: {
      username: '-',
      sessionId: String(origin.sessionId),
      sessionVersion: String(origin.version),
      ...networkAddress(origin.address),
    },
    sessionName: '-',
    information: undefined,
    uri: undefined,
    emails: [],
    phones: [],
    connection: networkAddress(local.address),
    bandwidths: [],
    times: [{ start: '0', stop: '0', repeats: [] }],
    timeZones: undefined,
    key: undefined,
    attributes: [],
    media,
  };
}

const networkAddress = (address: string): NetworkAddress => ({
  networkType: 'IN',
  addressType: address.includes(':') ? 'IP6' : 'IP4',
  address,
});

/** RFC 3264 §6: the line stays, with port 0; its formats are not looked at, but one must be there. */
export function refusedLine(line: MediaDescription): MediaDescription {
  const { media, protocol, formats } = line;
  return { ...EMPTY_LINE, media, protocol, formats };
}

const EMPTY_LINE: MediaDescription = {
  media: 'audio',
  port: 0,
  portCount: undefined,
  protocol: 'RTP/AVP',
  formats: [],
  information: undefined,
  connections: [],
  bandwidths: [],
  key: undefined,
  attributes: [],
};

/**
 * The next description of a session: its origin is that of the one before, with the version grown by one where
 * anything else differs (RFC 3264 §8).
 */
export function reviseDescription(previous: SessionDescription, next: SessionDescription): SessionDescription {
  const same = { ...next, origin: previous.origin };
  if (JSON.stringify(same) === JSON.stringify(previous)) return same;
  const sessionVersion = (BigInt(previous.origin.sessionVersion) + 1n).toString();
  return { ...next, origin: { ...previous.origin, sessionVersion } };
}
