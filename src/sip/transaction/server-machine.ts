// Events and actions of the two server tables (RFC 3261 §17.2).

import type { Machine } from './machine.ts';
import type { ServerTimer } from './timers.ts';

/** What can happen to a server transaction: `request` and `ack` come from the network, `send …` from the user. */
export type ServerEvent =
  /** The same request again. */
  | 'request'
  | 'ack'
  | 'send 1xx'
  | 'send 2xx'
  | 'send 300-699'
  /** A final response that the user wants the peer to hear once at the most. */
  | 'send once'
  /** The user wants the peer to hear nothing. */
  | 'ignore'
  | 'transport error'
  | `timer ${ServerTimer}`;

/** What is to be done about it. */
export type ServerAction =
  /** The response that the user has just given; it becomes the one that is repeated. */
  | { readonly do: 'send response' }
  /** The latest response once more; nothing where there is none yet. */
  | { readonly do: 'repeat response' }
  | { readonly do: 'send trying' }
  /** The ACK of a non-2xx: the transaction's own. */
  | { readonly do: 'inform acknowledged' }
  /** The ACK of a 2xx: the core's (RFC 6026 §7.1). */
  | { readonly do: 'pass ack' }
  | { readonly do: 'inform timeout' }
  | { readonly do: 'inform transport error' }
  | { readonly do: 'start'; readonly timer: ServerTimer }
  | { readonly do: 'restart'; readonly timer: 'G'; readonly with: 'grown' }
  | { readonly do: 'stop'; readonly timer: ServerTimer };

export type ServerMachine<State extends string> = Machine<State, ServerEvent, ServerAction>;

export const sendResponse: ServerAction = { do: 'send response' };
export const repeatResponse: ServerAction = { do: 'repeat response' };
export const informTransportError: ServerAction = { do: 'inform transport error' };
export const start = (timer: ServerTimer): ServerAction => ({ do: 'start', timer });
export const stop = (timer: ServerTimer): ServerAction => ({ do: 'stop', timer });
