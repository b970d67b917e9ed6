// The INVITE usage as src/call sees it: one conversation, its offers and answers, how it ends (RFC 3261 §13–15).

import type { Millis } from '../../base/units.ts';
import type { DialogId } from '../dialog/index.ts';
import type { AnswerMode, Caller, Diversion, Reason } from '../identity/index.ts';
import type { Endpoint, NameAddress } from '../message/types.ts';

/** A message body with its type. */
export interface Body {
  /** `application/sdp` */
  readonly type: string;
  readonly data: Buffer;
}

/** A description to offer, or what makes it at the moment when it is sent: the one before it may have to wait. */
export type Offer = Body | (() => Body);

/** A final answer that a user gives to a request. */
export interface Refusal {
  readonly status: number;
  readonly reason?: string;
  /** Extra header fields: Warning, Retry-After. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/**
 * How far TLS reaches in a call's signalling, as the INVITE went.
 * - `clear`: nowhere
 * - `tls`: to the first hop, or from the last; what others do is theirs
 * - `sips`: asked for on every hop (RFC 5630)
 */
export type Signalling = 'clear' | 'tls' | 'sips';

/**
 * - `calling`: INVITE sent or received, no provisional response above 100 yet
 * - `early`: 101–199 sent or received
 * - `confirmed`: 2xx sent or received
 * - `terminated`: over; nothing follows
 */
export type SessionState = 'calling' | 'early' | 'confirmed' | 'terminated';

export interface SessionEnd {
  readonly reason: /** We sent BYE. */
    | 'local-hangup'
    /** The peer sent BYE. */
    | 'remote-hangup'
    /** A final response of 300 and above, by the peer or by us. */
    | 'rejected'
    /** CANCEL, by the peer or by us. */
    | 'cancelled'
    /** No final response (timer B), or no answer to a request in the dialog (408, §12.2.1.2). */
    | 'timeout'
    /** The request could not be sent. */
    | 'unreachable'
    /** Our 2xx was never acknowledged (§13.3.1.4). */
    | 'no-ack';
  readonly status?: number;
  readonly phrase?: string;
  /** What the message that ended it says of why (RFC 3326). */
  readonly reasons?: readonly Reason[];
  /** The codes of its Warnings (RFC 3261 §20.43). */
  readonly warnings?: readonly number[];
}

/** What comes with a message of the session. `at` is when its datagram was read from the socket. */
export interface SessionMessage {
  readonly at: Millis;
  readonly status: number;
  readonly phrase: string;
  readonly body: Body | undefined;
  /** The To tag: which branch of a forked call says it. */
  readonly branch?: string | undefined;
}

/**
 * An offer of the peer's, or its wish for one of ours: in a re-INVITE, UPDATE or PRACK, or in the answer to an INVITE
 * that had none. Exactly one of `accept` and `reject` must be called; later calls do nothing.
 */
export interface Negotiation {
  /** The peer's offer; undefined when it wants ours in the 2xx and will answer in its ACK. */
  readonly offer: Body | undefined;
  /** The To tag of the branch of a forked call that it came from; of any dialog the peer's tag. */
  readonly branch?: string | undefined;
  /** Sends the answer (or, without an offer, our offer; the answer comes as event `answer`). */
  accept(body: Body): void;
  /** An offer in a response cannot be refused (RFC 6337 §2.3): it stays without an answer, and the call is to be ended. */
  reject(refusal: Refusal): void;
}

/**
 * The peer's wish that we call somebody. Exactly one of `accept` and `reject` must be called before the event's listeners
 * return; where neither is, it is declined.
 */
export interface Referral {
  /** Whom to call: a SIP URI. */
  readonly target: string;
  /** Value of Replaces for the INVITE: the call there whose place ours is to take. */
  readonly replaces: string | undefined;
  /** Value of Referred-By for the INVITE, as the peer gave it. It is the peer's word, and nobody's proof. */
  readonly referredBy: string | undefined;
  /** Says that it will be tried. */
  accept(): void;
  reject(refusal: Refusal): void;
  /** Tells the peer how far the call has come; with a status of 200 and above for the last time. */
  tell(status: number): void;
}

/** What becomes of a REFER of ours. */
export interface ReferUser {
  /** How far the peer's call has come: 100 to 199. */
  progress?(status: number): void;
  /**
   * Its final status: of the call, or of the REFER where that was refused; 408 where nothing was heard of it. Comes once,
   * last.
   */
  done(status: number): void;
}

/** Event → arguments. */
export type SessionEvents = {
  /** Outgoing: a provisional response above 100. Its body is early media's answer, or a preview of it. */
  progress: [message: SessionMessage];
  /** Outgoing: a branch of a forked call is over, and others go on (199, RFC 6228). */
  branchEnded: [branch: string];
  /** Outgoing: a 3xx was followed, and the call goes on at this URI; what it said before is of no account any more. */
  redirected: [target: string];
  /**
   * Outgoing: the 2xx; its ACK is on the wire already. The body is the answer to our offer; there is none where it came
   * in a reliable `progress`, or where the peer has offered and we have answered.
   */
  accepted: [message: SessionMessage];
  /** Incoming: the ACK of our 2xx came. With our offer in the 2xx, `answer` came before. */
  acknowledged: [];
  /** The answer to an offer of ours: in the ACK or a PRACK, or in the 2xx to our re-INVITE, UPDATE or PRACK. */
  answer: [body: Body, branch?: string];
  /** Our offer in the dialog was refused; the session goes on as it was (§14.1). 491 is tried again by the session itself. */
  offerRefused: [status: number];
  /**
   * A re-INVITE of ours failed after something had been agreed inside of it: the peer may have gone back to what was before,
   * or not. Who has media offers that anew, so that both mean the same (RFC 6141 §3.4). `offerRefused` came first.
   * `offered`: it had an offer of our user's; else it was a refresh of the session.
   */
  outOfStep: [offered: boolean];
  /** An offer of the peer's, or its wish for one of ours. */
  negotiation: [negotiation: Negotiation];
  /**
   * The machine's network has changed, and with it perhaps our address: for who has media to offer another one. The peer is
   * told by the session where to reach us, whether or not something is offered.
   */
  networkChanged: [];
  /** INFO in the dialog: `application/dtmf-relay`, `application/dtmf`. It has been answered with 200. */
  info: [body: Body];
  /** Confirmed: the peer wants us to call somebody (RFC 3515): it transfers the call. */
  refer: [referral: Referral];
  /** The session is over. Comes once; only `changed` follows. */
  ended: [end: SessionEnd];
  /** Its state, or that of a dialog of its, has changed: for those who watch. */
  changed: [];
};

/** What the request that ends a session says beside that it ends. */
export interface HangupOptions {
  /** Value of Reason in our CANCEL or BYE (RFC 3326): `SIP;cause=200;text="Call completed elsewhere"`. */
  readonly reason?: string;
}

/** A dialog as another may be told of it, to take its place (RFC 3891 §4). */
export interface SessionDialog {
  readonly id: DialogId;
  /** The peer's Contact. */
  readonly remoteTarget: string;
}

/** One INVITE session, from either side. */
export interface Session {
  /** The Call-ID. */
  readonly id: string;
  readonly direction: 'outgoing' | 'incoming';
  readonly state: SessionState;
  /** The other party as To (outgoing) names it; incoming, as it is to be shown: see `caller`. */
  readonly peer: NameAddress;
  /** Incoming: who calls. */
  readonly caller?: Caller;
  /** Incoming: by whom the call was sent on, the latest first. */
  readonly diversions?: readonly Diversion[];
  /** Incoming: how the caller wants it to be answered. */
  readonly answerMode?: AnswerMode | undefined;
  /** Where the INVITE came from; undefined for an outgoing session. */
  readonly source: Endpoint | undefined;
  /** Undefined before our INVITE has been sent. */
  readonly signalling: Signalling | undefined;
  /** Where the peer was heard from last; undefined before an answer to our INVITE. */
  readonly lastHeard: Endpoint | undefined;
  /** Incoming: whose password the caller has shown; undefined where none was asked for. */
  readonly authenticatedAs?: string | undefined;
  /** Incoming: the offer in the INVITE, if it had one. */
  readonly offer: Body | undefined;
  on<Name extends keyof SessionEvents>(name: Name, listener: (...args: SessionEvents[Name]) => void): () => void;
  /** Incoming: whether `ring` has to bring our offer: the caller has none, and insists on reliable responses (RFC 3262 §5). */
  readonly ringNeedsOffer: boolean;
  /**
   * Incoming: sends 180 (or another provisional), with a body for early media: the answer, or our offer where the INVITE
   * had none. Reliably, where the caller can acknowledge it (RFC 3262).
   */
  ring(status?: 180 | 181 | 182 | 183, body?: Body): void;
  /**
   * Incoming: sends 200 with the answer, or with our offer where the INVITE had none; without either, where `ring` has
   * said it reliably. Not before that is acknowledged.
   */
  accept(body: Body): void;
  /** Incoming: sends a final refusal. */
  reject(refusal: Refusal): void;
  /**
   * Offers anew, as soon as nothing else is under way: by re-INVITE; before the answer by UPDATE or in a PRACK, where the
   * peer takes that, else after it.
   * @param branch which one of a forked call; default: the newest
   */
  reoffer(offer: Offer, branch?: string): void;
  /** The dialog that it has been answered in; undefined before. */
  readonly dialog: SessionDialog | undefined;
  /** Incoming: the session whose place it is to take (RFC 3891), which is to be hung up when this one is accepted. */
  readonly replaces?: Session | undefined;
  /**
   * Confirmed: asks the peer to call somebody in our place (RFC 3515).
   * @param replaced a call of ours with that somebody, whose place the peer's is to take: an attended transfer
   */
  refer(target: string, user: ReferUser, replaced?: SessionDialog): void;
  /** Confirmed: sends INFO with a body; the answer is only logged. */
  sendInfo(body: Body): void;
  /** Ends it in the way that its state asks for: CANCEL, 487 or 603, BYE. Safe to call at any time, any number of times. */
  hangup(how?: HangupOptions): void;
}
