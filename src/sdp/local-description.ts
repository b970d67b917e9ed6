// What we say of ourselves: the descriptions that we offer and answer with (RFC 3264 §5, §6, §8).

import type { Millis } from '../base/units.ts';
import type { Direction } from './audio.ts';
import {
  type CodecFormat,
  codecTraits,
  type EventFormat,
  eventEncoding,
  isStaticNoise,
  type NoiseFormat,
  noiseEncoding,
  offeredFormats,
} from './codec.ts';
import { type CryptoLine, cryptoAttribute } from './crypto-attribute.ts';
import { dtlsAttributes, type LocalDtls } from './dtls.ts';
import { ICE_LITE, iceAttributes } from './ice.ts';
import { methodsOf, offeredMethod } from './keying.ts';
import type { LocalMedia } from './local-media.ts';
import { protocolOf } from './profile.ts';
import { RTCP_MUX, rtcpAttribute, VOIP_METRICS } from './rtcp.ts';
import type { Attribute, MediaDescription, NetworkAddress, SessionDescription } from './types.ts';

/** The events that we understand: 0–9, *, #, A–D, flash (RFC 4733 §3.2). */
const EVENTS = '0-16';

/** Of a packet, in milliseconds: not worth a word in a description. */
const USUAL_LONGEST = 60;

/** So many suites are offered, 80 octets each: an INVITE with credentials must fit into a datagram (RFC 3261 §18.1.1). */
const OFFERED_SUITES = 2;

/**
 * Makes an offer of one audio line, with the first way to keys: `required` in a secure profile, `optional` in RTP/AVP (RFC
 * 8643 §3.1, which lets every way stand there: with two of them an INVITE is too long for a datagram).
 * @param before what we have said last in this session: its other lines stay, refused (RFC 3264 §8)
 * @throws Error when SRTP is to be offered and there is no key: a fault of the program
 */
export function createOffer(local: LocalMedia, before?: SessionDescription): SessionDescription {
  const demanded = local.srtp === 'required' ? (methodsOf(local)[0] ?? 'sdes') : undefined;
  const protocol = local.protocol ?? protocolOf(local.profile, demanded);
  const method = local.srtp === 'off' ? undefined : offeredMethod(local, protocol);
  const ice = local.ice?.established?.credentials;
  const line = localLine(local, {
    protocol,
    ...offeredFormats(local.codecs, local.telephoneEvent, local.payloadTypes ?? new Map()),
    packetTime: local.packetTime,
    direction: local.direction,
    rtcpMux: true,
    // For a peer that does not share the port (RFC 5761 §5.1.1).
    rtcp: [...rtcpAttribute(local.mapped), VOIP_METRICS],
    crypto: method === 'sdes' ? offeredCrypto(local) : [],
    dtls: method === 'dtls' ? dtlsAttributes(requiredDtls(local)) : [],
    ice: ice === undefined ? [] : iceAttributes(ice, local, false),
  });
  const lines = before?.media ?? [];
  const place = audioPlace(lines);
  const others = lines.map((other, at) => (at === place ? line : refusedLine(other)));
  return localSession(local, place < 0 ? [...others, line] : others, ice === undefined ? [] : ICE_LITE);
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

function requiredDtls({ dtls }: LocalMedia): LocalDtls {
  if (dtls === undefined) throw new Error('DTLS is to be offered without a certificate');
  return dtls;
}

/** What differs between the line of an offer and that of an answer. */
export interface LineParts {
  readonly protocol: string;
  readonly formats: readonly CodecFormat[];
  readonly noises: readonly NoiseFormat[];
  readonly events: readonly EventFormat[];
  readonly packetTime: Millis;
  readonly direction: Direction;
  readonly rtcpMux: boolean;
  readonly rtcp: readonly Attribute[];
  readonly crypto: readonly CryptoLine[];
  readonly dtls: readonly Attribute[];
  readonly ice: readonly Attribute[];
}

/** One audio line of ours. */
export function localLine(local: LocalMedia, parts: LineParts): MediaDescription {
  const attribute = (name: string, value?: string): Attribute => ({ name, value });
  const { formats, noises, events, crypto, rtcpMux } = parts;
  const attributes = formats.flatMap(({ codec, payloadType }) => {
    const { encoding, parameters } = codecTraits(codec);
    const named = attribute('rtpmap', `${payloadType} ${encoding}`);
    return parameters === undefined ? [named] : [named, attribute('fmtp', `${payloadType} ${parameters}`)];
  });
  // What is static needs no line, and an INVITE has to be short.
  for (const noise of noises.filter((format) => !isStaticNoise(format))) {
    attributes.push(attribute('rtpmap', `${noise.payloadType} ${noiseEncoding(noise.clock)}`));
  }
  for (const { clock, payloadType } of events) {
    attributes.push(
      attribute('rtpmap', `${payloadType} ${eventEncoding(clock)}`),
      attribute('fmtp', `${payloadType} ${EVENTS}`),
    );
  }
  attributes.push(...crypto.map(cryptoAttribute), ...parts.dtls, ...parts.ice);
  if (rtcpMux) attributes.push(RTCP_MUX);
  attributes.push(...parts.rtcp);
  attributes.push(...packetTimes(parts), attribute(parts.direction));
  const types = [...formats, ...noises, ...events].map(({ payloadType }) => String(payloadType));
  return {
    ...EMPTY_LINE,
    port: local.mapped?.rtp.port ?? local.port,
    protocol: parts.protocol,
    formats: types,
    attributes,
  };
}

/** What packets are to hold, and may at most where a codec's are shorter than others' (RFC 8866 §6.4, §6.5). */
function packetTimes({ formats, packetTime }: LineParts): readonly Attribute[] {
  const longest = Math.min(...formats.map(({ codec }) => codecTraits(codec).longest));
  const most = longest < USUAL_LONGEST ? [{ name: 'maxptime', value: String(longest) }] : [];
  return [{ name: 'ptime', value: String(Math.min(packetTime, longest)) }, ...most];
}

/** A description of ours around its lines. */
export function localSession(
  local: LocalMedia,
  media: readonly MediaDescription[],
  attributes: readonly Attribute[] = [],
): SessionDescription {
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
    connection: networkAddress(local.mapped?.rtp.address ?? local.address),
    bandwidths: [],
    times: [{ start: '0', stop: '0', repeats: [] }],
    timeZones: undefined,
    key: undefined,
    attributes,
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
