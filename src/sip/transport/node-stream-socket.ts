// One connection of node:net, which may become one of node:tls.

import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Endpoint } from '../message/types.ts';
import type { Place, SendFailure, StreamEvents, StreamSocket } from './network.ts';
import type { KeyedConnection } from './pinned-server.ts';
import { tlsFailure } from './tls-faults.ts';

/** Whether the keys that are pinned by now let a connection be used to speak to somebody. */
export type PinJudge = (socket: KeyedConnection, target: Endpoint) => boolean;

/** A connection, told of by `StreamEvents`. */
export class NodeStreamSocket implements StreamSocket, KeyedConnection {
  identities: readonly string[] = [];
  /** Of the peer's certificate, as pins are written; undefined where it was not looked at. */
  keyHash: string | undefined;
  #socket: Socket;
  #events: StreamEvents | undefined;

  constructor(
    socket: Socket,
    readonly remote: Endpoint,
    private readonly judge: PinJudge,
  ) {
    this.#socket = socket;
    socket.on('error', (error) => this.#over(error));
    socket.on('close', () => this.#over(new Error('the other side has closed the connection')));
  }

  get local(): Place | undefined {
    const { localAddress: address, localPort: port } = this.#socket;
    return address === undefined || port === undefined ? undefined : { address, port };
  }

  get queued(): number {
    return this.#socket.writableLength;
  }

  satisfies(target: Endpoint): boolean {
    return this.judge(this, target);
  }

  /** To be called once, before anything can have happened. */
  begin(events: StreamEvents): void {
    this.#events = events;
  }

  /** TCP is there, and TLS begins. */
  reached(): void {
    this.#events?.reached();
  }

  /** TLS goes on in another socket: its faults are this one's. */
  watch(secure: TLSSocket): void {
    secure.on('error', (error) => this.#over(error));
    secure.on('close', () => this.#over(new Error('the other side has closed the connection')));
  }

  /** The handshake is over, and the peer is who it must be. */
  secured(secure: TLSSocket, identities: readonly string[]): void {
    this.#socket = secure;
    this.identities = identities;
    this.open();
  }

  open(): void {
    if (this.#events === undefined) {
      this.#socket.destroy();
      return;
    }
    this.#socket.on('data', (bytes: Buffer) => this.#events?.data(bytes));
    this.#events.opened();
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes, () => {
      if (this.queued === 0) this.#events?.drained();
    });
  }

  close(): void {
    this.#events = undefined;
    this.#socket.end();
  }

  cut(): void {
    this.#events = undefined;
    this.#socket.destroy();
  }

  /** It cannot be used: the peer is not who it must be. */
  refuse(failure: SendFailure): void {
    const events = this.#events;
    this.cut();
    events?.closed(failure);
  }

  #over(error: Error): void {
    const events = this.#events;
    this.#events = undefined;
    events?.closed(tlsFailure(error, this.remote));
  }
}
