// The typed door to the addon (native/binding). Finds build/doorphone.node beside the sources or the bundle, checks that
// it is the addon that this code was written for, and hands it out. No sample and no packet passes here.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { DoorphoneError } from './base/errors.ts';

/** An engine that lives in the addon. Opaque: only the addon's functions take it. */
export interface EngineHandle {
  readonly engine: never;
}

/** A sound device for `engineCreate`. */
export type NativeDevice =
  | { readonly kind: 'virtual' }
  | { readonly kind: 'file'; readonly input: string | undefined; readonly output: string | undefined }
  | { readonly kind: 'alsa'; readonly name: string };

/** What is done to the microphone's sound (native/voice/voice.h). */
export interface NativeVoiceSwitches {
  readonly echoCancellation: boolean;
  readonly noiseSuppression: boolean;
  readonly gainControl: boolean;
}

export interface NativeEngineOptions {
  readonly device: NativeDevice;
  /** It speaks 16 kHz. */
  readonly wideband: boolean;
  /** Look for libopus.so.0. */
  readonly opus: boolean;
  /** That may be open at once; 0: eight. */
  readonly sessions: number;
  readonly firstPort: number;
  readonly lastPort: number;
  /** Percent, 0 to 100. */
  readonly speaker: number;
  readonly microphone: number;
  readonly voice: NativeVoiceSwitches;
}

/**
 * What has been agreed for a session. SRTP: the name of a crypto suite with master key and salt, as long as it wants them
 * (RFC 4568 §6.1); both, or neither.
 */
export interface NativeStreamParameters {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The same place as for RTP: multiplexed (RFC 5761). */
  readonly remoteRtcpAddress: string;
  readonly remoteRtcpPort: number;
  /** The peer is behind a NAT: plain RTP may come from here, or from the first stable source. */
  readonly signallingAddress: string | undefined;
  /** Of `enum codec` (native/codec/codec.h), whatever number `payloadType` carries. */
  readonly codec: number;
  readonly payloadType: number;
  /** What else the peer may send, in pairs: payload type, and `enum codec` or 255 for digits. At most eight. */
  readonly formats: Uint8Array | undefined;
  /** Of digits that we send, a whole part of the codec's clock; 0: that clock. */
  readonly eventClockHz: number;
  /** -1: the peer takes no telephone-event. */
  readonly eventPayloadType: number;
  /** Of the digits that the peer sends; -1: it sends none. */
  readonly receivedEventPayloadType: number;
  readonly packetTimeMs: number;
  /** Of comfort noise that is sent in the place of pauses; 0: none. */
  readonly noisePayloadType: number;
  /** The peer takes forward error correction, of a codec that has it. */
  readonly corrects: boolean;
  /** How long packets wait to be played, between these bounds; most 0: as the jitter buffer has them. */
  readonly leastDelayMs: number;
  readonly mostDelayMs: number;
  /** Reports carry VoIP metrics. */
  readonly tellsQuality: boolean;
  /** A second, on average, of a codec that can choose; 0: the peer does not say. */
  readonly mostBits: number;
  /** What the peer can play, of a codec that has several bands; 0: it does not say. */
  readonly mostRateHz: number;
  /** Packets of one length, of a codec that has others. */
  readonly constantBits: boolean;
  /** Pauses are not sent, of a codec that has its own way for them. */
  readonly omitsPauses: boolean;
  readonly sends: boolean;
  readonly receives: boolean;
  readonly sendSuite: string | undefined;
  readonly sendKey: Uint8Array | undefined;
  readonly receiveSuite: string | undefined;
  /** Where packets name their key: of each key, one behind the other. */
  readonly receiveKey: Uint8Array | undefined;
  /** The names (MKI), all of one length, one behind the other; left out: packets have none, and there is one key. */
  readonly receiveMki?: Uint8Array | undefined;
  /** Of each key: packets that it may protect, 64 bits, big-endian; 0, and left out: as many as the suite allows. */
  readonly receiveLifetimes?: Uint8Array | undefined;
  /** Another number is another DTLS association; 0: no DTLS, and the two below are not looked at. */
  readonly dtlsAssociation: number;
  /** 1: client, 2: server. */
  readonly dtlsRole: number;
  /** Behind each other: a byte that says the hash (1: SHA-256, 2: SHA-384, 3: SHA-512), then its value. */
  readonly dtlsFingerprints: Uint8Array | undefined;
  /** Both, or neither and no ICE. */
  readonly iceUfrag: string | undefined;
  readonly icePassword: string | undefined;
}

/** A watch over a descriptor. Opaque. */
export interface WatchHandle {
  readonly watch: never;
}

