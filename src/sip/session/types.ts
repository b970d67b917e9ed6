// The INVITE usage as src/call sees it: one conversation, its offers and answers, how it ends (RFC 3261 §13–15).

import type { Millis } from '../../base/units.ts';
import type { Endpoint, NameAddress } from '../message/types.ts';

/** A message body with its type. */
export interface Body {
  /** `application/sdp` */
  readonly type: string;
  readonly data: Buffer;
}

/** A final answer that a user gives to a request. */
export interface Refusal {
  readonly status: number;
  readonly reason?: string;
  /** Extra header fields: Warning, Retry-After. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

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
 * A request of the peer's to change the session, or to begin it without an offer of its own. Exactly one of `accept`
 * and `reject` must be called; later calls do nothing.
 */
export interface Negotiation {
  /** The peer's offer; undefined when it wants ours in the 2xx and will answer in its ACK. */
  readonly offer: Body | undefined;
  /** Sends 200 with the answer (or, without an offer, with our offer; the answer comes as event `answer`). */
  accept(body: Body): void;
  reject(refusal: Refusal): void;
}

/** Event → arguments. */
export type SessionEvents = {
  /** Outgoing: a provisional response above 100. Its body is early media's answer. */
  progress: [message: SessionMessage];
  /** Outgoing: the 2xx; its ACK is on the wire already. The body is the answer to our offer. */
  accepted: [message: SessionMessage];
  /** Incoming: the ACK of our 2xx came. With our offer in the 2xx, `answer` came before. */
  acknowledged: [];
  /** The answer to an offer of ours: in the ACK, or in the 2xx to our re-INVITE. */
  answer: [body: Body];
  /** Our re-INVITE was refused; the session goes on as it was (§14.1). 491 is tried again by the session itself. */
  offerRefused: [status: number];
  /** A re-INVITE (or UPDATE) of the peer's. */
  negotiation: [negotiation: Negotiation];
  /** INFO in the dialog: `application/dtmf-relay`, `application/dtmf`. It has been answered with 200. */
  info: [body: Body];
  /** The session is over. Comes once, last. */
  ended: [end: SessionEnd];
};

/** What the request that ends a session says beside that it ends. */
export interface HangupOptions {
  /** Value of Reason in our CANCEL or BYE (RFC 3326): `SIP;cause=200;text="Call completed elsewhere"`. */
  readonly reason?: string;
}

/** One INVITE session, from either side. */
export interface Session {
  /** The Call-ID. */
  readonly id: string;
  readonly direction: 'outgoing' | 'incoming';
  readonly state: SessionState;
  /** The other party as From (incoming) or To (outgoing) names it. */
  readonly peer: NameAddress;
  /** Where the INVITE came from; undefined for an outgoing session. */
  readonly source: Endpoint | undefined;
  /** Incoming: the offer in the INVITE, if it had one. */
  readonly offer: Body | undefined;
  on<Name extends keyof SessionEvents>(name: Name, listener: (...args: SessionEvents[Name]) => void): () => void;
  /** Incoming: sends 180 (or another provisional), with a body for early media. */
  ring(status?: 180 | 181 | 182 | 183, body?: Body): void;
  /** Incoming: sends 200 with the answer, or with our offer where the INVITE had none. */
  accept(body: Body): void;
  /** Incoming: sends a final refusal. */
  reject(refusal: Refusal): void;
  /** Confirmed: offers anew by re-INVITE. */
  reoffer(body: Body): void;
  /** Confirmed: sends INFO with a body; the answer is only logged. */
  sendInfo(body: Body): void;
  /** Ends it in the way that its state asks for: CANCEL, 487 or 603, BYE. Safe to call at any time, any number of times. */
  hangup(how?: HangupOptions): void;
}
