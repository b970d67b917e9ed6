// Which addresses have failed, and until when others are preferred to them (RFC 3263 §4.3).

import type { Clock } from '../../base/clock.ts';
import { type Millis, millis, minutes, seconds } from '../../base/units.ts';
import type { Endpoint } from '../message/types.ts';

interface Failure {
  /** How often in a row. */
  readonly times: number;
  readonly until: Millis;
}

/** The first time that others go before it; doubled with each failure that follows. */
const FIRST_REST = seconds(30);
const LONGEST_REST = minutes(10);
/** A server that wants to be left alone for longer (Retry-After) is tried all the same: it may have lost its clock. */
const LONGEST_WISH = minutes(60);
const MAXIMUM_FAILURES = 256;

/** A memory of failures. What is not in it is well. */
export class Health {
  readonly #failures = new Map<string, Failure>();

  constructor(private readonly clock: Clock) {}

  /** Whether nothing at all has failed: the ordinary case, and the quick one. */
  get isPerfect(): boolean {
    return this.#failures.size === 0;
  }

  /**
   * It did not answer, could not be sent to, or said that it cannot serve.
   * @param retryAfter for how long it wants to be spared (RFC 3261 §21.5.4)
   * @returns whether that is news: it was not resting
   */
  failed(target: Endpoint, retryAfter?: Millis): boolean {
    const key = keyOf(target);
    const now = this.clock.now();
    const before = this.#failures.get(key);
    // Requests that fail while it rests are the same failure: they do not put its next try off.
    const resting = before !== undefined && now < before.until;
    const times = (before?.times ?? 0) + Number(!resting);
    const rest = resting ? before.until - now : Math.min(LONGEST_REST, FIRST_REST * 2 ** (times - 1));
    const until = millis(now + Math.max(rest, Math.min(LONGEST_WISH, retryAfter ?? 0)));
    this.#failures.delete(key);
    this.#failures.set(key, { times, until });
    if (this.#failures.size > MAXIMUM_FAILURES) this.#forgetOldest();
    return !resting;
  }

  /** It has answered. @returns whether it was taken for dead */
  answered(target: Endpoint): boolean {
    return this.#failures.delete(keyOf(target));
  }

  /** Until when others go before it; undefined where nothing is known against it. */
  restsUntil(target: Endpoint): Millis | undefined {
    const failure = this.#failures.get(keyOf(target));
    return failure === undefined || failure.until <= this.clock.now() ? undefined : failure.until;
  }

  /** The network is another one: what failed there says nothing about this. */
  forget(): void {
    this.#failures.clear();
  }

  #forgetOldest(): void {
    for (const key of this.#failures.keys()) {
      this.#failures.delete(key);
      return;
    }
  }
}

export const keyOf = ({ protocol, address, port, serverName }: Endpoint): string =>
  `${protocol} ${address} ${port} ${serverName ?? ''}`;