/** GPIO lines that are asked for (native/gpio/gpio.h). */
export interface NativeGpioRequest {
  /** Up to 52. */
  readonly offsets: readonly number[];
  /** What `gpioinfo` shows. */
  readonly consumer: string;
  readonly output: boolean;
  readonly activeLow: boolean;
  /** 0: as it is, 1: pull-up, 2: pull-down, 3: none. */
  readonly bias: number;
  /** 0: push-pull, 1: open drain, 2: open source. */
  readonly drive: number;
  /** Microseconds; 0: none. */
  readonly debounceUs: number;
  /** Of outputs: bit n is the level of line n; 1: active. */
  readonly initial: number;
}

/**
 * The addon's functions for sound and sockets. Those that can fail throw an Error whose `code` is one of `errorCodes`. The numbers in the
 * arrays that they fill are laid out in src/media/layout.ts.
 */
export interface MediaAddon {
  /** Every `code` that the addon throws. */
  readonly errorCodes: readonly string[];
  /** @param wake called on this thread, coalesced, when `engineTakeEvents` has something */
  engineCreate(options: NativeEngineOptions, wake: () => void): EngineHandle;
  engineClose(engine: EngineHandle): void;
  /** @returns id and RTP port */
  sessionOpen(engine: EngineHandle, address: string, silenceAfterMs: number): readonly [number, number];
  sessionConfigure(engine: EngineHandle, session: number, parameters: NativeStreamParameters): void;
  /** Gives it the ports of a session that is not configured, which has none afterwards. @returns the RTP port */
  sessionTakePorts(engine: EngineHandle, session: number, from: number): number;
  sessionDigits(engine: EngineHandle, session: number, digits: string, durationMs: number): void;
  /** Fills `statistics` with the final figures. */
  sessionClose(engine: EngineHandle, session: number, statistics: Float64Array): void;
  sessionStatistics(engine: EngineHandle, session: number, statistics: Float64Array): void;
  /**
   * Asks a STUN server where it sees the session; the same request again while it is unanswered. Until `sessionConfigure`.
   * @param component 0: its RTP socket, 1: that of RTCP
   * @returns the number of the request
   */
  sessionAskMapping(engine: EngineHandle, session: number, component: number, address: string, port: number): number;
  /** @returns request, address and port of an answer; port 0: the server cannot say; undefined: there is none yet */
  sessionTakeMapping(engine: EngineHandle, session: number): readonly [number, string, number] | undefined;
  /** Sends what a STUN server does not answer. */
  sessionKeepMapping(engine: EngineHandle, session: number, component: number, address: string, port: number): void;
  /** Asks no more, and drops what has come. */
  sessionEndMapping(engine: EngineHandle, session: number): void;
  play(engine: EngineHandle, tone: number): void;
  /** Says a tone over everything. */
  announce(engine: EngineHandle, tone: number): void;
  /**
   * What is heard in a tone's place: a WAV file; without one the tone itself, or nothing.
   * @returns how long the file lasts in ms
   */
  setSound(engine: EngineHandle, tone: number, file: string | undefined, silent: boolean): number;
  /** Reads a file as setSound does, and lets it go: throws where it cannot be played. */
  soundTry(file: string): void;
  /** Whether libopus.so.0 is there. */
  opusFound(): boolean;
  setGain(engine: EngineHandle, speaker: number, microphone: number): void;
  setVoice(engine: EngineHandle, switches: NativeVoiceSwitches): void;
  /** Whether digits count that come as tones in a peer's sound. */
  setToneDigits(engine: EngineHandle, counted: boolean): void;
  /** Fills `numbers` with what becomes of the microphone's sound. */
  voice(engine: EngineHandle, numbers: Float64Array): void;
  /** Fills `numbers` with the levels at the device. */
  levels(engine: EngineHandle, numbers: Float64Array): void;
  /** Begins to measure the way from loudspeaker to microphone. @returns false: that is under way already */
  calibrationBegin(engine: EngineHandle): boolean;
  /** @returns 0: it goes on; 1: `numbers` has what came of it; 2: a call or a tone came between; 3: the device failed */
  calibrationTake(engine: EngineHandle, numbers: Float64Array, path: Float32Array): number;
  /** Where the echo canceller looks for the echo until it finds it itself. */
  setEcho(engine: EngineHandle, delayMs: number, path: Float32Array | undefined): boolean;
  /** @returns how many events were written to `events` */
  engineTakeEvents(engine: EngineHandle, events: Float64Array): number;
  engineState(engine: EngineHandle, state: Float64Array): void;
  /** Asks the engine's threads for a sign of life. @returns whether they have answered the last such question */
  engineFeelPulse(engine: EngineHandle): boolean;
  /** Fills 32 bytes: SHA-256 over the certificate that is shown in DTLS. */
  engineFingerprint(engine: EngineHandle, fingerprint: Uint8Array): void;
  /** Fills pairs of [upper bound in ms, packets that were at most so late]. @returns how many pairs there are */
  engineLateness(engine: EngineHandle, pairs: Float64Array): number;
  /** Id and name of each sound card that is there; without libasound, none. */
  alsaCards(): readonly (readonly [id: string, name: string])[];
  /** The ALSA device of `card=…`; another name as it is. @returns undefined: there is no such card */
  alsaResolve(name: string): string | undefined;
  /**
   * Opens a UDP socket (native/system/datagram.h).
   * @param beside the descriptor of the first socket of that address and port; -1: it stands alone
   * @returns its descriptor; below 0: -errno
   */
  datagramOpen(address: string, port: number, beside: number): number;
  /** Closes a first socket's port to others again, after node:dgram was given its descriptor. @returns 0, or -errno */
  datagramSeal(descriptor: number): number;
}

