// The media engine's face: sessions, sound devices, tones, digits. No protocol word of SIP or SDP in it.
// No packet and no sample passes here; they stay on the engine's thread.

import type { Secret } from '../base/secret.ts';
import type { Millis } from '../base/units.ts';

/** G.711, G.722 (wideband), samples as they are (RFC 3551 §4.5.11) with their rate, Opus where its library is there. */
export type Codec = 'PCMA' | 'PCMU' | 'G722' | 'L16/8000' | 'L16/16000' | 'opus';

/** Which way sound flows, seen from here: RFC 4566's words. */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** What encrypts and authenticates packets: RFC 4568 §6.2, RFC 6188, RFC 7714. The engine knows them by these names. */
export type SrtpSuite =
  | 'AES_CM_128_HMAC_SHA1_80'
  | 'AES_CM_128_HMAC_SHA1_32'
  | 'AES_256_CM_HMAC_SHA1_80'
  | 'AES_256_CM_HMAC_SHA1_32'
  | 'AEAD_AES_128_GCM'
  | 'AEAD_AES_256_GCM';

/** One direction's SRTP parameters (RFC 4568 §6.1, RFC 3711). */
export interface SrtpParameters {
  readonly suite: SrtpSuite;
  /** Base64 of master key and salt, as long as the suite wants them. */
  readonly key: Secret;
  /**
   * What packets of the peer's may be protected by, each with the name that they carry of it, all of one length: up to four
   * keys. Undefined: they name none, and there is one key. Not for what we send.
   */
  readonly named?: readonly NamedKey[] | undefined;
  /**
   * Packets of RTP, and of RTCP, that are accepted with the one key (RFC 3711 §9.2). Undefined: as many as the suite allows.
   * Not for what we send.
   */
  readonly lifetime?: number | undefined;
}

/** A master key and its identifier (RFC 3711 §3.1). */
export interface NamedKey {
  readonly mki: Uint8Array;
  /** As above. */
  readonly key: Secret;
  /** As above. */
  readonly lifetime?: number | undefined;
}

/** The hash functions by which certificates are known here (RFC 8122 §5). */
export type FingerprintHash = 'sha-256' | 'sha-384' | 'sha-512';

/** A hash over a certificate. */
export interface Fingerprint {
  readonly hash: FingerprintHash;
  readonly value: Uint8Array;
}

/** Keys by a DTLS handshake on the media ports (RFC 5764). */
export interface DtlsParameters {
  /** From 1; another number is another association, whose handshake begins anew (RFC 8842 §3.1). */
  readonly association: number;
  readonly role: 'client' | 'server';
  /** Of the peer's certificates; one at least. */
  readonly fingerprints: readonly Fingerprint[];
}

/** Our half of ICE's credentials (RFC 8839 §5.4); other ones are a restart. */
export interface IceCredentials {
  readonly ufrag: string;
  readonly password: Secret;
}

