// What users of src/call see of one conversation and of the things that make it. No door word in here.

import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Millis } from '../base/units.ts';
import type { Codec, MediaEngine, PortSource, SrtpSuite } from '../media/types.ts';
import type { KeyingMethod } from '../sdp/index.ts';
import type { Account, Refusal, UserAgent } from '../sip/index.ts';

/** Why a call ended. */
export type CallEndReason =
  /** We hung up after the answer. */
  | 'hangup-local'
  /** The other side hung up after the answer. */
  | 'hangup-remote'
  | 'busy'
  /** It rang, or was said to be away, and nobody took it. */
  | 'no-answer'
  /** The other side, or we, declined. */
  | 'refused'
  /** No way to the other side, or no answer from it at all. */
  | 'unreachable'
  /** Whoever called gave up before the answer. */
  | 'cancelled'
  /** It could not be carried out: no media in common, no port, a broken answer. */
  | 'failed'
  /** The longest duration was reached. */
  | 'limit';

/** What the media of a call did. */
export interface CallMediaReport {
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

/** How the sound of a call fares, so far. */
export interface CallQuality {
  /** Mean opinion score of what is heard, 1 to 4.5 (ITU-T G.107); undefined: nothing has come to be judged. */
  readonly mos: number | undefined;
  /** Of what the peer hears, as it reports (RFC 3611 §4.7.5). */
  readonly remoteMos: number | undefined;
  /** Percent of what was sent to us. */
  readonly lossPercent: number;
  /** Of ours, as the peer reports of late. */
  readonly remoteLossPercent: number | undefined;
  readonly jitterMs: number;
  /** How long what comes waits to be played. */
  readonly playoutDelayMs: number;
  readonly roundTripMs: number | undefined;
}

/** How a call ended. */
export interface CallEnd {
  readonly reason: CallEndReason;
  /** The SIP status that ended it, where one did. */
  readonly status?: number;
  /** What a person should know of the cause. */
  readonly cause?: string;
  /** Present when media had been agreed. */
  readonly media?: CallMediaReport;
}

/** What is agreed on at the moment. */
export interface CallFormat {
  readonly codec: Codec;
  /** Keys are in force. Those of a handshake (DTLS) come after the agreement; nothing flows before. */
  readonly encrypted: boolean;
}

/** One key press of the peer's. `digit` is secret: digits are codes. */
export interface CallDigit {
  /** 0-9 * # A-D */
  readonly digit: string;
  readonly via: 'rtp' | 'info' | 'inband';
  /** When it was pressed, as near as is known: the engine's stamp, or when the INFO was read. */
  readonly at: Millis;
}

/**
 * - `new`: incoming, nothing said yet
 * - `ringing`: not answered yet
 * - `talking`: answered
 * - `ended`: over; nothing follows
 */
export type CallState = 'new' | 'ringing' | 'talking' | 'ended';

/** Event → arguments. */
export type CallEvents = {
  /** Outgoing: a provisional response above 100, said once for each status. Incoming: our 180 has gone. */
  ringing: [status: number];
  /** Outgoing: the call was sent on, and goes to this address now. */
  redirected: [peer: string];
  /** Outgoing: the peer's sound arrives before its answer. Our own ringback should stop. */
  earlyMedia: [];
  answered: [format: CallFormat];
  /** A later offer and answer changed codec or encryption, or a handshake has brought its keys. */
  formatChanged: [format: CallFormat];
  /** Somebody holds the other, or has taken it back: no sound meanwhile, or from one side only. */
  held: [by: 'us' | 'peer'];
  resumed: [by: 'us' | 'peer'];
  digit: [digit: CallDigit];
  /** The first RTP packet that way. `at` is the engine's stamp. */
  mediaStarted: [direction: 'in' | 'out', at: Millis];
  /** Nothing arrives though the peer ought to send (`silent`), or it is back. */
  reception: [silent: boolean];
  /** Comes once, last. */
  ended: [end: CallEnd];
};

/**
 * A peer's wish that somebody else takes its place. Exactly one of `accept` and `reject` is to be called before the
 * event's listeners return; where neither is, it is declined.
 */
export interface TransferRequest<NextCall> {
  /** Whom to call: a SIP URI. */
  readonly target: string;
  /** The same for a person to read. */
  readonly to: string;
  /** The peer has a call with them already, whose place ours takes (RFC 3891). */
  readonly attended: boolean;
  /** Calls them. The call that this one came in goes on until they answer, and then ends by itself. */
  accept(account: Account): NextCall;
  reject(refusal: Refusal): void;
}

/** How calls are made; the same for all of them. */
export interface CallSettings {
  /** In the order of preference. */
  readonly codecs: readonly Codec[];
  readonly srtp: 'off' | 'optional' | 'required';
  /** Ways to SRTP keys; the first is preferred. */
  readonly keying: readonly KeyingMethod[];
  /** SRTP's crypto suites that are accepted, in the order of preference; the first of them are offered. */
  readonly suites: readonly SrtpSuite[];
  /** The RTP profile of our offers: RFC 3551, or RFC 4585. */
  readonly profile: 'avp' | 'avpf';
  /** Sound in a packet that we send. */
  readonly packetTime: Millis;
  /** How long packets of the peer's may wait for those that are late. Absent: as the engine has it. */
  readonly playoutDelay?: { readonly least: Millis; readonly most: Millis };
  /** Pauses in our sound are not sent where the peer takes comfort noise in their place (RFC 3389). Absent: they are. */
  readonly voiceActivityDetection?: boolean;
  /** How we send digits; `rtp` falls back to INFO where the peer takes no telephone-event. Every way is received. */
  readonly dtmf: 'rtp' | 'info';
  /** How long nothing may arrive before `reception` says so. */
  readonly silenceAfter: Millis;
}

/** Who is at the other end of an incoming call, and how it came here. */
export interface CallCaller {
  /** As the other side, or its network, calls it; undefined where it says nothing. */
  readonly name: string | undefined;
  /** What tells callers apart, whatever is shown of them: for counting wrong codes, for nobody's eyes. */
  readonly key: string;
  /** Whose password it has shown. */
  readonly authenticatedAs: string | undefined;
  /** By whom the call was sent on, the latest first. */
  readonly diversions: readonly { readonly from: string; readonly reason?: string }[];
  /** How it wants to be answered, and whether that is asked by somebody whom the account's server or a password stands for. */
  readonly answerMode: { readonly mode: 'manual' | 'auto'; readonly required: boolean } | undefined;
  readonly isVouchedFor: boolean;
}

export interface CallServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly agent: UserAgent;
  readonly engine: MediaEngine;
  /** Opens the RTP ports; left out: as the engine has them, whatever NAT there is. */
  readonly ports?: PortSource;
}

export interface DialOptions {
  /** A SIP URI. */
  readonly target: string;
  readonly account: Account;
  /** Further header fields of the INVITE. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** Why we end a call ourselves; it stands in its CallEnd. */
export type HangupReason = Extract<CallEndReason, 'hangup-local' | 'cancelled' | 'no-answer' | 'limit' | 'refused'>;
