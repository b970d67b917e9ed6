// `doorphone release`: every relay of the configured board driven safe, and those that the last service had, with no service
// running. It stands before the start and after any stop of the service, where a kernel may have kept a released output at
// its level.

import { Journal } from '../api/journal.ts';
import { SystemClock } from '../base/clock.ts';
import { DoorphoneError } from '../base/errors.ts';
import { silentLog } from '../base/log.ts';
import type { Configuration } from '../config/index.ts';
import { type DriveOptions, driveOff } from './drive-off.ts';
import { relaysOf } from './output-record.ts';
import { Profiles } from './profiles.ts';
import { attempt, releaseRecorded, type Tally } from './release-recorded.ts';

/** Where the configuration of a board is that runs no service. */
export interface ConfigurationPlace {
  readonly configFile: string;
  /** Whether the file was named: then it must be there. */
  readonly configGiven: boolean;
  readonly stateFolder: string;
}

export type ReleaseOptions = ConfigurationPlace & DriveOptions;

export interface ReleaseOutcome {
  /** The lines that were driven. */
  readonly released: readonly string[];
  readonly message: string;
}

/**
 * Drives every relay that the file or a profile names, and those that the last service had and they do not name: all that it
 * had where they cannot be read. What cannot be driven does not keep the others from it.
 * @throws DoorphoneError when there is nothing to go by, or a relay that must be released cannot be driven
 */
export async function releaseRelays(options: ReleaseOptions): Promise<ReleaseOutcome> {
  const { configurations, refusal } = await readConfigurations(options);
  const { released, failed }: Tally = { released: [], failed: [] };
  for (const configuration of configurations) {
    for (const relay of relaysOf(configuration)) {
      await attempt(relay, { released, failed }, () => driveOff(relay, configuration, options));
    }
  }
  const before = await releaseRecorded(options.stateFolder, configurations, options);
  if (refusal !== undefined) return byTheRecordAlone(before, refusal);
  if (failed.length > 0) throw notReleased(failed);
  const message = [describe(released), ...(before === undefined ? [] : describeBefore(before))].join('; ');
  return { released: [...released, ...(before?.released ?? [])], message };
}

function notReleased(failed: readonly string[]): DoorphoneError {
  return new DoorphoneError('not-released', `not released: ${[...new Set(failed)].join('; ')}`);
}

function describe(released: readonly string[]): string {
  return released.length === 0
    ? 'no door is configured: there is no relay to release'
    : `released ${released.join(', ')}`;
}

/** Of relays that nobody names any more. */
function describeBefore({ released, failed }: Tally): readonly string[] {
  return [
    ...(released.length === 0 ? [] : [`and ${released.join(', ')}, which the last service had`]),
    ...(failed.length === 0 ? [] : [`not released, which the last service had: ${failed.join('; ')}`]),
  ];
}

/** @throws DoorphoneError where there was no record, or one of its relays could not be driven */
function byTheRecordAlone(before: Tally | undefined, refusal: DoorphoneError): ReleaseOutcome {
  if (before === undefined) {
    const { code, message, mend } = refusal;
    const what = `nothing is released: ${message}, and no service has left word of its relays`;
    throw new DoorphoneError(code, what, mend === undefined ? {} : { mend });
  }
  const { released, failed } = before;
  if (failed.length > 0) throw notReleased(failed);
  const which = released.length === 0 ? 'released nothing' : `released ${released.join(', ')}`;
  return { released, message: `${which}, as the last service had it: ${refusal.line}` };
}

/** Those of the file with its profiles, and alone: whichever make sense; else why none does. */
async function readConfigurations(options: ReleaseOptions): Promise<{
  readonly configurations: readonly Configuration[];
  readonly refusal?: DoorphoneError;
}> {
  try {
    return { configurations: await configurationsOf(options) };
  } catch (thrown) {
    if (thrown instanceof DoorphoneError) return { configurations: [], refusal: thrown };
    throw thrown;
  }
}

/** Of the file with its profiles, and alone: whichever makes sense, its relays are driven. */
export async function configurationsOf(
  options: ConfigurationPlace & Pick<DriveOptions, 'machine'>,
): Promise<readonly Configuration[]> {
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
