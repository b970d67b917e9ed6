// A motion detector: tells that somebody is there, and may ring for them. It goes on and off as people stand before it, so
// that it counts again only after nothing has moved for a while.

import type { Journal } from '../api/journal.ts';
import type { Clock } from '../base/clock.ts';
import type { Millis } from '../base/units.ts';
import type { MotionConfiguration } from '../config/index.ts';
import type { Board } from '../hardware/ports/index.ts';

export interface MotionServices {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly board: Board;
}

/** The detector. */
export class Motion {
  #leave: (() => void) | undefined;
  /** When something moved last. */
  #last: Millis | undefined;

  constructor(
    private readonly services: MotionServices,
    private readonly ring: (button: string) => void,
  ) {}

  /** Takes the line of a configuration in the place of the one before. @throws DoorphoneError when it cannot be had */
  bind(configuration: MotionConfiguration | undefined): void {
    this.stop();
    if (configuration === undefined) return;
    const line = this.services.board.input(configuration.line);
    this.#leave = line.onChange(({ active }) => this.#changed(active, configuration));
  }

  stop(): void {
    this.#leave?.();
    this.#leave = undefined;
  }

  #changed(active: boolean, { button, rest }: MotionConfiguration): void {
    const { clock, journal } = this.services;
    const since = this.#last === undefined ? undefined : clock.now() - this.#last;
    this.#last = clock.now();
    if (!active || (since !== undefined && since < rest)) return;
    journal.record('motion.detected', {});
    if (button !== undefined) this.ring(button);
  }
}
