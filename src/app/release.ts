// `doorphone release`: every relay of the configured board driven safe, with no service running. It stands before the
// start and after any stop of the service, where a kernel may have kept a released output at its level.

import { SystemClock } from '../base/clock.ts';
import { DoorphoneError } from '../base/errors.ts';
import { silentLog } from '../base/log.ts';
import { loadConfiguration } from '../config/index.ts';
import { processExit, VirtualBoard } from '../hardware/drivers/index.ts';

export interface ReleaseOutcome {
  /** The lines that were driven. */
  readonly released: readonly string[];
  readonly message: string;
}

/** @throws DoorphoneError when the file cannot be read or is faulty */
export function releaseRelays({ configFile }: { readonly configFile: string }): Promise<ReleaseOutcome> {
  const { configuration, faults } = loadConfiguration(configFile, process.env);
  if (configuration === undefined) {
    throw new DoorphoneError('bad-configuration', `${configFile} has ${faults.length} faults`, {
      mend: `doorphone check ${configFile}`,
    });
  }
  const board = new VirtualBoard({ clock: new SystemClock(), log: silentLog, onProcessExit: processExit });
  const released = Object.values(configuration.doors).map((door) => door.relay);
  for (const relay of released) board.output(relay).set(false);
  board.close();
  return Promise.resolve({
    released,
    message:
      released.length === 0
        ? 'no door is configured: there is no relay to release'
        : `released ${released.join(', ')}; the virtual board has no wires`,
  });
}
