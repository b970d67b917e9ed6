// The kernel's watchdog devices (Documentation/watchdog/watchdog-api.rst): opening one starts it, each write feeds it, and a
// close without the magic character lets it bite.

import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { constants as system } from 'node:os';
import type { Watchdog } from '../ports/index.ts';

/** Written last, it says that the end is meant. */
const MAGIC = 'V';
/** Any other one. */
const FOOD = '\0';

/** @returns the watchdog, which runs now; or -errno */
export function openWatchdog(path: string): Watchdog | number {
  let descriptor = 0;
  const opened = attempt(() => {
    // Not to be waited for: another program that has it makes this fail (EBUSY).
    descriptor = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  });
  if (opened < 0) return opened;
  return {
    feed: () => attempt(() => writeSync(descriptor, FOOD)),
    close: () => {
      const said = attempt(() => writeSync(descriptor, MAGIC));
      const closed = attempt(() => closeSync(descriptor));
      return said < 0 ? said : closed;
    },
  };
}

function attempt(run: () => unknown): number {
  try {
    run();
    return 0;
  } catch (thrown) {
    const number = thrown instanceof Error && 'errno' in thrown ? thrown.errno : undefined;
    return typeof number === 'number' ? number : -system.errno.EIO;
  }
}
