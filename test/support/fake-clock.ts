// Time under the test's control: nothing happens until the test moves the clock.

import type { Clock, Timer } from '../../src/base/clock.ts';
import { type Millis, millis } from '../../src/base/units.ts';

interface Pending extends Timer {
  readonly due: number;
  readonly order: number;
  readonly run: () => void;
}

/** A Clock that stands still. The time of day and monotonic time can be moved apart. */
export class FakeClock implements Clock {
  #now = 1_000_000;
  #wall = Date.UTC(2026, 0, 1);
  #order = 0;
  readonly #pending = new Set<Pending>();

  now(): Millis {
    return millis(this.#now);
  }

  wall(): Date {
    return new Date(this.#wall);
  }

  after(delay: Millis, name: string, run: () => void): Timer {
    const timer: Pending = {
      name,
      due: this.#now + Math.max(0, delay),
      order: this.#order++,
      run,
      cancel: () => this.#pending.delete(timer),
    };
    this.#pending.add(timer);
    return timer;
  }

  /** The timers that are running, soonest first. */
  get timers(): readonly { readonly name: string; readonly in: number }[] {
    return this.#sorted().map((timer) => ({ name: timer.name, in: timer.due - this.#now }));
  }

  /** Moves time on by `duration` and runs what falls due, in order; timers started on the way count too. */
  advance(duration: number): void {
    const end = this.#now + duration;
    for (;;) {
      const next = this.#soonest();
      if (next === undefined || next.due > end) break;
      this.#move(next.due);
      this.#pending.delete(next);
      next.run();
    }
    this.#move(end);
  }

  /** Like `advance`, but lets promises settle before and after each timer. */
  async advanceAsync(duration: number): Promise<void> {
    const end = this.#now + duration;
    await settle();
    for (;;) {
      const next = this.#soonest();
      if (next === undefined || next.due > end) break;
      this.#move(next.due);
      this.#pending.delete(next);
      next.run();
      await settle();
    }
    this.#move(end);
  }

  /** Steps the time of day alone, as NTP does. */
  stepWall(by: number): void {
    this.#wall += by;
  }

  /** The program is held up: time goes by, and timers that fall due run late, with the next `advance`. */
  stall(duration: number): void {
    this.#move(this.#now + duration);
  }

  #move(to: number): void {
    if (to <= this.#now) return;
    this.#wall += to - this.#now;
    this.#now = to;
  }

  #soonest(): Pending | undefined {
    let soonest: Pending | undefined;
    for (const timer of this.#pending) {
      if (soonest === undefined || timer.due < soonest.due) soonest = timer;
      else if (timer.due === soonest.due && timer.order < soonest.order) soonest = timer;
    }
    return soonest;
  }

  #sorted(): Pending[] {
    return [...this.#pending].sort((a, b) => a.due - b.due || a.order - b.order);
  }
}

/** Lets every promise that is ready run on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise<void>((done) => setImmediate(done));
}
