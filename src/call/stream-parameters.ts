// What offer and answer have come to, as the engine takes it.

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
    eventPayloadType: agreed.eventPayloadType,
    localEventPayloadType: agreed.localEventPayloadType,
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

function srtpOf(suite: AgreedMedia['suite'], key: Secret | undefined): SrtpParameters | undefined {
  return suite === undefined || key === undefined ? undefined : { suite, key };
}