/** What has been agreed with the peer. May be given again during the call (hold, new address). */
export interface StreamParameters {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The same as for RTP, with the same port: RTCP travels with RTP (RFC 5761). */
  readonly remoteRtcpAddress: string;
  readonly remoteRtcpPort: number;
  /**
   * To be given where the remote address lies behind a NAT: plain RTP may come from here, where the peer's signalling
   * comes from, or else from the first stable source. Absent: from the remote address alone. With SRTP or ICE it means
   * nothing.
   */
  readonly signallingAddress?: string | undefined;
  readonly codec: Codec;
  readonly payloadType: number;
  /** What else the peer may send: codecs that an offer of ours has named. */
  readonly formats?: readonly { readonly codec: Codec; readonly payloadType: number }[] | undefined;
  /** The peer takes copies of what may be lost (RFC 7587 §3.3), of a codec that has them. */
  readonly copies?: boolean | undefined;
  /** Our reports carry VoIP metrics (RFC 3611 §4.7), as the peer has asked for. */
  readonly voipMetrics?: boolean | undefined;
  /** Bits a second that the peer wants at most, of a codec that has several; absent: it does not say. */
  readonly bitRate?: number | undefined;
  /** Packets of one length are wanted, of such a codec. */
  readonly constantBitRate?: boolean | undefined;
  /** The sampling rate in Hz that the peer can play, of a codec with several; absent: all that there are. */
  readonly playbackRate?: number | undefined;
  /** Pauses are not sent, of a codec that has its own way for them (Opus). */
  readonly omitsPauses?: boolean | undefined;
  /** How long packets of the peer's wait to be played, between these bounds, of 500 ms at most; absent: 1 to 200 ms. */
  readonly playoutDelay?: { readonly least: Millis; readonly most: Millis } | undefined;
  /** Payload type of comfort noise (RFC 3389), which is sent in the place of pauses; absent: these are sent as sound. */
  readonly noisePayloadType?: number | undefined;
  /** Payload types of comfort noise that the peer may send; 13 it may always. */
  readonly noisePayloadTypes?: readonly number[] | undefined;
  /** Payload type of telephone-event (RFC 4733); undefined: the peer takes none. */
  readonly eventPayloadType: number | undefined;
  /** The clock of their durations in Hz: the codec's, or a whole part of it. Absent: the codec's. */
  readonly eventClock?: number | undefined;
  /** Payload type of those that the peer sends: the number that we have named to it. */
  readonly localEventPayloadType: number | undefined;
  /** Further ones, of other clocks. */
  readonly eventPayloadTypes?: readonly number[] | undefined;
  /** Milliseconds of sound in a packet that we send: 10, 20, 30 … 60. */
  readonly packetTime: Millis;
  readonly direction: Direction;
  readonly send: SrtpParameters | undefined;
  readonly receive: SrtpParameters | undefined;
  /** In place of both keys: nothing flows before the handshake has brought some, nor if it fails. */
  readonly dtls?: DtlsParameters | undefined;
  /** Checks of ICE are answered, and the pair that they nominate is where media go. */
  readonly ice?: IceCredentials | undefined;
}

/**
 * How a stream is protected:
 * - `plain`, `encrypted`
 * - `awaits-keys`: a DTLS handshake is to bring them; nothing flows
 * - `without-keys`: it has failed; nothing flows
 */
export type Protection = 'plain' | 'encrypted' | 'awaits-keys' | 'without-keys';

/**
 * Why a handshake brought no keys:
 * - `timeout`: not done within 10 s
 * - `fingerprint`: the peer's certificate is not the announced one
 * - `no-srtp`: it negotiates no SRTP, or no profile of ours
 * - `refused`: it ended the handshake
 * - `protocol`: what came broke the rules, or nothing is in common
 */
export type HandshakeFailure = 'timeout' | 'fingerprint' | 'no-srtp' | 'refused' | 'protocol';

/** Counters and stamps of one stream. Stamps are on the Clock's monotonic scale; 0 is a time, undefined is "not yet". */
export interface StreamStatistics {
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
  readonly packetsLate: number;
  readonly packetsDuplicate: number;
  /** Not RTP, from a stranger, or not authentic. */
  readonly packetsRefused: number;
  /** Gaps that the jitter buffer filled with concealment. */
  readonly framesConcealed: number;
  readonly jitterMs: number;
  readonly jitterBufferMs: number;
  readonly roundTripMs: number | undefined;
  /** The peer's receiver report: share lost, 0 to 1. */
  readonly remoteLossShare: number | undefined;
  /** Mean opinion score of what is heard, 1 to 4.5, estimated by the E-model from losses (ITU-T G.107). */
  readonly mos: number | undefined;
  /** Of what the peer hears, as it reports (RFC 3611 §4.7.5). */
  readonly remoteMos: number | undefined;
  readonly firstSentAt: Millis | undefined;
  readonly firstReceivedAt: Millis | undefined;
  readonly lastReceivedAt: Millis | undefined;
  /** Greatest lateness of a sent packet against its 20 ms grid. */
  readonly maxLatenessMs: number;
  readonly protection: Protection;
}

