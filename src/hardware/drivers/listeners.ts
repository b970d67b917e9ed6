// Those who are told of a line's changes.

import { describeError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';

/** A set of listeners in which one that throws does not keep the event from the others. */
export class Listeners<Change> {
  readonly #listeners = new Set<(change: Change) => void>();

  constructor(private readonly log: Log) {}

  add(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  call(change: Change): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(change);
      } catch (thrown) {
        this.log.error('line.listener-failed', { reason: describeError(thrown) });
      }
    }
  }
}
