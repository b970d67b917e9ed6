// The places where we listen, and which of them a message to a target comes from.

import type { Clock } from '../../base/clock.ts';
import { DoorphoneError } from '../../base/errors.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import type { Endpoint, Protocol } from '../message/types.ts';
import { isIpv6, isWildcard } from './local-addresses.ts';
import type { DatagramNetwork, DatagramSocket, StreamEvents, StreamNetwork, StreamSocket } from './network.ts';

/** How long the system's answer about a route is good for: a change that nobody tells of is followed within this time. */
const ROUTE_LIFE = seconds(5);
/** More targets than a door speaks with; beyond it the memory of routes starts anew. */
const MAXIMUM_ROUTES = 256;

interface Route {
  readonly address: string;
  readonly until: Millis;
}

export interface ListenerOptions {
  readonly clock: Clock;
  readonly datagrams: DatagramNetwork;
  /** Undefined: there is no TCP here. */
  readonly streams: StreamNetwork | undefined;
  /** Takes each connection that somebody opens to us. */
  readonly accept: (protocol: 'tcp' | 'tls', socket: StreamSocket) => StreamEvents;
}

/** A place where we listen. */
export interface Listener extends Endpoint {
  /** UDP only. */
  readonly socket: DatagramSocket | undefined;
  close(): void;
}

/** Opens sockets, and knows the local address and the socket for a target. */
export class Listeners {
  readonly #listeners: Listener[] = [];
  readonly #routes = new Map<string, Route>();

  constructor(private readonly options: ListenerOptions) {}

  /** The places in use, with the ports that the system gave. */
  get endpoints(): readonly Endpoint[] {
    return this.#listeners.map(({ protocol, address, port }) => ({ protocol, address, port }));
  }

  /**
   * Listens at each place; at all, or at none of them.
   * @throws DoorphoneError of `DatagramNetwork.bind` and `StreamNetwork.listen`, or `transport-not-supported`
   */
  async open(places: readonly Endpoint[]): Promise<readonly Listener[]> {
    const opened: Listener[] = [];
    try {
      for (const place of places) opened.push(await this.#open(place));
    } catch (thrown) {
      for (const listener of opened) listener.close();
      throw thrown;
    }
    this.#listeners.push(...opened);
    return opened;
  }

  close(): void {
    for (const listener of this.#listeners.splice(0)) listener.close();
  }

  /** Where a message to `target` comes from: of its protocol and family, and bound where the route leads out. */
  towards({ protocol, address }: Endpoint): Listener | undefined {
    const only = this.#listeners.length === 1 ? this.#listeners[0] : undefined;
    if (only?.protocol === protocol) return isIpv6(only.address) === isIpv6(address) ? only : undefined;
    return this.#choose(
      this.#listeners.filter((listener) => listener.protocol === protocol),
      address,
    );
  }

  /** Whether an address is of a family that we listen in. */
  reaches(address: string): boolean {
    return this.#listeners.some((listener) => isIpv6(listener.address) === isIpv6(address));
  }

  /**
   * The address that `target` sees us at, before any NAT: the listener's own, or the one that the system would send from.
   * @param protocol whose listeners count, where there are any
   */
  localAddress(target: string, protocol: Protocol = 'udp'): string {
    const listener = this.towards({ protocol, address: target, port: 0 }) ?? this.#choose(this.#listeners, target);
    if (listener !== undefined && !isWildcard(listener.address)) return listener.address;
    return this.#routeTowards(target) ?? (isIpv6(target) ? '::1' : '127.0.0.1');
  }

  /** The network has changed: the system is asked anew. Where it knows no route, the last address still stands. */
  forgetRoutes(): void {
    for (const [target, { address }] of this.#routes) this.#routes.set(target, { address, until: millis(0) });
  }

  async #open({ protocol, address, port }: Endpoint): Promise<Listener> {
    const { datagrams, streams, accept } = this.options;
    if (protocol === 'udp') {
      const socket = await datagrams.bind(address, port);
      return { protocol, address: socket.address, port: socket.port, socket, close: () => socket.close() };
    }
    if (streams === undefined) throw unsupported(protocol);
    const listener = await streams.listen({ protocol, address, port }, (socket) => accept(protocol, socket));
    return {
      protocol,
      address: listener.address,
      port: listener.port,
      socket: undefined,
      close: () => listener.close(),
    };
  }

  #choose(listeners: readonly Listener[], target: string): Listener | undefined {
    const family = listeners.filter((listener) => isIpv6(listener.address) === isIpv6(target));
    if (family.length < 2) return family[0];
    const local = this.#routeTowards(target);
    return (
      family.find(({ address }) => address === local) ?? family.find(({ address }) => isWildcard(address)) ?? family[0]
    );
  }

  #routeTowards(target: string): string | undefined {
    const now = this.options.clock.now();
    const known = this.#routes.get(target);
    if (known !== undefined && now < known.until) return known.address;
    const address = this.options.datagrams.addressTowards(target) ?? known?.address;
    if (address === undefined) return undefined;
    if (this.#routes.size >= MAXIMUM_ROUTES) this.#routes.clear();
    this.#routes.set(target, { address, until: millis(now + ROUTE_LIFE) });
    return address;
  }
}

function unsupported(protocol: string): DoorphoneError {
  return new DoorphoneError('transport-not-supported', `cannot listen on ${protocol}: only udp is carried`, {
    mend: 'name udp places in sip.listen',
  });
}
