// The doors of the configuration: their relays, their codes, who opened them.

import { isDeepStrictEqual } from 'node:util';
import type { CommandRefusal } from '../api/commands.ts';
import type { Journal } from '../api/journal.ts';
import type { StateReport } from '../api/state.ts';
import type { Clock } from '../base/clock.ts';
import { DoorphoneError, describeError } from '../base/errors.ts';
import { nearestName } from '../base/nearest-name.ts';
import type { Random } from '../base/random.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Secret } from '../base/secret.ts';
import { type Millis, millis } from '../base/units.ts';
import type { Configuration, DoorConfiguration } from '../config/index.ts';
import type { Board } from '../hardware/ports/index.ts';
import { CodeBook } from './code-book.ts';
import { DoorUnit } from './door-unit.ts';

export interface DoorsServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  readonly board: Board;
  /** Whether no door may open but by its exit button. */
  readonly isBlocked?: () => boolean;
}

/** Whose doing an opening is. */
export interface Opener {
  /** A command's origin, or the peer whose digits they were. */
  readonly by: string;
  readonly call?: string;
}

/** As whom the exit button opens. */
const EXIT = 'exit';

/** Every door by its name. A door whose line cannot be had is kept, and refuses; the others work. */
export class Doors {
  readonly #bound = new Map<string, DoorUnit>();
  /** Door → what is wrong with its line. */
  readonly #broken = new Map<string, string>();
  /** The same of what is wired to it beside the relay: it opens without. */
  readonly #lacking = new Map<string, string>();
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
    return [...this.#broken, ...this.#lacking].map(([door, reason]) => `door ${door}: ${reason}`);
  }

  get names(): readonly string[] {
    return [...this.#bound.keys(), ...this.#broken.keys()];
  }

  /** Takes the relays of a configuration. A door that stays as it was stays open, too. */
  bind(doors: Configuration['doors']): void {
    const codes = new Map<string, Secret>();
    const wanted = new Map(Object.entries(doors));
    for (const [name, door] of this.#bound) {
      if (isSame(wanted.get(name), door.configuration)) continue;
      door.stop();
      this.#bound.delete(name);
      this.#lacking.delete(name);
    }
    this.#broken.clear();
    for (const [name, configuration] of wanted) {
      if (configuration.code !== undefined) codes.set(name, configuration.code);
      if (!this.#bound.has(name)) this.#take(name, configuration);
    }
    this.#codes = new CodeBook(codes, this.services.random);
  }

  /** Opens a door for its time. The relay is on when this returns. @returns how long; 0: it was open and is closed */
  open(name: string, opener: Opener): Result<Millis, CommandRefusal> {
    if (this.#stopped) return err({ code: 'stopping', message: 'the service is stopping' });
    const door = this.#bound.get(name);
    if (door === undefined) return err(this.#refusal(name));
    const hindrance = this.#hindrance(name, door, opener);
    if (hindrance !== undefined) return this.#refuse(name, opener, hindrance);
    try {
      const opened = door.open();
      if (!opened.ok) return this.#refuse(name, opener, opened.error);
      if (opened.value === 'closed') return ok(millis(0));
      this.services.journal.record('door.opened', { door: name, ...opener, forMs: opened.value });
      return ok(opened.value);
    } catch (thrown) {
      const reason = describeError(thrown);
      this.#sayFault(name, reason);
      return err({ code: 'line-failed', message: `the relay of door ${name} cannot be driven: ${reason}` });
    }
  }

  close(name: string): void {
    this.#bound.get(name)?.close();
  }

  /** Releases every relay; none is driven any more. */
  stop(): void {
    this.#stopped = true;
    for (const door of this.#bound.values()) door.stop();
  }

  /** The door whose relay hangs on this line. */
  onLine(line: string): string | undefined {
    for (const [name, { configuration }] of this.#bound) if (configuration.relay === line) return name;
    return undefined;
  }

  state(): StateReport['doors'] {
    const broken = [...this.#broken.keys()].map((name) => [name, { open: false }] as const);
    const bound = [...this.#bound].map(([name, { isOpen, isShut }]) => {
      return [name, { open: isOpen, ...(isShut === undefined ? {} : { shut: isShut }) }] as const;
    });
    return Object.fromEntries([...bound, ...broken]);
  }

  #take(name: string, configuration: DoorConfiguration): void {
    const { clock, board, journal } = this.services;
    try {
      const door = new DoorUnit({
        clock,
        board,
        configuration,
        closed: () => journal.record('door.closed', { door: name }),
        stuck: (reason) => this.#sayFault(name, reason),
        contactTold: (what) => this.#contactTold(name, configuration, what),
        exitPressed: () => {
          this.open(name, { by: EXIT });
        },
        lacks: (key, thrown) => this.#lacks(name, key, thrown),
      });
      this.#bound.set(name, door);
    } catch (thrown) {
      this.#broken.set(name, describeError(thrown));
      const mend = (thrown instanceof DoorphoneError && thrown.mend) || `check doors.${name}.relay`;
      const what = thrown instanceof Error ? thrown.message : String(thrown);
      journal.record('fault', { what: `door ${name} cannot open: ${what}`, mend });
    }
  }

  /** The door opens all the same: an exit must not depend on a contact. */
  #lacks(name: string, key: 'contact' | 'exit', thrown: unknown): void {
    this.#lacking.set(name, `its ${key} cannot be had: ${describeError(thrown)}`);
    const mend = (thrown instanceof DoorphoneError && thrown.mend) || `check doors.${name}.${key}`;
    const what = thrown instanceof Error ? thrown.message : String(thrown);
    this.services.journal.record('fault', { what: `door ${name} has no ${key}: ${what}`, mend });
  }

  #contactTold(door: string, { contact }: DoorConfiguration, what: 'opened' | 'forced' | 'left-open' | 'shut'): void {
    const { journal } = this.services;
    if (what === 'left-open') {
      journal.record('door.left-open', { door, forMs: contact?.leftOpenAfter ?? 0 });
      return;
    }
    journal.record('door.moved', { door, shut: what === 'shut' });
    if (what === 'forced') journal.record('door.forced', { door });
  }

  /** What speaks against opening now; closing what is open is never hindered. */
  #hindrance(name: string, { configuration, isOpen }: DoorUnit, { by }: Opener): CommandRefusal | undefined {
    if (isOpen) return undefined;
    // Whoever is inside must get out, whatever has happened to the housing.
    if (by !== EXIT && this.services.isBlocked?.() === true) {
      return { code: 'blocked', message: 'the housing has been opened (tamper); no door opens for a while' };
    }
    for (const [other, door] of this.#bound) {
      const locked = configuration.interlock?.includes(other) === true;
      const locks = door.configuration.interlock?.includes(name) === true;
      if (other !== name && (locked || locks) && door.isInUse) {
        return { code: 'interlocked', message: `door ${other} is not shut` };
      }
    }
    return undefined;
  }

  #refuse(door: string, { by }: Opener, { code, message }: CommandRefusal): Result<Millis, CommandRefusal> {
    this.services.journal.record('door.refused', { door, by, why: message });
    return err({ code, message: `door ${door} stays shut: ${message}` });
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

/** Whether a change leaves the door as it is: its code is read anew in any case. */
function isSame(wanted: DoorConfiguration | undefined, is: DoorConfiguration): boolean {
  if (wanted === undefined) return false;
  const { code: _, ...rest } = wanted;
  const { code: __, ...before } = is;
  return isDeepStrictEqual(rest, before);
}
