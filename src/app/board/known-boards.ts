// The boards that there are data of, and which of them this machine is.

import { DoorphoneError } from '../../base/errors.ts';
import { type BoardData, withAddons } from '../../config/index.ts';
import { addonNames, boardNames, loadAddon, loadBoard, type Machine, recognise } from '../boards.ts';

/** One line of the list. */
export interface KnownBoard {
  readonly name: string;
  readonly title: string;
  /** Whether this machine is one. */
  readonly current: boolean;
}

export interface BoardList {
  readonly boards: readonly KnownBoard[];
  /** Null: this machine is none of them. */
  readonly recognised: string | null;
  /** What the device tree calls this machine; empty: there is none. */
  readonly compatible: readonly string[];
  /** What can be put on a board. */
  readonly addons: readonly { readonly name: string; readonly title: string }[];
}

/** The board that has no wires, as data. */
const VIRTUAL: BoardData = {
  name: 'virtual',
  title: 'Virtual board: lines in memory, no hardware',
  compatible: [],
  controls: {},
  pins: {},
  header: {},
  lines: {},
  serial: [],
  overlays: [],
  notes: ['It has the lines button, button2 to button8, contact, relay, relay2 to relay4, lamp, and takes any GPIOn.'],
};

/** A board with its data, and what is put on it. @throws DoorphoneError `unknown-board`, `bad-board` */
export function findBoard(named: string, machine: Machine, addons: readonly string[] = []): BoardData {
  return withAddons(
    findBare(named, machine),
    addons.map((addon) => loadAddon(addon, machine.boards)),
  );
}

function findBare(named: string, machine: Machine): BoardData {
  if (named !== 'auto') return named === VIRTUAL.name ? VIRTUAL : loadBoard(named, machine.boards);
  const recognised = recognise(machine);
  return recognised === undefined ? VIRTUAL : loadBoard(recognised, machine.boards);
}

export function listBoards(machine: Machine): BoardList {
  const recognised = recognise(machine) ?? null;
  const boards = [...boardNames(machine.boards), VIRTUAL.name].map((name) => {
    return { name, title: findBoard(name, machine).title, current: name === recognised };
  });
  const addons = addonNames(machine.boards).map((name) => ({ name, title: loadAddon(name, machine.boards).title }));
  return { boards, recognised, compatible: machine.compatible, addons };
}

/** Of a machine that nobody knows, when its board is asked for. */
export function notRecognised({ compatible }: Machine): DoorphoneError {
  const what =
    compatible.length === 0
      ? 'this machine has no device tree that says what it is'
      : `this machine (${compatible.join(', ')}) is no board that is known`;
  return new DoorphoneError('unknown-board', what, {
    mend: 'name one of `doorphone board`, or add a folder to board/',
  });
}
