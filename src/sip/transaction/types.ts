// The port that transactions send by, and what they tell their users (RFC 3261 §17, §18).

import type { Endpoint, SipMessage, SipRequest, SipResponse, Via } from '../message/types.ts';

/** Why a message could not be sent: no socket for it, ICMP unreachable, connection refused. */
export interface TransportFailure {
  readonly code: string;
  readonly message: string;
}

/** What the transaction layer asks of whoever owns the sockets. */
export interface TransactionTransport {
  /**
   * Sends one message. `failed` is called at most once, at any later moment, when the transport learns that it cannot
   * be delivered (§18.4).
   */
  send(message: SipMessage, target: Endpoint, failed: (failure: TransportFailure) => void): void;
  /** Protocol and sent-by of a request to `target` (§18.1.1); the transaction layer adds the branch, `rport` is set. */
  via(target: Endpoint): Pick<Via, 'protocol' | 'host' | 'port'>;
  /** Where a response goes by its topmost Via (§18.2.2, RFC 3581 §4), or the flow that its request came by. */
  responseTarget(request: SipRequest, source: Endpoint): Endpoint;
}

/** What the user of a client transaction is told. Each callback comes from the event loop, never inside `request()`. */
export interface ClientTransactionUser {
  /** Every provisional response, and final responses: one, but for the 2xx to an INVITE, which may be several. */
  response(response: SipResponse, source: Endpoint): void;
  /** Timer B or F: no final response. The transaction layer does not make a 408 up. */
  timeout(): void;
  transportFailed(failure: TransportFailure): void;
}

/** A request that is under way (§17.1). */
export interface ClientTransaction {
  /** As sent, with this transaction's Via on top. */
  readonly request: SipRequest;
  readonly target: Endpoint;
  /**
   * INVITE only: sends a CANCEL as soon as a provisional response is there (§9.1); nothing after a final response.
   * The INVITE's own final response (487, or a 2xx that crossed) still comes to the user. When none comes within
   * 64*T1 of the CANCEL, the user is told `timeout`.
   */
  cancel(headers?: readonly (readonly [name: string, value: string])[]): void;
  /**
   * Not for an INVITE: the user gives up before timer F. Nothing is sent again, nothing is told again. For a request
   * whose life is shorter by its use: one attempt of several to register.
   */
  abandon(): void;
  /**
   * Sends it no more by itself as long as nothing was heard; what comes is told as before. For a request that another
   * server was asked meanwhile.
   */
  pause(): void;
  /** Sends it again by itself, after `pause`. */
  resume(): void;
}

/** What the user of a server transaction is told. */
export interface ServerTransactionUser {
  /** INVITE: the ACK to a non-2xx final response arrived (the ACK of a 2xx goes to `TransactionHandler.ack`). */
  acknowledged?(ack: SipRequest): void;
  /** INVITE: a CANCEL matched. The layer has answered it with 200; the user sends the 487 (§9.2). */
  cancelled?(cancel: SipRequest): void;
  /** Timer H: no ACK came for a non-2xx final response. */
  timeout?(): void;
  transportFailed?(failure: TransportFailure): void;
}

/** A request that came in and wants its response (§17.2). */
export interface ServerTransaction {
  readonly request: SipRequest;
  readonly source: Endpoint;
  /** Whether a final response was sent. */
  readonly completed: boolean;
  /** To be called at most once, before any response is sent. */
  attach(user: ServerTransactionUser): void;
  /**
   * Sends a response. A 2xx to an INVITE is repeated by the user (§13.3.1.4), with `respond` again: RFC 6026 Accepted.
   * An INVITE that is not answered within 200 ms gets its 100 from the layer. Ignored after a final response, but for
   * the repeated 2xx.
   */
  respond(response: SipResponse): void;
  /**
   * Sends a final response once, and then answers repetitions with silence: for strangers. Timer G, and whoever repeats
   * a shorter request under the same branch, would make more bytes of it than were brought.
   */
  respondOnce(response: SipResponse): void;
  /**
   * Answers with silence: repetitions and a CANCEL are absorbed for 64*T1 and never handed up again. For scanners and
   * strangers; does nothing once a response was sent.
   */
  ignore(): void;
}

/**
 * What is to become of a request for which there is no state yet (RFC 3261 §8.2.7):
 * - `take`: it gets a transaction, and goes to the handler
 * - `drop`: silence; nothing is kept, and a repetition is asked about again
 * - a response: sent once, and nothing is kept; it must be the same for a repetition, its To tag at least
 */
export type Screening = 'take' | 'drop' | SipResponse;

/** Who gets what belongs to no transaction. */
export interface TransactionHandler {
  /** Asked about every new request but ACK, and CANCEL of one that was taken. */
  screen(request: SipRequest, source: Endpoint): Screening;
  /** A new request; ACK and CANCEL never come here. It must be answered in the end. */
  request(transaction: ServerTransaction): void;
  /** A CANCEL of nothing that its sender began; to be answered, with 481 (§9.2), or ignored. */
  strayCancel(transaction: ServerTransaction): void;
  /** There is no room for a request. True: its sender may be told so; false: silence. */
  mayRefuse(request: SipRequest, source: Endpoint): boolean;
  /** An ACK that belongs to no server transaction, or to an INVITE that was accepted: that of a 2xx (§13.3.1.4). */
  ack(request: SipRequest, source: Endpoint): void;
  /** A response that matches no client transaction: a late 2xx whose transaction is over. Others may be dropped. */
  strayResponse(response: SipResponse, source: Endpoint): void;
}
