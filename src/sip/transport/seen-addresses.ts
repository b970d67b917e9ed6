// Where peers see us, behind whatever NATs: `received` and `rport` of the Via in their responses (RFC 3581 §4,
// RFC 3261 §18.2.1).

import { isIpAddress } from '../message/index.ts';
import type { Endpoint, Via } from '../message/types.ts';
import type { Place } from './network.ts';

const MAXIMUM_PEERS = 64;

/** What was learnt, by peer. */
export class SeenAddresses {
  readonly #places = new Map<string, Place>();

  /** Learns from our own Via as it came back from `peer`. */
  learn(peer: Endpoint, { host, port, parameters }: Via): void {
    const received = parameters.get('received');
    const rport = parameters.get('rport');
    const address = typeof received === 'string' && isIpAddress(received) ? received : host;
    const seenPort = typeof rport === 'string' && /^[1-9]\d{0,4}$/.test(rport) ? Number(rport) : port;
    if (seenPort === undefined || seenPort > 65_535) return;
    const key = keyOf(peer);
    this.#places.delete(key);
    for (const oldest of this.#places.keys()) {
      if (this.#places.size < MAXIMUM_PEERS) break;
      this.#places.delete(oldest);
    }
    this.#places.set(key, { address, port: seenPort });
  }

  /** Where `peer` sees us, by its latest response. */
  by(peer: Endpoint): Place | undefined {
    return this.#places.get(keyOf(peer));
  }

  /** The network has changed: nothing of it counts any more. */
  forget(): void {
    this.#places.clear();
  }
}

const keyOf = ({ protocol, address, port }: Endpoint): string => `${protocol} ${address} ${port}`;
