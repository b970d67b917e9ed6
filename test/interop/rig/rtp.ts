// RTP as the wire shows it (RFC 3550 §5.1), G.711 and RFC 4733 digits, with none of the product's own code.

import { hertz } from '../../../src/base/units.ts';
import type { Sound } from '../../support/audio-analysis.ts';
import type { Datagram, Endpoint } from './pcap.ts';

export interface RtpPacket {
  readonly atMs: number;
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Buffer;
}

/** RFC 3551 §6. */
export const PCMU = 0;
export const PCMA = 8;

const RATE = 8000;

/** The datagram as RTP, or undefined: RTCP has payload types 72 to 76 here (RFC 5761 §4). */
export function parseRtp(datagram: Datagram): RtpPacket | undefined {
  const { payload: bytes } = datagram;
  if (bytes.length < 12 || bytes.readUInt8(0) >> 6 !== 2) return undefined;
  const second = bytes.readUInt8(1);
  const payloadType = second & 0x7f;
  if (payloadType >= 72 && payloadType <= 76) return undefined;
  const header = 12 + 4 * (bytes.readUInt8(0) & 0x0f);
  return {
    atMs: datagram.atMs,
    from: datagram.from,
    to: datagram.to,
    payloadType,
    marker: second >= 0x80,
    sequence: bytes.readUInt16BE(2),
    timestamp: bytes.readUInt32BE(4),
    ssrc: bytes.readUInt32BE(8),
    payload: bytes.subarray(header),
  };
}

/** The sound of PCMA and PCMU packets, one after another as they were sent; what is not G.711 is passed over. */
export function decodeG711(packets: readonly Pick<RtpPacket, 'payloadType' | 'payload'>[]): Sound {
  const parts = packets
    .filter((packet) => packet.payloadType === PCMA || packet.payloadType === PCMU)
    .map((packet) => {
      const expand = packet.payloadType === PCMA ? expandALaw : expandMuLaw;
      return Float32Array.from(packet.payload, (byte) => expand(byte) / 32768);
    });
  const samples = new Float32Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    samples.set(part, offset);
    offset += part.length;
  }
  return { rate: hertz(RATE), samples };
}

/** ITU-T G.711 table 1: even bits inverted, sign, segment, step; 13 bits made 16. */
function expandALaw(byte: number): number {
  const code = byte ^ 0x55;
  const segment = (code >> 4) & 7;
  const step = ((code & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return code >= 0x80 ? magnitude : -magnitude;
}

/** ITU-T G.711 table 2: all bits inverted, sign, segment, step; 14 bits made 16. */
function expandMuLaw(byte: number): number {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 0x0f) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84;
  return code >= 0x80 ? -magnitude : magnitude;
}

/** The events of RFC 4733 §2.3 in the packets of one payload type, each once: `0`–`9`, `*`, `#`, `A`–`D`. */
export function readDigits(packets: readonly RtpPacket[]): string {
  const seen = new Set<number>();
  let digits = '';
  for (const packet of packets) {
    if (packet.payload.length < 4 || seen.has(packet.timestamp)) continue;
    seen.add(packet.timestamp);
    digits += '0123456789*#ABCD'[packet.payload.readUInt8(0)] ?? '?';
  }
  return digits;
}
