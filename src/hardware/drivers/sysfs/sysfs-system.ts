// GPIO of kernels that have sysfs alone, behind the same face as the character device. Lines have one number each across all
// chips, counted from a base that differs between kernels (Raspberry Pi's: 0 before 6.6, 512 since), so it is looked up.
// Left out, as sysfs has none of it: names of lines, resistors in the chip, how an output drives, time stamps of the kernel,
// who holds a line, debouncing (the driver above waits itself).

import { constants } from 'node:os';
import type { Clock, Timer } from '../../../base/clock.ts';
import { seconds } from '../../../base/units.ts';
import type { ChipDescription, Edge, GpioSystem, LineDescription, LineRequest } from '../gpio/gpio-system.ts';
import type { OnoffConstructor, OnoffLine } from './onoff.ts';

/** The files of sysfs. */
export interface SysfsFiles {
  /** Names in a folder; empty where there is none. */
  list(folder: string): readonly string[];
  /** Undefined: it is not there. */
  read(path: string): string | undefined;
}

export interface SysfsParts {
  readonly clock: Clock;
  readonly files: SysfsFiles;
  readonly Gpio: OnoffConstructor;
}

interface SysfsChip extends ChipDescription {
  readonly base: number;
}

interface TakenLine {
  readonly line: OnoffLine;
  readonly output: boolean;
  readonly offset: number;
  /** Across all chips. */
  readonly number: number;
  sequence: number;
  edges: Edge[];
  told: () => void;
  /** -errno of why it is gone. */
  lost: number | undefined;
}

/** What `readSync` answers of a line that is gone: neither of the levels for which onoff calls anybody. */
const NO_LEVEL = -1;

export const SYSFS_FOLDER = '/sys/class/gpio';
/** How long a chip that was pulled out may go unnoticed. */
const LOOK_AFTER = seconds(2);
/** As the kernel keeps of the character device's. */
const MOST_EDGES = 64;
const { EINVAL, EIO, ENODEV, EOPNOTSUPP } = constants.errno;

/** The chips as sysfs has them. Descriptors are numbers of our own. */
export class SysfsGpio implements GpioSystem {
  readonly #chips = new Map<number, SysfsChip>();
  readonly #taken = new Map<number, TakenLine>();
  #last = 0;
  #look: Timer | undefined;

  constructor(private readonly parts: SysfsParts) {}

  chips(): readonly string[] {
    const numbers = this.parts.files.list(SYSFS_FOLDER).flatMap((name) => /^gpiochip(\d+)$/.exec(name)?.[1] ?? []);
    return numbers
      .toSorted((one, other) => Number(one) - Number(other))
      .map((number) => `${SYSFS_FOLDER}/gpiochip${number}`);
  }

  open(path: string): number {
    const read = (name: string): string => this.parts.files.read(`${path}/${name}`)?.trim() ?? '';
    const [base, lines] = [Number(read('base') || Number.NaN), Number(read('ngpio') || Number.NaN)];
    if (!Number.isInteger(base) || !Number.isInteger(lines)) return -ENODEV;
    const name = path.slice(SYSFS_FOLDER.length + 1);
    const descriptor = this.#next();
    this.#chips.set(descriptor, { name, label: read('label'), lines, base });
    return descriptor;
  }

  describe(chip: number): ChipDescription | number {
    return this.#chips.get(chip) ?? -ENODEV;
  }

  describeLine(chip: number, offset: number): LineDescription | number {
    const found = this.#chips.get(chip);
    if (found === undefined || offset >= found.lines) return -EINVAL;
    return { name: '', consumer: '', used: false };
  }

