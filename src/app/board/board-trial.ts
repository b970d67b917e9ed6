// `doorphone board test`: the machine looked over, then everything that is wired to it tried, in a program of its own. The
// service has the lines while it runs, so it is not tried beside one.

import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { Journal } from '../../api/journal.ts';
import { type Clock, SystemClock } from '../../base/clock.ts';
import { DoorphoneError } from '../../base/errors.ts';
import { silentLog } from '../../base/log.ts';
import { SystemRandom } from '../../base/random.ts';
import { type BoardData, type Configuration, modulePlaceOf } from '../../config/index.ts';
import { ControlClient } from '../../control/client.ts';
import type { SerialSystem } from '../../hardware/drivers/index.ts';
import type { Board } from '../../hardware/ports/index.ts';
import { type MediaEngine, openEngine } from '../../media/index.ts';
import { type Machine, openBoard, recognise, thisMachine } from '../boards.ts';
import { Faults } from '../faults.ts';
import { keptOutputsWarning } from '../kept-outputs.ts';
import { withModules } from '../modules.ts';
import { configurationsOf } from '../release.ts';
import { deviceOf } from '../sound.ts';
import { tryCredentials } from './credential-trial.ts';
import { type Finding, thrownFinding, warning } from './finding.ts';
import { findBoard, notRecognised } from './known-boards.ts';
import { lineUses, usualUses } from './line-uses.ts';
import { checkCards, checkChips, checkOverlays, checkPorts, type MachineFiles } from './machine-check.ts';
import { boardSheet } from './sheet.ts';
import { trySound } from './sound-trial.ts';
import { type Examiner, tryUse } from './trial.ts';

export interface BoardTrialOptions {
  readonly configFile: string;
  readonly configGiven: boolean;
  readonly stateFolder: string;
  readonly socketPath: string;
  readonly examiner: Examiner;
  /** Told of each finding at once. */
  readonly found: (finding: Finding) => void;
  /** Left out: this one, as below. */
  readonly machine?: Machine;
  readonly files?: MachineFiles;
  readonly serial?: SerialSystem;
  readonly clock?: Clock;
  readonly openSound?: (configuration: Configuration) => MediaEngine;
}

export interface BoardTrial {
  readonly board: string;
  readonly title: string;
  readonly findings: readonly Finding[];
  /** Nothing is wrong; what nobody has tried counts as right. */
  readonly ok: boolean;
}

/**
 * Looks and tries. @throws DoorphoneError `service-runs`, `unknown-board`, `bad-board`, `bad-configuration`, and as reading
 * the configuration does
 */
export async function tryBoard(options: BoardTrialOptions): Promise<BoardTrial> {
  const { machine = thisMachine(), files = thisMachinesFiles(), clock = new SystemClock() } = options;
  await refuseBesideService(options.socketPath, clock);
  const [configuration] = await configurationsOf(options);
  if (configuration === undefined) throw new DoorphoneError('bad-configuration', 'there is no configuration to go by');
  if (configuration.board === 'auto' && recognise(machine) === undefined) throw notRecognised(machine);
  const data = findBoard(configuration.board, machine, configuration.addons);
  const findings: Finding[] = [];
  const say = (finding: Finding): void => {
    findings.push(finding);
    options.found(finding);
  };
  const { examiner } = options;
  if (configuration.board !== 'virtual') {
    const checks = [
      checkChips(data, () => machine.gpio(data.chip), files.user),
      checkOverlays(data, files),
      checkPorts(data, files),
    ];
    for (const finding of checks.flat()) say(finding);
  }
  const { board, modules, keypads, readers } = configuration;
  if (board !== 'virtual' || [modules, keypads, readers].some((table) => Object.keys(table).length > 0)) {
    const { serial } = options;
    await tryLines({ configuration, data, machine, files, clock, examiner, say, ...(serial && { serial }) });
  }
  for (const finding of checkCards(deviceOf(configuration.audio, data), files)) say(finding);
  const { openSound = (opened: Configuration) => openConfiguredSound(opened, data) } = options;
  say(await trySound(() => openSound(configuration), clock, examiner));
  const isBad = findings.some(({ result }) => result === 'bad');
  return { board: data.name, title: data.title, findings, ok: !isBad };
}

/** @throws DoorphoneError `service-runs` */
async function refuseBesideService(socketPath: string, clock: Clock): Promise<void> {
  let client: ControlClient;
  try {
    client = await ControlClient.connect(socketPath, clock);
  } catch {
    return;
  }
  client.close();
  throw new DoorphoneError('service-runs', 'the service is running, and has the lines and the sound card', {
    mend: 'end it for the time of the test: systemctl stop doorphone',
  });
}

interface LineTrial {
  readonly configuration: Configuration;
  readonly data: BoardData;
  readonly machine: Machine;
  readonly files: MachineFiles;
  readonly serial?: SerialSystem;
  readonly clock: Clock;
  readonly examiner: Examiner;
  readonly say: (finding: Finding) => void;
}

async function tryLines(trial: LineTrial): Promise<void> {
  const { configuration, data, machine, files, serial, clock, examiner, say } = trial;
  const configured = lineUses(configuration);
  const isConfigured = [configured, Object.keys(configuration.keypads)].some(({ length }) => length > 0);
  const hasWires = (line: string): boolean =>
    configuration.board !== 'virtual' || modulePlaceOf(line, configuration) !== undefined;
  const uses = (isConfigured ? configured : usualUses(data)).filter(({ line }) => hasWires(line));
  const places = new Map(
    boardSheet(data, configuration.lines, uses).lines.map(({ name, at, pin }) => {
      return [name, `${at ?? name}${pin === null ? '' : `, pin ${pin}`}`] as const;
    }),
  );
  const faults = new Faults(new Journal(clock, silentLog), silentLog);
  const system = serial === undefined ? {} : { system: serial };
  let board: Board;
  try {
    const services = { clock, log: silentLog, faults };
    const journal = new Journal(clock, silentLog);
    const own = openBoard(configuration, { ...services, machine });
    const random = new SystemRandom();
    board = withModules(own, configuration, { ...services, journal, random, ...system });
  } catch (thrown) {
    say(thrownFinding('board', thrown, 'look at `doorphone board`'));
    return;
  }
  try {
    const place = (line: string): string => places.get(line) ?? line;
    for (const use of uses) say(await tryUse(use, { clock, board, examiner, place }));
    for await (const finding of tryCredentials(configuration, { clock, board, examiner, files, ...system }))
      say(finding);
    const kept = keptOutputsWarning(board);
    const [what = '', mend = ''] = kept?.split('; ') ?? [];
    if (kept !== undefined) say(warning('relays', what, mend));
  } finally {
    board.close();
  }
}

function openConfiguredSound({ audio, media }: Configuration, board: BoardData): MediaEngine {
  const { speaker, microphone } = audio;
  return openEngine({ device: deviceOf(audio, board), ports: media.ports, speaker, microphone }, { log: silentLog });
}

function thisMachinesFiles(): MachineFiles {
  const tried = <Value>(run: () => Value, otherwise: Value): Value => {
    try {
      return run();
    } catch {
      return otherwise;
    }
  };
  return {
    read: (path) => tried(() => readFileSync(path, 'utf8'), undefined),
    has: (path) => existsSync(path),
    mayUse: (path) =>
      tried(() => {
        accessSync(path, constants.R_OK | constants.W_OK);
        return true;
      }, false),
    list: (folder) => tried(() => readdirSync(folder), []),
    user: tried(() => userInfo().username, 'the user of the service'),
  };
}
