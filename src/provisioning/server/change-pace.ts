// How fast a fleet hears of a change: no faster than it may come for its files, and no more devices at a time than have
// room in the socket's buffer for their answers.

import type { Clock, Timer } from '../../base/clock.ts';
import { type Millis, millis } from '../../base/units.ts';
import type { Backlog } from './backlog.ts';

export interface ChangePaceOptions<Watcher> {
  readonly clock: Clock;
  /** Watchers a second. */
  readonly rate: number;
  /** While the processor lags behind, those who were told come for their files: hardly anybody is told then. */
  readonly backlog: Pick<Backlog, 'isBehind'>;
  /** Tells one. @param told to be called when it has answered, or there was nothing to tell it */
  readonly tell: (watcher: Watcher, told: () => void) => void;
}

/** Who has not answered within T1 (RFC 3261 §17.1.1.1) is told again by the transaction, and keeps nobody waiting. */
const PATIENCE = millis(500);
const MOST_AT_ONCE = 100;
const STEP = millis(10);
/** What a step may make up for, where the one before came late. */
const LONGEST_STEP = millis(50);

/** Everybody who is still to be told, each once. */
export class ChangePace<Watcher> {
  readonly #waiting = new Set<Watcher>();
  /** Who has not answered yet, and since when. */
  readonly #open = new Map<Watcher, Millis>();
  #timer: Timer | undefined;
  #telling = false;
  /** Watchers that may be told now; and as of when. */
  #allowance = 1;
  #counted: Millis;

  constructor(private readonly options: ChangePaceOptions<Watcher>) {
    this.#counted = options.clock.now();
  }

  add(watcher: Watcher): void {
    this.#waiting.add(watcher);
    if (this.#timer === undefined) this.#go();
  }

  /** It watches no longer. */
  remove(watcher: Watcher): void {
    this.#waiting.delete(watcher);
    this.#open.delete(watcher);
  }

  stop(): void {
    this.#waiting.clear();
    this.#timer?.cancel();
  }

  #go(): void {
    const { clock, tell, backlog } = this.options;
    this.#timer?.cancel();
    this.#timer = undefined;
    const now = clock.now();
    this.#count(now);
    if (backlog.isBehind) this.#allowance = Math.min(1, this.#allowance);
    for (const [watcher, since] of this.#open) {
      // In the order in which they were told.
      if (now - since < PATIENCE) break;
      this.#open.delete(watcher);
    }
    this.#telling = true;
    for (const watcher of this.#waiting) {
      if (this.#allowance < 1 || this.#open.size >= MOST_AT_ONCE) break;
      this.#allowance -= 1;
      this.#waiting.delete(watcher);
      this.#open.delete(watcher);
      this.#open.set(watcher, now);
      tell(watcher, () => this.#answered(watcher));
    }
    this.#telling = false;
    if (this.#waiting.size > 0) this.#timer = clock.after(STEP, 'change for the fleet', () => this.#go());
  }

  /** With half of them answered it goes on at once: a step is long for who is quick. */
  #answered(watcher: Watcher): void {
    if (!this.#open.delete(watcher) || this.#telling || this.#waiting.size === 0) return;
    if (this.#open.size === MOST_AT_ONCE / 2) this.#go();
  }

  #count(now: Millis): void {
    const { rate } = this.options;
    const passed = Math.min(LONGEST_STEP, now - this.#counted);
    this.#counted = now;
    this.#allowance = Math.min(Math.max(1, (LONGEST_STEP * rate) / 1000), this.#allowance + (passed * rate) / 1000);
  }
}
