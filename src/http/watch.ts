// The time limits of one fetch, and its end from outside: whatever it waits for, it waits under one of these.

import type { Clock, Timer } from '../base/clock.ts';
import { err, type Result } from '../base/result.ts';
import type { Millis } from '../base/units.ts';
import { fault, type HttpFault } from './fault.ts';

/** A step's own name stands in the text of the fault. */
export class Watch {
  #ended: HttpFault | undefined;
  #phase: Timer | undefined;
  readonly #whole: Timer;
  readonly #stops = new Set<(why: HttpFault) => void>();

  /** @param whole for the fetch with all its redirects */
  constructor(
    private readonly clock: Clock,
    whole: Millis,
    private readonly place: string,
  ) {
    this.#whole = this.#timer(whole, 'the answer is not complete');
  }

  /** Why it is over; undefined: it is not. */
  get ended(): HttpFault | undefined {
    return this.#ended;
  }

  /** Begins a phase of its own limit; the one before is over. @param what `no connection`: is true when it runs out */
  phase(limit: Millis, what: string): void {
    this.#phase?.cancel();
    this.#phase = this.#timer(limit, what);
  }

  /** Ends what is being waited for. */
  end(why: HttpFault): void {
    if (this.#ended !== undefined) return;
    this.#ended = why;
    this.close();
    for (const stop of [...this.#stops]) stop(why);
  }

  /** No limit runs any more. */
  close(): void {
    this.#phase?.cancel();
    this.#whole.cancel();
  }

  /**
   * Waits for one thing.
   * @param begin starts it, and returns what undoes it when the time is over; it may call `done` at once, and often
   */
  step<T>(
    begin: (done: (outcome: Result<T, HttpFault>) => void) => (() => void) | undefined,
  ): Promise<Result<T, HttpFault>> {
    return new Promise((resolve) => {
      if (this.#ended !== undefined) {
        resolve(err(this.#ended));
        return;
      }
      let undo: (() => void) | undefined;
      const stop = (why: HttpFault): void => {
        this.#stops.delete(stop);
        undo?.();
        resolve(err(why));
      };
      this.#stops.add(stop);
      undo = begin((outcome) => {
        this.#stops.delete(stop);
        resolve(outcome);
      });
    });
  }

  #timer(limit: Millis, what: string): Timer {
    return this.clock.after(limit, 'http', () =>
      this.end(fault('timeout', `${this.place}: ${what} after ${Math.round(limit / 1000)} s`)),
    );
  }
}
