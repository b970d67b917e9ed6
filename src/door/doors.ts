// The doors of the configuration: their relays, their codes, who opened them.

import type { CommandRefusal } from '../api/commands.ts';
import type { Journal } from '../api/journal.ts';
import type { StateReport } from '../api/state.ts';
import type { Clock } from '../base/clock.ts';
import { DoorphoneError, describeError } from '../base/errors.ts';
import { nearestName } from '../base/nearest-name.ts';
import type { Random } from '../base/random.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Secret } from '../base/secret.ts';
import type { Millis } from '../base/units.ts';
import type { Configuration, DoorConfiguration } from '../config/index.ts';
import type { Board } from '../hardware/ports/index.ts';
import { CodeBook } from './code-book.ts';
import { DoorRelay } from './door-relay.ts';

export interface DoorsServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  readonly board: Board;
}

interface BoundDoor {
  readonly configuration: DoorConfiguration;
  readonly relay: DoorRelay;
}

/** Whose doing an opening is. */
export interface Opener {
  /** A command's origin, or the peer whose digits they were. */
  readonly by: string;
  readonly call?: string;
}

/** Every door by its name. A door whose line cannot be had is kept, and refuses; the others work. */
export class Doors {
  readonly #bound = new Map<string, BoundDoor>();
  /** Door → what is wrong with its line. */
  readonly #broken = new Map<string, string>();
  #codes: CodeBook;
  #stopped = false;

  constructor(private readonly services: DoorsServices) {
    this.#codes = new CodeBook(new Map(), services.random);
  }

  /** The codes that hold now. */
  get codes(): CodeBook {
    return this.#codes;
  }

  /** What is wrong and stays so, one sentence each. */
  get faults(): readonly string[] {
    return [...this.#broken].map(([door, reason]) => `door ${door}: ${reason}`);
  }

  get names(): readonly string[] {
    return [...this.#bound.keys(), ...this.#broken.keys()];
  }

  /** Takes the relays of a configuration. A door that stays as it was stays open, too. */
  bind(doors: Configuration['doors']): void {
    const codes = new Map<string, Secret>();
    const wanted = new Map(Object.entries(doors));
    for (const [name, door] of this.#bound) {
      if (sameRelay(wanted.get(name), door.configuration)) continue;
      door.relay.close();
      this.#bound.delete(name);
    }
    this.#broken.clear();
    for (const [name, configuration] of wanted) {
      if (configuration.code !== undefined) codes.set(name, configuration.code);
      if (!this.#bound.has(name)) this.#take(name, configuration);
    }
    this.#codes = new CodeBook(codes, this.services.random);
  }

  /** Opens a door for its time. The relay is on when this returns. */
  open(name: string, opener: Opener): Result<Millis, CommandRefusal> {
    if (this.#stopped) return err({ code: 'stopping', message: 'the service is stopping' });
    const door = this.#bound.get(name);
    if (door === undefined) return err(this.#refusal(name));
    try {
      const forMs = door.relay.open();
      this.services.journal.record('door.opened', { door: name, ...opener, forMs });
      return ok(forMs);
    } catch (thrown) {
      const reason = describeError(thrown);
      this.#sayFault(name, reason);
      return err({ code: 'line-failed', message: `the relay of door ${name} cannot be driven: ${reason}` });
    }
  }

  close(name: string): void {
    this.#bound.get(name)?.relay.close();
  }

  /** Releases every relay; none is driven any more. */
  stop(): void {
    this.#stopped = true;
    for (const { relay } of this.#bound.values()) relay.close();
  }

  /** The door whose relay hangs on this line. */
  onLine(line: string): string | undefined {
    for (const [name, { configuration }] of this.#bound) if (configuration.relay === line) return name;
    return undefined;
  }

  state(): StateReport['doors'] {
    const broken = [...this.#broken.keys()].map((name) => [name, { open: false }] as const);
    const bound = [...this.#bound].map(([name, { relay }]) => [name, { open: relay.isOpen }] as const);
    return Object.fromEntries([...bound, ...broken]);
  }

  #take(name: string, configuration: DoorConfiguration): void {
    const { clock, board, journal } = this.services;
    try {
      const relay = new DoorRelay({
        clock,
        line: board.output(configuration.relay),
        openFor: configuration.openFor,
        closed: () => journal.record('door.closed', { door: name }),
        stuck: (reason) => this.#sayFault(name, reason),
      });
      this.#bound.set(name, { configuration, relay });
    } catch (thrown) {
      this.#broken.set(name, describeError(thrown));
      const mend = (thrown instanceof DoorphoneError && thrown.mend) || `check doors.${name}.relay`;
      const what = thrown instanceof Error ? thrown.message : String(thrown);
      journal.record('fault', { what: `door ${name} cannot open: ${what}`, mend });
    }
  }

  #sayFault(name: string, reason: string): void {
    this.services.journal.record('fault', {
      what: `the relay of door ${name} does not obey: ${reason}`,
      mend: 'check the wiring and the board; `doorphone release` drives every relay safe',
    });
  }

  #refusal(name: string): CommandRefusal {
    const reason = this.#broken.get(name);
    if (reason !== undefined) return { code: 'line-failed', message: `door ${name} cannot open: ${reason}` };
    return unknownName('door', name, this.names);
  }
}

/** The refusal of a name that the configuration does not have. */
export function unknownName(kind: 'door' | 'button', name: string, known: readonly string[]): CommandRefusal {
  const nearest = nearestName(name, known);
  const guess = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
  const list = known.length === 0 ? 'none is configured' : `there is ${known.join(', ')}`;
  return { code: `unknown-${kind}`, message: `there is no ${kind} "${name}"${guess || `: ${list}`}` };
}

function sameRelay(wanted: DoorConfiguration | undefined, is: DoorConfiguration): boolean {
  return wanted !== undefined && wanted.relay === is.relay && wanted.openFor === is.openFor;
}
