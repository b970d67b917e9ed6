// What is exchanged, and what its user is told.

import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';

/** A request as it went out, and where to. */
export interface SentRequest {
  readonly request: SipRequest;
  readonly target: Endpoint;
}

/** What is sent, and to whom. */
export interface ExchangePlan {
  /** The URI whose host is asked for addresses (RFC 3261 §8.1.2). */
  readonly nextHop: string;
  /** Makes the request; called again after each challenge, since every such try has a CSeq of its own (§22.2). */
  build(): SipRequest;
  /** Writes into the request what depends on the address that it goes to: Contact. Called before every sending. */
  address?(request: SipRequest, target: Endpoint): void;
}

export interface ExchangeUser {
  /** Above 100. */
  provisional?(response: SipResponse, sent: SentRequest): void;
  /** The final response; of a 2xx to an INVITE every one, repetitions and other branches included. */
  final(response: SipResponse, sent: SentRequest): void;
  /** No address could be reached, or none answered. Called at once where the next hop is known to lead nowhere. */
  failed(reason: 'timeout' | 'unreachable', phrase: string): void;
  /** Where each response came from. */
  heard(source: Endpoint): void;
}
