// One RTP session of the engine, by its number in the addon.

import { type Millis, millis } from '../base/units.ts';
import type { EngineHandle, MediaAddon, NativeStreamParameters } from '../native.ts';
import { codecNumbers, formatBytes } from './codec-number.ts';
import { hashNumbers, readStatistics, roleNumbers, STATISTICS_LENGTH } from './layout.ts';
import { callNative } from './native-error.ts';
import type {
  Component,
  Fingerprint,
  MappingAnswer,
  MediaSession,
  SrtpParameters,
  StreamParameters,
  StreamStatistics,
  TransportAddress,
} from './types.ts';

/** `enum component`. */
const componentNumbers = { rtp: 0, rtcp: 1 } as const;

/** Long enough for gateways that want 70 ms and more, short enough for a door code in two seconds. */
const DEFAULT_DIGIT = millis(160);

/** A MediaSession on the addon. Made by NativeEngine alone. */
export class NativeSession implements MediaSession {
  readonly #numbers = new Float64Array(STATISTICS_LENGTH);
  #final: StreamStatistics | undefined;
  #port: number;

  constructor(
    private readonly addon: MediaAddon,
    private readonly engine: EngineHandle,
    readonly id: number,
    port: number,
    private readonly closed: (session: NativeSession) => void,
  ) {
    this.#port = port;
  }

  get localPort(): number {
    return this.#port;
  }

  takePorts(from: MediaSession): void {
    this.#port = callNative(() => this.addon.sessionTakePorts(this.engine, this.id, from.id));
  }

  configure(parameters: StreamParameters): void {
    callNative(() => this.addon.sessionConfigure(this.engine, this.id, toNative(parameters)));
  }

  sendDigits(digits: string, duration: Millis = DEFAULT_DIGIT): void {
    callNative(() => this.addon.sessionDigits(this.engine, this.id, digits, duration));
  }

  askMapping(component: Component, { address, port }: TransportAddress): number {
    const number = componentNumbers[component];
    return callNative(() => this.addon.sessionAskMapping(this.engine, this.id, number, address, port));
  }

  takeMapping(): MappingAnswer | undefined {
    const taken = callNative(() => this.addon.sessionTakeMapping(this.engine, this.id));
    if (taken === undefined) return undefined;
    const [request, address, port] = taken;
    return { request, mapped: port === 0 ? undefined : { address, port } };
  }

  keepMapping(component: Component, { address, port }: TransportAddress): void {
    const number = componentNumbers[component];
    callNative(() => this.addon.sessionKeepMapping(this.engine, this.id, number, address, port));
  }

  endMapping(): void {
    callNative(() => this.addon.sessionEndMapping(this.engine, this.id));
  }

  statistics(): StreamStatistics {
    if (this.#final !== undefined) return this.#final;
    callNative(() => this.addon.sessionStatistics(this.engine, this.id, this.#numbers));
    return readStatistics(this.#numbers);
  }

  close(): StreamStatistics {
    if (this.#final === undefined) {
      callNative(() => this.addon.sessionClose(this.engine, this.id, this.#numbers));
      this.#final = readStatistics(this.#numbers);
      this.closed(this);
    }
    return this.#final;
  }
}

function toNative(parameters: StreamParameters): NativeStreamParameters {
  const { direction, dtls, ice } = parameters;
  return {
    remoteAddress: parameters.remoteAddress,
    remotePort: parameters.remotePort,
    remoteRtcpAddress: parameters.remoteRtcpAddress,
    remoteRtcpPort: parameters.remoteRtcpPort,
    signallingAddress: parameters.signallingAddress,
    codec: codecNumbers[parameters.codec],
    payloadType: parameters.payloadType,
    formats: formatBytes(parameters),
    noisePayloadType: parameters.noisePayloadType ?? 0,
    eventClockHz: parameters.eventClock ?? 0,
    eventPayloadType: parameters.eventPayloadType ?? -1,
    receivedEventPayloadType: parameters.localEventPayloadType ?? -1,
    packetTimeMs: parameters.packetTime,
    corrects: parameters.copies ?? false,
    leastDelayMs: parameters.playoutDelay?.least ?? 0,
    mostDelayMs: parameters.playoutDelay?.most ?? 0,
    tellsQuality: parameters.voipMetrics ?? false,
    mostBits: parameters.bitRate ?? 0,
    mostRateHz: parameters.playbackRate ?? 0,
    constantBits: parameters.constantBitRate ?? false,
    omitsPauses: parameters.omitsPauses ?? false,
    sends: direction === 'sendrecv' || direction === 'sendonly',
    receives: direction === 'sendrecv' || direction === 'recvonly',
    sendSuite: parameters.send?.suite,
    sendKey: keyBytes(parameters.send),
    receiveSuite: parameters.receive?.suite,
    receiveKey: receivedKeyBytes(parameters.receive),
    receiveMki: parameters.receive?.named && Buffer.concat(parameters.receive.named.map(({ mki }) => mki)),
    receiveLifetimes: lifetimeBytes(parameters.receive),
    dtlsAssociation: dtls?.association ?? 0,
    dtlsRole: dtls === undefined ? 0 : roleNumbers[dtls.role],
    dtlsFingerprints: dtls && fingerprintBytes(dtls.fingerprints),
    iceUfrag: ice?.ufrag,
    icePassword: ice?.password.reveal(),
  };
}

/** A value of the wrong length is refused by the addon. */
function fingerprintBytes(fingerprints: readonly Fingerprint[]): Uint8Array {
  return Buffer.concat(fingerprints.flatMap(({ hash, value }) => [Buffer.of(hashNumbers[hash]), value]));
}

/** A key of the wrong length is refused by the addon. */
function keyBytes(parameters: SrtpParameters | undefined): Uint8Array | undefined {
  return parameters === undefined ? undefined : Buffer.from(parameters.key.reveal(), 'base64');
}

function receivedKeyBytes(parameters: SrtpParameters | undefined): Uint8Array | undefined {
  if (parameters?.named === undefined) return keyBytes(parameters);
  return Buffer.concat(parameters.named.map(({ key }) => Buffer.from(key.reveal(), 'base64')));
}

function lifetimeBytes(parameters: SrtpParameters | undefined): Uint8Array | undefined {
  if (parameters === undefined) return undefined;
  const lifetimes = (parameters.named ?? [parameters]).map(({ lifetime }) => lifetime ?? 0);
  const bytes = Buffer.alloc(8 * lifetimes.length);
  for (const [at, lifetime] of lifetimes.entries()) bytes.writeBigUInt64BE(BigInt(lifetime), 8 * at);
  return bytes;
}
