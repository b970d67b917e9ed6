// The life of an INVITE session, either way, as tables: which event leads where, and what is done on the way
// (RFC 3261 §13–15). The runners are outgoing-session.ts and incoming-session.ts. An event that a state does not name
// changes nothing.

import type { Row, Table } from '../transaction/machine.ts';
import type { SessionState } from './types.ts';

export type OutgoingEvent =
  /** 101–199 to our INVITE. */
  | 'provisional'
  /** A 2xx to our INVITE, the first of its To tag. */
  | '2xx'
  /** 300–699 to our INVITE, challenges that were answered excepted. */
  | 'refusal'
  /** Timer B, or 64*T1 after a CANCEL. */
  | 'timeout'
  /** The INVITE could not be sent. */
  | 'unreachable'
  /** Our user hangs up. */
  | 'hangup'
  /** The dialog is over: a BYE of the peer's, or its silence (§12.2.1.2). */
  | 'dialog ended';

export type OutgoingAction =
  | 'report progress'
  /** Acknowledge, take the dialog for ours, report it. */
  | 'take dialog'
  /** Acknowledge, then BYE, without a word to the user. */
  | 'refuse dialog'
  | 'send CANCEL'
  | 'send BYE'
  | 'report end';

type OutgoingRow = Row<SessionState, OutgoingAction>;

const refused: OutgoingRow = { rfc: '3261 §13.2.2.3', to: 'terminated', actions: ['report end'] };
const timedOut: OutgoingRow = { rfc: '3261 §13.2.2, §17.1.1.2', to: 'terminated', actions: ['report end'] };
const unreachable: OutgoingRow = { rfc: '3261 §8.1.3.1', to: 'terminated', actions: ['report end'] };
const answered: OutgoingRow = { rfc: '3261 §13.2.2.4', to: 'confirmed', actions: ['take dialog'] };
// The user is done when it says so; what the CANCEL leads to is no longer its concern (§9.1, §15).
const cancelled: OutgoingRow = { rfc: '3261 §9.1', to: 'terminated', actions: ['send CANCEL', 'report end'] };
const early: OutgoingRow = { rfc: '3261 §13.2.2.1', to: 'early', actions: ['report progress'] };

/** A session that we began. */
export const outgoingLifecycle: Table<SessionState, OutgoingEvent, OutgoingAction> = {
  calling: {
    provisional: early,
    '2xx': answered,
    refusal: refused,
    timeout: timedOut,
    unreachable,
    hangup: cancelled,
  },
  early: {
    provisional: early,
    '2xx': answered,
    refusal: refused,
    timeout: timedOut,
    unreachable,
    hangup: cancelled,
  },
  confirmed: {
    // Another branch of a forked call answered as well.
    '2xx': { rfc: '3261 §13.2.2.4', actions: ['refuse dialog'] },
    hangup: { rfc: '3261 §15.1.1', to: 'terminated', actions: ['send BYE', 'report end'] },
    'dialog ended': { rfc: '3261 §15.1.2, §12.2.1.2', to: 'terminated', actions: ['report end'] },
  },
  terminated: {
    // The 2xx crossed our CANCEL, or is that of another branch (§9.1, §13.2.2.4).
    '2xx': { rfc: '3261 §15', actions: ['refuse dialog'] },
  },
};

export type IncomingEvent =
  /** Our user rings. */
  | 'ring'
  | 'accept'
  | 'reject'
  | 'hangup'
  /** CANCEL of the peer's. */
  | 'cancel'
  /** The time in the INVITE's Expires is over. */
  | 'expired'
  /** A BYE before our final response. */
  | 'early BYE'
  /** The dialog is over: BYE, silence, or a 2xx that was never acknowledged. */
  | 'dialog ended';

export type IncomingAction =
  | 'send 1xx'
  | 'send 2xx'
  | 'send refusal'
  | 'send 603'
  | 'send 487'
  /** As soon as the ACK is there (§15). */
  | 'send BYE'
  | 'report end';

type IncomingRow = Row<SessionState, IncomingAction>;

const ring: IncomingRow = { rfc: '3261 §13.3.1.1', to: 'early', actions: ['send 1xx'] };
const accept: IncomingRow = { rfc: '3261 §13.3.1.4', to: 'confirmed', actions: ['send 2xx'] };
const reject: IncomingRow = { rfc: '3261 §13.3.1.3', to: 'terminated', actions: ['send refusal', 'report end'] };
const decline: IncomingRow = { rfc: '3261 §13.3.1.3', to: 'terminated', actions: ['send 603', 'report end'] };
const cancel: IncomingRow = { rfc: '3261 §9.2', to: 'terminated', actions: ['send 487', 'report end'] };
const expired: IncomingRow = { rfc: '3261 §13.3.1', to: 'terminated', actions: ['send 487', 'report end'] };
const earlyBye: IncomingRow = { rfc: '3261 §15.1.2', to: 'terminated', actions: ['send 487', 'report end'] };

/** A session that the peer began. */
export const incomingLifecycle: Table<SessionState, IncomingEvent, IncomingAction> = {
  calling: { ring, accept, reject, hangup: decline, cancel, expired, 'early BYE': earlyBye },
  early: { ring, accept, reject, hangup: decline, cancel, expired, 'early BYE': earlyBye },
  confirmed: {
    hangup: { rfc: '3261 §15', to: 'terminated', actions: ['send BYE', 'report end'] },
    'dialog ended': { rfc: '3261 §15.1.2, §13.3.1.4', to: 'terminated', actions: ['report end'] },
  },
  terminated: {},
};
