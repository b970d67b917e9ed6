// Whether the door would take a call, as its watchers are told (RFC 3856).

import type { Clock } from '../../base/clock.ts';
import type { PresenceSource } from '../event/index.ts';

/** Open while nobody is called and nobody talks. */
export class Presence implements PresenceSource {
  #isOpen = true;
  #since: Date;

  constructor(private readonly clock: Clock) {
    this.#since = clock.wall();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get since(): Date {
    return this.#since;
  }

  /** @returns whether that is a change */
  set(isOpen: boolean): boolean {
    if (isOpen === this.#isOpen) return false;
    this.#isOpen = isOpen;
    this.#since = this.clock.wall();
    return true;
  }
}
