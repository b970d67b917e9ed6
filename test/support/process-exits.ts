// The end of the process, as drivers ask to be told of it, set off by a test.

import type { ProcessExit } from '../../src/hardware/ports/index.ts';

/** What is to run when the process ends. */
export class ProcessExits {
  readonly #runs = new Set<() => void>();

  readonly onProcessExit: ProcessExit = (run) => {
    this.#runs.add(run);
    return () => this.#runs.delete(run);
  };

  /** The process ends. */
  readonly exit = (): void => {
    for (const run of this.#runs) run();
  };
}
