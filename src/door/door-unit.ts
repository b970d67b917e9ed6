// One door: its relay, its contact, its exit button, and what must hold before it opens.

import type { Clock } from '../base/clock.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Millis } from '../base/units.ts';
import type { DoorConfiguration } from '../config/index.ts';
import type { Board } from '../hardware/ports/index.ts';
import { DoorContact, type DoorContactOptions } from './door-contact.ts';
import { DoorRelay } from './door-relay.ts';

export interface DoorUnitOptions {
  readonly clock: Clock;
  readonly board: Board;
  readonly configuration: DoorConfiguration;
  readonly closed: () => void;
  readonly stuck: (reason: string) => void;
  readonly contactTold: DoorContactOptions['told'];
  readonly exitPressed: () => void;
  /** A line beside the relay's that cannot be had: the door opens without it. */
  readonly lacks: (key: 'contact' | 'exit', thrown: unknown) => void;
}

/** Why a door does not open now. */
export interface NotNow {
  readonly code: 'resting';
  readonly message: string;
}

/** A door with all that is wired to it. */
export class DoorUnit {
  readonly #relay: DoorRelay;
  readonly #contact: DoorContact | undefined;
  readonly #leaveExit: (() => void) | undefined;
  #closedAt: Millis | undefined;

  /** @throws DoorphoneError when the relay's line cannot be had */
  constructor(private readonly options: DoorUnitOptions) {
    const { clock, board, configuration, closed, stuck } = options;
    this.#relay = new DoorRelay({
      clock,
      line: board.output(configuration.relay),
      openFor: configuration.openFor,
      closed: () => {
        this.#closedAt = clock.now();
        this.#contact?.locked();
        closed();
      },
      stuck,
    });
    this.#contact = this.#take('contact', () => this.#makeContact());
    this.#leaveExit = this.#take('exit', () => this.#listenForExit());
  }

  get configuration(): DoorConfiguration {
    return this.options.configuration;
  }

  /** Whether the relay is on. */
  get isOpen(): boolean {
    return this.#relay.isOpen;
  }

  /** Undefined: nobody can tell. */
  get isShut(): boolean | undefined {
    return this.#contact?.isShut;
  }

  /** Whether somebody may be on the way through: another door of a lobby must wait. */
  get isInUse(): boolean {
    return this.isOpen || this.isShut === false;
  }

  /**
   * Opens; what is open already is prolonged, or closed, as configured.
   * @returns how long it is open; 0: it has been closed. @throws DoorphoneError when the line cannot be driven
   */
  open(): Result<Millis | 'closed', NotNow> {
    const { clock, configuration } = this.options;
    const { rest, openAgain } = configuration;
    if (this.isOpen && openAgain === 'close') {
      this.close();
      return ok('closed');
    }
    const rested = this.#closedAt === undefined ? undefined : clock.now() - this.#closedAt;
    if (!this.isOpen && rest !== undefined && rested !== undefined && rested < rest) {
      const seconds = Math.ceil((rest - rested) / 1000);
      return err({ code: 'resting', message: `it rests for ${seconds} s more` });
    }
    this.#contact?.released();
    return ok(this.#relay.open());
  }

  close(): void {
    this.#relay.close();
  }

  /** Releases the relay, listens to nothing any more. */
  stop(): void {
    this.#leaveExit?.();
    this.#contact?.stop();
    this.#relay.stop();
  }

  #take<Part>(key: 'contact' | 'exit', take: () => Part): Part | undefined {
    try {
      return take();
    } catch (thrown) {
      this.options.lacks(key, thrown);
      return undefined;
    }
  }

  #makeContact(): DoorContact | undefined {
    const { clock, board, configuration, contactTold } = this.options;
    if (configuration.contact === undefined) return undefined;
    const { line, leftOpenAfter } = configuration.contact;
    return new DoorContact({ clock, line: board.input(line), leftOpenAfter, told: contactTold });
  }

  #listenForExit(): (() => void) | undefined {
    const { board, configuration, exitPressed } = this.options;
    if (configuration.exit === undefined) return undefined;
    return board.input(configuration.exit).onChange(({ active }) => {
      if (active) exitPressed();
    });
  }
}
