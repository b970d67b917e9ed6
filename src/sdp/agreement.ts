// What a line of the peer's, once it is accepted, comes to for the stream.

import type { Secret } from '../base/secret.ts';
import type { Millis } from '../base/units.ts';
import {
  addressOf,
  agreedDirection,
  type Codec,
  type CodecFormat,
  type Direction,
  eventPayloadType,
  packetTimeFor,
  rtcpPortOf,
  statedDirection,
} from './audio.ts';
import type { CryptoLine, CryptoSuite } from './crypto-attribute.ts';
import type { LocalMedia } from './local-description.ts';
import type { MediaDescription, SessionDescription } from './types.ts';

/** What offer and answer come to. */
export interface AgreedMedia {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly remoteRtcpPort: number;
  readonly codec: Codec;
  readonly payloadType: number;
  /** Payload type of digits; undefined: none are sent as RTP. */
  readonly eventPayloadType: number | undefined;
  /** Of the packets that we send. */
  readonly packetTime: Millis;
  /** Seen from us. */
  readonly direction: Direction;
  /** Of both directions; undefined: plain RTP. */
  readonly suite: CryptoSuite | undefined;
  /** Base64 of SRTP master key and salt, as the suite wants them: ours … */
  readonly sendKey: Secret | undefined;
  /** … and the peer's. */
  readonly receiveKey: Secret | undefined;
  readonly encrypted: boolean;
}

/**
 * Why there is no agreement:
 * - `bad-offer`, `bad-answer`: against the rules
 * - `no-audio`: no audio line that is switched on, or none of a profile that we speak
 * - `refused`: the answer switched our line off
 * - `unreachable`: no numeric unicast address, or one of another family than ours
 * - `no-common-codec`
 * - `encryption-required`: by us, and the peer has no key that we can use
 * - `encryption-refused`: the peer insists on SRTP, which is off here, or has no key that we can use
 */
export interface Refusal {
  readonly code:
    | 'bad-offer'
    | 'bad-answer'
    | 'no-audio'
    | 'refused'
    | 'unreachable'
    | 'no-common-codec'
    | 'encryption-required'
    | 'encryption-refused';
  /** One sentence, without any key. */
  readonly message: string;
}

/** What the parts of an accepted line are. */
export interface AcceptedLine {
  readonly format: CodecFormat;
  readonly address: string;
  readonly keys: { readonly send: CryptoLine; readonly receive: CryptoLine } | undefined;
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

/** Takes from an accepted line what the stream needs. */
export function agree(
  session: SessionDescription,
  line: MediaDescription,
  local: LocalMedia,
  { format, address, keys }: AcceptedLine,
): AgreedMedia {
  return {
    remoteAddress: address,
    remotePort: line.port,
    remoteRtcpPort: rtcpPortOf(line),
    codec: format.codec,
    payloadType: format.payloadType,
    eventPayloadType: local.telephoneEvent ? eventPayloadType(line) : undefined,
    packetTime: packetTimeFor(line, local.packetTime),
    direction: agreedDirection(statedDirection(session, line), local.direction, address),
    suite: keys?.receive.suite,
    sendKey: keys?.send.key,
    receiveKey: keys?.receive.key,
    encrypted: keys !== undefined,
  };
}
