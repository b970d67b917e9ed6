// A board with wires: its lines are those of the kernel's GPIO chips. Where a name leads, and how it is wired, the board's
// data and the configuration say.

import { DoorphoneError, describeError } from '../../../base/errors.ts';
import { nearestName } from '../../../base/nearest-name.ts';
import type {
  Board,
  BoardChange,
  InputLine,
  LineChange,
  LineState,
  LineWire,
  OutputLine,
  ProcessExit,
} from '../../ports/index.ts';
import { Listeners } from '../listeners.ts';
import { Chips, type LinePlace, type OpenChip, placeIn } from './chips.ts';
import { GpioInput, GpioOutput, type LineIdentity, type LineServices } from './gpio-line.ts';
import { contact, type LineSettings, relay } from './line-settings.ts';

/** What is known of a line beforehand. */
export interface KnownLine {
  /** Left out: wherever the kernel has a line of that name. */
  readonly place?: LinePlace;
  /** The kernel's name for it, where that is another. */
  readonly kernelName?: string;
  readonly settings?: Partial<LineSettings>;
}

export interface GpioBoardServices extends Omit<LineServices, 'chips'> {
  readonly onProcessExit: ProcessExit;
}

/** Which lines there are. */
export interface GpioBoardData {
  /** `raspberry-pi-4` */
  readonly name: string;
  /** By every name that they go by: `GPIO17`, `button`. */
  readonly lines: ReadonlyMap<string, KnownLine>;
}

interface TakenInput {
  readonly direction: 'input';
  readonly line: GpioInput;
  readonly changes: Listeners<LineChange>;
}

interface TakenOutput {
  readonly direction: 'output';
  readonly line: GpioOutput;
}

/** The board. */
export class GpioBoard implements Board {
  readonly name: string;
  readonly #chips: Chips;
  readonly #taken = new Map<string, TakenInput | TakenOutput>();
  readonly #changes: Listeners<BoardChange>;
  readonly #forgetExit: () => void;
  #closed = false;

  constructor(
    private readonly data: GpioBoardData,
    private readonly services: GpioBoardServices,
  ) {
    this.name = data.name;
    this.#chips = new Chips(services.system);
    this.#changes = new Listeners(services.log);
    this.#forgetExit = services.onProcessExit(() => this.#releaseAtExit());
  }

  input(name: string): InputLine {
    const taken = this.#input(name);
    return {
      name,
      get active() {
        return taken.line.active;
      },
      onChange: (listener) => taken.changes.add(listener),
    };
  }

  output(name: string): OutputLine {
    const { line } = this.#output(name);
    return {
      name,
      get active() {
        return line.active;
      },
      set: (active) => {
        // Inactive it is already: whoever lets go late is no fault.
        if (active) this.#assertOpen();
        else if (this.#closed) return;
        this.#set(name, line, active);
      },
    };
  }

  lines(): readonly LineState[] {
    return [...this.#taken].map(([name, { direction, line }]) => ({ name, direction, active: line.active }));
  }

  read(name: string): LineState {
    const taken = this.#taken.get(name);
    if (taken !== undefined) return { name, direction: taken.direction, active: taken.line.active };
    this.#place(name);
    // A line that nobody has taken is left alone: to read it, it would have to become an input.
    return { name, direction: 'input', active: false };
  }

  wireOf(name: string): LineWire | undefined {
    const at = this.#closed ? undefined : this.#chipOf(name);
    if (at === undefined) return undefined;
    const { chip, offset } = at;
    const { activeLow, drive } = relay(this.data.lines.get(name)?.settings);
    return { chip: chip.label, chipName: chip.name, offset, activeLow, drive };
  }

  setLine(name: string, _active: boolean): void {
    this.#assertOpen();
    this.read(name);
    throw new DoorphoneError('line-not-settable', `"${name}" is a line with a wire: who is at its other end sets it`, {
      mend: 'press the button, or try it on board: virtual',
    });
  }

  onChange(listener: (change: BoardChange) => void): () => void {
    return this.#changes.add(listener);
  }

  get keepsOutputs(): string | undefined {
    for (const [name, { direction }] of this.#taken) {
      const label = direction === 'output' ? this.#chipOf(name)?.chip.label : undefined;
      const kept = label === undefined ? undefined : this.services.system.keepsOutputs(label);
      if (kept !== undefined) return kept;
    }
    return undefined;
  }

  releaseAll(): void {
    for (const [name, taken] of this.#taken) {
      if (taken.direction === 'output' && taken.line.active) this.#release(name, taken.line);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.releaseAll();
    this.#closed = true;
    this.#forgetExit();
    for (const { line } of this.#taken.values()) line.close();
    this.#chips.close();
  }

  #input(name: string): TakenInput {
    this.#assertOpen();
    const taken = this.#taken.get(name);
    if (taken?.direction === 'input') return taken;
    if (taken !== undefined) throw wrongDirection(name, 'an output', 'an input');
    const changes = new Listeners<LineChange>(this.services.log);
    const line = new GpioInput(this.#identity(name, contact), this.#lineServices, (change) => {
      changes.call(change);
      this.#changes.call({ line: name, ...change });
    });
    const made = { direction: 'input', line, changes } as const;
    this.#taken.set(name, made);
    return made;
  }

  #output(name: string): TakenOutput {
    this.#assertOpen();
    const taken = this.#taken.get(name);
    if (taken?.direction === 'output') return taken;
    if (taken !== undefined) throw wrongDirection(name, 'an input', 'an output');
    const made = {
      direction: 'output',
      line: new GpioOutput(this.#identity(name, relay), this.#lineServices),
    } as const;
    this.#taken.set(name, made);
    return made;
  }

  #set(name: string, line: GpioOutput, active: boolean): void {
    if (line.set(active)) this.#changes.call({ line: name, active, at: this.services.clock.now() });
  }

  #release(name: string, line: GpioOutput): void {
    try {
      this.#set(name, line, false);
    } catch (thrown) {
      this.services.log.error('board.not-released', { line: name, reason: describeError(thrown) });
    }
  }

