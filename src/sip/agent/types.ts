// The user agent as src/call, src/provisioning and src/app see it.

import type { Secret } from '../../base/secret.ts';
import type { Millis } from '../../base/units.ts';
import type { EventBody, MessageSummary, Subscription } from '../event/index.ts';
import type { Endpoint, NameAddress, SipMessage } from '../message/types.ts';
import type { BindingState, RegistrationReport } from '../register/index.ts';
import type { Referral } from '../session/index.ts';
import type { Body, Refusal, Session } from '../session/types.ts';
import type { UnaskedHandler, UnaskedPolicy } from './unasked-notifications.ts';

/** What answers the challenges of one realm (RFC 3261 §22.1). */
export interface RealmCredentials {
  readonly realm: string;
  readonly username: string;
  readonly password: Secret;
}

/** An identity, and where it registers. */
export interface Account {
  /** Address of record, `sip:door@example.com`. */
  readonly uri: string;
  readonly displayName?: string;
  /** Digest user; default: the user part of `uri`. */
  readonly username?: string;
  readonly password?: Secret;
  /** For the realms that want others than `username` and `password`: a proxy in front of the registrar. */
  readonly credentials?: readonly RealmCredentials[];
  /** Where REGISTER goes; default: the host of `uri`. */
  readonly registrar?: string;
  /**
   * Registrars by group, in place of `registrar`: the first group is the best, and a worse one serves while none of a
   * better one can be reached. None of the lists is empty.
   */
  readonly registrars?: readonly (readonly string[])[];
  /** Pre-loaded route of every request of this account. */
  readonly outboundProxy?: string;
  /** Several of them, in place of `outboundProxy`: a flow each where the registrar knows flows (RFC 5626), else in turn. */
  readonly outboundProxies?: readonly string[];
  /** Preferred before other devices of the account, 0 to 1 (`q`, RFC 3261 §20.10). */
  readonly preference?: number;
  /** Whether a GRUU that the registrar grants is our Contact in dialogs (RFC 5627 §4.4); default: it is not. */
  readonly gruu?: boolean;
  /** Wanted life of the binding. */
  readonly expires: Millis;
  /** False: peer to peer; no REGISTER is sent. */
  readonly register: boolean;
  /** What is watched at the server once the account is registered. */
  readonly subscribe?: readonly ('reg' | 'message-summary')[];
  /** Whether its presence is published at the server once the account is registered. */
  readonly publish?: boolean;
}

/** What is known of one account's registration. */
export interface RegistrationState {
  readonly account: Account;
  readonly registered: boolean;
  /** The last refusal, or what keeps it from registering; null while registered or not yet tried. */
  readonly reason: string | null;
  readonly status?: number;
  /** The registrar that serves, or is asked; and the rest of what a person wants to know. Absent: peer to peer. */
  readonly details?: RegistrationDetails;
}

/** More of a registration: where it is, since when, by which ways. */
export type RegistrationDetails = Omit<RegistrationReport, keyof BindingState>;

/** One message as it went over a socket, for traces and timelines. */
export interface WireRecord {
  readonly direction: 'in' | 'out';
  readonly at: Millis;
  readonly message: SipMessage;
  readonly peer: Endpoint;
}

/** A text for a person (RFC 3428). It is the sender's word, and is never obeyed. */
export interface InstantMessage {
  /** As the sender names itself. */
  readonly from: NameAddress;
  readonly source: Endpoint;
  /** Whose password it has shown. */
  readonly authenticatedAs?: string | undefined;
  /** `text/plain` */
  readonly type: string;
  readonly body: Buffer;
}

/** What became of a text of ours. */
export interface MessageOutcome {
  readonly delivered: boolean;
  /** Undefined where nobody answered. */
  readonly status?: number;
  readonly phrase: string;
}

export interface MessageOptions {
  /** Request-URI and To. */
  readonly target: string;
  /** From; also who authenticates. */
  readonly account: Account;
  /** 1300 bytes at the most, in UTF-8. */
  readonly text: string;
}

export type AgentEvents = {
  /** A call came in from a peer whom `admit` allowed. It must be answered: ring, accept, reject. */
  invite: [session: Session];
  /** What the server says of messages that wait for an account. */
  messagesWaiting: [account: Account, summary: MessageSummary];
  /** A text from somebody who may call in. It has been answered. */
  message: [message: InstantMessage];
  /** `cause`: what led to the change, where that is not the state's reason. */
  /**
   * Somebody who may call in, and is in no call that it is about, wants us to call somebody (RFC 3515). Declined where no
   * listener says anything else before it returns.
   */
  refer: [referral: Referral, from: NameAddress, source: Endpoint];
  registration: [state: RegistrationState, cause?: string];
  /** Somebody whom `admit` refused; the message has been answered, or dropped in silence. */
  refused: [peer: string, source: Endpoint, why: string];
  wire: [record: WireRecord];
  /** A socket died, a datagram was no SIP: what and how often. Never one event a datagram. */
  fault: [what: string, mend: string];
};

