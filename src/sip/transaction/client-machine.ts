// Events and actions of the two client tables (RFC 3261 §17.1).

import type { Machine } from './machine.ts';
import type { ClientTimer } from './timers.ts';

/** What can happen to a client transaction. Responses come by class: the tables know no others. */
export type ClientEvent =
  | '1xx'
  | '2xx'
  | '300-699'
  /** The user wants the INVITE cancelled (§9.1). */
  | 'cancel'
  /** The user waits for a non-INVITE request no longer. */
  | 'abandon'
  /** The user asks another server meanwhile: no repetitions. */
  | 'pause'
  | 'resume'
  | 'transport error'
  | `timer ${ClientTimer}`;

/** What is to be done about it. */
export type ClientAction =
  | { readonly do: 'send request' }
  /** The ACK of a final response of 300 and above (§17.1.1.3). */
  | { readonly do: 'send ack' }
  | { readonly do: 'send cancel' }
  /** The CANCEL has to wait for a provisional response (§9.1). */
  | { readonly do: 'keep cancel' }
  | { readonly do: 'pass response' }
  | { readonly do: 'inform timeout' }
  | { readonly do: 'inform transport error' }
  | { readonly do: 'start'; readonly timer: ClientTimer }
  /** Starts a repeating timer again: doubled as its rule says, or with T2. */
  | { readonly do: 'restart'; readonly timer: 'A' | 'E'; readonly with: 'grown' | 'T2' }
  | { readonly do: 'stop'; readonly timer: ClientTimer };

export type ClientMachine<State extends string> = Machine<State, ClientEvent, ClientAction>;

export const sendRequest: ClientAction = { do: 'send request' };
export const sendAck: ClientAction = { do: 'send ack' };
export const passResponse: ClientAction = { do: 'pass response' };
export const informTimeout: ClientAction = { do: 'inform timeout' };
export const informTransportError: ClientAction = { do: 'inform transport error' };
export const start = (timer: ClientTimer): ClientAction => ({ do: 'start', timer });
export const stop = (timer: ClientTimer): ClientAction => ({ do: 'stop', timer });
