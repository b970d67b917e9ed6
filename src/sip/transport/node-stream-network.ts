// TCP by node:net and TLS by node:tls. Only src/app and src/demo make one.

import { connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../base/clock.ts';
import { DoorphoneError } from '../../base/errors.ts';
import type { Endpoint } from '../message/types.ts';
import type { Origin, StreamEvents, StreamListener, StreamNetwork, StreamSocket } from './network.ts';
import { NodeStreamSocket, type PinJudge } from './node-stream-socket.ts';
import { NodeTlsClient } from './node-tls-client.ts';
import { type PinnedServer, satisfiesPin } from './pinned-server.ts';
import { bindError } from './socket-errors.ts';
import { certificateOf, type TlsCredentials, tlsContext } from './tls-context.ts';
import { sipIdentities } from './tls-identity.ts';

type Accept = (socket: StreamSocket) => StreamEvents;

/** Connections that wait to be accepted. */
const BACKLOG = 64;

/** The machine's TCP and TLS. */
export class NodeStreamNetwork implements StreamNetwork {
  #credentials: TlsCredentials;
  #client: NodeTlsClient;
  #pinned: PinnedServer | undefined;
  readonly #tlsServers = new Set<TlsServer>();

  /** @throws DoorphoneError `bad-certificate` */
  constructor(
    credentials: TlsCredentials,
    private readonly clock: Clock,
  ) {
    this.#credentials = credentials;
    this.#client = new NodeTlsClient(credentials, clock);
  }

  /**
   * Certificates from now on: for connections to come, which resume no session of before; those that are there stay as
   * they are.
   * @throws DoorphoneError `bad-certificate`; then the old ones stay
   */
  use(credentials: TlsCredentials): void {
    const client = new NodeTlsClient(credentials, this.clock, this.#pinned);
    for (const server of this.#tlsServers) server.setSecureContext(tlsContext(credentials));
    this.#credentials = credentials;
    this.#client = client;
  }

  /**
   * The one server, or none, that has to show a certain key. Connections to come resume no session of before; one that is
   * there serves for it no longer, unless it has shown that key.
   */
  pin(server: PinnedServer | undefined): void {
    if (isDeepStrictEqual(server, this.#pinned)) return;
    this.#pinned = server;
    this.#client = new NodeTlsClient(this.#credentials, this.clock, server);
  }

  async listen(place: Endpoint, accept: Accept): Promise<StreamListener> {
    const serve = place.protocol === 'tls' ? this.#tlsService(accept) : { take: serveTcp(accept), close: nothing };
    const server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
      const { remoteAddress: address, remotePort: port } = socket;
      // It may be gone before it is accepted.
      if (address === undefined || port === undefined) socket.destroy();
      else serve.take(socket, { protocol: place.protocol, address, port });
    });
    const port = await bound(server, place);
    return {
      address: place.address,
      port,
      close: () => {
        server.close();
        serve.close();
      },
    };
  }

  connect(target: Endpoint, from: Partial<Origin>, events: StreamEvents): StreamSocket {
    const { address, port, protocol } = target;
    const local = {
      ...(from.address === undefined ? {} : { localAddress: from.address }),
      ...(from.port === undefined ? {} : { localPort: from.port }),
    };
    const socket = connect({ host: address, port, noDelay: true, keepAlive: true, ...local });
    const stream = new NodeStreamSocket(socket, target, this.#judge(this.#pinned));
    stream.begin(events);
    if (protocol === 'tls') this.#client.secure(socket, stream, target);
    else socket.once('connect', () => stream.open());
    return stream;
  }

  /** What is to be asked of a connection later. @param before what its own handshake asks for */
  #judge(before: PinnedServer | undefined): PinJudge {
    return (socket, target) => satisfiesPin(socket, target, { pinned: this.#pinned, before });
  }

  /** A server of node:tls, which is handed the connections that a server of node:net has accepted. */
  #tlsService(accept: Accept): { take(socket: Socket, remote: Endpoint): void; close(): void } {
    if (this.#credentials.certificate === undefined) {
      throw new DoorphoneError('no-certificate', 'listening on tls needs a certificate', {
        mend: 'set sip.tls.certificate',
      });
    }
    // RFC 5923 §9.2: a client that has a certificate may show it; whether it is worth anything is told by `authorized`.
    const server = createTlsServer({ ...tlsContext(this.#credentials), requestCert: true, rejectUnauthorized: false });
    const handshakes = new Map<string, NodeStreamSocket>();
    server.on('secureConnection', (secure: TLSSocket) => {
      const stream = handshakes.get(peerOf(secure));
      if (stream === undefined) secure.destroy();
      else {
        const certificate = certificateOf(secure);
        stream.keyHash = certificate.keyHash();
        stream.secured(secure, secure.authorized ? sipIdentities(certificate) : []);
      }
    });
    // The connection itself says that it is over.
    server.on('tlsClientError', nothing);
    this.#tlsServers.add(server);
    const take = (socket: Socket, remote: Endpoint): void => {
      const stream = new NodeStreamSocket(socket, remote, this.#judge(undefined));
      const key = peerOf(socket);
      handshakes.set(key, stream);
      socket.once('close', () => handshakes.delete(key));
      stream.begin(accept(stream));
      server.emit('connection', socket);
    };
    return { take, close: () => this.#tlsServers.delete(server) };
  }
}

function serveTcp(accept: Accept): (socket: Socket, remote: Endpoint) => void {
  return (socket, remote) => {
    const stream = new NodeStreamSocket(socket, remote, () => true);
    stream.begin(accept(stream));
    stream.open();
  };
}

/** Binds a server; gives its port. */
async function bound(server: Server, place: Endpoint): Promise<number> {
  await new Promise<void>((listening, refused) => {
    server.once('error', (error) => refused(bindError(error, place)));
    const { address: host, port } = place;
    server.listen({ host, port, backlog: BACKLOG, exclusive: true, ipv6Only: host.includes(':') }, listening);
  });
  server.removeAllListeners('error');
  // What goes wrong while a connection is accepted (too many open files) is over with it.
  server.on('error', nothing);
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : place.port;
}

/** Names a connection among those of one listener. */
const peerOf = ({ remoteAddress, remotePort, localAddress }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress}`;

function nothing(): void {
  return;
}
