// How often something may happen for one address, and for all of them together. A flood of addresses takes no more
// memory than a few.

import type { Clock } from '../../base/clock.ts';
import type { Millis } from '../../base/units.ts';
import { TokenBucket } from '../transport/index.ts';

/** So many at once, then one each interval. */
export interface Rate {
  readonly burst: number;
  readonly interval: Millis;
}

const MAXIMUM_SOURCES = 512;

/** Counts by address. */
export class SourceLimit {
  readonly #sources = new Map<string, TokenBucket>();
  readonly #total: TokenBucket | undefined;

  /** @param total of all addresses together; undefined: as many as there are addresses */
  constructor(
    private readonly clock: Clock,
    private readonly each: Rate,
    total?: Rate,
  ) {
    this.#total = total === undefined ? undefined : new TokenBucket(clock, total.burst, total.interval);
  }

  /** Whether `address` may have one more; counts it. */
  take(address: string): boolean {
    return this.#bucket(address).take() && this.#total?.take() !== false;
  }

  #bucket(address: string): TokenBucket {
    const known = this.#sources.get(address);
    if (known !== undefined) return known;
    if (this.#sources.size >= MAXIMUM_SOURCES) {
      for (const oldest of this.#sources.keys()) {
        this.#sources.delete(oldest);
        break;
      }
    }
    const bucket = new TokenBucket(this.clock, this.each.burst, this.each.interval);
    this.#sources.set(address, bucket);
    return bucket;
  }
}
