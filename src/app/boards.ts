// The board that the door runs on: named, or recognised; its data read from `board/`, and its lines wired as data and
// configuration say.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, SystemClock } from '../base/clock.ts';
import { DoorphoneError, describeError, errorCode } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { nearestName } from '../base/nearest-name.ts';
import {
  type AddonData,
  type BoardData,
  type BoardKind,
  type Configuration,
  type FileText,
  formatFault,
  type LineConfiguration,
  type ParseOptions,
  parseAddon,
  parseBoard,
  type RelayLimit,
  type UnknownName,
  withAddons,
} from '../config/index.ts';
import {
  GpioBoard,
  type GpioBoardData,
  type GpioSystem,
  hasSysfsAlone,
  type KnownLine,
  type LineSettings,
  nativeGpio,
  placeIn,
  processExit,
  sysfsGpio,
  VirtualBoard,
} from '../hardware/drivers/index.ts';
import type { Board } from '../hardware/ports/index.ts';
import { packagePath } from '../native.ts';
import type { Faults } from './faults.ts';
import { wiringOf } from './matrix-keypads.ts';

export interface BoardServices {
  readonly clock: Clock;
  readonly log: Log;
  readonly faults: Faults;
  /** The machine; left out: this one. */
  readonly machine?: Machine;
}

/** What of the machine a board is recognised by, and driven with. */
export interface Machine {
  /** `compatible` of the device tree, the most exact first; empty: there is no device tree. */
  readonly compatible: readonly string[];
  /** The folder of boards. */
  readonly boards: string;
  /** @param chip the board's own, as its data has it: `sysfs:` before it asks for that way. @throws DoorphoneError */
  gpio(chip?: string): GpioSystem;
}

const DEVICE_TREE = '/proc/device-tree/compatible';
const BOARD_FILE = 'board.yaml';
const ADDON_FILE = 'addon.yaml';

/** This machine. */
export function thisMachine(): Machine {
  return { compatible: readCompatible(), boards: packagePath('board'), gpio: thisMachinesGpio };
}

const SYSFS = /^sysfs:/;

/** By the character devices, or by sysfs where there are none or the board's data asks for it. */
function thisMachinesGpio(chip = ''): GpioSystem {
  return SYSFS.test(chip) || hasSysfsAlone() ? sysfsGpio(new SystemClock()) : nativeGpio();
}

/** Whether a board's data asks for sysfs. */
export const asksForSysfs = ({ chip = '' }: Pick<BoardData, 'chip'>): boolean => SYSFS.test(chip);

/** Opens the lines of this machine as `asksForSysfs` had it. @throws DoorphoneError */
export const gpioOf = (machine: Machine, sysfs: boolean): GpioSystem => machine.gpio(sysfs ? 'sysfs:' : '');

/** The label of a board's chip, however it is spoken to. */
export const chipLabel = (chip: string | undefined): string | undefined => chip?.replace(SYSFS, '');

/** What of a configuration its board is opened by. */
export type BoardParts = Pick<Configuration, 'board' | 'addons' | 'lines' | 'keypads'>;

/** What kind of machine it is, by its device tree; empty: it has none. */
export const machineName = ({ compatible }: Machine): string => compatible.join(' ');

/** Opens the board of a configuration. @throws DoorphoneError `unknown-board`, `bad-board` */
export function openBoard(configuration: BoardParts, services: BoardServices): Board {
  const { clock, log, faults, machine = thisMachine() } = services;
  const { board } = configuration;
  const data = configuredBoard(configuration, machine);
  if (data === undefined && board === 'auto') {
    log.info('board.not-recognised', { compatible: machine.compatible, used: 'virtual' });
  }
  if (data === undefined) return new VirtualBoard({ clock, log, onProcessExit: processExit });
  log.info('board.opened', { board: data.name, title: data.title });
  return new GpioBoard(wire(data, wiringOf(configuration)), {
    clock,
    log,
    faults,
    system: machine.gpio(data.chip),
    onProcessExit: processExit,
  });
}

/** The board of a configuration with its add-ons; undefined: the virtual one, or none that is known. @throws DoorphoneError */
export function configuredBoard(
  { board, addons }: Pick<Configuration, 'board' | 'addons'>,
  machine: Machine = thisMachine(),
): BoardData | undefined {
  const name = board === 'auto' ? recognise(machine) : board;
  if (name === undefined || name === 'virtual') return undefined;
  return withAddons(
    loadBoard(name, machine.boards),
    addons.map((addon) => loadAddon(addon, machine.boards)),
  );
}

/** The add-ons that there are data of, in the order of their names. */
export function addonNames(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, ADDON_FILE)))
    .toSorted();
}

/** @throws DoorphoneError `unknown-board`, `bad-board` */
export function loadAddon(named: string, folder: string): AddonData {
  const found = readBoardFile(named, folder, ADDON_FILE);
  if (found === undefined) throw unknownBoard(named, addonNames(folder), 'addons', 'add-on');
  const addon = parseAddon(named, found);
  if (addon.ok) return addon.value;
  throw new DoorphoneError('bad-board', addon.error.map(formatFault).join('\n'));
}

/** The boards that there are data of, in the order of their names. */
export function boardNames(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, BOARD_FILE)))
    .toSorted();
}

