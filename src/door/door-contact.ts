// Whether a door is shut, as its contact says: opened by us, opened by force, left open.

import type { Clock, Timer } from '../base/clock.ts';
import { type Millis, seconds } from '../base/units.ts';
import type { InputLine } from '../hardware/ports/index.ts';

/** Somebody who was let in may be slow to push. */
const GRACE: Millis = seconds(5);

export interface DoorContactOptions {
  readonly clock: Clock;
  /** Active while the door is shut. */
  readonly line: InputLine;
  readonly leftOpenAfter: Millis;
  /** `opened` by whoever was let through, or `forced`; `left-open` once, and `shut` at last. */
  readonly told: (what: 'opened' | 'forced' | 'left-open' | 'shut') => void;
}

/** The contact of one door. */
export class DoorContact {
  readonly #leave: () => void;
  #timer: Timer | undefined;
  /** When the relay let somebody through; undefined: nobody yet. */
  #letThrough: Millis | undefined;
  #isReleased = false;

  constructor(private readonly options: DoorContactOptions) {
    const { line } = options;
    this.#leave = line.onChange(({ active }) => this.#changed(active));
    if (!line.active) this.#waitForShut();
  }

  get isShut(): boolean {
    return this.options.line.active;
  }

  /** The relay is on: whoever opens the door from now on may. */
  released(): void {
    this.#isReleased = true;
  }

  /** The relay is off again. */
  locked(): void {
    this.#isReleased = false;
    this.#letThrough = this.options.clock.now();
  }

  stop(): void {
    this.#leave();
    this.#timer?.cancel();
  }

  #changed(isShut: boolean): void {
    const { told } = this.options;
    if (isShut) {
      this.#timer?.cancel();
      // One opening lets one door be opened once.
      this.#letThrough = undefined;
      told('shut');
      return;
    }
    told(this.#mayOpen() ? 'opened' : 'forced');
    this.#waitForShut();
  }

  #mayOpen(): boolean {
    return this.#isReleased || (this.#letThrough !== undefined && this.options.clock.now() - this.#letThrough <= GRACE);
  }

  #waitForShut(): void {
    const { clock, leftOpenAfter, told } = this.options;
    this.#timer = clock.after(leftOpenAfter, 'door left open', () => told('left-open'));
  }
}
