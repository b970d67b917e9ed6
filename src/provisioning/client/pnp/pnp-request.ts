// What a device asks the group of 224.0.1.75. There is no standard for it: responders of the field know a device by the
// hardware address in the URIs, each by a spelling of its own.

import type { Random } from '../../../base/random.ts';
import { createRequest, formatHostPort, serialize } from '../../../sip/index.ts';
import {
  BARE_URL,
  type DeviceKind,
  EXTERNAL_BODY,
  formatProfileEvent,
  GRANDSTREAM_URL,
  PNP_GROUP,
} from '../../event/index.ts';

/** Who asks. */
export interface PnpDevice extends DeviceKind {
  /** Twelve lower-case hexadecimal digits. */
  readonly mac: string;
}

/** One question, and what its answers are known by. */
export interface PnpQuestion {
  readonly callId: string;
  readonly bytes: Buffer;
}

/**
 * Writes a question.
 * @param spelling what stands before the hardware address
 * @param local where we are heard
 */
export function writeQuestion(
  device: PnpDevice,
  spelling: string,
  local: { readonly address: string; readonly port: number },
  random: Random,
): PnpQuestion {
  const user = `${spelling}${device.mac}`;
  const uri = `sip:${user}@${PNP_GROUP}`;
  const place = formatHostPort(local.address, local.port);
  const callId = `${random.hex(12)}@${local.address}`;
  const request = createRequest({
    method: 'SUBSCRIBE',
    requestUri: uri,
    headers: [
      ['Via', `SIP/2.0/UDP ${place};branch=z9hG4bK${random.hex(8)};rport`],
      ['Max-Forwards', '70'],
      ['From', `<${uri}>;tag=${random.hex(6)}`],
      ['To', `<${uri}>`],
      ['Call-ID', callId],
      ['CSeq', '1 SUBSCRIBE'],
      ['Contact', `<sip:${user}@${place}>`],
      ['Event', formatProfileEvent({ ...device, type: 'device' }, true)],
      ['Expires', '0'],
      ['Accept', `${BARE_URL}, ${GRANDSTREAM_URL}, ${EXTERNAL_BODY}`],
      ['User-Agent', `${device.vendor} ${device.model} ${device.version} ${device.mac}`],
    ],
  });
  return { callId, bytes: serialize(request) };
}
