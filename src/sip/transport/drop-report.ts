// Counts what was not taken for a message, and speaks of it now and then: never a line for every datagram.

import type { Clock } from '../../base/clock.ts';
import { type Millis, minutes } from '../../base/units.ts';

/**
 * Why a datagram went no further:
 * - `notSip`: no SIP at all
 * - `tooLong`: beyond the limits of the parser
 * - `malformed`: SIP with a fault in it
 * - `badVia`: a response to a request that we never sent (RFC 3261 §18.1.2), or a Via with no room in it
 */
export type DropReason = 'notSip' | 'tooLong' | 'malformed' | 'badVia';

export type DropCounts = { readonly [reason in DropReason]: number };

/** How long the report keeps silent after it has spoken. */
const SILENCE = minutes(1);

/** Keeps the counts; tells `report` of the first drop, and then once a minute at most what has gathered. */
export class DropReport {
  readonly #counts = { notSip: 0, tooLong: 0, malformed: 0, badVia: 0 };
  #unreported = 0;
  #reported: Millis | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly report: (dropped: number, latest: DropReason, from: string) => void,
  ) {}

  get counts(): DropCounts {
    return { ...this.#counts };
  }

  /** @param from the sender's address */
  count(reason: DropReason, from: string): void {
    this.#counts[reason] += 1;
    this.#unreported += 1;
    const now = this.clock.now();
    if (this.#reported !== undefined && now - this.#reported < SILENCE) return;
    this.report(this.#unreported, reason, from);
    this.#reported = now;
    this.#unreported = 0;
  }
}
