// The port to DNS servers. Node's own sockets are in node-dns-network.ts; tests bring servers in memory.

/** A DNS server: numeric address. */
export interface DnsServer {
  readonly address: string;
  readonly port: number;
}

/** Who asked. */
export interface DnsChannelUser {
  /** One message, as it came; over TCP without its length. */
  message(bytes: Buffer): void;
  /** No answer will come by this channel: refused, unreachable, closed. The word is for the log. */
  failed(reason: string): void;
}

/** A way to one server, for one question. */
export interface DnsChannel {
  /** Over TCP it is sent as soon as the connection stands. */
  send(message: Buffer): void;
  /** Nothing is told afterwards. */
  close(): void;
}

/** Where channels come from. */
export interface DnsNetwork {
  /**
   * UDP from a port of its own that cannot be foreseen, hearing that server alone (RFC 5452 §9.1, §9.2): an answer from
   * another address or port never arrives.
   */
  datagrams(server: DnsServer, user: DnsChannelUser): DnsChannel;
  /** A TCP connection (RFC 7766). */
  stream(server: DnsServer, user: DnsChannelUser): DnsChannel;
}
