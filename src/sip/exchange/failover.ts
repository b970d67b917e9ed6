// One request at several servers, as a table: RFC 3263 §4.3 goes on to the next server when one has failed. RFC 3263 waits
// for timer B or F to call silence a failure; nobody stands at a door for 32 s. Here the next one is asked after two
// seconds without a sign of life, and the one that was asked before is listened to all the same: it may be slow and not
// dead. So a request can be in several hands, and this is who gets it.
//
// The first that says more than 100 leads; a 100 says only that a server lives. What others begin afterwards is
// cancelled (§9.1). A 2xx always goes to the user, whose rules for forked requests take it or end it (§13.2.2.4): no
// call is lost, and none rings on. The runner is client-exchange.ts.

import type { Row, Table } from '../transaction/machine.ts';

/** How one server stands to the request. */
export type AttemptState =
  /** It has been sent, and is repeated; nothing was heard. */
  | 'asked'
  /** Another has been asked since. It is not sent again; nothing was heard. */
  | 'passed over'
  /** 100, and no more. */
  | 'alive'
  /** It said more than 100, or was the first to ask for credentials. */
  | 'leading'
  /** Another leads; nothing was heard. */
  | 'outrun'
  /** It took the request up though another leads: cancelled. */
  | 'unwanted'
  /** 2xx. Of an INVITE there may come more. */
  | 'answered'
  | 'over';

export type AttemptEvent =
  /** Two seconds without a sign of life, and others are left to be asked. */
  | 'patience over'
  | '100'
  /** 101–199. */
  | 'progress'
  | '2xx'
  /** 300–699. */
  | 'refusal'
  /** Timer B or F; or 64*T1 after a CANCEL. */
  | 'timeout'
  /** It could not be sent (§18.4). */
  | 'unreachable'
  /** Another has shown life. */
  | 'other alive'
  /** Another leads, or the user has its answer. */
  | 'outrun'
  /** The others have come to nothing: it is all that is left. */
  | 'last hope';

export type AttemptAction =
  | 'stop repeating'
  | 'repeat'
  | 'ask next'
  /** Tells the others that one lives. */
  | 'quiet others'
  /** Tells the others that one leads. */
  | 'outrun others'
  | 'pass progress'
  | 'pass 2xx'
  /** What it said may be the end of the exchange, or the next server is asked. */
  | 'conclude'
  /** CANCEL, as soon as one may be sent; other requests are no longer followed. */
  | 'cancel';

type AttemptRow = Row<AttemptState, AttemptAction>;

const lives: AttemptRow = { rfc: '3261 §8.1.3.1', to: 'alive', actions: ['quiet others'] };
const leads: AttemptRow = { rfc: '3261 §13.2.2.1', to: 'leading', actions: ['outrun others', 'pass progress'] };
const answers: AttemptRow = { rfc: '3261 §13.2.2.4', to: 'answered', actions: ['outrun others', 'pass 2xx'] };
const refuses: AttemptRow = { rfc: '3263 §4.3', to: 'over', actions: ['conclude'] };
const silent: AttemptRow = { rfc: '3263 §4.3', to: 'over', actions: ['conclude'] };
const cut: AttemptRow = { rfc: '3263 §4.3', to: 'over', actions: ['conclude'] };
const unwanted: AttemptRow = { rfc: '3261 §9.1', to: 'unwanted', actions: ['cancel'] };
const late: AttemptRow = { rfc: '3261 §9.1', to: 'over', actions: [] };

/** Each server's part. An event that a state does not name changes nothing. */
export const failover: Table<AttemptState, AttemptEvent, AttemptAction> = {
  asked: {
    'patience over': { rfc: '3263 §4.3', to: 'passed over', actions: ['stop repeating', 'ask next'] },
    '100': lives,
    progress: leads,
    '2xx': answers,
    refusal: refuses,
    timeout: silent,
    unreachable: cut,
    'other alive': { rfc: '3263 §4.3', to: 'passed over', actions: ['stop repeating'] },
    outrun: { rfc: '3261 §9.1', to: 'outrun', actions: ['stop repeating'] },
  },
  'passed over': {
    '100': lives,
    progress: leads,
    '2xx': answers,
    refusal: refuses,
    timeout: silent,
    unreachable: cut,
    outrun: { rfc: '3261 §9.1', to: 'outrun', actions: [] },
    'last hope': { rfc: '3263 §4.3', to: 'asked', actions: ['repeat'] },
  },
  alive: {
    progress: leads,
    '2xx': answers,
    refusal: refuses,
    timeout: silent,
    unreachable: cut,
    outrun: unwanted,
  },
  leading: {
    progress: { rfc: '3261 §13.2.2.1', actions: ['pass progress'] },
    '2xx': answers,
    refusal: refuses,
    timeout: silent,
    unreachable: cut,
    outrun: unwanted,
  },
  outrun: {
    '100': unwanted,
    progress: unwanted,
    '2xx': answers,
    refusal: late,
    timeout: late,
    unreachable: late,
  },
  unwanted: {
    '2xx': answers,
    refusal: late,
    timeout: late,
    unreachable: late,
  },
  answered: {
    '2xx': { rfc: '3261 §13.2.2.4', actions: ['pass 2xx'] },
  },
  over: {},
};

/** The states in which an attempt may still give the exchange its end: its server has been heard, or has not. */
export const LIVE_STATES: readonly AttemptState[] = ['alive', 'leading'];
export const SILENT_STATES: readonly AttemptState[] = ['asked', 'passed over'];
