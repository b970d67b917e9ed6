// The ports to the network: what the transport layer asks of whoever has the sockets. Node's own are in
// node-datagram-network.ts; tests bring a network of their own.

/** Why something could not be sent: `EHOSTUNREACH`, `EMSGSIZE`, `no-socket`. */
export interface SendFailure {
  readonly code: string;
  readonly message: string;
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
  /** Nothing is sent or received afterwards. */
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
