// Servers in the order in which they are tried: a list of endpoints that stays as it is for as long as its servers do, so
// that a registration does not wander with every answer of the DNS.

import type { Random } from '../../base/random.ts';
import { type Millis, millis } from '../../base/units.ts';
import type { Endpoint } from '../message/types.ts';
import { type Health, keyOf } from './health.ts';
import type { Server } from './procedure.ts';
import { byPriority, byWeight } from './srv-order.ts';

/** More servers than are tried for any request: no zone makes us send to half the world. */
const MAXIMUM_TARGETS = 32;

/** Endpoints of one priority, in the order of their use. */
type Group = readonly Endpoint[];

/**
 * Where a server is reached.
 * @param domain what its certificate has to be good for, whatever name the DNS gave it (RFC 5922 §4); undefined: its
 * address
 */
export function endpointsOf({ protocol, port, addresses }: Server, domain: string | undefined): readonly Endpoint[] {
  return addresses.map((address) =>
    protocol === 'tls' && domain !== undefined
      ? { protocol, address, port, serverName: domain }
      : { protocol, address, port },
  );
}

/** What a place leads to. */
export class Targets {
  readonly #groups: Group[];
  #all: readonly Endpoint[];

  private constructor(groups: readonly Group[]) {
    this.#groups = [...groups];
    this.#all = groups.flat();
  }

  /**
   * Orders servers by priority, then by chance and weight (RFC 2782).
   * @param domain what certificates have to be good for
   * @param before what was in use: its first of each priority stays the first where it is still there
   */
  static of(
    servers: readonly Server[],
    domain: string | undefined,
    random: Random,
    before: Targets | undefined,
  ): Targets {
    let room = MAXIMUM_TARGETS;
    const groups = byPriority(servers).map((group) => {
      const endpoints = byWeight(group, random).flatMap((server) => endpointsOf(server, domain));
      const taken = endpoints.slice(0, room);
      room -= taken.length;
      return taken;
    });
    const targets = new Targets(groups);
    for (const [first] of before === undefined ? [] : before.#groups) if (first !== undefined) targets.prefer(first);
    return targets;
  }

  /** All of them, the best first, whatever is known of their health. */
  get all(): readonly Endpoint[] {
    return this.#all;
  }

  /** Puts one before the others of its priority: it is the one in use. */
  prefer(target: Endpoint): void {
    const key = keyOf(target);
    for (const [at, group] of this.#groups.entries()) {
      const chosen = group.find((each) => keyOf(each) === key);
      if (chosen === undefined || chosen === group[0]) continue;
      this.#groups[at] = [chosen, ...group.filter((each) => each !== chosen)];
      this.#all = this.#groups.flat();
    }
  }

  /** As they are tried now: those that have failed lately behind the others, the one that may be tried soonest first. */
  inOrder(health: Health): readonly Endpoint[] {
    if (health.isPerfect) return this.#all;
    const resting = new Map<Endpoint, Millis>();
    for (const target of this.#all) {
      const until = health.restsUntil(target);
      if (until !== undefined) resting.set(target, until);
    }
    if (resting.size === 0) return this.#all;
    const rest = (target: Endpoint): Millis => resting.get(target) ?? millis(0);
    return [...this.#all].sort((a, b) => rest(a) - rest(b));
  }

  /** Whether they are reached by TLS: all, or none of them. */
  get secure(): boolean {
    return this.#all[0]?.protocol === 'tls';
  }

  /** Whether they lead to the same addresses. */
  sameAddresses(other: Targets | undefined): boolean {
    const [own, others] = [this.addresses, other?.addresses ?? []];
    return own.length === others.length && own.every((address) => others.includes(address));
  }

  get addresses(): readonly string[] {
    return [...new Set(this.#all.map(({ address }) => address))];
  }
}
