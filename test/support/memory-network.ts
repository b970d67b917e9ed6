// A network in memory: hosts with addresses, datagrams that take time, get lost, come twice or overtake each other,
// all from a seed and on the test's clock.

import type { Clock } from '../../src/base/clock.ts';
import { DoorphoneError } from '../../src/base/errors.ts';
import type { Random } from '../../src/base/random.ts';
import { millis } from '../../src/base/units.ts';
import type { DatagramNetwork, DatagramPeer, DatagramSocket, SendFailure } from '../../src/sip/transport/network.ts';
import { SeededRandom } from './seeded-random.ts';

/** How badly the network carries datagrams. Chances are from 0 to 1. */
export interface Conditions {
  readonly loss?: number;
  readonly duplication?: number;
  /** Milliseconds that every datagram takes. */
  readonly delay?: number;
  /** Milliseconds that chance adds to each: beyond the distance of two datagrams they overtake each other. */
  readonly jitter?: number;
  /** Whether a sender hears, by ICMP, that nobody listens. Off as with ordinary UDP sockets. */
  readonly refusal?: boolean;
}

/** A datagram on its way. */
export interface Datagram {
  readonly from: { readonly address: string; readonly port: number };
  readonly to: { readonly address: string; readonly port: number };
  readonly bytes: Buffer;
}

const FIRST_FREE_PORT = 40_000;

/** The wire between the hosts. */
export class MemoryNetwork {
  /** Every datagram that was sent, in order, whether or not it arrived. */
  readonly sent: Datagram[] = [];
  /** Swallows a datagram when it says true; for the loss of one certain message. */
  swallow: (datagram: Datagram) => boolean = () => false;
  #conditions: Conditions;
  readonly #random: Random;
  readonly #sockets = new Map<string, MemorySocket>();
  #nextPort = FIRST_FREE_PORT;

  constructor(
    private readonly clock: Clock,
    conditions: Conditions = {},
    seed = 1,
  ) {
    this.#conditions = conditions;
    this.#random = new SeededRandom(seed);
  }

  set conditions(conditions: Conditions) {
    this.#conditions = conditions;
  }

  /** A machine on the network: what a transport layer is given. The first address of a family is its default. */
  host(...addresses: readonly string[]): MemoryHost {
    return new MemoryHost(this, addresses);
  }

  /** The port that `bind` gives for 0. */
  freePort(): number {
    this.#nextPort += 1;
    return this.#nextPort;
  }

  attach(socket: MemorySocket, addresses: readonly string[]): void {
    for (const address of addresses) this.#sockets.set(key(address, socket.port), socket);
  }

