// `doorphone board`: which boards there are, what is known of one, whether this one works.

import { findBoard, listBoards, notRecognised } from '../app/board/known-boards.ts';
import { lineUses } from '../app/board/line-uses.ts';
import { type BoardSheet, boardSheet, type SheetLine } from '../app/board/sheet.ts';
import { type Machine, recognise, thisMachine } from '../app/boards.ts';
import { DoorphoneError } from '../base/errors.ts';
import { nearestName } from '../base/nearest-name.ts';
import { millis } from '../base/units.ts';
import { type Configuration, formatDuration, loadConfiguration } from '../config/index.ts';
import type { Invocation } from './arguments.ts';
import type { Surroundings } from './io.ts';
import { DEFAULT_CONFIG, socketPath, stateFolder } from './paths.ts';

const ACTIONS = ['list', 'show', 'test'];

/** @returns the exit code. @throws DoorphoneError `usage`, `unknown-board`, `bad-board` */
export async function board(invocation: Invocation, around: Surroundings, machine = thisMachine()): Promise<number> {
  const [action = 'list', name] = invocation.positionals;
  switch (action) {
    case 'list':
      return list(invocation, around, machine);
    case 'show':
      return show(name, invocation, around, machine);
    case 'test':
      return await test(invocation, around);
    default:
      throw unknownAction(action);
  }
}

function unknownAction(action: string): DoorphoneError {
  const nearest = nearestName(action.slice(0, 32), ACTIONS);
  const mend = nearest === undefined ? `it does ${ACTIONS.join(', ')}` : `the nearest is "${nearest}"`;
  return new DoorphoneError('usage', `there is nothing that "board" does by the name "${action}"`, { mend });
}

function list({ json }: Invocation, { out }: Surroundings, machine: Machine): number {
  const found = listBoards(machine);
  if (json) out.write(`${JSON.stringify(found)}\n`);
  else {
    const width = Math.max(...found.boards.map(({ name }) => name.length));
    for (const { name, title, current } of found.boards) {
      out.write(`${current ? '*' : ' '} ${name.padEnd(width)}  ${title}\n`);
    }
    const { compatible } = found;
    const called = compatible.length === 0 ? 'has no device tree' : `calls itself ${compatible.join(', ')}`;
    out.write(
      found.recognised === null ? `\nnone of them is recognised: this machine ${called}\n` : '\n* this machine\n',
    );
    out.write('\nadd-ons:\n');
    for (const { name, title } of found.addons) out.write(`  ${name.padEnd(width)}  ${title}\n`);
  }
  return 0;
}

function show(named: string | undefined, invocation: Invocation, around: Surroundings, machine: Machine): number {
  const configuration = named === undefined ? configured(invocation, around) : undefined;
  const name = named ?? configuration?.board ?? recognise(machine);
  if (name === undefined) throw notRecognised(machine);
  const uses = configuration === undefined ? [] : lineUses(configuration);
  const sheet = boardSheet(findBoard(name, machine, configuration?.addons), configuration?.lines, uses);
  around.out.write(invocation.json ? `${JSON.stringify(sheet)}\n` : `${describeSheet(sheet, uses.length > 0)}\n`);
  return 0;
}

/** Looks the machine over, and tries what is wired to it with whoever sits at the terminal. */
async function test(invocation: Invocation, { out, err, environment, programs }: Surroundings): Promise<number> {
  const { config, json } = invocation;
  const outcome = await programs.testBoard({
    configFile: config ?? DEFAULT_CONFIG,
    configGiven: config !== undefined,
    stateFolder: stateFolder(invocation, environment),
    socketPath: socketPath(invocation, environment),
    questions: json ? 'err' : 'out',
    found: (line) => {
      if (!json) out.write(`${line}\n`);
    },
  });
  if (json) out.write(`${JSON.stringify(outcome)}\n`);
  if (!outcome.ok) err.write(`doorphone: something is wrong with the board ${outcome.board}\n`);
  return outcome.ok ? 0 : 1;
}

/** What stands at the usual place, or where it is said to stand; a faulty one there is as good as none. */
function configured({ config }: Invocation, { environment }: Surroundings): Configuration | undefined {
  try {
    const { configuration, faults } = loadConfiguration(config ?? DEFAULT_CONFIG, environment);
    if (config === undefined || configuration !== undefined) return configuration;
    const mend = `doorphone check ${config}`;
    throw new DoorphoneError('bad-configuration', `${config} has ${faults.length} faults`, { mend });
  } catch (thrown) {
    if (config === undefined && thrown instanceof DoorphoneError) return undefined;
    throw thrown;
  }
}

/** @param isConfigured whether it shows what is configured, or what is usual */
function describeSheet(sheet: BoardSheet, isConfigured: boolean): string {
  const { name, title, header, lines, relayLimitMs } = sheet;
  const notes = [
    ...sheet.pins.flatMap(({ name: pin, note }) => (note === null ? [] : `${pin}: ${note}`)),
    ...sheet.notes,
  ];
  const shown = isConfigured ? lines.filter(({ uses }) => uses.length > 0) : lines;
  const sections: readonly (readonly [string, readonly string[]])[] = [
    [isConfigured ? 'wired' : 'usually', shown.map((line) => describeLine(line))],
    ['chip', sheet.chip === null ? [] : [sheet.chip]],
    ['sound', sheet.sound === null ? [] : [sheet.sound]],
    ['serial', sheet.serial],
    ['watchdog', sheet.watchdog === null ? [] : [sheet.watchdog]],
    ['relays', relayLimitMs === null ? [] : [`on for ${formatDuration(millis(relayLimitMs))} at most`]],
    ['config.txt', sheet.overlays],
    ['notes', notes],
  ];
  const rows = sections.flatMap(([key, values]) =>
    values.map((value, at) => `${(at === 0 ? key : '').padEnd(10)}  ${value}`),
  );
  const drawing = header.length === 0 ? [] : ['', ...header.map((row) => `    ${row}`)];
  return [`${title} (${name})`, ...drawing, '', ...rows].join('\n');
}

function describeLine({ name, at, pin, active, uses }: SheetLine): string {
  const what = uses.length === 0 ? name : uses.join(', ');
  const place = at === null ? `the kernel’s line ${name}` : at;
  const level = active === null ? '' : `, active ${active}`;
  return `${what}: ${place}${pin === null ? '' : ` (pin ${pin})`}${level}`;
}
