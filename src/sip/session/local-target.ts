// Our Contact in one dialog: where the peer reaches us, and whether it still knows (RFC 3261 §8.1.1.8, RFC 6141 §4).

import type { Endpoint } from '../message/types.ts';

/** A dialog's local target, as it was said last and as it would be said now. */
export class LocalTarget {
  #said: string;

  /**
   * @param contact makes the value of Contact for what goes to an address
   * @param said in the INVITE that began the dialog, or in our first response to it
   */
  constructor(
    private readonly contact: (target: Endpoint) => string,
    said: string,
  ) {
    this.#said = said;
  }

  /** Value of Contact, as it was said last. */
  get said(): string {
    return this.#said;
  }

  /** Value of Contact in what goes to an address: how the peer reaches us from now on. */
  say(target: Endpoint): string {
    this.#said = this.contact(target);
    return this.#said;
  }

  /** Whether something else would be said now: an address of ours has changed. */
  hasMoved(target: Endpoint): boolean {
    return this.contact(target) !== this.#said;
  }

  /** What was said has not arrived. */
  unsaid(): void {
    this.#said = '';
  }
}
