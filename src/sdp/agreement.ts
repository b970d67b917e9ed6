// What a line of the peer's, once it is accepted, comes to for the stream.

import type { Secret } from '../base/secret.ts';
import type { Millis } from '../base/units.ts';
import {
  addressOf,
  answeredDirection,
  type Direction,
  flowDirection,
  packetTimeFor,
  statedDirection,
} from './audio.ts';
import {
  boundTypes,
  type Codec,
  type CodecFormat,
  codecFormats,
  type EventFormat,
  eventFormatFor,
  eventFormats,
  type NoiseFormat,
  noiseFormatFor,
  noiseFormats,
  type PayloadTypes,
  wishesFor,
} from './codec.ts';
import type { NamedKey } from './crypto-attribute.ts';
import type { CryptoSuite } from './crypto-suite.ts';
import type { AgreedDtls } from './dtls.ts';
import type { AgreedIce } from './ice.ts';
import { isEncrypted, type Keying } from './keying.ts';
import type { LocalMedia } from './local-media.ts';
import { asksForMetrics, rtcpDestination, sharesPort } from './rtcp.ts';
import type { Attribute, MediaDescription, SessionDescription } from './types.ts';

/** What offer and answer come to. */
export interface AgreedMedia {
  /** Where we receive, as our description of it said. */
  readonly local: { readonly address: string; readonly port: number };
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The same as for RTP, with the same port: both share it (RFC 5761). */
  readonly remoteRtcpAddress: string;
  readonly remoteRtcpPort: number;
  /** The profile of the line that was offered. */
  readonly protocol: string;
  readonly codec: Codec;
  readonly payloadType: number;
  /** The peer takes copies of what may be lost; undefined: the codec has none. */
  readonly copies?: boolean | undefined;
  /** The peer wants to be told how we hear it (RFC 3611 §5.2). */
  readonly voipMetrics?: boolean | undefined;
  /** Bits a second that the peer wants at most, where that can be chosen. */
  readonly bitRate?: number | undefined;
  /** The peer wants packets of one length. */
  readonly constantBitRate?: boolean | undefined;
  /** The sampling rate that it can play, in Hz, where that is less than we have. */
  readonly playbackRate?: number | undefined;
  /** It wants the codec to leave out pauses. */
  readonly takesPauses?: boolean | undefined;
  /** Payload type of comfort noise that we may send (RFC 3389 §5.1); undefined: the peer takes none. */
  readonly noisePayloadType?: number | undefined;
  /** Payload type of digits that we send; undefined: none are sent as RTP. */
  readonly eventPayloadType: number | undefined;
  /** The clock of their durations; undefined with the type. */
  readonly eventClock?: number | undefined;
  /** Payload type of digits that we receive: the one that we have named (RFC 3264 §5.1). */
  readonly localEventPayloadType: number | undefined;
  /** What else the peer may send: all that an offer of ours has named (RFC 3264 §7). */
  readonly localFormats?: readonly CodecFormat[] | undefined;
  readonly localEvents?: readonly EventFormat[] | undefined;
  readonly localNoises?: readonly NoiseFormat[] | undefined;
  /** The numbers that the session's latest offer has bound; undefined: none. */
  readonly payloadTypes?: PayloadTypes | undefined;
  /** Of the packets that we send. */
  readonly packetTime: Millis;
  /** Seen from us. */
  readonly direction: Direction;
  /** Of both directions, by SDES; undefined: plain RTP, or keys by DTLS. */
  readonly suite: CryptoSuite | undefined;
  /** Base64 of SRTP master key and salt, as the suite wants them: ours … */
  readonly sendKey: Secret | undefined;
  /** … and the peer's. */
  readonly receiveKey: Secret | undefined;
  /** All of the peer's, where its packets name them; undefined: they do not. */
  readonly receiveKeys?: readonly NamedKey[] | undefined;
  /** Packets that may be protected with the one key, where the peer says; of several each has its own. */
  readonly receiveLifetime?: number | undefined;
  /** A handshake on the media ports brings the keys. */
  readonly dtls: AgreedDtls | undefined;
  readonly ice: AgreedIce | undefined;
  readonly encrypted: boolean;
}

/** What the parts of an accepted line are. */
export interface AcceptedLine {
  readonly format: CodecFormat;
  readonly address: string;
  readonly keying: Keying;
  readonly ice: AgreedIce | undefined;
  /** What the answer says of ICE. */
  readonly iceAttributes: readonly Attribute[];
}

/** What an accepted line comes to, and what our answer to it says where that differs. */
export interface Agreement {
  readonly agreed: AgreedMedia;
  readonly answeredDirection: Direction;
}

/** The address that media go to; one of another family than ours cannot be reached from our socket. */
export function reachableAddress(
  session: SessionDescription,
  line: MediaDescription,
  local: LocalMedia,
): string | undefined {
  const address = addressOf(session, line);
  return address !== undefined && address.includes(':') === local.address.includes(':') ? address : undefined;
}

/**
 * Takes from an accepted line what the stream needs.
 * @param offered our own line, where `line` is the answer to it
 */
export function agree(
  session: SessionDescription,
  line: MediaDescription,
  local: LocalMedia,
  { format, address, keying, ice }: AcceptedLine,
  offered?: MediaDescription,
): Agreement {
  const direction = answeredDirection(statedDirection(session, line), local.direction);
  const event = local.telephoneEvent ? eventFormatFor(line, format.codec) : undefined;
  const noise = noiseFormatFor(line, format.codec);
  const bound = boundTypes(offered ?? line);
  const media = { address, port: line.port };
  const shared =
    sharesPort(line, [format.payloadType, noise?.payloadType, event?.payloadType]) &&
    (offered === undefined || sharesPort(offered, []));
  const rtcp = shared ? media : rtcpDestination(line, media);
  const agreed = {
    local: { address: local.address, port: local.port },
    remoteAddress: address,
    remotePort: line.port,
    remoteRtcpAddress: rtcp.address,
    remoteRtcpPort: rtcp.port,
    protocol: (offered ?? line).protocol,
    codec: format.codec,
    payloadType: format.payloadType,
    voipMetrics: asksForMetrics(session, line),
    ...wishesFor(line, format),
    noisePayloadType: noise?.payloadType,
    eventPayloadType: event?.payloadType,
    eventClock: event?.clock,
    localEventPayloadType: (offered === undefined ? event : eventFormatFor(offered, format.codec))?.payloadType,
    localFormats: offered && codecFormats(offered),
    localEvents: offered && eventFormats(offered),
    localNoises: offered === undefined ? noise && [noise] : noiseFormats(offered),
    payloadTypes: bound.size === 0 ? undefined : bound,
    packetTime: packetTimeFor(line, local.packetTime, format.codec),
    direction: flowDirection(direction, address),
    suite: keying.keys?.receive.suite,
    sendKey: keying.keys?.send.key,
    receiveKey: keying.keys?.receive.key,
    receiveKeys: keying.keys?.receive.named,
    receiveLifetime: keying.keys?.receive.lifetime,
    dtls: keying.dtls,
    ice,
    encrypted: isEncrypted(keying),
  };
  return { agreed, answeredDirection: direction };
}