/** What an engine says. `session` is MediaSession.id. `at` is the engine's stamp. */
export type EngineEvents = {
  /** The first packet of a session in this direction. */
  started: [session: number, direction: 'in' | 'out', at: Millis];
  /** One key press of the peer's, said once however its packets came (RFC 4733 §2.5.2.2). */
  digit: [session: number, digit: string, at: Millis];
  /** One that came as tones in its sound, where those count. */
  toneDigit: [session: number, digit: string, at: Millis];
  /** The last packet of a digit that we send has gone. */
  digitSent: [session: number, digit: string, at: Millis];
  /** No packet for the time that `openSession` names, or they are back. */
  reception: [session: number, silent: boolean, at: Millis];
  /** The keys of a DTLS handshake are in force. */
  secured: [session: number, association: number, suite: SrtpSuite, at: Millis];
  /** A DTLS handshake has brought none, and will not. */
  unsecured: [session: number, association: number, failure: HandshakeFailure, at: Millis];
  /** The lifetimes of all the peer's keys are over, and it has gone on for 3 s: nothing is accepted. Again every 3 s. */
  keySpent: [session: number, at: Millis];
  /** The sound device failed, by half or wholly, or came back. The engine goes on pacing silence meanwhile. */
  device: [fault: string | undefined, at: Millis, lost: readonly DeviceSide[]];
};

/** What a sound device has two of, as a call sees it. */
export type DeviceSide = 'microphone' | 'speaker';

/** What the visitor is played while nobody talks. */
export type Tone = 'none' | 'ringback' | 'busy' | 'failure';

/** What the door itself lets be heard. `opened` is said over everything. */
export const DOOR_SOUNDS = ['ringback', 'busy', 'failure', 'opened'] as const;
export type DoorSound = (typeof DOOR_SOUNDS)[number];

/** How: by the tone of ours, not at all, or by a WAV file. */
export type SoundSource = 'tone' | 'off' | { readonly file: string };

export type DeviceOptions =
  | { readonly kind: 'virtual' }
  /** WAV in (looped, resampled to mono of the engine's rate if need be), WAV out. Undefined: silence in, nothing written. */
  | { readonly kind: 'file'; readonly input: string | undefined; readonly output: string | undefined }
  | { readonly kind: 'alsa'; readonly name: string };

/** A numeric address and a port. */
export interface TransportAddress {
  readonly address: string;
  readonly port: number;
}

/** The two flows of a session. */
export type Component = 'rtp' | 'rtcp';

/** What a STUN server has said. */
export interface MappingAnswer {
  /** The number that `askMapping` gave. */
  readonly request: number;
  /** Where the server sees us; undefined: it cannot say. */
  readonly mapped: TransportAddress | undefined;
}

/** Where a NAT shows the ports of a session to who is on its other side. */
export interface Mapping {
  readonly rtp: TransportAddress;
  /** Undefined: not known. */
  readonly rtcp: TransportAddress | undefined;
}