export interface InviteOptions {
  /** Request-URI and To. */
  readonly target: string;
  /** From; also who authenticates. */
  readonly account: Account;
  /** Undefined: the peer is to offer, and `negotiation` asks for the answer. */
  readonly offer: Body | undefined;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** One PUBLISH (RFC 3903): the caller keeps what the server answers, and sends the next. */
export interface PublishOptions {
  /** Whose state: Request-URI and To. */
  readonly target: string;
  /** From; also who authenticates. */
  readonly account: Account;
  /** Value of Event. */
  readonly event: string;
  /** Zero removes it. */
  readonly expires: Millis;
  /** SIP-ETag of the last answer; left out: there was none. */
  readonly tag?: string;
  /** Left out: what the server knows stays as it is. */
  readonly body?: EventBody;
}

export interface PublishOutcome {
  /** Undefined where nobody answered. */
  readonly status: number | undefined;
  /** SIP-ETag. */
  readonly tag?: string;
  /** The life that it has; of a refusal: the least that it may ask for. */
  readonly expires?: Millis;
}

/** What to subscribe to. */
export interface SubscribeOptions {
  /** The resource: Request-URI and To. */
  readonly target: string;
  /** From; also who authenticates. */
  readonly account: Account;
  /** Value of Event, sent as it is: `reg`, `ua-profile;profile-type=device`. */
  readonly event: string;
  /** Body types of notifications that are understood; at least one. */
  readonly accept: readonly string[];
  /** The life that is asked for; 0 fetches the state once. */
  readonly expires: Millis;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: Body;
  /** URN of the device in our Contact, where the package wants it (RFC 6080 §5.1.4.1). */
  readonly instance?: string;
  /** How many notifiers may answer, where the request is forked; default 1. */
  readonly forks?: number;
}

/** Who may call in; asked for every out-of-dialog INVITE. Undefined: let in. */
export type Admission = (peer: { readonly uri: string; readonly source: Endpoint }) => Refusal | undefined;

/** A SIP user agent: its sockets, its accounts, its sessions. */
export interface UserAgent {
  on<Name extends keyof AgentEvents>(name: Name, listener: (...args: AgentEvents[Name]) => void): () => void;
  /** Opens the sockets and begins to register. Rejects with a DoorphoneError when a socket cannot be opened. */
  start(): Promise<void>;
  /** Ends every session, removes every binding (2 s at most), closes the sockets. */
  stop(): Promise<void>;
  /** The sockets in use, with the ports that the system gave. */
  readonly listening: readonly Endpoint[];
  readonly registrations: readonly RegistrationState[];
  /** Begins a call at once: the INVITE is on the wire when this returns, where the target's address is known. */
  invite(options: InviteOptions): Session;
  /** Addresses that `registrar` in `sip.accept` stands for: what the accounts' servers were located at. */
  readonly servers: ReadonlySet<string>;
  /** The local address that reaches `target` as the system routes, for SDP. */
  localAddress(target: string): string;
  /**
   * The address that calls of the account to `target` go to, where one is known; of several, one that is not public.
   * @throws DoorphoneError `bad-account`
   */
  remoteAddress(target: string, account: Account): string | undefined;
}

/** The part of a user agent that tells events and is told them (RFC 6665). */
export interface EventAgent {
  /**
   * Sends a text. Never rejects for what happens on the way.
   * @throws DoorphoneError `too-long`, and as `UserAgent.invite` does
   */
  message(options: MessageOptions): Promise<MessageOutcome>;
  /** Publishes once. Never rejects for what happens on the way. @throws DoorphoneError as `UserAgent.invite` does */
  publish(options: PublishOptions): Promise<PublishOutcome>;
  /** Subscribes to an event, and keeps the subscription until it is stopped or the notifier will not have it. */
  subscribe(options: SubscribeOptions): Subscription;
  /**
   * Takes NOTIFYs of a package that come without a subscription, by default from whoever may call in; the handler gives
   * the status that they are answered with.
   * @returns ends it
   */
  onUnasked(name: string, handler: UnaskedHandler, policy?: UnaskedPolicy): () => void;
}
