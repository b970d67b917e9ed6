// What the client needs of the machine: names and TCP. A test gives its own.

import { lookup } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';

export interface HttpNetwork {
  /** Numeric addresses, in the order in which they are to be tried; rejects, or is empty, where there are none. */
  resolve(host: string): Promise<readonly string[]>;
  /** @param address numeric */
  dial(address: string, port: number): Socket;
}

/** The system's: /etc/hosts and .local count. */
export class NodeHttpNetwork implements HttpNetwork {
  async resolve(host: string): Promise<readonly string[]> {
    const found = await lookup(host, { all: true, verbatim: true });
    return found.map(({ address }) => address);
  }

  dial(address: string, port: number): Socket {
    return connect({ host: address, port, autoSelectFamily: false });
  }
}
