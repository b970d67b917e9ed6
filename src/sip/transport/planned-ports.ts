// The ports that connections will come from. Via and Contact name it (RFC 3261 §18.1.1, §8.1.1.8) where we do not listen,
// and are written before the connection is opened: so the port is chosen here, and not by the system.

import type { Random } from '../../base/random.ts';
import type { Endpoint } from '../message/types.ts';

/** Above those that Linux gives by itself (32768 to 60999), so that few are taken. */
const FIRST_PORT = 61_000;
const PORTS = 4500;
const MAXIMUM_PLANS = 64;

/** One port for each target that is to be connected to. */
export class PlannedPorts {
  readonly #plans = new Map<string, number>();

  constructor(private readonly random: Random) {}

  /** The port for the next connection to `target`; the same until it is taken. */
  plan(target: Endpoint): number {
    const key = keyOf(target);
    const planned = this.#plans.get(key);
    if (planned !== undefined) return planned;
    const port = FIRST_PORT + Math.floor(this.random.uniform() * PORTS);
    for (const oldest of this.#plans.keys()) {
      if (this.#plans.size < MAXIMUM_PLANS) break;
      this.#plans.delete(oldest);
    }
    this.#plans.set(key, port);
    return port;
  }

  /** For one connection: the next has another. Undefined where nobody has asked for it. */
  take(target: Endpoint): number | undefined {
    const key = keyOf(target);
    const planned = this.#plans.get(key);
    this.#plans.delete(key);
    return planned;
  }
}

const keyOf = ({ protocol, address, port, serverName }: Endpoint): string =>
  `${protocol} ${address} ${port} ${serverName ?? ''}`;
