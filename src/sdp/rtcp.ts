// Where RTCP of a line goes: on the port of RTP (RFC 5761), to a stated port and address (RFC 3605), or to the next port; and
// which extended reports are asked for in it (RFC 3611 §5).

import { isIP } from 'node:net';
import { attributeOf } from './audio.ts';
import type { Attribute, MediaDescription, SessionDescription } from './types.ts';

/** Where the peer receives RTCP. The same as where it receives RTP: both share one port. */
export interface RtcpDestination {
  readonly address: string;
  readonly port: number;
}

/** Where a NAT shows our ports: numeric addresses. */
export interface MappedPlace {
  readonly rtp: RtcpDestination;
  /** Undefined: not known. */
  readonly rtcp: RtcpDestination | undefined;
}

export const RTCP_MUX: Attribute = { name: 'rtcp-mux', value: undefined };

/** Where our RTCP is, unless that is the port next to RTP's, as it is without a NAT (RFC 3605 §2.1). */
export function rtcpAttribute(mapped: MappedPlace | undefined): readonly Attribute[] {
  if (mapped?.rtcp === undefined) return [];
  const { rtp, rtcp } = mapped;
  if (rtcp.port === rtp.port + 1 && rtcp.address === rtp.address) return [];
  const network =
    rtcp.address === rtp.address ? '' : ` IN ${rtcp.address.includes(':') ? 'IP6' : 'IP4'} ${rtcp.address}`;
  return [{ name: 'rtcp', value: `${rtcp.port}${network}` }];
}

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

const EXTENDED_REPORTS = 'rtcp-xr';

/** We ask for VoIP metrics: how the peer hears us (RFC 3611 §5.1). */
export const VOIP_METRICS: Attribute = { name: EXTENDED_REPORTS, value: 'voip-metrics' };

/** The extended reports that a line asks for; what stands at the line replaces what stands above (RFC 3611 §5.1). */
function extendedReports(session: SessionDescription, line: MediaDescription): readonly string[] | undefined {
  const has = ({ name }: Attribute): boolean => name === EXTENDED_REPORTS;
  const stated = line.attributes.find(has) ?? session.attributes.find(has);
  return stated && (stated.value ?? '').split(' ');
}

/** Whether the peer asks for VoIP metrics. */
export function asksForMetrics(session: SessionDescription, line: MediaDescription): boolean {
  return extendedReports(session, line)?.includes('voip-metrics') ?? false;
}

/** What our answer says of them: that we want them too, or, to a peer that wants others, that we know of them (§5.2). */
export function answeredReports(session: SessionDescription, line: MediaDescription): readonly Attribute[] {
  if (extendedReports(session, line) === undefined) return [];
  return [asksForMetrics(session, line) ? VOIP_METRICS : { name: EXTENDED_REPORTS, value: '' }];
}
