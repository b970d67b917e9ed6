// Who tries passwords: five wrong ones cost 30 s, each further one twice as long as the one before, an hour at most.
// All sources together have a budget too. Where it is spent, only those are looked at who have shown a password before:
// a swarm of guessers must not lock the residents out.
//
// A wrong try counts only with a nonce that was sent to its address: nobody fails in another's name.

import type { Clock } from '../../base/clock.ts';
import { type Millis, millis, minutes, seconds } from '../../base/units.ts';

const FREE_TRIES = 5;
const FIRST_LOCK = seconds(30);
const LONGEST_LOCK = minutes(60);
/** After so long without a wrong try, counted from the end of a lock, a source begins anew. */
const FORGET_AFTER = minutes(60);
/** Tries of everybody: so many at once, then one each interval. */
const ALL_TRIES = 60;
const ALL_INTERVAL = seconds(10);
/** Addresses that are remembered: for their wrong passwords, for their right ones. */
const MAXIMUM_SOURCES = 256;

interface Failures {
  tries: number;
  lockedUntil: number;
}

/** Counts wrong passwords by the address that they came from. */
export class FailedLogins {
  /** Least recently wrong first. */
  readonly #failures = new Map<string, Failures>();
  /** Least recently right first. */
  readonly #trusted = new Set<string>();
  #spent = 0;
  #since: Millis;

  constructor(private readonly clock: Clock) {
    this.#since = clock.now();
  }

  /** How long no password from there is looked at; undefined when one is. */
  lockedFor(source: string): Millis | undefined {
    const own = (this.#failures.get(source)?.lockedUntil ?? 0) - this.clock.now();
    const all = this.#trusted.has(source) ? 0 : (this.#owed() + 1 - ALL_TRIES) * ALL_INTERVAL;
    const rest = Math.max(own, all);
    return rest > 0 ? millis(rest) : undefined;
  }

  /** Notes a wrong password. @returns how many in a row that makes */
  wrong(source: string): number {
    const now = this.clock.now();
    const known = this.#failures.get(source);
    const recent = known !== undefined && now < known.lockedUntil + FORGET_AFTER;
    const tries = (recent ? known.tries : 0) + 1;
    const over = tries - FREE_TRIES;
    const lock = over < 0 ? 0 : Math.min(LONGEST_LOCK, FIRST_LOCK * 2 ** over);
    this.#failures.delete(source);
    this.#failures.set(source, { tries, lockedUntil: now + lock });
    forgetFirst(this.#failures);
    this.#spent = this.#owed() + 1;
    this.#since = now;
    return tries;
  }

  /** Notes a right one: the source begins anew. */
  right(source: string): void {
    this.#failures.delete(source);
    this.#trusted.delete(source);
    this.#trusted.add(source);
    forgetFirst(this.#trusted);
  }

  #owed(): number {
    return Math.max(0, this.#spent - (this.clock.now() - this.#since) / ALL_INTERVAL);
  }
}

function forgetFirst(memory: Map<string, unknown> | Set<string>): void {
  if (memory.size <= MAXIMUM_SOURCES) return;
  for (const first of memory.keys()) {
    memory.delete(first);
    return;
  }
}
