// The relays that the last service had, driven safe by the record that it has left: those that no configuration names. A
// line that a configuration uses is left to it, as it may be another kind of thing by now: a button's wire that is driven
// as a relay's may be shorted.

import { DoorphoneError, describeError } from '../base/errors.ts';
import { type Configuration, moduleOf } from '../config/index.ts';
import { Chips, type GpioSystem } from '../hardware/drivers/index.ts';
import type { LineWire } from '../hardware/ports/index.ts';
import { lineUses } from './board/line-uses.ts';
import { gpioOf, type Machine, machineName, openBoard, thisMachine } from './boards.ts';
import { type DriveOptions, driveOff, driveWireOff, makeServices } from './drive-off.ts';
import { type ModuleRelay, type OutputRecord, outputMemory, readRecord, type WiredRelay } from './output-record.ts';

/** What has been driven, and what could not be. */
export interface Tally {
  readonly released: string[];
  readonly failed: string[];
}

/** The name that a module has here: its relays are `module:relay1`. */
const MODULE = 'module';
const NO_BOARD = { board: 'virtual', addons: [], lines: {}, keypads: {} };

/** @returns undefined: there is no record, or none to be believed */
export async function releaseRecorded(
  stateFolder: string,
  configurations: readonly Configuration[],
  options: DriveOptions,
): Promise<Tally | undefined> {
  const { machine = thisMachine() } = options;
  const record = readOutputs(stateFolder);
  if (record === undefined || record.machine !== machineName(machine)) return undefined;
  const named = configurations.map((configuration) => placesOf(configuration, machine));
  const tally: Tally = { released: [], failed: [] };
  for (const relay of record.wired) {
    if (named.some(({ wires }) => wires.has(keyOf(relay)))) continue;
    await attempt(relay.line, tally, () => releaseWired(relay, record, machine));
  }
  for (const relay of record.modules) {
    if (named.some((places) => isNamed(relay, places))) continue;
    const alone = { ...NO_BOARD, modules: { [MODULE]: relay.module } };
    await attempt(relay.line, tally, () => driveOff(`${MODULE}:relay${relay.relay}`, alone, options));
  }
  return tally;
}

/** What fails does not keep the others from it. */
export async function attempt(relay: string, { released, failed }: Tally, run: () => Promise<void>): Promise<void> {
  if (released.includes(relay)) return;
  try {
    await run();
    released.push(relay);
  } catch (thrown) {
    failed.push(`${relay}: ${describeError(thrown)}`);
  }
}

function readOutputs(stateFolder: string): OutputRecord | undefined {
  try {
    return readRecord(outputMemory(stateFolder).read());
  } catch {
    // To who may not read it there is none.
    return undefined;
  }
}

async function releaseWired(relay: WiredRelay, { board, sysfs }: OutputRecord, machine: Machine): Promise<void> {
  const { line, offset, activeLow, drive } = relay;
  const system = gpioOf(machine, sysfs);
  const chip = pathOf(relay, system);
  const known = { place: { chip, offset }, settings: { activeLow, drive } };
  await driveWireOff(line, { name: board, lines: new Map([[line, known]]) }, system);
}

/** The chip with the label; among several the one that has its name, too. @throws DoorphoneError `unknown-line` */
function pathOf({ chip: label, chipName }: WiredRelay, system: GpioSystem): string {
  const chips = new Chips(system);
  try {
    const fitting = chips.all.filter((chip) => chip.label === label);
    const only = fitting.length === 1 ? fitting[0] : fitting.find(({ name }) => name === chipName);
    if (only !== undefined) return only.path;
    throw new DoorphoneError('unknown-line', `its chip ${label} (${chipName}) is not there`);
  } finally {
    chips.close();
  }
}

/** What a configuration uses, whatever for. */
interface Places {
  readonly wires: ReadonlySet<string>;
  /** Relays and inputs of modules. */
  readonly modules: ReadonlySet<string>;
  /** Serial devices, with what speaks there. */
  readonly devices: ReadonlyMap<string, string>;
}

function placesOf(configuration: Configuration, machine: Machine): Places {
  const { modules, keypads, readers } = configuration;
  const matrices = Object.values(keypads).flatMap(({ matrix }) => matrix ?? []);
  const lines = [
    ...lineUses(configuration).map(({ line }) => line),
    ...matrices.flatMap(({ rows, columns }) => [...rows, ...columns]),
  ];
  return {
    wires: new Set(wiresOf(configuration, lines, machine).map(keyOf)),
    modules: new Set(
      lines.flatMap((line) => {
        const found = moduleOf(line, configuration);
        return found === undefined ? [] : relayKey(found.module, found.number);
      }),
    ),
    devices: new Map([
      ...Object.values(keypads).flatMap(({ device }) => (device === undefined ? [] : [[device, 'keypad'] as const])),
      ...Object.values(readers).map(({ device }) => [device, 'reader'] as const),
      ...Object.values(modules).map(({ device, protocol }) => [device, protocol] as const),
    ]),
  };
}

/** Where lines are; none is taken. */
function wiresOf(configuration: Configuration, lines: readonly string[], machine: Machine): readonly LineWire[] {
  try {
    const board = openBoard(configuration, { ...makeServices(), machine });
    try {
      return lines.flatMap((line) => board.wireOf(line) ?? []);
    } finally {
      board.close();
    }
  } catch {
    // Whoever takes its relays is told what is wrong with the board.
    return [];
  }
}

/** A device at which something else hangs by now is told nothing. */
function isNamed({ module, relay }: ModuleRelay, { modules, devices }: Places): boolean {
  const speaks = devices.get(module.device);
  return (speaks !== undefined && speaks !== module.protocol) || modules.has(relayKey(module, relay));
}

const keyOf = ({ chip, offset }: Pick<LineWire, 'chip' | 'offset'>): string => `${chip} ${offset}`;

const relayKey = ({ device, unit }: Pick<ModuleRelay['module'], 'device' | 'unit'>, number: number): string =>
  `${device} ${unit} ${number}`;
