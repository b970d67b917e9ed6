// The one vocabulary of events: what the log, `doorphone events`, MQTT and the panel say. Names are a contract.

import type { CallDirection } from './state.ts';
import type { SoundSideName } from './volume.ts';

/** Why a call ended. */
export type EndReason =
  | 'hangup-local'
  | 'hangup-remote'
  | 'busy'
  | 'no-answer'
  | 'refused'
  | 'unreachable'
  | 'cancelled'
  | 'failed'
  | 'limit';

/** What a call's media did, for diagnosis: which leg was silent, how much was lost. */
export interface MediaReport {
  readonly codec: string;
  readonly encrypted: boolean;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
  /** No RTP, from somebody else, or not authentic. */
  readonly packetsRefused: number;
  /** RFC 3550 §6.4.1 interarrival jitter. */
  readonly jitterMs: number;
  /** From the peer's RTCP; absent when it sent none. */
  readonly roundTripMs?: number;
  /** Mean opinion score of what was heard, 1 to 4.5: an estimate from losses (ITU-T G.107). Absent where nothing came. */
  readonly mos?: number;
  /** Of what the peer heard, as it reported (RFC 3611 §4.7.5). */
  readonly remoteMos?: number;
}

/** Event type → its fields beside `time` and `type`. */
export interface EventFields {
  'service.started': { version: string; board: string };
  'service.stopping': Record<never, never>;
  'button.pressed': { button: string };
  'button.held': { button: string };
  /** It has been down for a minute: it hangs, or something leans on it. */
  'button.stuck': { button: string };
  'call.started': {
    call: string;
    direction: CallDirection;
    /** `sip:anonymous@anonymous.invalid` for a caller who withholds its name. */
    peer: string;
    button?: string;
    /** What an incoming caller goes by on displays. */
    name?: string;
    /** Whose password it has shown. */
    user?: string;
    /** By whom the call was sent on before it came here, the latest first. */
    diverted?: readonly { from: string; reason?: string }[];
  };
  /** The place that was called has sent the call on. */
  'call.redirected': { call: string; to: string };
  'call.ringing': { call: string; status: number };
  'call.answered': { call: string; codec: string; encrypted: boolean };
  /** Codec or encryption is another: agreed on anew, or the keys of DTLS have come. */
  'call.changed': { call: string; codec: string; encrypted: boolean };
  /** Somebody else has the visitor now, in the call `next`: handed over by the peer, or picked up. */
  'call.transferred': { call: string; to: string; next: string };
  /** Somebody was to have the visitor, and has not; the call goes on. `by`: who wanted it. */
  'transfer.failed': { call: string; to: string; by: 'us' | 'peer'; status?: number; why: string };
  'call.ended': {
    call: string;
    reason: EndReason;
    /** The SIP status that ended it, where one did. */
    status?: number;
    /** What a person should know of the cause. */
    cause?: string;
    media?: MediaReport;
  };
  'call.refused': { peer: string; why: string };
  /** Somebody holds the other side, or has taken that back. */
  'call.held': { call: string; by: 'us' | 'peer' };
  'call.resumed': { call: string; by: 'us' | 'peer' };
  /** `digit` only where `log.digits` allows it: digits are codes. */
  'digit.received': { call: string; via: 'rtp' | 'info' | 'inband'; digit?: string };
  'code.refused': { call?: string; peer?: string; attempts: number; lockedForMs?: number };
  /** A code at a keypad, or a card at a reader. Which one it was is a secret. */
  'credential.accepted': { keypad?: string; reader?: string; doors: readonly string[] };
  'credential.refused': { keypad?: string; reader?: string; attempts: number; lockedForMs?: number };
  'door.opened': { door: string; by: string; call?: string; forMs: number };
  'door.closed': { door: string };
  /** As the door's contact says; `forced`: nobody was let through. */
  'door.moved': { door: string; shut: boolean };
  'door.forced': { door: string };
  'door.left-open': { door: string; forMs: number };
  /** Somebody wanted it open, and it stays shut. */
  'door.refused': { door: string; by: string; why: string };
  /** The housing has been opened. `blockedForMs`: for how long after it is closed no door opens. */
  'tamper.detected': { blockedForMs?: number };
  'tamper.over': { blockedForMs?: number };
  'motion.detected': Record<never, never>;
  /** A text from somebody who may call in. What it says is not in the event, and never obeyed. */
  'message.received': { from: string; user?: string; contentType: string; length: number };
  /** What the server says of messages for an account; `new` and `old` where it counts them. */
  'messages.waiting': { account: string; waiting: boolean; new?: number; old?: number };
  /** A serial device: it is not there, or is there again. */
  'device.lost': { device: string; why: string; mend: string };
  'device.found': { device: string };
  /** What it sends makes no sense; said once a minute at the most. */
  'device.garbled': { device: string; why: string };
  'line.changed': { line: string; active: boolean };
  /** `reason`: what keeps it from being registered, or what led to the change. */
  'registration.changed': {
    account: string;
    registered: boolean;
    registrar?: string;
    status?: number;
    reason?: string;
  };
  /** The sound device cannot be used; it is tried again every second. */
  'audio.lost': { device: string; why: string };
  /** It is back, and heard again. */
  'audio.found': { device: string };
  /** By command. `by`: who asked. */
  'volume.changed': { side: SoundSideName; percent: number; muted: boolean; by: string };
  'mqtt.changed': { connected: boolean; reason?: string };
  'media.started': { call: string; direction: 'in' | 'out' };
  'media.lost': { call: string; leg: 'remote' | 'microphone' | 'speaker' };
  'configuration.applied': { file: string };
  'configuration.rejected': { file: string; faults: readonly string[] };
  /** A profile has proved itself. `where`: from where it came, without what opens it. */
  'provisioning.applied': { where: string; serial?: number };
  'provisioning.rejected': { where: string; serial?: number; faults: readonly string[] };
  /** What of a profile does not count: keys that the board's own file keeps. */
  'provisioning.warned': { where: string; warnings: readonly string[] };
  /** Its time is over within a week, or is over: from the next start on it does not count. */
  'provisioning.expires': { where: string; serial?: number; notAfter: string };
  'provisioning.expired': { where: string; serial?: number; notAfter: string };
  /** It was in force and did not work: the last good one is back. */
  'provisioning.rolled-back': { where: string; serial?: number; why: string };
  /** A newer version of this program. `progress`: percent of the package that is here. */
  'firmware.changed': {
    version: string;
    state: 'downloading' | 'verified' | 'handed-over' | 'confirmed' | 'returning' | 'failed';
    progress?: number;
    why?: string;
  };
  fault: { what: string; mend: string };
}

export type EventType = keyof EventFields;

/** One event: ISO-8601 time with milliseconds, its type, its fields. */
export type DoorphoneEvent<Type extends EventType = EventType> = {
  [T in Type]: { readonly time: string; readonly type: T } & Readonly<EventFields[T]>;
}[Type];
