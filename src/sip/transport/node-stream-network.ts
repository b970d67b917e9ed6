// TCP by node:net. Only src/app and src/demo make one.

import { connect, createServer, type Socket } from 'node:net';
import type { Endpoint } from '../message/types.ts';
import type { Place, StreamEvents, StreamListener, StreamNetwork, StreamSocket } from './network.ts';
import { bindError, connectionFailure } from './node-errors.ts';

/** Connections that wait to be accepted. */
const BACKLOG = 64;

/** The machine's TCP. */
export class NodeStreamNetwork implements StreamNetwork {
  async listen(place: Endpoint, accept: (socket: StreamSocket) => StreamEvents): Promise<StreamListener> {
    const server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#accept(socket, place, accept));
    await new Promise<void>((listening, refused) => {
      server.once('error', (error) => refused(bindError(error, place)));
      server.listen(
        { host: place.address, port: place.port, backlog: BACKLOG, exclusive: true, ipv6Only: isIpv6(place.address) },
        listening,
      );
    });
    server.removeAllListeners('error');
    // What goes wrong while a connection is accepted (too many open files) is over with it.
    server.on('error', () => undefined);
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : place.port;
    return { address: place.address, port, close: () => server.close() };
  }

  connect(target: Endpoint, from: string | undefined, events: StreamEvents): StreamSocket {
    const { address, port } = target;
    const local = from === undefined ? {} : { localAddress: from };
    const socket = connect({ host: address, port, noDelay: true, keepAlive: true, ...local });
    const stream = new NodeStreamSocket(socket, target);
    stream.begin(socket, events);
    socket.once('connect', () => stream.open());
    return stream;
  }

  #accept(socket: Socket, { protocol }: Endpoint, accept: (socket: StreamSocket) => StreamEvents): void {
    const remote = { protocol, address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    if (remote.address === '') {
      // It was gone before it was accepted.
      socket.destroy();
      return;
    }
    const stream = new NodeStreamSocket(socket, remote);
    stream.begin(socket, accept(stream));
    stream.open();
  }
}

const isIpv6 = (address: string): boolean => address.includes(':');

/** One socket of node:net, or of node:tls. */
class NodeStreamSocket implements StreamSocket {
  readonly identities: readonly string[] = [];
  #events: StreamEvents | undefined;

  constructor(
    private readonly socket: Socket,
    readonly remote: Endpoint,
  ) {}

  get local(): Place | undefined {
    const { localAddress, localPort } = this.socket;
    return localAddress === undefined || localPort === undefined
      ? undefined
      : { address: localAddress, port: localPort };
  }

  get queued(): number {
    return this.socket.writableLength;
  }

  /** Passes on what becomes of the socket, from now on. */
  begin(socket: Socket, events: StreamEvents): void {
    this.#events = events;
    socket.on('data', (bytes: Buffer) => this.#events?.data(bytes));
    socket.on('error', (error) => this.#over(error));
    socket.on('close', () => this.#over(new Error('the other side has closed the connection')));
  }

  open(): void {
    this.#events?.opened();
  }

  write(bytes: Buffer): void {
    this.socket.write(bytes, () => {
      if (this.queued === 0) this.#events?.drained();
    });
  }

  close(): void {
    this.#events = undefined;
    this.socket.end();
  }

  cut(): void {
    this.#events = undefined;
    this.socket.destroy();
  }

  #over(error: Error): void {
    const events = this.#events;
    this.#events = undefined;
    events?.closed(connectionFailure(error, this.remote));
  }
}
