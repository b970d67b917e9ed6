// One relay driven safe by a program that has nothing else of the door: the board and the module that it hangs on are opened
// for it, and let go.

import { Journal } from '../api/journal.ts';
import { SystemClock } from '../base/clock.ts';
import { DoorphoneError } from '../base/errors.ts';
import { silentLog } from '../base/log.ts';
import { SystemRandom } from '../base/random.ts';
import { type Configuration, modulePlaceOf } from '../config/index.ts';
import {
  GpioBoard,
  type GpioBoardData,
  type GpioSystem,
  ModuleBoard,
  processExit,
  type SerialSystem,
} from '../hardware/drivers/index.ts';
import type { Board } from '../hardware/ports/index.ts';
import { type BoardParts, type Machine, openBoard } from './boards.ts';
import { Faults } from './faults.ts';
import { withModules } from './modules.ts';

/** The machine; what is left out is this one's. */
export interface DriveOptions {
  readonly machine?: Machine;
  readonly serial?: SerialSystem;
}

export type DrivenParts = BoardParts & Pick<Configuration, 'modules'>;

/** A line that becomes an output is inactive; nobody holds it any more afterwards. @throws DoorphoneError */
export async function driveOff(relay: string, parts: DrivenParts, options: DriveOptions): Promise<void> {
  const { machine, serial: system } = options;
  const services = makeServices();
  const place = modulePlaceOf(relay, parts);
  const own = place === undefined ? {} : only(parts.modules, place.module);
  const board = withModules(
    openBoard(parts, { ...services, ...(machine === undefined ? {} : { machine }) }),
    { ...parts, modules: own },
    { ...services, random: new SystemRandom(), ...(system === undefined ? {} : { system }) },
  );
  await setOff(board, relay);
}

/** The same of a line whose place is known. @throws DoorphoneError */
export async function driveWireOff(relay: string, data: GpioBoardData, system: GpioSystem): Promise<void> {
  await setOff(new GpioBoard(data, { ...makeServices(), system, onProcessExit: processExit }), relay);
}

async function setOff(board: Board, relay: string): Promise<void> {
  try {
    board.output(relay).set(false);
    const fault = board instanceof ModuleBoard ? [...(await board.released()).values()][0] : undefined;
    if (fault !== undefined) throw new DoorphoneError('line-failed', fault);
  } finally {
    board.close();
  }
}

/** What drivers are handed by a program that is quiet. */
export function makeServices() {
  const clock = new SystemClock();
  const journal = new Journal(clock, silentLog);
  return { clock, log: silentLog, journal, faults: new Faults(journal, silentLog) };
}

function only<Value>(table: Readonly<Record<string, Value>>, key: string): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(table).filter(([name]) => name === key));
}