  detach(socket: MemorySocket): void {
    for (const [place, other] of this.#sockets) if (other === socket) this.#sockets.delete(place);
  }

  taken(address: string, port: number): boolean {
    return this.#sockets.has(key(address, port));
  }

  /** Carries a datagram as well as the conditions allow. */
  carry(datagram: Datagram, failed: (failure: SendFailure) => void): void {
    this.sent.push(datagram);
    const { loss = 0, duplication = 0 } = this.#conditions;
    if (this.swallow(datagram)) return;
    if (this.#random.uniform() >= loss) this.#schedule(datagram, failed);
    if (this.#random.uniform() < duplication) this.#schedule(datagram, failed);
  }

  #schedule(datagram: Datagram, failed: (failure: SendFailure) => void): void {
    const { delay = 0, jitter = 0, refusal = false } = this.#conditions;
    const wait = millis(delay + jitter * this.#random.uniform());
    this.clock.after(wait, 'datagram', () => {
      const receiver = this.#sockets.get(key(datagram.to.address, datagram.to.port));
      if (receiver !== undefined) receiver.deliver(datagram);
      else if (refusal) failed({ code: 'ECONNREFUSED', message: 'nobody listens there' });
    });
  }
}

/** One machine. */
export class MemoryHost implements DatagramNetwork {
  readonly #wildcards: MemorySocket[] = [];
  /** Whether its sockets can have others beside them that are connected to one peer. */
  connects = true;
  /** How many such sockets there are. */
  peers = 0;

  constructor(
    private readonly network: MemoryNetwork,
    public addresses: readonly string[],
  ) {}

  /** Other addresses, as by DHCP: sockets that are bound to none of them hear at the new ones from now on. */
  renumber(...addresses: readonly string[]): void {
    this.addresses = addresses;
    for (const socket of this.#wildcards) {
      this.network.detach(socket);
      this.network.attach(
        socket,
        addresses.filter((own) => sameFamily(own, socket.address)),
      );
    }
  }

  async bind(address: string, port: number): Promise<DatagramSocket> {
    const places = isWildcard(address) ? this.addresses.filter((own) => sameFamily(own, address)) : [address];
    if (places.some((place) => !this.addresses.includes(place))) {
      throw new DoorphoneError('address-not-available', `${address} is no address of this machine`);
    }
    const chosen = port === 0 ? this.network.freePort() : port;
    if (places.some((place) => this.network.taken(place, chosen))) {
      throw new DoorphoneError('port-in-use', `udp ${address}:${chosen} is used by another program`);
    }
    const socket = new MemorySocket(this.network, this, address, chosen);
    this.network.attach(socket, places);
    if (isWildcard(address)) this.#wildcards.push(socket);
    return Promise.resolve(socket);
  }

  addressTowards(target: string): string | undefined {
    const family = this.addresses.filter((own) => sameFamily(own, target));
    // To an address of its own a machine sends from there.
    return family.find((own) => own === target) ?? family.find((own) => prefix(own) === prefix(target)) ?? family[0];
  }
}

/** A socket of a host. */
export class MemorySocket implements DatagramSocket {
  #message: (bytes: Buffer, address: string, port: number) => void = () => undefined;
  #error: (failure: SendFailure) => void = () => undefined;
  #closed = false;

  constructor(
    private readonly network: MemoryNetwork,
    private readonly host: MemoryHost,
    readonly address: string,
    readonly port: number,
  ) {}

  send(bytes: Buffer, port: number, address: string, failed: (failure: SendFailure) => void): void {
    if (this.#closed) return;
    const own = isWildcard(this.address) ? (this.host.addressTowards(address) ?? this.address) : this.address;
    // A copy, as the system takes one: what the sender does to its bytes afterwards is not sent.
    const copy = Buffer.from(bytes);
    this.network.carry({ from: { address: own, port: this.port }, to: { address, port }, bytes: copy }, failed);
  }

  onMessage(listener: (bytes: Buffer, address: string, port: number) => void): void {
    this.#message = listener;
  }

  onError(listener: (failure: SendFailure) => void): void {
    this.#error = listener;
  }

  /** What comes from the peer comes to this socket still: only the refusals find their way. */
  connect(address: string, port: number): DatagramPeer | undefined {
    if (!this.host.connects) return undefined;
    let refused: (failure: SendFailure) => void = () => undefined;
    let closed = false;
    this.host.peers += 1;
    return {
      send: (bytes) => this.send(bytes, port, address, (failure) => closed || refused(failure)),
      onMessage: () => undefined,
      onError: (listener) => {
        refused = listener;
      },
      close: () => {
        if (!closed) this.host.peers -= 1;
        closed = true;
      },
    };
  }

  close(): void {
    this.#closed = true;
    this.network.detach(this);
  }

  /** A datagram arrives. */
  deliver({ bytes, from }: Datagram): void {
    if (!this.#closed) this.#message(Buffer.from(bytes), from.address, from.port);
  }

  /** The system says that the socket is broken. */
  break(failure: SendFailure): void {
    this.#error(failure);
  }
}

const key = (address: string, port: number): string => `${address} ${port}`;
const isIpv6 = (address: string): boolean => address.includes(':');
const sameFamily = (one: string, other: string): boolean => isIpv6(one) === isIpv6(other);
const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::';
/** Hosts whose first three groups agree are on one link. */
const prefix = (address: string): string => address.split(/[.:]/).slice(0, 3).join('.');
