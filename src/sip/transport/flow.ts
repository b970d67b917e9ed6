// What a flow is to those who keep one: RFC 5626 §3.1. flows.ts makes them.

import type { Millis } from '../../base/units.ts';
import type { Endpoint } from '../message/types.ts';
import type { Place, SendFailure } from './network.ts';

/** What becomes of a flow. Told from the event loop, never from within a call. */
export interface FlowEvents {
  /** It is there. Told once, also where it was there before. */
  opened?(): void;
  /** It is over: the connection broke, nobody answers, or a NAT has changed what it maps us to. Once, and the last. */
  failed(failure: SendFailure): void;
}

/**
 * One way to a server, for as long as it lasts: a connection, or over UDP our socket and the server's. Requests to
 * `target` go by it as before; over TCP and TLS the flow keeps their connection from being closed as idle.
 */
export interface Flow {
  /** Unlike that of every flow before it. */
  readonly id: number;
  readonly target: Endpoint;
  /** Whether it can be sent by. */
  readonly open: boolean;
  /** Our end of it, before any NAT; undefined until it is there. */
  readonly local: Place | undefined;
  /** What the server's STUN has said we are seen at; UDP, once a keep-alive was answered. */
  readonly mapped: Place | undefined;
  /**
   * Begins to ask, again and again, whether the flow lives: a double CRLF over TCP and TLS (§4.4.1), a STUN Binding
   * request over UDP (§4.4.2). Only for a server that has said that it answers (§4.4, §8): otherwise the flow fails.
   * Called again, with each registration, it takes the new time.
   * @param flowTimer the server's Flow-Timer; undefined: §4.4.1's and §4.4.2's own times
   */
  keepAlive(flowTimer?: Millis): void;
  /**
   * UDP: begins to show NATs and firewalls, again and again, that the way is in use, by a datagram that nobody answers:
   * for a server that has not said that it answers keep-alives. What becomes of it is not noticed by the flow.
   */
  remind(): void;
  /** Lets it go: nothing is told any more. */
  close(): void;
  /** Lets it go, and ends its connection: who holds it knows that nobody answers there. Over UDP as `close`. */
  cut(): void;
}
