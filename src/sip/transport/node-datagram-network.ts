// UDP by node:dgram. Only src/app and src/demo make one.

import { createSocket, type Socket } from 'node:dgram';
import type { DatagramNetwork, DatagramSocket, SendFailure } from './network.ts';
import { bindError, sendFailure } from './socket-errors.ts';

type LookupCallback = (error: Error | null, address: string, family: number) => void;

/**
 * Stands in for the resolver: every address here is numeric already. It answers before it returns, so that binding,
 * connecting and sending happen at once and not in a later turn of the event loop.
 */
function numericLookup(address: string, _options: unknown, callback: LookupCallback): void {
  callback(null, address, isIpv6(address) ? 6 : 4);
}

const isIpv6 = (address: string): boolean => address.includes(':');
const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::';

/** Any port: nothing is sent when the route to it is asked for. */
const DISCARD_PORT = 9;

/** The machine's UDP. */
export class NodeDatagramNetwork implements DatagramNetwork {
  async bind(address: string, port: number): Promise<DatagramSocket> {
    const socket = newSocket(address);
    await new Promise<void>((bound, refused) => {
      socket.once('error', (error) => {
        socket.close();
        refused(bindError(error, { protocol: 'udp', address, port }));
      });
      socket.bind({ address, port, exclusive: true }, bound);
    });
    return new NodeDatagramSocket(socket);
  }

  addressTowards(target: string): string | undefined {
    const probe = newSocket(target);
    // Without a route the socket stays on the wildcard, and says so later by an error that nobody needs.
    probe.on('error', () => undefined);
    try {
      // Connecting a UDP socket asks the routing table and sends nothing.
      probe.connect(DISCARD_PORT, target);
      const { address } = probe.address();
      return isWildcard(address) ? undefined : address;
    } catch {
      return undefined;
    } finally {
      probe.close();
    }
  }
}

function newSocket(address: string): Socket {
  const type = isIpv6(address) ? 'udp6' : 'udp4';
  return createSocket({ type, ipv6Only: type === 'udp6', lookup: numericLookup });
}

class NodeDatagramSocket implements DatagramSocket {
  readonly address: string;
  readonly port: number;
  #closed = false;

  constructor(private readonly socket: Socket) {
    const { address, port } = socket.address();
    this.address = address;
    this.port = port;
    socket.removeAllListeners('error');
  }

  send(bytes: Buffer, port: number, address: string, failed: (failure: SendFailure) => void): void {
    if (this.#closed) {
      queueMicrotask(() => failed({ code: 'closed', message: 'the socket is closed' }));
      return;
    }
    try {
      this.socket.send(bytes, port, address, (error) => {
        if (error !== null) failed(sendFailure(error));
      });
    } catch (thrown) {
      queueMicrotask(() => failed(sendFailure(thrown)));
    }
  }

  onMessage(listener: (bytes: Buffer, address: string, port: number) => void): void {
    this.socket.removeAllListeners('message');
    this.socket.on('message', (bytes, { address, port }) => listener(bytes, address, port));
  }

  onError(listener: (failure: SendFailure) => void): void {
    this.socket.removeAllListeners('error');
    this.socket.on('error', (error) => listener(sendFailure(error)));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.socket.close();
  }
}