/** GPIO (native/gpio/gpio.h), and waiting for descriptors. */
export interface GpioAddon {
  /** Opens a chip. @returns its descriptor; below 0: -errno. So do those that follow; whoever opens closes. */
  gpioOpen(path: string): number;
  /** @returns name, label, number of lines */
  gpioDescribe(chip: number): readonly [string, string, number] | number;
  /** @returns name, consumer, then 1 or 0: used, an output, active-low */
  gpioDescribeLine(chip: number, offset: number): readonly [string, string, number, number, number] | number;
  /** Takes lines; inputs tell both edges. @returns a descriptor for the functions below */
  gpioTake(chip: number, request: NativeGpioRequest): number;
  /** @returns bit n: whether line n is active */
  gpioRead(lines: number, count: number): number;
  gpioWrite(lines: number, mask: number, values: number): number;
  /** Fills four numbers an edge: offset, 1 where active, CLOCK_MONOTONIC in ms, sequence. @param edges for 32 @returns how many */
  gpioEdges(lines: number, edges: Float64Array): number;
  /** Calls `told` whenever the descriptor can be read. It does not keep the process alive. */
  watchReadable(descriptor: number, told: () => void): WatchHandle;
  /** Before the descriptor is closed. */
  unwatchReadable(watch: WatchHandle): void;
}

/** The manager that has started this service (native/system/notify.h). */
export interface ManagerAddon {
  /** @param place what NOTIFY_SOCKET says. @returns 0, or -errno */
  notifySend(place: string, text: string): number;
}

/** News of the machine's network (native/system/network-news.h). */
export interface NetworkAddon {
  /** @returns a descriptor that is readable when there is news; below 0: -errno */
  networkNewsOpen(): number;
  /** @returns 1: there was news; 0: none; below 0: -errno, and there will be none */
  networkNewsTake(descriptor: number): number;
}

export interface NativeAddon extends MediaAddon, GpioAddon, ManagerAddon, NetworkAddon {}

const functionNames = [
  'engineCreate',
  'engineClose',
  'sessionOpen',
  'sessionConfigure',
  'sessionTakePorts',
  'sessionDigits',
  'sessionClose',
  'sessionStatistics',
  'sessionAskMapping',
  'sessionTakeMapping',
  'sessionKeepMapping',
  'sessionEndMapping',
  'play',
  'announce',
  'setSound',
  'soundTry',
  'opusFound',
  'setGain',
  'setVoice',
  'setToneDigits',
  'voice',
  'levels',
  'calibrationBegin',
  'calibrationTake',
  'setEcho',
  'engineTakeEvents',
  'engineState',
  'engineFeelPulse',
  'engineFingerprint',
  'engineLateness',
  'alsaCards',
  'alsaResolve',
  'datagramOpen',
  'datagramSeal',
  'gpioOpen',
  'gpioDescribe',
  'gpioDescribeLine',
  'gpioTake',
  'gpioRead',
  'gpioWrite',
  'gpioEdges',
  'networkNewsOpen',
  'networkNewsTake',
  'notifySend',
  'watchReadable',
  'unwatchReadable',
] as const satisfies readonly (keyof NativeAddon)[];

const MEND = 'run "make build" in the project’s folder';

/** A file or folder that comes with the program. @param path within the package */
export function packagePath(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

function isAddon(value: unknown): value is NativeAddon {
  if (typeof value !== 'object' || value === null) return false;
  const members = new Map<string, unknown>(Object.entries(value));
  const codes = members.get('errorCodes');
  return (
    Array.isArray(codes) &&
    codes.every((code) => typeof code === 'string') &&
    functionNames.every((name) => typeof members.get(name) === 'function')
  );
}

/**
 * Loads the addon.
 * @param file where it lies; default: `build/doorphone.node` of this package
 * @throws DoorphoneError `addon-missing`, `addon-unusable`
 */
export function loadNative(file: string = packagePath('build/doorphone.node')): NativeAddon {
  if (!existsSync(file))
    throw new DoorphoneError('addon-missing', `the media engine ${file} is missing`, { mend: MEND });
  let loaded: unknown;
  try {
    loaded = createRequire(import.meta.url)(file);
  } catch (cause) {
    throw new DoorphoneError('addon-unusable', `the media engine ${file} cannot be loaded`, { mend: MEND, cause });
  }
  if (isAddon(loaded)) return loaded;
  throw new DoorphoneError('addon-unusable', `the media engine ${file} is of another version`, { mend: MEND });
}
