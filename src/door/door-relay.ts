// One door's relay: on for its time, never longer, and never shorter for anything but a command or the end of service.

import type { Clock, Timer } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import { type Millis, seconds } from '../base/units.ts';
import type { OutputLine } from '../hardware/ports/index.ts';

/** A relay that would not let go is told again after this. */
const RETRY_RELEASE: Millis = seconds(1);

export interface DoorRelayOptions {
  readonly clock: Clock;
  readonly line: OutputLine;
  readonly openFor: Millis;
  /** The relay has been released; said once for each time that it was on. */
  readonly closed: () => void;
  /** The line could not be driven inactive; it is tried again. */
  readonly stuck: (reason: string) => void;
}

/** The relay of one door. */
export class DoorRelay {
  #timer: Timer | undefined;
  #open = false;
  #stuckSaid = false;

  readonly #leave: (() => void) | undefined;

  constructor(private readonly options: DoorRelayOptions) {
    this.#leave = options.line.onFailed?.((reason) => this.#failed(reason));
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /**
   * Opens for `openFor` from now on; while it is open, that prolongs.
   * @throws DoorphoneError when the line cannot be driven; the door is closed then
   */
  open(): Millis {
    const { clock, line, openFor } = this.options;
    // The timer first: nothing that fails from here on can leave the relay on.
    this.#timer?.cancel();
    this.#timer = clock.after(openFor, 'door open', () => this.close());
    line.set(true);
    this.#open = true;
    return openFor;
  }

  /** Releases the relay now. Never throws. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    try {
      this.options.line.set(false);
    } catch (thrown) {
      this.#retry(describeError(thrown));
      return;
    }
    this.#stuckSaid = false;
    if (!this.#open) return;
    this.#open = false;
    this.options.closed();
  }

  /** Releases the relay, and listens to it no more. */
  stop(): void {
    this.#leave?.();
    this.close();
  }

  /** It does not do what it was told: the door is not open, or nobody knows whether it is. */
  #failed(reason: string): void {
    if (!this.#stuckSaid) this.options.stuck(reason);
    this.#stuckSaid = true;
    this.close();
  }

  #retry(reason: string): void {
    this.#timer = this.options.clock.after(RETRY_RELEASE, 'door release retry', () => this.close());
    if (this.#stuckSaid) return;
    this.#stuckSaid = true;
    this.options.stuck(reason);
  }
}
