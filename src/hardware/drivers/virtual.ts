// The board `virtual`: lines in memory, for the demonstration, for trying a configuration out, and for tests. It obeys
// the same contract as a board with wires; only here can an input be set by a program.
// Left out: bounce. A line changes when it is told to, so there is nothing to debounce.

import type { Clock } from '../../base/clock.ts';
import { DoorphoneError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { nearestName } from '../../base/nearest-name.ts';
import type {
  Board,
  BoardChange,
  InputLine,
  LineChange,
  LineDirection,
  LineState,
  OutputLine,
  ProcessExit,
} from '../ports/index.ts';
import { Listeners } from './listeners.ts';

const INPUTS = ['button', 'button2', 'button3', 'button4', 'button5', 'button6', 'button7', 'button8', 'contact'];
const OUTPUTS = ['relay', 'relay2', 'relay3', 'relay4', 'lamp'];

/** A header pin of a Raspberry Pi or of any other board, so that its configuration runs here unchanged. */
const HEADER_PIN = /^GPIO(0|[1-9]\d{0,2})$/;

export interface VirtualBoardServices {
  readonly clock: Clock;
  readonly log: Log;
  readonly onProcessExit: ProcessExit;
}

/** One line; what the outside world may do with it is decided by the board that owns it. */
class VirtualLine implements InputLine, OutputLine {
  readonly #changes: Listeners<LineChange>;
  #active: boolean = false;

  constructor(
    readonly name: string,
    readonly direction: LineDirection,
    private readonly board: { change(line: string, active: boolean): LineChange; readonly log: Log },
  ) {
    this.#changes = new Listeners(board.log);
  }

  get active(): boolean {
    return this.#active;
  }

  get state(): LineState {
    return { name: this.name, direction: this.direction, active: this.#active };
  }

  onChange(listener: (change: LineChange) => void): () => void {
    return this.#changes.add(listener);
  }

  set(active: boolean): void {
    if (active === this.#active) return;
    this.#active = active;
    this.#changes.call(this.board.change(this.name, active));
  }
}

/** A board without wires. */
export class VirtualBoard implements Board {
  readonly name = 'virtual';
  /** They are gone with the process. */
  readonly keepsOutputs = undefined;
  readonly #lines = new Map<string, VirtualLine>();
  readonly #changes: Listeners<BoardChange>;
  readonly #forgetExit: () => void;
  #closed: boolean = false;

  constructor(private readonly services: VirtualBoardServices) {
    this.#changes = new Listeners(services.log);
    for (const name of INPUTS) this.#add(name, 'input');
    for (const name of OUTPUTS) this.#add(name, 'output');
    this.#forgetExit = services.onProcessExit(() => this.#releaseAtExit());
  }

  input(name: string): InputLine {
    return this.#take(name, 'input');
  }

  output(name: string): OutputLine {
    const line = this.#take(name, 'output');
    return {
      name,
      get active() {
        return line.active;
      },
      set: (active) => {
        // Inactive it is already: whoever lets go late is no fault.
        if (active) this.#assertOpen();
        line.set(active);
      },
    };
  }

  lines(): readonly LineState[] {
    return [...this.#lines.values()].map((line) => line.state);
  }

  read(name: string): LineState {
    // A pin that nobody took floats: it reads as an input that nothing pulls active.
    return this.#find(name)?.state ?? { name, direction: 'input', active: false };
  }

  wireOf(): undefined {
    return undefined;
  }

  setLine(name: string, active: boolean): void {
    this.#assertOpen();
    const line = this.#find(name) ?? this.#add(name, 'input');
    if (line.direction === 'output') {
      throw new DoorphoneError('line-not-settable', `"${name}" is an output: what drives it is its own command`, {
        mend: 'set an input',
      });
    }
    line.set(active);
  }

  onChange(listener: (change: BoardChange) => void): () => void {
    return this.#changes.add(listener);
  }

  releaseAll(): void {
    for (const line of this.#lines.values()) {
      if (line.direction === 'output') line.set(false);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.releaseAll();
    this.#closed = true;
    this.#forgetExit();
  }

  /** The last that a log tells of a process that crashes with a door open. */
  #releaseAtExit(): void {
    const lines = this.lines().flatMap(({ name, direction, active }) =>
      direction === 'output' && active ? [name] : [],
    );
    this.releaseAll();
    if (lines.length > 0) this.services.log.warn('board.released', { lines, why: 'the process ends' });
  }

  /** @returns undefined for a pin that has no direction yet. @throws DoorphoneError `unknown-line` */
  #find(name: string): VirtualLine | undefined {
    const line = this.#lines.get(name);
    if (line === undefined && !HEADER_PIN.test(name)) throw this.#unknown(name);
    return line;
  }

  #take(name: string, direction: LineDirection): VirtualLine {
    this.#assertOpen();
    const line = this.#find(name) ?? this.#add(name, direction);
    if (line.direction !== direction) {
      const [is, wanted] = direction === 'input' ? ['an output', 'an input'] : ['an input', 'an output'];
      throw new DoorphoneError('line-direction', `line "${name}" is ${is} and cannot be ${wanted}`, {
        mend: `name another line: ${direction === 'input' ? 'button, GPIO17' : 'relay, GPIO27'}`,
      });
    }
    return line;
  }

  #add(name: string, direction: LineDirection): VirtualLine {
    const { clock, log } = this.services;
    const line = new VirtualLine(name, direction, {
      log,
      change: (changed, active) => {
        const change = { active, at: clock.now() };
        this.#changes.call({ line: changed, ...change });
        return change;
      },
    });
    this.#lines.set(name, line);
    return line;
  }

  #unknown(name: string): DoorphoneError {
    const nearest = nearestName(name, [...INPUTS, ...OUTPUTS, 'GPIO17']);
    const mend =
      nearest === undefined
        ? 'its lines are button, button2 to button8, relay, relay2 to relay4, contact, lamp, and GPIO with a number'
        : `did you mean "${nearest}"?`;
    return new DoorphoneError('unknown-line', `the board virtual has no line "${name}"`, { mend });
  }

  #assertOpen(): void {
    if (this.#closed) throw new DoorphoneError('board-closed', 'the board is closed');
  }
}
