// The timers of one transaction, by their names.

import type { Clock, Timer } from '../../base/clock.ts';
import type { Millis } from '../../base/units.ts';
import { grownValue, startValue, type TimerSettings, type TransactionTimer } from './timers.ts';

interface Running {
  readonly timer: Timer;
  readonly value: Millis;
}

/** Starts, grows and stops timers with the values of timers.ts. Each name runs once at a time. */
export class TimerSet<Name extends TransactionTimer> {
  readonly #running = new Map<Name, Running>();

  constructor(
    private readonly clock: Clock,
    private readonly settings: TimerSettings,
    private readonly reliable: boolean,
    private readonly fired: (name: Name) => void,
  ) {}

  /** Starts a timer with its first value; not at all where its transport has no use for it. */
  start(name: Name): void {
    const value = startValue(name, this.settings, this.reliable);
    if (value !== undefined) this.#run(name, value);
  }

  /** Starts a repeating timer again, from within its own firing: grown by its rule, or with T2. */
  restart(name: Name & ('A' | 'E' | 'G'), kind: 'grown' | 'T2'): void {
    const previous = this.#running.get(name)?.value ?? this.settings.t1;
    const value = kind === 'T2' ? this.settings.t2 : grownValue(name, previous, this.settings);
    this.#run(name, value);
  }

  stop(name: Name): void {
    this.#running.get(name)?.timer.cancel();
    this.#running.delete(name);
  }

  stopAll(): void {
    for (const { timer } of this.#running.values()) timer.cancel();
    this.#running.clear();
  }

  #run(name: Name, value: Millis): void {
    this.#running.get(name)?.timer.cancel();
    const timer = this.clock.after(value, `transaction ${name}`, () => this.fired(name));
    this.#running.set(name, { timer, value });
  }
}
