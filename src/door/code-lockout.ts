// Wrong codes, counted per caller: five cost 30 s, every further one twice as long as the one before. A right code
// clears the count; so does a long time without a wrong one.

import type { Clock } from '../base/clock.ts';
import { type Millis, millis, minutes, seconds } from '../base/units.ts';

const FREE_ATTEMPTS = 5;
const FIRST_LOCK = seconds(30);
const LONGEST_LOCK = minutes(60);
/** After so long without a wrong code, counted from the end of a lock, a caller begins anew. */
const FORGET_AFTER = minutes(60);
/** Callers that are remembered; a caller chooses its own name, so the table is bounded. */
const MAX_CALLERS = 256;

interface CallerRecord {
  attempts: number;
  /** Until when codes are not looked at, on the monotonic clock. */
  lockedUntil: number;
  lastWrong: number;
}

/** What stands against a caller. */
export interface CodeStanding {
  /** Wrong codes since the last right one. */
  readonly attempts: number;
  /** How long no code is looked at; undefined when one is. */
  readonly lockedFor: Millis | undefined;
}

/** Counts wrong codes and locks callers out. */
export class CodeLockout {
  /** Least recently wrong first. */
  readonly #callers = new Map<string, CallerRecord>();

  constructor(private readonly clock: Clock) {}

  /** What stands against `caller` now. */
  standing(caller: string): CodeStanding {
    const record = this.#callers.get(caller);
    if (record === undefined) return { attempts: 0, lockedFor: undefined };
    const rest = record.lockedUntil - this.clock.now();
    return { attempts: record.attempts, lockedFor: rest > 0 ? millis(rest) : undefined };
  }

  /** Counts a wrong code. While a caller is locked out its codes are not looked at, hence not counted either. */
  wrong(caller: string): CodeStanding {
    const now = this.clock.now();
    const record = this.#recent(caller, now);
    if (now >= record.lockedUntil) {
      record.attempts += 1;
      record.lastWrong = now;
      const over = record.attempts - FREE_ATTEMPTS;
      if (over >= 0) record.lockedUntil = now + Math.min(LONGEST_LOCK, FIRST_LOCK * 2 ** over);
    }
    this.#callers.delete(caller);
    this.#callers.set(caller, record);
    this.#forgetOldest(now);
    return this.standing(caller);
  }

  /** A right code: the caller begins anew. */
  right(caller: string): void {
    this.#callers.delete(caller);
  }

  #recent(caller: string, now: number): CallerRecord {
    const known = this.#callers.get(caller);
    if (known !== undefined && now < Math.max(known.lastWrong, known.lockedUntil) + FORGET_AFTER) return known;
    return { attempts: 0, lockedUntil: now, lastWrong: now };
  }

  /** Makes room; who is locked out is forgotten last. */
  #forgetOldest(now: number): void {
    if (this.#callers.size <= MAX_CALLERS) return;
    for (const [caller, record] of this.#callers) {
      if (record.lockedUntil <= now) {
        this.#callers.delete(caller);
        return;
      }
    }
    const oldest = this.#callers.keys().next();
    if (oldest.done !== true) this.#callers.delete(oldest.value);
  }
}