  /**
   * What is exported already is taken over: a service that was killed leaves its lines so, and nobody can tell them from
   * another program's. An output is inactive from the moment in which it is one.
   */
  take(chip: number, request: LineRequest): number {
    const found = this.#chips.get(chip);
    const [offset = -1, ...more] = request.offsets;
    if (found === undefined || offset < 0 || more.length > 0) return -EINVAL;
    if (request.debounceUs > 0) return -EOPNOTSUPP;
    const { output, activeLow, initial } = request;
    const isHigh = (initial === 1) !== activeLow;
    const direction = output ? (isHigh ? 'high' : 'low') : 'in';
    let line: OnoffLine | undefined;
    try {
      line = new this.parts.Gpio(found.base + offset, direction, output ? 'none' : 'both', { activeLow });
      // Of a line that was exported before, onoff does not say what could not be set.
      if (line.direction() !== (output ? 'out' : 'in')) throw new Error('it keeps its direction');
      if (output && line.readSync() !== initial) line.writeSync(initial === 1 ? 1 : 0);
    } catch (thrown) {
      letGo(line);
      return errorNumber(thrown);
    }
    const number = found.base + offset;
    const taken: TakenLine = {
      line,
      output,
      offset,
      number,
      sequence: 0,
      edges: [],
      told: () => undefined,
      lost: undefined,
    };
    this.#guard(taken);
    if (!output) line.watch((error, value) => this.#changed(taken, error, value === 1));
    const descriptor = this.#next();
    this.#taken.set(descriptor, taken);
    this.#lookAfterInputs();
    return descriptor;
  }

  read(lines: number, _count: number): number {
    const taken = this.#taken.get(lines);
    if (taken === undefined) return -ENODEV;
    const level = taken.line.readSync();
    return taken.lost ?? level;
  }

  write(lines: number, _mask: number, values: number): number {
    const taken = this.#taken.get(lines);
    if (taken === undefined) return -ENODEV;
    return attempt(() => {
      taken.line.writeSync((values & 1) === 1 ? 1 : 0);
      return 0;
    });
  }

  edges(lines: number): readonly Edge[] | number {
    const taken = this.#taken.get(lines);
    return taken === undefined ? -ENODEV : (taken.lost ?? taken.edges.splice(0));
  }

  watch(lines: number, told: () => void): () => void {
    const taken = this.#taken.get(lines);
    if (taken === undefined) return () => undefined;
    taken.told = told;
    // It may have gone between the first look at it and this.
    if (taken.lost !== undefined) told();
    return () => {
      taken.told = () => undefined;
    };
  }

  /** sysfs keeps the level of an output that is let go, so it is driven inactive before. */
  close(descriptor: number): void {
    this.#chips.delete(descriptor);
    const taken = this.#taken.get(descriptor);
    if (taken === undefined) return;
    this.#taken.delete(descriptor);
    this.#lookAfterInputs();
    if (taken.output) {
      attempt(() => {
        taken.line.writeSync(0);
        return 0;
      });
    }
    letGo(taken.line);
  }

  keepsOutputs(_label: string): string {
    return 'sysfs';
  }

  /**
   * onoff reads the level by itself when the kernel wakes it, with nobody to catch what that throws when the chip is gone: the
   * process would end. So it is caught in the line itself, and told as the character device tells it.
   */
  #guard(taken: TakenLine): void {
    const { line } = taken;
    const read = line.readSync.bind(line);
    line.readSync = () => {
      try {
        return read();
      } catch (thrown) {
        this.#lose(taken, errorNumber(thrown));
        return NO_LEVEL;
      }
    };
  }

  #lose(taken: TakenLine, reason: number): void {
    if (taken.lost !== undefined) return;
    taken.lost = reason;
    taken.told();
  }

  /** Many kernels wake nobody when the file of a line goes. To read the line would take an edge away from who waits for it. */
  #lookAfterInputs(): void {
    if (this.#inputs.length === 0) {
      this.#look?.cancel();
      this.#look = undefined;
      return;
    }
    this.#look ??= this.parts.clock.after(LOOK_AFTER, 'whether lines of sysfs are there', () => {
      this.#look = undefined;
      for (const taken of this.#inputs) {
        const isThere = this.parts.files.read(`${SYSFS_FOLDER}/gpio${taken.number}/direction`) !== undefined;
        if (!isThere) this.#lose(taken, -ENODEV);
      }
      this.#lookAfterInputs();
    });
  }

  get #inputs(): readonly TakenLine[] {
    return [...this.#taken.values()].filter(({ output }) => !output);
  }

  #changed(taken: TakenLine, error: Error | null | undefined, active: boolean): void {
    if (error) return;
    taken.sequence += 1;
    taken.edges.push({ offset: taken.offset, active, at: this.parts.clock.now(), sequence: taken.sequence });
    // A gap in the sequence tells that some were lost.
    if (taken.edges.length > MOST_EDGES) taken.edges.shift();
    taken.told();
  }

  #next(): number {
    this.#last += 1;
    return this.#last;
  }
}

function letGo(line: OnoffLine | undefined): void {
  attempt(() => {
    line?.unexport();
    return 0;
  });
}

/** What it returns, or -errno of what it throws. */
function attempt(run: () => number): number {
  try {
    return run();
  } catch (thrown) {
    return errorNumber(thrown);
  }
}

/** Node's errors of files bear the number below 0. */
function errorNumber(thrown: unknown): number {
  const number = thrown instanceof Error && 'errno' in thrown ? thrown.errno : undefined;
  return typeof number === 'number' && number < 0 ? number : -EIO;
}
