// What a fleet may ask in a second, and while the processor keeps up. After a power cut all of it comes at once: who is too
// many is told when to come again (RFC 3261 §21.5.4, RFC 9110 §15.6.4), each at a moment of its own, and is expected then.

import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import { Appointments } from './appointments.ts';
import type { Backlog } from './backlog.ts';

export interface LoadGuardOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Requests in a second, wherever it begins. */
  readonly rate: number;
  /** Left out where a refusal costs as much as what it refuses. */
  readonly backlog?: Pick<Backlog, 'isBehind'>;
}

/** Nobody is sent away for longer, in seconds: from there on chance alone spreads them. */
const LONGEST_WAIT = 60;
/** Clocks differ: who comes so little before its time is not early. */
const EARLY = millis(100);
/** Who comes later than it was told, as it has a patience of its own (RFC 6080 §5.3.2), is still expected. */
const LATE = seconds(64);
/** More are not remembered; they are as good as new when they come. */
const MOST_EXPECTED = 100_000;

/** Counts requests of one kind. */
export class LoadGuard {
  readonly #appointments: Appointments;
  /** Who is expected, and from when on. */
  readonly #expected = new Map<string, Millis>();

  constructor(private readonly options: LoadGuardOptions) {
    const { clock, rate } = options;
    this.#appointments = new Appointments(rate, LONGEST_WAIT, clock.now());
  }

  /**
   * Counts one.
   * @param who what the asker is known by when it comes again, or repeats itself
   * @returns undefined: it may be answered; else how many seconds it is to stay away
   */
  refuse(who: string): number | undefined {
    const { clock, backlog } = this.options;
    const now = clock.now();
    this.#forgetBefore(millis(now - LATE));
    const expected = this.#expected.get(who);
    if (expected !== undefined && now < expected - EARLY) return Math.ceil((expected - now) / 1000);
    this.#expected.delete(who);
    if (backlog?.isBehind === true) return this.#sendAway(who, now, 1);
    return expected === undefined ? this.#sendAway(who, now, 0) : undefined;
  }

  /** @param from 0: only where there is no room at once */
  #sendAway(who: string, now: Millis, from: 0 | 1): number | undefined {
    const wait = this.#appointments.take(now, from);
    if (wait === 0) return undefined;
    if (wait === undefined) return 1 + Math.floor(LONGEST_WAIT * this.options.random.uniform());
    if (this.#expected.size < MOST_EXPECTED) this.#expected.set(who, millis(now + seconds(wait)));
    return wait;
  }

  /** As good as in the order of their moments: who was told first is expected first. */
  #forgetBefore(moment: Millis): void {
    for (const [who, expected] of this.#expected) {
      if (expected >= moment) return;
      this.#expected.delete(who);
    }
  }
}