/** The board that this machine is; undefined: none that is known. */
export function recognise({ compatible, boards }: Machine): string | undefined {
  if (compatible.length === 0) return undefined;
  // To look for a word is quick; to read YAML is not, on a board that has ten of them and no more than its own to read.
  const texts = boardNames(boards).map((name) => [name, readFileSync(join(boards, name, BOARD_FILE), 'utf8')] as const);
  for (const one of compatible) {
    for (const [name, text] of texts) {
      if (text.includes(one) && loadBoard(name, boards).compatible.includes(one)) return name;
    }
  }
  return undefined;
}

/** How long relays may be on, by the board's name; `auto` is this machine. Of boards that make no sense nothing is known. */
export function relayLimits(machine: Machine = thisMachine()): (board: string) => RelayLimit | undefined {
  return (named) => {
    try {
      const board = named === 'auto' ? recognise(machine) : named;
      if (board === undefined || board === 'virtual') return undefined;
      const { name, relayLimit: limit } = loadBoard(board, machine.boards);
      return limit === undefined ? undefined : { board: name, limit };
    } catch {
      // Opening it says what is wrong.
      return undefined;
    }
  };
}

/** What a configuration may call boards and add-ons, by what there is data of. */
export function unknownBoards(
  { boards }: Pick<Machine, 'boards'> = thisMachine(),
): NonNullable<ParseOptions['unknownBoard']> {
  return (named, kind) => {
    const isBoard = kind === 'board';
    if (isBoard && (named === 'auto' || named === 'virtual')) return undefined;
    if (existsSync(boardFile(named, boards, isBoard ? BOARD_FILE : ADDON_FILE))) return undefined;
    return unknownName(named, isBoard ? [...boardNames(boards), 'virtual', 'auto'] : addonNames(boards), kind);
  };
}

/** @param named a name in the folder, or the path of a folder or file elsewhere. @throws DoorphoneError */
export function loadBoard(named: string, folder: string): BoardData {
  const read = (name: string): FileText | undefined => readBoardFile(name, folder, BOARD_FILE);
  if (read(named) === undefined) throw unknownBoard(named, [...boardNames(folder), 'virtual'], 'board', 'board');
  const board = parseBoard(named, read);
  if (board.ok) return board.value;
  throw new DoorphoneError('bad-board', board.error.map(formatFault).join('\n'));
}

/** @returns undefined: there is none. @throws DoorphoneError `bad-board` */
function readBoardFile(named: string, folder: string, usual: string): FileText | undefined {
  const file = boardFile(named, folder, usual);
  try {
    return { text: readFileSync(file, 'utf8'), file };
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return undefined;
    throw new DoorphoneError('bad-board', `${file} cannot be read: ${describeError(thrown)}`, { cause: thrown });
  }
}

function boardFile(named: string, folder: string, usual: string): string {
  const base = named.includes('/') ? named : join(folder, named);
  return base.endsWith('.yaml') ? base : join(base, usual);
}

function unknownBoard(named: string, known: readonly string[], key: string, kind: BoardKind): DoorphoneError {
  const { what, mend } = unknownName(named, known, kind);
  return new DoorphoneError('unknown-board', `${key}: ${what}`, { mend });
}

function unknownName(named: string, known: readonly string[], kind: BoardKind): UnknownName {
  const nearest = nearestName(named, known);
  const mend = nearest === undefined ? `known are ${known.join(', ')}` : `did you mean "${nearest}"?`;
  return { what: `there is no ${kind} "${named}"`, mend };
}

/** Where each name leads, and how it is wired: the board's own lines, then those of the configuration over them. */
export function wire(data: BoardData, own: Configuration['lines']): GpioBoardData {
  const lines = new Map<string, KnownLine>();
  for (const [name, pin] of Object.entries(data.pins)) {
    const chip = chipLabel(pin.chip ?? data.chip);
    if (chip !== undefined) lines.set(name, { place: { chip, offset: pin.offset } });
  }
  for (const [name, line] of [...Object.entries(data.lines), ...Object.entries(own)]) {
    const at = line.at === undefined ? lines.get(name) : lineAt(line.at, lines);
    const before = lines.get(name)?.settings ?? at?.settings;
    lines.set(name, {
      ...(at?.place === undefined ? {} : { place: at.place }),
      ...(at?.kernelName === undefined ? {} : { kernelName: at.kernelName }),
      settings: { ...before, ...settingsOf(line) },
    });
  }
  return { name: data.name, lines };
}

/** Another line of the board, by its place or by the name that the kernel has for it, too; else as `placeOf`. */
function lineAt(at: string, lines: ReadonlyMap<string, KnownLine>): KnownLine {
  const known = lines.get(at);
  if (known === undefined) return placeOf(at);
  return known.place === undefined ? { kernelName: at, ...known } : known;
}

/** A chip and a number, or the kernel's own name for a line. */
function placeOf(at: string): KnownLine {
  const place = placeIn(at);
  return place === undefined ? { kernelName: at } : { place };
}

function settingsOf({ active, bias, drive, debounce }: LineConfiguration): Partial<LineSettings> {
  return {
    ...(active === undefined ? {} : { activeLow: active === 'low' }),
    ...(bias === undefined ? {} : { bias }),
    ...(drive === undefined ? {} : { drive }),
    ...(debounce === undefined ? {} : { debounce }),
  };
}

function readCompatible(): readonly string[] {
  try {
    return readFileSync(DEVICE_TREE, 'utf8')
      .split('\0')
      .filter((one) => one !== '');
  } catch {
    return [];
  }
}
