// Where a datagram came from, with the socket that it came to: its response leaves by that (RFC 3261 §18.2.2, RFC 3581 §4).

import type { Endpoint } from '../message/types.ts';
import type { DatagramSocket } from './network.ts';

/** An endpoint of UDP that has written to us. */
export class SocketEndpoint implements Endpoint {
  readonly protocol = 'udp';
  readonly address: string;
  readonly port: number;
  readonly #socket: DatagramSocket;

  constructor(socket: DatagramSocket, address: string, port: number) {
    this.#socket = socket;
    this.address = address;
    this.port = port;
  }

  /** The socket that leads to an endpoint; undefined: it has not written, or not by UDP. */
  static socketOf(endpoint: Endpoint): DatagramSocket | undefined {
    return endpoint instanceof SocketEndpoint ? endpoint.#socket : undefined;
  }
}
