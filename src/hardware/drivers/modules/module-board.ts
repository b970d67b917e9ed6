// A board with modules beside it: names that lead to a relay or an input of a module are the module's, all others the
// board's own. The door's rules see one board.

import type { Clock } from '../../../base/clock.ts';
import { DoorphoneError, describeError } from '../../../base/errors.ts';
import type { Log } from '../../../base/log.ts';
import type { Millis } from '../../../base/units.ts';
import type {
  Board,
  BoardChange,
  InputLine,
  LineChange,
  LineDirection,
  LineState,
  LineWire,
  OutputLine,
  ProcessExit,
} from '../../ports/index.ts';
import { Listeners } from '../listeners.ts';
import type { LineModule, ModuleListener } from './line-module.ts';

/** Where a line is. */
export interface ModulePlace {
  readonly module: string;
  readonly direction: LineDirection;
  /** From 1. */
  readonly number: number;
  /** Of an input: whether it is active while the module says that it is not. */
  readonly isInverted: boolean;
}

export interface ModuleBoardServices {
  readonly clock: Clock;
  readonly log: Log;
  readonly onProcessExit: ProcessExit;
}

/** How modules are made, each with who listens to it. */
export type ModuleMaker = (listener: ModuleListener) => LineModule;

interface TakenLine {
  readonly name: string;
  readonly place: ModulePlace;
  readonly module: LineModule;
  readonly changes: Listeners<LineChange>;
  readonly failures: Listeners<string>;
}

/** The board and its modules. */
export class ModuleBoard implements Board {
  readonly #modules: ReadonlyMap<string, LineModule>;
  readonly #taken = new Map<string, TakenLine>();
  readonly #changes: Listeners<BoardChange>;
  readonly #forgetExit: () => void;
  #closed = false;

  /** @param placeOf where a line leads; undefined: not to a module */
  constructor(
    private readonly board: Board,
    makers: ReadonlyMap<string, ModuleMaker>,
    private readonly placeOf: (line: string) => ModulePlace | undefined,
    private readonly services: ModuleBoardServices,
  ) {
    this.#changes = new Listeners(services.log);
    this.#modules = new Map([...makers].map(([name, make]) => [name, make(this.#listenerOf(name))]));
    this.#forgetExit = services.onProcessExit(() => this.#releaseNow());
  }

  get name(): string {
    return this.board.name;
  }

  get keepsOutputs(): string | undefined {
    return this.board.keepsOutputs;
  }

  input(name: string): InputLine {
    const place = this.#place(name);
    if (place === undefined) return this.board.input(name);
    const { module, changes } = this.#take(name, place, 'input');
    module.useInput(place.number);
    const isActive = (): boolean => module.isActive(place.number) !== place.isInverted;
    return {
      name,
      get active() {
        return isActive();
      },
      onChange: (listener) => changes.add(listener),
    };
  }

