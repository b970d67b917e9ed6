// What is left of a non-INVITE client transaction that has its final response: repetitions of that are absorbed until timer
// K fires (RFC 3261 §17.1.2.2), and for that its key is enough. A fleet that is told something has thousands of them.

import type { Clock, Timer } from '../../base/clock.ts';
import { type Millis, millis } from '../../base/units.ts';

/** Keys whose time is over may stay for so long: they are forgotten together. */
const STEP = millis(100);

/** Keys of transactions, each for the same time. */
export class Absorbed {
  /** Until when, in their order. */
  readonly #keys = new Map<string, Millis>();
  #timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly life: Millis,
  ) {}

  get size(): number {
    return this.#keys.size;
  }

  add(key: string): void {
    this.#keys.set(key, millis(this.clock.now() + this.life));
    if (this.#timer === undefined) this.#plan(this.life);
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  close(): void {
    this.#timer?.cancel();
    this.#keys.clear();
  }

  #plan(rest: Millis): void {
    this.#timer = this.clock.after(rest, 'transaction K', () => this.#forget());
  }

  #forget(): void {
    this.#timer = undefined;
    const now = this.clock.now();
    for (const [key, until] of this.#keys) {
      if (until > now) {
        this.#plan(millis(Math.max(STEP, until - now)));
        return;
      }
      this.#keys.delete(key);
    }
  }
}
