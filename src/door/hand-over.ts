// A visitor on the way from one peer to another: the call that is to take over rings, while the one before goes on or is
// over already.

import type { Clock } from '../base/clock.ts';
import type { Millis } from '../base/units.ts';
import type { Call, CallEnd } from '../call/index.ts';

export interface HandOverOptions {
  readonly clock: Clock;
  readonly from: Call;
  readonly next: Call;
  /** How long the next may ring. */
  readonly ringFor: Millis;
  readonly answered: () => void;
  /** The next will not take over. */
  readonly failed: (end: CallEnd) => void;
}

/** One transfer, until it is decided. */
export class HandOver {
  readonly from: Call;
  readonly next: Call;
  #decided = false;

  constructor({ clock, from, next, ringFor, answered, failed }: HandOverOptions) {
    this.from = from;
    this.next = next;
    const limit = clock.after(ringFor, 'transfer ring limit', () => next.hangup('no-answer', 'nobody answered'));
    const decide = (then: () => void): void => {
      if (this.#decided) return;
      this.#decided = true;
      limit.cancel();
      then();
    };
    next.on('answered', () => decide(answered));
    next.on('ended', (end) => decide(() => failed(end)));
  }

  /** Whether the one before has gone, and the visitor waits. */
  get isWaiting(): boolean {
    return this.from.state === 'ended';
  }

  /** Nobody is to take over any more. */
  cancel(): void {
    if (!this.#decided) this.next.hangup('cancelled');
  }
}
