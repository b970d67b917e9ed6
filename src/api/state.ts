// What `doorphone status --json` and `<prefix>/state` say: one object.

import type { VolumeReport } from './volume.ts';

export type ServiceState = 'idle' | 'ringing' | 'talking' | 'fault';
export type CallDirection = 'outgoing' | 'incoming';

/** How a call sounds, as far as the network goes. */
export interface QualityState {
  /** Mean opinion score of what is heard, 1 to 4.5, an estimate (ITU-T G.107); null: nothing has come to be judged. */
  readonly mos: number | null;
  /** Of what the other side hears, as it reports (RFC 3611 §4.7.5); null: it does not. */
  readonly remoteMos: number | null;
  /** Packets that the network has lost, in percent of those sent to us. */
  readonly lossPercent: number;
  /** Of ours, as the other side reports of late; null: it does not. */
  readonly remoteLossPercent: number | null;
  /** RFC 3550 §6.4.1. */
  readonly jitterMs: number;
  /** How long what comes waits to be played. */
  readonly playoutDelayMs: number;
  /** By RTCP; null: not known. */
  readonly roundTripMs: number | null;
}

export interface CallState {
  readonly id: string;
  readonly direction: CallDirection;
  /** The peer's address of record, `sip:101@example.com`. */
  readonly peer: string;
  /** Absent until media is agreed. */
  readonly codec: string | null;
  readonly encrypted: boolean;
  /** How far TLS reaches: nowhere, to the first hop, asked for on every hop. Null before our INVITE has been sent. */
  readonly signalling?: 'clear' | 'tls' | 'sips' | null;
  /** Absent until media is agreed. */
  readonly quality?: QualityState;
  /** ISO-8601, when the call began. */
  readonly since: string;
}

export interface AccountState {
  readonly uri: string;
  /** False: peer to peer, by configuration; then there is nothing to be registered at. */
  readonly registers: boolean;
  readonly registered: boolean;
  /** Why it is not registered, or null. */
  readonly reason: string | null;
  /** The registrar that serves, or is being asked; absent, as all below, from peer to peer. */
  readonly registrar?: string;
  /** Since when it is registered, or not; ISO-8601, null before the first answer. */
  readonly since?: string | null;
  /** Whether the registrar knows flows (RFC 5626). */
  readonly outbound?: boolean;
  /** Where the servers see us, `198.51.100.7:40022`, if not where we think that we are: behind a NAT. */
  readonly mapped?: string | null;
  /** Further names that the provider has for the account (RFC 7315 §4.1), registered or not. Absent: none. */
  readonly alsoKnownAs?: readonly string[];
  /** One for each outbound proxy, or one. */
  readonly flows?: readonly FlowState[];
}

/** One of the ways by which an account is registered. */
export interface FlowState {
  /** Null: straight to the registrar. */
  readonly proxy: string | null;
  readonly registered: boolean;
  readonly reason: string | null;
}

/** One direction at the sound device, over the last second, in dBFS. */
export interface LevelState {
  readonly rms: number;
  readonly peak: number;
  /** Samples at full scale since the last call began. */
  readonly clipped: number;
}

/** What is done to the microphone's sound, and what has come of it. Levels are dBFS, of the last turns of a call. */
export interface VoiceState {
  readonly echoCancellation: boolean;
  readonly noiseSuppression: boolean;
  readonly gainControl: boolean;
  /** From the engine through loudspeaker and air to the microphone; null: not found yet. */
  readonly echoDelayMs: number | null;
  /** By how much the echo was weakened of late (echo return loss enhancement); null: there was none. */
  readonly echoAttenuationDb: number | null;
  readonly gainDb: number;
  readonly levels: { readonly speaker: number; readonly microphone: number; readonly sent: number };
  /** Samples of the microphone at full scale. */
  readonly clips: number;
}

export interface MediaState {
  /** Whether the engine's thread runs in a real-time scheduling class. */
  readonly realtime: boolean;
  /** Whether the memory of that thread is locked, so that it is never paged out. */
  readonly memoryLocked: boolean;
  /** The sound device in use: `file`, `virtual`, `alsa:default`. */
  readonly device: string;
  /** What is wrong with the device, or null. */
  readonly fault: string | null;
  /** It plays or records, one at a time (half-duplex). Absent: both at once, as far as is known. */
  readonly byTurns?: boolean;
  /** How loud speaker and microphone are, and who sets it. */
  readonly volume?: VolumeReport;
  /** What is done to the microphone's sound. */
  readonly voice?: VoiceState;
  /** What the speaker is given and the microphone gives. */
  readonly levels?: { readonly speaker: LevelState; readonly microphone: LevelState };
  /** The address at which a NAT shows our sound, null: not known. Absent: nobody is asked. */
  readonly mapped?: string | null;
}

export interface StateReport {
  readonly state: ServiceState;
  readonly call: CallState | null;
  /** `open`: the relay is on. `shut`: as the door's contact says; absent where there is none. */
  readonly doors: { readonly [door: string]: { readonly open: boolean; readonly shut?: boolean } };
  readonly accounts: readonly AccountState[];
  /** Who may call in, in words. */
  readonly accepts?: readonly string[];
  readonly mqtt: { readonly configured: boolean; readonly connected: boolean };
  readonly media: MediaState;
  /** What is wrong and does not stop the service: an unreadable sound file, a dead broker. */
  readonly faults: readonly string[];
  /** What works, and should be known: keys of SRTP that travel in the clear. Absent: nothing. */
  readonly warnings?: readonly string[];
  readonly version: string;
  /** Seconds since the start. */
  readonly uptime: number;
}
