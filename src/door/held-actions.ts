// What a button does that is held: others are rung, an output is switched on for a while, a door opens where the button is
// inside. Whoever stands before the door can hold a button too, so that none of it is done unasked.

import type { Journal } from '../api/journal.ts';
import type { Clock } from '../base/clock.ts';
import { DoorphoneError, describeError } from '../base/errors.ts';
import type { Millis } from '../base/units.ts';
import type { Configuration } from '../config/index.ts';
import type { Board } from '../hardware/ports/index.ts';
import { DoorRelay } from './door-relay.ts';

export interface HeldActionsServices {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly board: Board;
}

/** What other parts of the door do for it. */
export interface HeldDeeds {
  /** Rings these in place of whoever is rung; nobody while somebody talks. */
  readonly ring: (targets: readonly string[], button: string) => void;
  readonly open: (door: string, by: string) => void;
}

/** The actions of all buttons. */
export class HeldActions {
  #buttons: Configuration['buttons'] = {};
  readonly #switches = new Map<string, DoorRelay>();
  readonly #broken = new Map<string, string>();

  constructor(
    private readonly services: HeldActionsServices,
    private readonly deeds: HeldDeeds,
  ) {}

  get faults(): readonly string[] {
    return [...this.#broken].map(([button, reason]) => `button ${button}, held: ${reason}`);
  }

  /** Takes the outputs of a configuration; what is on is off then. */
  bind(buttons: Configuration['buttons']): void {
    this.stop();
    this.#broken.clear();
    this.#buttons = buttons;
    for (const [button, { held }] of Object.entries(buttons)) {
      if (held?.switch !== undefined) this.#take(button, held.switch, held.switchFor);
    }
  }

  /** A button has been down for its time. */
  held(button: string): void {
    const action = this.#buttons[button]?.held;
    if (action === undefined) return;
    if (action.call !== undefined) this.deeds.ring(action.call, button);
    this.#switchOn(button);
    if (action.open !== undefined && action.inside === true) this.deeds.open(action.open, `button ${button}`);
  }

  /** Every output is off. */
  stop(): void {
    for (const one of this.#switches.values()) one.close();
    this.#switches.clear();
  }

  #take(button: string, line: string, openFor: Millis): void {
    const { clock, board } = this.services;
    try {
      const relay = new DoorRelay({
        clock,
        line: board.output(line),
        openFor,
        closed: () => undefined,
        stuck: (reason) => this.#sayFault(button, reason),
      });
      this.#switches.set(button, relay);
    } catch (thrown) {
      this.#broken.set(button, describeError(thrown));
      const mend = (thrown instanceof DoorphoneError && thrown.mend) || `check buttons.${button}.held.switch`;
      const what = thrown instanceof Error ? thrown.message : String(thrown);
      this.services.journal.record('fault', { what: `button ${button}, held, has no output: ${what}`, mend });
    }
  }

  #switchOn(button: string): void {
    try {
      this.#switches.get(button)?.open();
    } catch (thrown) {
      this.#sayFault(button, describeError(thrown));
    }
  }

  #sayFault(button: string, reason: string): void {
    this.services.journal.record('fault', {
      what: `what button ${button} switches when it is held does not obey: ${reason}`,
      mend: 'check the wiring and the board',
    });
  }
}
