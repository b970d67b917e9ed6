// The addon as plain programs use it: an engine without sound, a stream to a port of this machine.
import { createRequire } from 'node:module';

export const addon = createRequire(import.meta.url)('../../build/doorphone.node');

export function engineOptions(changes = {}) {
  const voice = { echoCancellation: true, noiseSuppression: true, gainControl: true };
  return {
    device: { kind: 'virtual' },
    wideband: false,
    opus: false,
    sessions: 0,
    firstPort: 20600,
    lastPort: 20699,
    speaker: 50,
    microphone: 50,
    voice,
    ...changes,
  };
}

export function openEngine({ wake = () => undefined, ...changes } = {}) {
  return addon.engineCreate(engineOptions(changes), wake);
}

/** PCMA both ways. `keys`: of AES_CM_128_HMAC_SHA1_80, what we send with and what the other side sends with. */
export function streamTo(port, { keys, ...changes } = {}) {
  const suite = keys === undefined ? undefined : 'AES_CM_128_HMAC_SHA1_80';
  return {
    remoteAddress: '127.0.0.1',
    remotePort: port,
    remoteRtcpAddress: '127.0.0.1',
    remoteRtcpPort: port + 1,
    codec: 8,
    payloadType: 8,
    eventPayloadType: 101,
    eventClockHz: 8000,
    receivedEventPayloadType: 101,
    packetTimeMs: 20,
    corrects: false,
    leastDelayMs: 0,
    mostDelayMs: 0,
    mostBits: 0,
    mostRateHz: 0,
    constantBits: false,
    omitsPauses: false,
    noisePayloadType: 0,
    tellsQuality: false,
    sends: true,
    receives: true,
    sendSuite: suite,
    sendKey: keys?.send,
    receiveSuite: suite,
    receiveKey: keys?.receive,
    signallingAddress: undefined,
    dtlsAssociation: 0,
    dtlsRole: 0,
    dtlsFingerprints: undefined,
    iceUfrag: undefined,
    icePassword: undefined,
    ...changes,
  };
}