/** One RTP session: its ports are its own from `openSession` until `close`. */
export interface MediaSession {
  readonly id: number;
  /** The RTP port; RTCP is the next one. */
  readonly localPort: number;
  /**
   * Takes the ports of another session, which is not configured, in place of its own: keys, handshake and counters go on. The
   * other one has none afterwards, and is to be closed.
   * @throws DoorphoneError `bad-address` (other family), `engine-busy`; it is then where it was
   */
  takePorts(from: MediaSession): void;
  /**
   * Asks a STUN server where it sees us (RFC 8489 §2); asked again before it has answered, it is the same request once more.
   * Until `configure`, as `takeMapping` and `endMapping`: they throw afterwards.
   * @returns the number of the request
   * @throws DoorphoneError `bad-address` (other family), `engine-busy` (eight requests are out)
   */
  askMapping(component: Component, server: TransportAddress): number;
  /** Takes an answer that has come. Nothing tells that there is one. */
  takeMapping(): MappingAnswer | undefined;
  /** Sends a STUN server what it does not answer: a NAT goes on showing us as it does. */
  keepMapping(component: Component, server: TransportAddress): void;
  /** Nothing is asked any more, and what has come to our ports so far is dropped. */
  endMapping(): void;
  /** Starts, or changes, sending and receiving. */
  configure(parameters: StreamParameters): void;
  /** Queues digits (0-9 * # A-D); each lasts `duration`, with a pause of 50 ms between them. */
  sendDigits(digits: string, duration?: Millis): void;
  statistics(): StreamStatistics;
  /** Sends RTCP BYE, frees the ports. The statistics are the final ones. */
  close(): StreamStatistics;
}

/** Between whom sound is to flow: numeric addresses. */
export interface MediaPath {
  /** Ours. */
  readonly local: string;
  /** Where the other side's signalling is; undefined: not known. */
  readonly remote: string | undefined;
}

/** A session for a call. */
export interface OpenedPorts {
  readonly media: MediaSession;
  /** What the other side is to be told in place of our own address and ports; undefined: nothing. */
  readonly mapped: Mapping | undefined;
}

/** Opens the sessions of calls. */
export interface PortSource {
  /** Calls `run` when `open` will know all that there is to know: at once, or a second later at most. */
  prepare(path: MediaPath, run: () => void): void;
  /** @throws as MediaEngine.openSession */
  open(path: MediaPath, silenceAfter: Millis): OpenedPorts;
}

export interface EngineState {
  /** SCHED_FIFO was granted. */
  readonly realtime: boolean;
  /** The memory of the engine's thread is never paged out (`mlock`). */
  readonly memoryLocked: boolean;
  /** `file`, `virtual`, `alsa:default`. */
  readonly device: string;
  readonly deviceFault: string | undefined;
  /** It plays or records, one at a time, and is turned round by who speaks. */
  readonly byTurns?: boolean;
  /** Events that a full ring dropped. */
  readonly eventsDropped: number;
  /** Turns of 20 ms that the thread has taken; none while nobody talks or listens. */
  readonly turns: number;
  /** The library of Opus was looked for, and is there. */
  readonly opus?: boolean;
}

/** What is done to the microphone's sound. */
export interface VoiceSwitches {
  readonly echoCancellation: boolean;
  readonly noiseSuppression: boolean;
  readonly gainControl: boolean;
}

/** What becomes of it, while somebody listens. Levels are dBFS, -100 for silence. */
export interface VoiceFigures {
  /** From the engine to the loudspeaker, through the air, and back. */
  readonly echoDelayMs: number | undefined;
  /** Echo return loss enhancement, averaged over the last seconds of echo alone. */
  readonly echoAttenuationDb: number | undefined;
  readonly gainDb: number;
  readonly speakerDbfs: number;
  readonly microphoneDbfs: number;
  readonly sentDbfs: number;
  /** Samples of the microphone at full scale, since the start. */
  readonly clips: number;
  /** How often the way of the echo was learned anew. */
  readonly echoBeginnings: number;
}

/** One direction at the sound device, over the last second; dBFS, -100 for silence. */
export interface SoundLevel {
  readonly rmsDbfs: number;
  readonly peakDbfs: number;
  /** Samples at full scale since the last call began. */
  readonly clipped: number;
}

export interface SoundLevels {
  /** What it is given. */
  readonly speaker: SoundLevel;
  /** What it gives, before anything is done to it. */
  readonly microphone: SoundLevel;
}

