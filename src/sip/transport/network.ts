// The ports to the network: what the transport layer asks of whoever has the sockets. Node's own are in
// node-datagram-network.ts and node-stream-network.ts; tests bring a network of their own.

import type { Endpoint } from '../message/types.ts';

/** Why something could not be sent: `EHOSTUNREACH`, `EMSGSIZE`, `no-socket`. */
export interface SendFailure {
  readonly code: string;
  readonly message: string;
  /** What a person can do about it, where it is a person's matter: a certificate that is refused. */
  readonly mend?: string;
}

/** A bound UDP socket. */
export interface DatagramSocket {
  /** Where it is bound: numeric, a wildcard (`0.0.0.0`, `::`) included. */
  readonly address: string;
  readonly port: number;
  /**
   * Hands one datagram to the system before it returns.
   * @param address numeric
   * @param failed called at most once, later, when the system refused it
   */
  send(bytes: Buffer, port: number, address: string, failed: (failure: SendFailure) => void): void;
  /** Sets who gets the datagrams; one listener. */
  onMessage(listener: (bytes: Buffer, address: string, port: number) => void): void;
  /** Sets who hears that the socket is broken; one listener. */
  onError(listener: (failure: SendFailure) => void): void;
  /**
   * Makes a socket of the same address and port for one peer alone, at once; undefined where the system cannot.
   * @param address numeric
   */
  connect(address: string, port: number): DatagramPeer | undefined;
  /** Nothing is sent or received afterwards. */
  close(): void;
}

/** A UDP socket that is connected to one peer: the system tells it what ICMP says of that peer. */
export interface DatagramPeer {
  /**
   * Hands one datagram to the system before it returns.
   * @param failed called at most once, later, when the system refused it
   */
  send(bytes: Buffer, failed: (failure: SendFailure) => void): void;
  /** Sets who gets the datagrams; one listener. Some may come from elsewhere: those of the moment before it connected. */
  onMessage(listener: (bytes: Buffer, address: string, port: number) => void): void;
  /** Sets who hears that nothing arrives there (`ECONNREFUSED`); one listener. */
  onError(listener: (failure: SendFailure) => void): void;
  close(): void;
}

/** Where UDP sockets come from. */
export interface DatagramNetwork {
  /**
   * @param address numeric
   * @param port 0: one that is free
   * @throws (rejects with) DoorphoneError `port-in-use`, `address-not-available`, `port-not-permitted`, `cannot-listen`
   */
  bind(address: string, port: number): Promise<DatagramSocket>;
  /** The address that the system would send from to `target`; undefined where no route leads there. Nothing is sent. */
  addressTowards(target: string): string | undefined;
}

/** An address of one end of a connection. */
export interface Place {
  /** Numeric. */
  readonly address: string;
  readonly port: number;
}

/** One TCP connection, with TLS on it or without. */
export interface StreamSocket {
  readonly remote: Place;
  /** Our end; undefined until the connection is there. */
  readonly local: Place | undefined;
  /** The SIP domains that the peer's certificate has proved (RFC 5922 §7.1); none where it proved nothing. */
  readonly identities: readonly string[];
  /**
   * Whether the peer has proved what is demanded now of who is to be at `target`, beside a name: a key that was pinned
   * after the connection was opened is demanded of it too. Left out: nothing is.
   */
  satisfies?(target: Endpoint): boolean;
  /** Octets that were written and that the system has not taken yet. */
  readonly queued: number;
  /** To be called once it is open. */
  write(bytes: Buffer): void;
  /** Sends what is queued, then ends our side; `cut` ends the other. No event comes any more. */
  close(): void;
  /** Ends the connection now, whatever is queued. No event comes any more. */
  cut(): void;
}

/** What becomes of a connection. Each is told from the event loop, never from within a call. */
export interface StreamEvents {
  /** TLS only: the TCP connection is there, and the handshake begins. */
  reached(): void;
  /** It can be written to; with TLS: the handshake is over and the peer's certificate is as it must be. */
  opened(): void;
  data(bytes: Buffer): void;
  /** All that was queued has gone to the system. */
  drained(): void;
  /** It is over, by the peer or by a fault. Once, and the last. */
  closed(failure: SendFailure): void;
}

/** A place where connections are accepted. */
export interface StreamListener extends Place {
  /** Accepts no more; what was accepted stays. */
  close(): void;
}

/** Our end of a connection that is to be opened. */
export interface Origin {
  readonly address: string | undefined;
  readonly port: number | undefined;
}

/** Where TCP and TLS come from. */
export interface StreamNetwork {
  /**
   * @param place `tcp` or `tls`; port 0: one that is free
   * @param accept called for each connection as soon as TCP has it, before any handshake
   * @throws (rejects with) DoorphoneError as `DatagramNetwork.bind`, and `no-certificate` for `tls`
   */
  listen(place: Endpoint, accept: (socket: StreamSocket) => StreamEvents): Promise<StreamListener>;
  /**
   * Begins to open a connection.
   * @param target `tcp` or `tls`; the certificate must be good for `serverName`, or for `address` where there is none
   * @param from where to come from; what is undefined is the system's choice
   */
  connect(target: Endpoint, from: Partial<Origin>, events: StreamEvents): StreamSocket;
}
