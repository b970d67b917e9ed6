// Where RTCP of a line goes: on the port of RTP (RFC 5761), to a stated port and address (RFC 3605), or to the next port.

import { isIP } from 'node:net';
import { attributeOf } from './audio.ts';
import type { Attribute, MediaDescription } from './types.ts';

/** Where the peer receives RTCP. The same as where it receives RTP: both share one port. */
export interface RtcpDestination {
  readonly address: string;
  readonly port: number;
}

export const RTCP_MUX: Attribute = { name: 'rtcp-mux', value: undefined };

/** RFC 5761 §4: payload types that could be taken for RTCP's packet types. */
const isAmbiguous = (payloadType: number | undefined): boolean =>
  payloadType !== undefined && payloadType >= 64 && payloadType <= 95;

/** Whether a line asks to share one port (RFC 5761 §5.1.1), and the payload types that are used let it. */
export function sharesPort(line: MediaDescription, payloadTypes: readonly (number | undefined)[]): boolean {
  return line.attributes.some(({ name }) => name === RTCP_MUX.name) && !payloadTypes.some(isAmbiguous);
}

/** Where RTCP goes without RFC 5761. An address that cannot be reached from ours is passed over, with its port. */
export function rtcpDestination(line: MediaDescription, media: RtcpDestination): RtcpDestination {
  const next = { address: media.address, port: Math.min(media.port + 1, 65_535) };
  const [port = '', network, family, address, ...rest] = (attributeOf(line.attributes, 'rtcp') ?? '')
    .trim()
    .split(/[ \t]+/);
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) return next;
  if (network === undefined) return { address: media.address, port: Number(port) };
  const stated = { IP4: 4, IP6: 6 }[family ?? ''];
  const usable = network === 'IN' && rest.length === 0 && address !== undefined && isIP(address) === stated;
  return usable && stated === isIP(media.address) ? { address, port: Number(port) } : next;
}
