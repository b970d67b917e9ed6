// What is wrong and does not stop the door: an unreadable sound file, a socket that died. Each is one event when it
// begins, stands in the state while it lasts, and is logged when it is over.

import type { Journal } from '../api/journal.ts';
import type { Log } from '../base/log.ts';

/** The faults that last, by a key of whoever found them. */
export class Faults {
  readonly #current = new Map<string, string>();

  constructor(
    private readonly journal: Journal,
    private readonly log: Log,
  ) {}

  /** One sentence each, in the order in which they began. */
  get list(): readonly string[] {
    return [...this.#current.values()];
  }

  /** Says a fault once; again only when its words change. */
  begin(key: string, what: string, mend: string): void {
    if (this.#current.get(key) === what) return;
    this.#current.set(key, what);
    this.journal.record('fault', { what, mend });
  }

  /** One that another event than `fault` says. */
  keep(key: string, what: string): void {
    this.#current.set(key, what);
  }

  end(key: string): void {
    const what = this.#current.get(key);
    if (what === undefined) return;
    this.#current.delete(key);
    this.log.info('fault.over', { what });
  }
}
