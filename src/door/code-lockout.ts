// Wrong codes, counted per caller: five cost 30 s, every further one twice as long as the one before. A right code
// clears the count; so does a long time without a wrong one.
//
// Who calls in chooses the name that it goes by, so its wrong codes also count against the address that it comes from,
// and against everybody who calls in: a new name for each try gains nothing. Whom the door has called is named by the
// configuration; there nobody can have chosen a name, and no flood of guesses from outside keeps a resident from
// opening.

import type { Clock } from '../base/clock.ts';
import { type Millis, millis, minutes, seconds } from '../base/units.ts';
import { GuessBudget } from './guess-budget.ts';

const FREE_ATTEMPTS = 5;
const FIRST_LOCK = seconds(30);
const LONGEST_LOCK = minutes(60);
/** After so long without a wrong code, counted from the end of a lock, a caller begins anew. */
const FORGET_AFTER = minutes(60);
/** Callers, and addresses, that are remembered: a caller chooses its own name, so the tables are bounded. */
const MAX_CALLERS = 256;
/** Guesses from one address: behind a PBX all phones of a house have one. */
const SOURCE_GUESSES = 10;
const SOURCE_INTERVAL = minutes(6);
/** Guesses of everybody who calls in: four digits stand for three weeks of them. */
const ALL_GUESSES = 30;
const ALL_INTERVAL = minutes(3);

/** Whom wrong codes are counted against. */
export interface CodeCaller {
  /** The address of record: of whom we called, or as the caller claims it. */
  readonly name: string;
  /** Where the call came from; undefined where we called. */
  readonly source: string | undefined;
}

interface CallerRecord {
  attempts: number;
  /** Until when codes are not looked at, on the monotonic clock. */
  lockedUntil: number;
  lastWrong: number;
  /** When a right code last cleared the count. */
  cleared: number | undefined;
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
  /** By address, least recently wrong first. */
  readonly #sources = new Map<string, GuessBudget>();
  readonly #all: GuessBudget;

  constructor(private readonly clock: Clock) {
    this.#all = new GuessBudget(clock, ALL_GUESSES, ALL_INTERVAL);
  }

  /** What stands against `caller` now. */
  standing(caller: CodeCaller): CodeStanding {
    const record = this.#callers.get(keyOf(caller));
    const own = record === undefined ? 0 : record.lockedUntil - this.clock.now();
    const rest = Math.max(own, this.#waitAt(caller.source));
    return { attempts: record?.attempts ?? 0, lockedFor: rest > 0 ? millis(rest) : undefined };
  }

  /**
   * Counts a wrong try. While a caller is locked out its codes are not looked at, hence not counted either.
   * @param guesses how many codes the try held: a long one is many
   */
  wrong(caller: CodeCaller, guesses = 1): CodeStanding {
    if (this.standing(caller).lockedFor !== undefined) return this.standing(caller);
    const now = this.clock.now();
    const record = this.#recent(keyOf(caller), now);
    record.attempts += 1;
    record.lastWrong = now;
    const over = record.attempts - FREE_ATTEMPTS;
    if (over >= 0) record.lockedUntil = now + Math.min(LONGEST_LOCK, FIRST_LOCK * 2 ** over);
    this.#callers.delete(keyOf(caller));
    this.#callers.set(keyOf(caller), record);
    this.#forgetOldest(now);
    if (caller.source !== undefined) this.#spend(caller.source, guesses);
    return this.standing(caller);
  }

  /**
   * A right code: the caller begins anew.
   * @param isOnlyCode false: there are others, and who knows one of them must not go on guessing these for ever by
   * using it in between; its count is cleared once an hour then
   */
  right(caller: CodeCaller, isOnlyCode = true): void {
    const record = this.#callers.get(keyOf(caller));
    if (record === undefined) return;
    if (isOnlyCode) {
      this.#callers.delete(keyOf(caller));
      return;
    }
    const now = this.clock.now();
    if (record.cleared !== undefined && now < record.cleared + FORGET_AFTER) return;
    record.attempts = 0;
    record.cleared = now;
  }

  #waitAt(source: string | undefined): number {
    if (source === undefined) return 0;
    return Math.max(this.#sources.get(source)?.wait ?? 0, this.#all.wait);
  }

  #spend(source: string, guesses: number): void {
    const budget = this.#sources.get(source) ?? new GuessBudget(this.clock, SOURCE_GUESSES, SOURCE_INTERVAL);
    budget.spend(guesses);
    this.#all.spend(guesses);
    this.#sources.delete(source);
    this.#sources.set(source, budget);
    if (this.#sources.size <= MAX_CALLERS) return;
    const untouched = [...this.#sources].find(([, other]) => other.isUntouched)?.[0];
    const oldest = untouched ?? this.#sources.keys().next().value;
    if (oldest !== undefined) this.#sources.delete(oldest);
  }

  #recent(key: string, now: number): CallerRecord {
    const known = this.#callers.get(key);
    if (known !== undefined && now < Math.max(known.lastWrong, known.lockedUntil) + FORGET_AFTER) return known;
    return { attempts: 0, lockedUntil: now, lastWrong: now, cleared: undefined };
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

/** A name that somebody calls in by is not that of whom we call: nobody is locked out by another in its name. */
const keyOf = ({ name, source }: CodeCaller): string =>
  source === undefined ? `called ${name}` : `calls from ${source} as ${name}`;
