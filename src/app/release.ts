// `doorphone release`: every relay of the configured board driven safe, with no service running. It stands before the
// start and after any stop of the service, where a kernel may have kept a released output at its level.

import { Journal } from '../api/journal.ts';
import { SystemClock } from '../base/clock.ts';
import { DoorphoneError, describeError } from '../base/errors.ts';
import { silentLog } from '../base/log.ts';
import { SystemRandom } from '../base/random.ts';
import { type Configuration, modulePlaceOf } from '../config/index.ts';
import { ModuleBoard, type SerialSystem } from '../hardware/drivers/index.ts';
import { type Machine, openBoard } from './boards.ts';
import { Faults } from './faults.ts';
import { withModules } from './modules.ts';
import { Profiles } from './profiles.ts';

/** Where the configuration of a board is that runs no service. */
export interface ConfigurationPlace {
  readonly configFile: string;
  /** Whether the file was named: then it must be there. */
  readonly configGiven: boolean;
  readonly stateFolder: string;
}

export interface ReleaseOptions extends ConfigurationPlace {
  /** Left out: this one. */
  readonly machine?: Machine;
  /** Its serial devices; left out: this one's. */
  readonly serial?: SerialSystem;
}

export interface ReleaseOutcome {
  /** The lines that were driven. */
  readonly released: readonly string[];
  readonly message: string;
}

/**
 * Drives every relay that the file or a profile names. What cannot be driven does not keep the others from it.
 * @throws DoorphoneError when neither can be read, or a relay cannot be driven
 */
export async function releaseRelays(options: ReleaseOptions): Promise<ReleaseOutcome> {
  const configurations = await configurationsOf(options);
  const released: string[] = [];
  const failed: string[] = [];
  for (const configuration of configurations) {
    for (const relay of relaysOf(configuration)) {
      if (released.includes(relay)) continue;
      try {
        await release(configuration, relay, options);
        released.push(relay);
      } catch (thrown) {
        failed.push(`${relay}: ${describeError(thrown)}`);
      }
    }
  }
  if (failed.length > 0) throw new DoorphoneError('not-released', `not released: ${[...new Set(failed)].join('; ')}`);
  if (released.length === 0) return { released, message: 'no door is configured: there is no relay to release' };
  return { released, message: `released ${released.join(', ')}` };
}

/** Of the doors, and what held buttons switch. */
function relaysOf({ doors, buttons }: Configuration): readonly string[] {
  const switched = Object.values(buttons).flatMap(({ held }) => held?.switch ?? []);
  return [...Object.values(doors).map(({ relay }) => relay), ...switched];
}

/** A line that becomes an output is inactive; nobody holds it any more afterwards. */
async function release(configuration: Configuration, relay: string, options: ReleaseOptions): Promise<void> {
  const clock = new SystemClock();
  const journal = new Journal(clock, silentLog);
  const faults = new Faults(journal, silentLog);
  const { machine, serial: system } = options;
  const place = modulePlaceOf(relay, configuration);
  const own = place === undefined ? {} : only(configuration.modules, place.module);
  const services = { clock, log: silentLog, faults };
  const board = withModules(
    openBoard(configuration, { ...services, ...(machine === undefined ? {} : { machine }) }),
    { ...configuration, modules: own },
    { ...services, journal, random: new SystemRandom(), ...(system === undefined ? {} : { system }) },
  );
  try {
    board.output(relay).set(false);
    const fault = board instanceof ModuleBoard ? [...(await board.released()).values()][0] : undefined;
    if (fault !== undefined) throw new DoorphoneError('line-failed', fault);
  } finally {
    board.close();
  }
}

function only<Value>(table: Readonly<Record<string, Value>>, key: string): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(table).filter(([name]) => name === key));
}

/** Of the file with its profiles, and alone: whichever makes sense, its relays are driven. */
export async function configurationsOf(options: ConfigurationPlace): Promise<readonly Configuration[]> {
  const clock = new SystemClock();
  const profiles = new Profiles({
    ...options,
    context: { clock, log: silentLog, journal: new Journal(clock, silentLog) },
    putIntoForce: () => Promise.resolve(false),
    works: () => false,
  });
  await profiles.prepare();
  const outcomes = profiles.look();
  const made = outcomes.flatMap(({ configuration }) => configuration ?? []);
  const [first] = outcomes;
  if (made.length > 0 || first === undefined) return made;
  throw new DoorphoneError('bad-configuration', `${options.configFile} has ${first.faults.length} faults`, {
    mend: `doorphone check ${options.configFile}`,
  });
}
