// Who was refused, told in a measure: a scanner that knocks a thousand times an hour must not fill the log.

import type { Journal } from '../api/journal.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { type Millis, minutes } from '../base/units.ts';
import { peerAddress } from '../call/index.ts';

const WINDOW: Millis = minutes(1);
/** Reports in one window, all sources together; one source is told of once. */
const MAX_REPORTS = 10;

export interface StrangerServices {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Journal;
}

/** Says `call.refused`: once a minute for each source, ten times a minute at the most. */
export class StrangerReports {
  readonly #sources = new Set<string>();
  #windowEnd = 0;
  #suppressed = 0;

  constructor(private readonly services: StrangerServices) {}

  /** @param peer the URI that the caller claims @param source the address that it came from */
  report(peer: string, source: string, why: string): void {
    this.#turnWindow();
    if (this.#sources.has(source) || this.#sources.size >= MAX_REPORTS) {
      this.#suppressed += 1;
      return;
    }
    this.#sources.add(source);
    this.services.journal.record('call.refused', { peer: peerAddress(peer), why });
  }

  #turnWindow(): void {
    const now = this.services.clock.now();
    if (now < this.#windowEnd) return;
    if (this.#suppressed > 0) this.services.log.info('call.refused-more', { times: this.#suppressed });
    this.#sources.clear();
    this.#suppressed = 0;
    this.#windowEnd = now + WINDOW;
  }
}