  output(name: string): OutputLine {
    const place = this.#place(name);
    if (place === undefined) return this.board.output(name);
    const taken = this.#take(name, place, 'output');
    const { module, failures } = taken;
    module.useRelay(place.number);
    return {
      name,
      get active() {
        return module.isOn(place.number);
      },
      set: (active) => {
        if (active) this.#assertOpen();
        else if (this.#closed) return;
        this.#drive(taken, active);
      },
      onFailed: (listener) => failures.add(listener),
    };
  }

  lines(): readonly LineState[] {
    return [...this.board.lines(), ...[...this.#taken.values()].map(stateOf)];
  }

  read(name: string): LineState {
    const place = this.#place(name);
    if (place === undefined) return this.board.read(name);
    const taken = this.#taken.get(name);
    return taken === undefined ? { name, direction: place.direction, active: false } : stateOf(taken);
  }

  wireOf(name: string): LineWire | undefined {
    return this.#place(name) === undefined ? this.board.wireOf(name) : undefined;
  }

  setLine(name: string, active: boolean): void {
    this.#assertOpen();
    if (this.#place(name) === undefined) {
      this.board.setLine(name, active);
      return;
    }
    throw new DoorphoneError('line-not-settable', `"${name}" is a line of a module: who is at its other end sets it`, {
      mend: 'press the button, or try it on board: virtual',
    });
  }

  onChange(listener: (change: BoardChange) => void): () => void {
    const stops = [this.board.onChange(listener), this.#changes.add(listener)];
    return () => {
      for (const stop of stops) stop();
    };
  }

  releaseAll(): void {
    this.board.releaseAll();
    for (const taken of this.#taken.values()) {
      if (taken.place.direction === 'output' && taken.module.isOn(taken.place.number)) this.#release(taken);
    }
  }

  /**
   * Resolves when every relay of a module that is taken has been driven off.
   * @returns what has not been, by the name of the module
   */
  async released(): Promise<ReadonlyMap<string, string>> {
    const outcomes = await Promise.all(
      [...this.#modules].map(async ([name, module]) => [name, await module.released()] as const),
    );
    return new Map(outcomes.flatMap(([name, fault]) => (fault === undefined ? [] : [[name, fault] as const])));
  }

  close(): void {
    if (this.#closed) return;
    this.#releaseNow();
    this.#closed = true;
    this.#forgetExit();
    for (const module of this.#modules.values()) module.close();
    this.board.close();
  }

  #place(name: string): ModulePlace | undefined {
    const place = this.placeOf(name);
    return place === undefined || !this.#modules.has(place.module) ? undefined : place;
  }

  /** @throws DoorphoneError `line-direction`, `unknown-line`, `line-shared`, `board-closed` */
  #take(name: string, place: ModulePlace, direction: LineDirection): TakenLine {
    this.#assertOpen();
    if (place.direction !== direction) {
      const [is, wanted] = direction === 'input' ? ['a relay', 'an input'] : ['an input', 'an output'];
      throw new DoorphoneError('line-direction', `line "${name}" is ${is} of a module and cannot be ${wanted}`, {
        mend: 'name another line',
      });
    }
    const known = this.#taken.get(name);
    if (known !== undefined) return known;
    const module = this.#modules.get(place.module);
    const count = (direction === 'input' ? module?.inputs : module?.relays) ?? 0;
    if (module === undefined || place.number > count) {
      const what = `module ${place.module} has ${count} ${direction === 'input' ? 'inputs' : 'relays'}`;
      throw new DoorphoneError('unknown-line', `there is no line "${name}": ${what}`, { mend: 'name another line' });
    }
    const other = [...this.#taken.values()].find((taken) => isSamePlace(taken.place, place));
    if (other !== undefined) {
      throw new DoorphoneError('line-shared', `line "${name}" is the same wire as "${other.name}"`, {
        mend: 'name another line',
      });
    }
    const taken: TakenLine = {
      name,
      place,
      module,
      changes: new Listeners<LineChange>(this.services.log),
      failures: new Listeners<string>(this.services.log),
    };
    this.#taken.set(name, taken);
    return taken;
  }

  /** @throws DoorphoneError `line-failed` */
  #drive({ name, module, place }: TakenLine, active: boolean): void {
    const before = module.isOn(place.number);
    module.drive(place.number, active);
    if (before !== active) this.#changes.call({ line: name, active, at: this.services.clock.now() });
  }

  #release(taken: TakenLine): void {
    try {
      this.#drive(taken, false);
    } catch (thrown) {
      this.services.log.error('board.not-released', { line: taken.name, reason: describeError(thrown) });
    }
  }

  #listenerOf(module: string): ModuleListener {
    const find = (direction: LineDirection, number: number): TakenLine | undefined =>
      [...this.#taken.values()].find(({ place }) => isSamePlace(place, { module, direction, number }));
    return {
      relayFailed: (relay, reason) => {
        const taken = find('output', relay);
        if (taken === undefined) return;
        const { name } = taken;
        this.#changes.call({ line: name, active: false, at: this.services.clock.now() });
        taken.failures.call(reason);
      },
      inputChanged: (input, isOn, at) => this.#inputChanged(find('input', input), isOn, at),
    };
  }

  #inputChanged(taken: TakenLine | undefined, isOn: boolean, at: Millis): void {
    if (taken === undefined) return;
    const active = isOn !== taken.place.isInverted;
    taken.changes.call({ active, at });
    this.#changes.call({ line: taken.name, active, at });
  }

  #releaseNow(): void {
    const on = [...this.#taken.values()].filter(({ place, module }) => module.isOn(place.number));
    for (const module of this.#modules.values()) module.releaseNow();
    const at = this.services.clock.now();
    for (const { name } of on) this.#changes.call({ line: name, active: false, at });
  }

  #assertOpen(): void {
    if (this.#closed) throw new DoorphoneError('board-closed', 'the board is closed');
  }
}

const stateOf = ({ name, place, module }: TakenLine): LineState => ({
  name,
  direction: place.direction,
  active: place.direction === 'output' ? module.isOn(place.number) : module.isActive(place.number) !== place.isInverted,
});

type Wire = Pick<ModulePlace, 'module' | 'direction' | 'number'>;

const isSamePlace = (one: Wire, other: Wire): boolean =>
  one.module === other.module && one.direction === other.direction && one.number === other.number;
