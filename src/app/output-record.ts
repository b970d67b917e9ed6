// What a service leaves behind for `doorphone release`: where its relays are and which level is their safe one, so that they
// can be driven safe also by who cannot read the configuration, or reads another one. It is believed only if it is whole and
// of this kind of machine: on another one the same number is another wire.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as v from 'valibot';
import { describeError } from '../base/errors.ts';
import { millis } from '../base/units.ts';
import { type Configuration, moduleOf } from '../config/index.ts';
import type { Board } from '../hardware/ports/index.ts';
import type { Faults } from './faults.ts';
import { storeFileAt } from './store-file.ts';

const wired = v.strictObject({
  line: v.string(),
  chip: v.string(),
  chipName: v.string(),
  offset: v.number(),
  activeLow: v.boolean(),
  drive: v.picklist(['push-pull', 'open-drain', 'open-source']),
});

const moduleRelay = v.strictObject({
  line: v.string(),
  relay: v.number(),
  module: v.strictObject({
    protocol: v.picklist(['lcus', 'modbus']),
    device: v.string(),
    baud: v.number(),
    dataBits: v.picklist([7, 8]),
    parity: v.picklist(['none', 'even', 'odd']),
    stopBits: v.picklist([1, 2]),
    relays: v.number(),
    inputs: v.number(),
    unit: v.number(),
    poll: v.pipe(v.number(), v.transform(millis)),
    answerWithin: v.pipe(v.number(), v.transform(millis)),
  }),
});

const record = v.strictObject({
  /** What the device tree calls the machine; empty: it has none. */
  machine: v.string(),
  board: v.string(),
  /** Whether its lines were taken by sysfs, as the board asks for. */
  sysfs: v.boolean(),
  wired: v.array(wired),
  modules: v.array(moduleRelay),
});

/** A relay at a line of the board. */
export type WiredRelay = v.InferOutput<typeof wired>;
/** A relay of a module at a serial line. */
export type ModuleRelay = v.InferOutput<typeof moduleRelay>;
/** The relays that a service has taken. */
export type OutputRecord = v.InferOutput<typeof record>;

/** Where it is kept. */
export interface OutputMemory {
  /** Empty where nothing is kept. */
  read(): string;
  /** In the file's place, or not at all. */
  replace(text: string): void;
}

export const outputMemory = (stateFolder: string): OutputMemory => storeFileAt(join(stateFolder, 'outputs'));

/** Of the doors, and what held buttons switch. */
export function relaysOf({ doors, buttons }: Pick<Configuration, 'doors' | 'buttons'>): readonly string[] {
  const switched = Object.values(buttons).flatMap(({ held }) => held?.switch ?? []);
  return [...new Set([...Object.values(doors).map(({ relay }) => relay), ...switched])];
}

/** What is to be kept of the relays that a board has taken. */
export function recordOf(
  configuration: Configuration,
  board: Board,
  { machine, sysfs }: Pick<OutputRecord, 'machine' | 'sysfs'>,
): OutputRecord {
  const outputs = new Set(board.lines().flatMap(({ name, direction }) => (direction === 'output' ? [name] : [])));
  const relays = relaysOf(configuration).filter((line) => outputs.has(line));
  const modules = relays.flatMap((line): ModuleRelay[] => {
    const found = moduleOf(line, configuration);
    return found === undefined ? [] : [{ line, relay: found.number, module: found.module }];
  });
  const wires = relays.flatMap((line): WiredRelay[] => {
    const wire = board.wireOf(line);
    return wire === undefined ? [] : [{ line, ...wire }];
  });
  return { machine, board: board.name, sysfs, wired: wires, modules };
}

/** Keeps what is not kept yet. A disk that does not take it is a fault, and the door works all the same. */
export function keepRecord(made: OutputRecord, memory: OutputMemory, faults: Faults): void {
  const text = formatRecord(made);
  try {
    if (memory.read() !== text) memory.replace(text);
    faults.end('outputs');
  } catch (thrown) {
    const what = `where the relays are could not be kept: ${describeError(thrown)}`;
    faults.begin('outputs', what, 'look after the state folder and its disk');
  }
}

/** Two lines: the record, and the sum of it. */
export function formatRecord(made: OutputRecord): string {
  const line = JSON.stringify(made);
  return `${line}\n${sumOf(line)}\n`;
}

/** Undefined: there is none, or it is not whole, or not of this version. */
export function readRecord(text: string): OutputRecord | undefined {
  const [line = '', sum] = text.split('\n');
  if (sum !== sumOf(line)) return undefined;
  try {
    const read = v.safeParse(record, JSON.parse(line));
    return read.success ? read.output : undefined;
  } catch {
    return undefined;
  }
}

const sumOf = (line: string): string => createHash('sha256').update(line).digest('hex');
