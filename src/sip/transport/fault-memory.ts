// A fault that lasts is said once, however often it is met: a server with a wrong certificate is tried again and again.

import type { Clock } from '../../base/clock.ts';
import { type Millis, minutes } from '../../base/units.ts';

/** After this long it is said again. */
const SILENCE = minutes(60);
const MAXIMUM_FAULTS = 64;

/** Remembers what was said. */
export class FaultMemory {
  readonly #said = new Map<string, Millis>();

  constructor(private readonly clock: Clock) {}

  /** Whether it is to be said now. */
  isNew(what: string): boolean {
    const now = this.clock.now();
    const before = this.#said.get(what);
    if (before !== undefined && now - before < SILENCE) return false;
    this.#said.delete(what);
    for (const oldest of this.#said.keys()) {
      if (this.#said.size < MAXIMUM_FAULTS) break;
      this.#said.delete(oldest);
    }
    this.#said.set(what, now);
    return true;
  }
}
