// What the GPIO driver asks of the machine: the character devices of its chips. The real one is the addon's; tests bring
// chips of their own.

import { closeSync, readdirSync, readFileSync } from 'node:fs';
import { loadNative, type NativeGpioRequest } from '../../../native.ts';
import { keptOutputs } from './kept-outputs.ts';

/** A chip as the kernel describes it. */
export interface ChipDescription {
  /** `gpiochip0` */
  readonly name: string;
  /** `pinctrl-bcm2711` */
  readonly label: string;
  readonly lines: number;
}

/** A line as the kernel describes it. */
export interface LineDescription {
  /** As the device tree names it; often empty. */
  readonly name: string;
  /** Who has it; empty: nobody, or somebody without a name. */
  readonly consumer: string;
  readonly used: boolean;
}

/** One edge of a line. */
export interface Edge {
  readonly offset: number;
  readonly active: boolean;
  /** On the Clock's scale (CLOCK_MONOTONIC), in ms. */
  readonly at: number;
  /** Counts from 1: a gap is a loss. */
  readonly sequence: number;
}

export type LineRequest = NativeGpioRequest;

/** Numbers below 0 are -errno, as the kernel's. */
export interface GpioSystem {
  /** Paths of the chips, in the order of their numbers. */
  chips(): readonly string[];
  open(path: string): number;
  describe(chip: number): ChipDescription | number;
  describeLine(chip: number, offset: number): LineDescription | number;
  take(chip: number, request: LineRequest): number;
  /** @returns bit n: whether line n is active */
  read(lines: number, count: number): number;
  write(lines: number, mask: number, values: number): number;
  /** What has happened; empty: nothing more. */
  edges(lines: number): readonly Edge[] | number;
  /** Calls `told` when there are edges; the returned function ends it. */
  watch(lines: number, told: () => void): () => void;
  close(descriptor: number): void;
  /** By what the kernel keeps outputs of a chip at their level when nobody holds them; undefined: it lets them go. */
  keepsOutputs(label: string): string | undefined;
}

const FOLDER = '/dev';
/** As native/binding/gpio-functions.c has them. */
const EDGE_NUMBERS = 4;
const MOST_EDGES = 32;

/** The chips of this machine. @throws DoorphoneError when the addon cannot be loaded */
export function nativeGpio(): GpioSystem {
  const addon = loadNative();
  const numbers = new Float64Array(EDGE_NUMBERS * MOST_EDGES);
  return {
    chips: () => {
      const found = readdirSync(FOLDER).flatMap((name) => /^gpiochip(\d+)$/.exec(name)?.[1] ?? []);
      return found.toSorted((one, other) => Number(one) - Number(other)).map((number) => `${FOLDER}/gpiochip${number}`);
    },
    open: (path) => addon.gpioOpen(path),
    describe: (chip) => {
      const described = addon.gpioDescribe(chip);
      if (typeof described === 'number') return described;
      const [name, label, lines] = described;
      return { name, label, lines };
    },
    describeLine: (chip, offset) => {
      const described = addon.gpioDescribeLine(chip, offset);
      if (typeof described === 'number') return described;
      const [name, consumer, used] = described;
      return { name, consumer, used: used === 1 };
    },
    take: (chip, request) => addon.gpioTake(chip, request),
    read: (lines, count) => addon.gpioRead(lines, count),
    write: (lines, mask, values) => addon.gpioWrite(lines, mask, values),
    edges: (lines) => {
      const count = addon.gpioEdges(lines, numbers);
      return count < 0 ? count : Array.from({ length: count }, (_, at) => edgeAt(numbers, at * EDGE_NUMBERS));
    },
    watch: (lines, told) => {
      const watch = addon.watchReadable(lines, told);
      return () => addon.unwatchReadable(watch);
    },
    close: (descriptor) => closeSync(descriptor),
    keepsOutputs: (label) => keptOutputs(label, readText),
  };
}

function edgeAt(numbers: Float64Array, start: number): Edge {
  const [offset = 0, active = 0, at = 0, sequence = 0] = numbers.subarray(start, start + EDGE_NUMBERS);
  return { offset, active: active === 1, at, sequence };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
