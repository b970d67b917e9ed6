// A real HTTP or HTTPS server on 127.0.0.1 that does what a test says, and a network whose names and addresses the test
// makes up: whatever address is dialled, the connection goes to 127.0.0.1.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import { connect, type Socket } from 'node:net';
import type { HttpNetwork } from '../../src/http/index.ts';

export type WebAnswer = (request: IncomingMessage, response: ServerResponse) => void;

export class WebServer {
  readonly requests: IncomingMessage[] = [];
  readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.sockets.delete(socket));
    });
    server.on('tlsClientError', () => undefined);
  }

  /** @param tls left out: plain HTTP */
  static async start(answer: WebAnswer, tls?: ServerOptions): Promise<WebServer> {
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    const web = new WebServer(server);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      web.requests.push(request);
      response.on('error', () => undefined);
      answer(request, response);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return web;
  }

  get port(): number {
    const bound = this.server.address();
    return typeof bound === 'object' && bound !== null ? bound.port : 0;
  }

  get paths(): readonly (string | undefined)[] {
    return this.requests.map(({ url }) => url);
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((done) => this.server.close(() => done()));
  }
}

/** Names that the test makes up. */
export class MadeUpNetwork implements HttpNetwork {
  readonly dialled: string[] = [];

  /** @param hosts the addresses of each name, by the time that it is asked for; the last one stays */
  constructor(private readonly hosts: Readonly<Record<string, readonly (readonly string[])[]>>) {}

  readonly #asked = new Map<string, number>();

  resolve(host: string): Promise<readonly string[]> {
    const turns = this.hosts[host] ?? [];
    const turn = this.#asked.get(host) ?? 0;
    this.#asked.set(host, turn + 1);
    const found = turns[Math.min(turn, turns.length - 1)];
    return found === undefined ? Promise.reject(new Error(`getaddrinfo ENOTFOUND ${host}`)) : Promise.resolve(found);
  }

  dial(address: string, port: number): Socket {
    this.dialled.push(address);
    return connect({ host: '127.0.0.1', port });
  }
}

/** Lets real sockets do what they have to, until something is so. */
export async function until(what: () => boolean, turns = 1_000_000): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) {
    if (what()) return;
    await new Promise<void>((done) => setImmediate(done));
  }
  throw new Error('it did not come to be');
}