  /** The last that a log tells of a process that crashes with a door open. */
  #releaseAtExit(): void {
    const open = this.lines().flatMap(({ name, direction, active }) =>
      direction === 'output' && active ? [name] : [],
    );
    this.releaseAll();
    if (open.length > 0) this.services.log.warn('board.released', { lines: open, why: 'the process ends' });
  }

  get #lineServices(): LineServices {
    return { ...this.services, chips: this.#chips };
  }

  /** @throws DoorphoneError `line-shared`, and as `#place` */
  #identity(name: string, usual: (said?: Partial<LineSettings>) => LineSettings): LineIdentity {
    const wire = this.#wire(name);
    const other = [...this.#taken.keys()].find((taken) => this.#wire(taken) === wire);
    if (other !== undefined) {
      throw new DoorphoneError('line-shared', `line "${name}" is the same wire as "${other}"`, {
        mend: 'name another line',
      });
    }
    return { name, settings: usual(this.data.lines.get(name)?.settings), find: () => this.#place(name) };
  }

  /** The same for all names of a line. */
  #wire(name: string): string {
    const { chip, offset } = this.#place(name);
    return `${this.#chips.chip(chip)?.path ?? chip} ${offset}`;
  }

  /** Where a line is; undefined: its chip is gone, or there is no such line. */
  #chipOf(name: string): { readonly chip: OpenChip; readonly offset: number } | undefined {
    try {
      const { chip: named, offset } = this.#place(name);
      const chip = this.#chips.chip(named);
      return chip === undefined || offset >= chip.lines ? undefined : { chip, offset };
    } catch {
      return undefined;
    }
  }

  /** @throws DoorphoneError `unknown-line`, `no-gpio` */
  #place(name: string): LinePlace {
    const known = this.data.lines.get(name);
    const place = known?.place ?? placeIn(name) ?? this.#chips.named(known?.kernelName ?? name);
    if (place !== undefined) return place;
    const nearest = nearestName(name, [...this.data.lines.keys(), ...this.#chips.names]);
    const mend = nearest === undefined ? '`doorphone board` lists its lines' : `did you mean "${nearest}"?`;
    throw new DoorphoneError('unknown-line', `the board ${this.name} has no line "${name}"`, { mend });
  }

  #assertOpen(): void {
    if (this.#closed) throw new DoorphoneError('board-closed', 'the board is closed');
  }
}

function wrongDirection(name: string, is: string, wanted: string): DoorphoneError {
  return new DoorphoneError('line-direction', `line "${name}" is ${is} and cannot be ${wanted}`, {
    mend: 'name another line',
  });
}
