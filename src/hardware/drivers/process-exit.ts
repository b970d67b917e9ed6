// The end of this process, as a driver's ProcessExit.

import type { ProcessExit } from '../ports/index.ts';

/**
 * Runs what is registered when Node leaves: the end of the event loop, process.exit(), an uncaught exception. A signal
 * counts only where a handler turns it into one of these; SIGKILL and a power cut are the supervisor's part.
 */
export const processExit: ProcessExit = (run) => {
  process.on('exit', run);
  return () => process.off('exit', run);
};
