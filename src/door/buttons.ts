// The buttons of the configuration, and when they are pressed. Debounce is the driver's.

import type { Journal } from '../api/journal.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { DoorphoneError, describeError } from '../base/errors.ts';
import { type Millis, millis, seconds } from '../base/units.ts';
import type { ButtonConfiguration, Configuration } from '../config/index.ts';
import type { Board } from '../hardware/ports/index.ts';

/** A button that is down for so long is said to be held, where the configuration says nothing of it. */
const HELD_AFTER: Millis = seconds(2);
/** Nobody's finger stays so long. */
const STUCK_AFTER: Millis = seconds(60);

export interface ButtonsServices {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly board: Board;
}

/** Every button by its name. One whose line cannot be had still works by command. */
export class Buttons {
  readonly #buttons = new Map<string, ButtonConfiguration>();
  readonly #broken = new Map<string, string>();
  readonly #releases: (() => void)[] = [];

  constructor(
    private readonly services: ButtonsServices,
    private readonly pressed: (button: string) => void,
    private readonly held: (button: string) => void,
  ) {}

  get names(): readonly string[] {
    return [...this.#buttons.keys()];
  }

  get faults(): readonly string[] {
    return [...this.#broken].map(([button, reason]) => `button ${button}: ${reason}`);
  }

  /** Whom a button rings, in order; undefined for a button that there is not. */
  targets(button: string): readonly string[] | undefined {
    return this.#buttons.get(button)?.call;
  }

  /** Takes the lines of a configuration in the place of those before. */
  bind(buttons: Configuration['buttons']): void {
    this.release();
    for (const [name, configuration] of Object.entries(buttons)) {
      this.#buttons.set(name, configuration);
      this.#take(name, configuration);
    }
  }

  /** Listens to no line any more. */
  release(): void {
    for (const release of this.#releases.splice(0)) release();
    this.#buttons.clear();
    this.#broken.clear();
  }

  #take(name: string, { line, held: action }: ButtonConfiguration): void {
    const { board, clock, journal } = this.services;
    const heldAfter = action?.after ?? HELD_AFTER;
    let held: Timer | undefined;
    const stuck = (): void => journal.record('button.stuck', { button: name });
    const isHeld = (): void => {
      journal.record('button.held', { button: name });
      held = clock.after(millis(STUCK_AFTER - heldAfter), 'button stuck', stuck);
      this.held(name);
    };
    try {
      const stop = board.input(line).onChange(({ active }) => {
        held?.cancel();
        if (!active) return;
        held = clock.after(heldAfter, 'button held', isHeld);
        this.pressed(name);
      });
      this.#releases.push(() => {
        held?.cancel();
        stop();
      });
    } catch (thrown) {
      this.#broken.set(name, describeError(thrown));
      const mend = (thrown instanceof DoorphoneError && thrown.mend) || `check buttons.${name}.line`;
      const what = thrown instanceof Error ? thrown.message : String(thrown);
      journal.record('fault', { what: `button ${name} has no line: ${what}`, mend });
    }
  }
}
