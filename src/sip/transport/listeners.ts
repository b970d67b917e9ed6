// The sockets that are open, and which of them reaches a target.

import type { Clock } from '../../base/clock.ts';
import { DoorphoneError } from '../../base/errors.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import type { Endpoint } from '../message/types.ts';
import type { DatagramNetwork, DatagramSocket } from './network.ts';

/** How long the system's answer about a route is good for: a change that nobody tells of is followed within this time. */
const ROUTE_LIFE = seconds(5);
/** More targets than a door speaks with; beyond it the memory of routes starts anew. */
const MAXIMUM_ROUTES = 256;

interface Route {
  readonly address: string;
  readonly until: Millis;
}

/** Opens sockets, and knows the local address and the socket for a target. */
export class Listeners {
  readonly #sockets: DatagramSocket[] = [];
  readonly #routes = new Map<string, Route>();

  constructor(
    private readonly clock: Clock,
    private readonly network: DatagramNetwork,
  ) {}

  /** The sockets in use, with the ports that the system gave. */
  get endpoints(): readonly Endpoint[] {
    return this.#sockets.map(({ address, port }) => ({ protocol: 'udp', address, port }));
  }

  /**
   * Opens one socket for each place; all, or none of them.
   * @throws DoorphoneError of `DatagramNetwork.bind`, or `transport-not-supported`
   */
  async open(places: readonly Endpoint[]): Promise<readonly DatagramSocket[]> {
    const opened: DatagramSocket[] = [];
    try {
      for (const { protocol, address, port } of places) {
        if (protocol !== 'udp') throw unsupported(protocol);
        opened.push(await this.network.bind(address, port));
      }
    } catch (thrown) {
      for (const socket of opened) socket.close();
      throw thrown;
    }
    this.#sockets.push(...opened);
    return opened;
  }

  close(): void {
    for (const socket of this.#sockets.splice(0)) socket.close();
  }

  /** The socket that a message to `target` leaves by: of its family, and bound where the route leads out. */
  towards(target: Endpoint): DatagramSocket | undefined {
    if (target.protocol !== 'udp') return undefined;
    const family = this.#sockets.filter((socket) => isIpv6(socket.address) === isIpv6(target.address));
    if (family.length < 2) return family[0];
    const local = this.#routeTowards(target.address);
    return (
      family.find((socket) => socket.address === local) ??
      family.find((socket) => isWildcard(socket.address)) ??
      family[0]
    );
  }

  /** The address that `target` sees us at, before any NAT: the socket's own, or the one that the system would send from. */
  localAddress(target: string): string {
    const socket = this.towards({ protocol: 'udp', address: target, port: 0 });
    if (socket !== undefined && !isWildcard(socket.address)) return socket.address;
    return this.#routeTowards(target) ?? (isIpv6(target) ? '::1' : '127.0.0.1');
  }

  /** The network has changed: the system is asked anew. Where it knows no route, the last address still stands. */
  forgetRoutes(): void {
    for (const [target, { address }] of this.#routes) this.#routes.set(target, { address, until: millis(0) });
  }

  #routeTowards(target: string): string | undefined {
    const now = this.clock.now();
    const known = this.#routes.get(target);
    if (known !== undefined && now < known.until) return known.address;
    const address = this.network.addressTowards(target) ?? known?.address;
    if (address === undefined) return undefined;
    if (this.#routes.size >= MAXIMUM_ROUTES) this.#routes.clear();
    this.#routes.set(target, { address, until: millis(now + ROUTE_LIFE) });
    return address;
  }
}

const isIpv6 = (address: string): boolean => address.includes(':');
const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::';

function unsupported(protocol: string): DoorphoneError {
  return new DoorphoneError('transport-not-supported', `cannot listen on ${protocol}: only udp is carried`, {
    mend: 'name udp places in sip.listen',
  });
}
