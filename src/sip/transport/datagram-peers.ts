// Sockets for one peer each, beside the one that is open to all: by them the system tells at once that nobody listens
// there (RFC 3261 §18.4), where the common socket would say nothing and a request would wait for its timers.

import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Endpoint } from '../message/types.ts';
import type { DatagramPeer, DatagramSocket, SendFailure } from './network.ts';
import { Outbox, type Outgoing } from './outbox.ts';
import { formatEndpoint } from './socket-errors.ts';

export interface DatagramPeersOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** The address that the system sends from to a target, as of now. */
  readonly localAddress: (target: Endpoint) => string;
  /** Takes what comes to a peer's socket: as if it had come to the common one. */
  readonly received: (socket: DatagramSocket, bytes: Buffer, address: string, port: number) => void;
}

/** More than a door speaks with; the one that was sent to longest ago makes room. */
const MAXIMUM_PEERS = 16;

interface Peer {
  readonly socket: DatagramPeer;
  readonly outbox: Outbox;
  /** A connected socket keeps the address that it was connected from. */
  readonly localAddress: string;
}

/** The peers that requests go to. */
export class DatagramPeers {
  readonly #peers = new Map<string, Peer>();

  constructor(private readonly options: DatagramPeersOptions) {}

  get count(): number {
    return this.#peers.size;
  }

  /** Makes a socket for requests to `target` ahead of the first, which is then not kept waiting by it. */
  prepare(target: Endpoint, common: DatagramSocket): void {
    this.#find(target, common);
  }

  /** Sends a request; false where the system has no such socket: then it goes by the common one. */
  send(outgoing: Outgoing, target: Endpoint, common: DatagramSocket): boolean {
    const peer = this.#find(target, common);
    if (peer === undefined) return false;
    peer.outbox.wrote(outgoing, 0, true);
    // What the system does not take by this socket, an address that is ours no longer among it, it may take by the other.
    peer.socket.send(outgoing.bytes, () => common.send(outgoing.bytes, target.port, target.address, outgoing.failed));
    return true;
  }

  /** The answer to what was sent with `awaits` is there. */
  answered(awaits: string, source: Endpoint): void {
    this.#peers.get(keyOf(source))?.outbox.answered(awaits);
  }

  /** Ends all of them: the network is another one, or there is nothing more to send. Who waits is not told. */
  close(): void {
    for (const { socket } of this.#peers.values()) socket.close();
    this.#peers.clear();
  }

  #find(target: Endpoint, common: DatagramSocket): Peer | undefined {
    const key = keyOf(target);
    const localAddress = this.options.localAddress(target);
    const known = this.#peers.get(key);
    if (known !== undefined) this.#peers.delete(key);
    const current = known?.localAddress === localAddress ? known : this.#replace(known, target, common, localAddress);
    if (current === undefined) return undefined;
    this.#peers.set(key, current);
    this.#makeRoom();
    return current;
  }

  #replace(old: Peer | undefined, target: Endpoint, common: DatagramSocket, localAddress: string): Peer | undefined {
    old?.socket.close();
    const socket = common.connect(target.address, target.port);
    if (socket === undefined) return undefined;
    const peer = { socket, localAddress, outbox: old?.outbox ?? new Outbox(this.options.clock) };
    socket.onMessage((bytes, address, port) => this.options.received(common, bytes, address, port));
    socket.onError((failure) => this.#refused(peer, target, failure));
    return peer;
  }

  /** ICMP: whoever waits for an answer of that peer is told that none will come. */
  #refused({ outbox }: Peer, target: Endpoint, { code }: SendFailure): void {
    const message = `nobody listens at ${formatEndpoint(target)}`;
    const lost = outbox.lost(0);
    if (lost.length > 0) this.options.log.debug('transport.unreachable', { peer: formatEndpoint(target), code });
    for (const { failed } of lost) failed({ code, message });
  }

  #makeRoom(): void {
    for (const [key, { socket }] of this.#peers) {
      if (this.#peers.size <= MAXIMUM_PEERS) return;
      socket.close();
      this.#peers.delete(key);
    }
  }
}

const keyOf = ({ address, port }: Endpoint): string => `${address} ${port}`;
