// In which order registrars, and the ways to them, are tried while none serves: group by group, and within a group as
// they are written, each by every proxy. One that asked for a pause by Retry-After is passed over until that is over.

import type { Millis } from '../../base/units.ts';

/** A registrar of an account. */
export interface Registrar {
  readonly uri: string;
  /** 0: the best. A worse group serves while no server of a better one can be reached. */
  readonly group: number;
}

/** A registrar, by one of the account's flows. */
export interface Way {
  readonly registrar: Registrar;
  /** Index of the flow. */
  readonly flow: number;
}

/** One round after the other over all ways. */
export class ServerWalk {
  readonly registrars: readonly Registrar[];
  readonly #ways: readonly Way[];
  readonly #tried = new Set<Way>();
  /** Until when a registrar has asked to be left alone. */
  readonly #closedUntil = new Map<Registrar, Millis>();

  /** @param flows how many ways lead to each registrar */
  constructor(groups: readonly (readonly string[])[], flows: number) {
    this.registrars = groups.flatMap((uris, group) => uris.map((uri) => ({ uri, group })));
    const numbers = Array.from({ length: flows }, (_, flow) => flow);
    this.#ways = this.registrars.flatMap((registrar) => numbers.map((flow) => ({ registrar, flow })));
  }

  get best(): Registrar {
    const [first] = this.registrars;
    if (first === undefined) throw new Error('an account without any registrar');
    return first;
  }

  /** The registrars of better groups, the best first. */
  betterThan({ group }: Registrar): readonly Registrar[] {
    return this.registrars.filter((other) => other.group < group);
  }

  /** Begins a round. */
  begin(): void {
    this.#tried.clear();
  }

  /** That way led nowhere. */
  failed(registrar: Registrar, flow: number): void {
    const way = this.#ways.find((candidate) => candidate.registrar === registrar && candidate.flow === flow);
    if (way !== undefined) this.#tried.add(way);
  }

  /** Retry-After: the registrar is not asked before. */
  close(registrar: Registrar, until: Millis): void {
    this.#closedUntil.set(registrar, until);
  }

  /** The pause is over for all: the network has changed, or one of them has answered. */
  open(): void {
    this.#closedUntil.clear();
  }

  /** The next way of this round; undefined when it is over. */
  next(now: Millis): Way | undefined {
    return this.#ways.find((way) => !this.#tried.has(way) && (this.#closedUntil.get(way.registrar) ?? 0) <= now);
  }

  /** When the first registrar may be asked again, where all have asked to be left alone; undefined where one has not. */
  opensAt(now: Millis): Millis | undefined {
    const times = this.registrars.map((registrar) => this.#closedUntil.get(registrar));
    const closed = times.filter((until) => until !== undefined && until > now);
    if (closed.length < this.registrars.length) return undefined;
    return closed.reduce((one, other) => (one !== undefined && other !== undefined && one < other ? one : other));
  }
}
