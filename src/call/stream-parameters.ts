// What offer and answer have come to, as the engine takes it.

import { isBehindNat } from '../base/address.ts';
import type { Secret } from '../base/secret.ts';
import type { Direction, SrtpParameters, StreamParameters } from '../media/types.ts';
import type { AgreedMedia } from '../sdp/index.ts';

/** What of an agreement is put into force. */
export interface Enforced {
  /** What flows, which may be less than what is agreed. */
  readonly direction: Direction;
  /** The engine's number of the DTLS association; undefined: there is none. */
  readonly association: number | undefined;
  /** Pauses are not sent where the peer takes comfort noise in their place, or the codec has its own way. */
  readonly leavesOutPauses: boolean;
  readonly playoutDelay: StreamParameters['playoutDelay'];
}

export function streamOf(agreed: AgreedMedia, enforced: Enforced): StreamParameters {
  const { direction, association, leavesOutPauses, playoutDelay } = enforced;
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
    bitRate: agreed.bitRate,
    constantBitRate: agreed.constantBitRate,
    playbackRate: agreed.playbackRate,
    omitsPauses: leavesOutPauses ? agreed.takesPauses : undefined,
    noisePayloadType: leavesOutPauses ? agreed.noisePayloadType : undefined,
    noisePayloadTypes: agreed.localNoises?.map(({ payloadType }) => payloadType),
    eventPayloadType: agreed.eventPayloadType,
    eventClock: agreed.eventClock,
    localEventPayloadType: agreed.localEventPayloadType,
    eventPayloadTypes: agreed.localEvents?.map(({ payloadType }) => payloadType),
    packetTime: agreed.packetTime,
    playoutDelay,
    direction,
    send: srtpOf(suite, sendKey),
    receive: srtpOf(suite, receiveKey, { named: agreed.receiveKeys, lifetime: agreed.receiveLifetime }),
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

function srtpOf(
  suite: AgreedMedia['suite'],
  key: Secret | undefined,
  received?: Pick<SrtpParameters, 'named' | 'lifetime'>,
): SrtpParameters | undefined {
  return suite === undefined || key === undefined ? undefined : { suite, key, ...received };
}
