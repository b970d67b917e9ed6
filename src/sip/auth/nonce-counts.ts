// Which counts came with which nonce: the same credentials a second time are a replay (RFC 7616 §3.4, §5.5). Only who
// knows a password gets into this memory, and it is bounded all the same.

import type { Millis } from '../../base/units.ts';

interface Use {
  readonly madeAt: Millis;
  count: number;
}

/** More calls than a door takes within the life of a nonce. */
const DEFAULT_MAXIMUM = 256;

/** Remembers the highest count of each nonce that was used. */
export class NonceCounts {
  /** In the order of their first use. */
  readonly #uses = new Map<string, Use>();
  /** Nonces that were made up to here may have been forgotten: an unknown one of them may be a replay. */
  #forgottenUpTo = -1;

  constructor(private readonly maximum = DEFAULT_MAXIMUM) {}

  get size(): number {
    return this.#uses.size;
  }

  /**
   * Notes a use.
   * @param madeAt when the nonce was made
   * @returns false for a count that came before, or is below one that came, or cannot be told from such
   */
  take(nonce: string, count: number, madeAt: Millis): boolean {
    const known = this.#uses.get(nonce);
    if (known !== undefined) {
      if (count <= known.count) return false;
      known.count = count;
      return true;
    }
    if (madeAt <= this.#forgottenUpTo) return false;
    this.#uses.set(nonce, { madeAt, count });
    if (this.#uses.size > this.maximum) this.#forgetOldest();
    return true;
  }

  /** Forgets nonces that were made before: nobody takes them any more. What stands behind a younger one waits for that. */
  forgetBefore(time: Millis): void {
    for (const [nonce, { madeAt }] of this.#uses) {
      if (madeAt >= time) return;
      this.#uses.delete(nonce);
    }
  }

  #forgetOldest(): void {
    for (const [nonce, { madeAt }] of this.#uses) {
      this.#uses.delete(nonce);
      this.#forgottenUpTo = Math.max(this.#forgottenUpTo, madeAt);
      return;
    }
  }
}