/** The way from the loudspeaker to the microphone. */
export interface KnownEcho {
  readonly delay: Millis;
  /** What comes back of one sample, for 160 ms from a little before the direct sound on, at the device's rate. */
  readonly path?: Float32Array | undefined;
}

/** It, measured. Levels are dBFS. */
export interface CalibrationFigures {
  /** `db`: what comes back over what is played. Undefined: the microphone does not hear the loudspeaker. */
  readonly way: { readonly delay: Millis; readonly db: number; readonly path: Float32Array } | undefined;
  readonly speakerDbfs: number;
  readonly microphoneDbfs: number;
  /** Of the microphone, before. */
  readonly noiseDbfs: number;
  /** Samples of the microphone at full scale. */
  readonly clips: number;
}

/** `disturbed`: somebody rang, or a call came. `failed`: the device did. */
export type CalibrationOutcome = CalibrationFigures | 'disturbed' | 'failed';

/** The real-time engine. One a process. */
export interface MediaEngine {
  on<Name extends keyof EngineEvents>(name: Name, listener: (...args: EngineEvents[Name]) => void): () => void;
  readonly state: EngineState;
  /** Of the certificate that we show in DTLS; another one in each engine. */
  readonly fingerprint: Fingerprint;
  /** Asks the engine's threads for a sign of life, without waiting. @returns whether they have given the last one */
  feelPulse(): boolean;
  /** Opens RTP and RTCP sockets on a free even port. @throws DoorphoneError `no-port`, `too-many-sessions` */
  openSession(options: { readonly address: string; readonly silenceAfter: Millis }): MediaSession;
  /** What the speaker plays when no session sends sound to it. */
  play(tone: Tone): void;
  /** Says it once, over everything that is heard, which is weakened meanwhile. */
  announce(sound: 'opened'): void;
  /**
   * How a sound is heard from now on. A file is read here, and a running sound begins anew.
   * @throws DoorphoneError `file-not-found` and the others of files; the sound is what it was
   */
  setSound(sound: DoorSound, source: SoundSource): void;
  /** How long it lasts; undefined: as long as it is wanted. */
  soundLength(sound: DoorSound): Millis | undefined;
  /** Loudness in percent, 0 to 100: samples are scaled. */
  setGain(speaker: number, microphone: number): void;
  /** What is in force. */
  readonly voiceSwitches: VoiceSwitches;
  readonly voiceFigures: VoiceFigures;
  readonly levels: SoundLevels;
  /** Measures the way from loudspeaker to microphone, for four seconds in which it hisses. @returns false: it does already */
  beginCalibration(): boolean;
  /** What came of it, once. @returns undefined: it goes on */
  takeCalibration(): CalibrationOutcome | undefined;
  /** What is known of the echo, until the canceller finds out itself. @returns whether the path counts: it is of this rate */
  expectEcho(echo: KnownEcho): boolean;
  /**
   * Whether digits count that come as tones in a peer's sound; not from one that sends RFC 4733's, nor any that our own
   * microphone has heard just before. At first they do not.
   */
  setToneDigits(counted: boolean): void;
  /** Takes effect at once, in a call too. */
  setVoice(switches: VoiceSwitches): void;
  /** Stops the thread, closes device and sockets. */
  close(): void;
}

export interface EngineOptions {
  readonly device: DeviceOptions;
  /** The device speaks 16 kHz, for codecs that carry it; else 8 kHz. Calls of either kind go with both. */
  readonly wideband?: boolean;
  /** Look for the library of Opus; the state says whether it is there. */
  readonly opus?: boolean;
  /** That may be open at once, each with its room for as long as the engine lives; at most 1024. Left out: eight. */
  readonly sessions?: number;
  readonly ports: { readonly first: number; readonly last: number };
  /** Percent, 0 to 100. */
  readonly speaker: number;
  readonly microphone: number;
  /** Left out: the microphone's sound is sent as it is. */
  readonly voice?: VoiceSwitches;
}
