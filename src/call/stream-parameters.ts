// What offer and answer have come to, as the engine takes it.

import { isBehindNat } from '../base/address.ts';
import type { Secret } from '../base/secret.ts';
import type { Direction, SrtpParameters, StreamParameters } from '../media/types.ts';
import type { AgreedMedia } from '../sdp/index.ts';

/**
 * @param direction what flows, which may be less than what is agreed
 * @param association the engine's number of the DTLS association; undefined: there is none
 */
export function streamOf(agreed: AgreedMedia, direction: Direction, association: number | undefined): StreamParameters {
  const { suite, sendKey, receiveKey, dtls, ice } = agreed;
  return {
    remoteAddress: agreed.remoteAddress,
    remotePort: agreed.remotePort,
    remoteRtcpAddress: agreed.remoteRtcpAddress,
    remoteRtcpPort: agreed.remoteRtcpPort,
    codec: agreed.codec,
    payloadType: agreed.payloadType,
    formats: agreed.localFormats,
    copies: agreed.copies,
    voipMetrics: agreed.voipMetrics,
    eventPayloadType: agreed.eventPayloadType,
    eventClock: agreed.eventClock,
    localEventPayloadType: agreed.localEventPayloadType,
    eventPayloadTypes: agreed.localEvents?.map(({ payloadType }) => payloadType),
    packetTime: agreed.packetTime,
    direction,
    send: srtpOf(suite, sendKey),
    receive: srtpOf(suite, receiveKey),
    dtls:
      dtls === undefined || association === undefined
        ? undefined
        : { association, role: dtls.role, fingerprints: dtls.fingerprints },
    ice: ice?.credentials,
  };
}

/** Where else the peer may be heard from. @param heardFrom where its signalling comes from */
export function natOf(
  { remoteAddress }: AgreedMedia,
  heardFrom: string | undefined,
): Pick<StreamParameters, 'signallingAddress'> {
  const behindNat = heardFrom !== undefined && isBehindNat(remoteAddress, heardFrom);
  return behindNat ? { signallingAddress: heardFrom } : {};
}

function srtpOf(suite: AgreedMedia['suite'], key: Secret | undefined): SrtpParameters | undefined {
  return suite === undefined || key === undefined ? undefined : { suite, key };
}
