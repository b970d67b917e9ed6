// What a fleet may ask in a second, and while the processor keeps up. After a power cut all of it comes at once: who is too many is told when to come again
// (RFC 3261 §21.5.4, RFC 9110 §15.6.4), each at a moment of its own.

import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import { millis } from '../../base/units.ts';
import type { Backlog } from './backlog.ts';

export interface LoadGuardOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Requests a second; as many at once. */
  readonly rate: number;
  /** Left out where a refusal costs as much as what it refuses. */
  readonly backlog?: Pick<Backlog, 'isBehind'>;
}

/** Nobody is sent away for longer, in seconds: from there on chance alone spreads them. */
const LONGEST_WAIT = 60;
/** The answer to who is too many, as seconds have no parts: the moment itself is the device's chance. */
const CHANCE = 2;

/** Counts requests of one kind. */
export class LoadGuard {
  readonly #bucket: TokenBucket;
  /** Up to when the seconds to come are given away, by those who were sent off. */
  #booked = 0;

  constructor(private readonly options: LoadGuardOptions) {
    const { clock, rate } = options;
    this.#bucket = new TokenBucket(clock, rate, millis(1000 / rate));
  }

  /** Counts one. @returns undefined: it may be answered; else how many seconds it is to stay away */
  refuse(): number | undefined {
    const { clock, random, rate, backlog } = this.options;
    if (backlog?.isBehind !== true && this.#bucket.take()) return undefined;
    const now = clock.now();
    this.#booked = Math.max(this.#booked, now) + 1000 / rate;
    const wait = (this.#booked - now) / 1000;
    if (wait > LONGEST_WAIT) return 1 + Math.floor(LONGEST_WAIT * random.uniform());
    return 1 + Math.floor(wait + CHANCE * random.uniform());
  }
}
