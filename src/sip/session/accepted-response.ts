// The 2xx of an INVITE, sent again until its ACK is there (RFC 3261 §13.3.1.4): the one response that its user and not
// its transaction repeats.

import type { Clock, Timer } from '../../base/clock.ts';
import { type Millis, millis } from '../../base/units.ts';
import type { SipResponse } from '../message/types.ts';
import type { ServerTransaction, TimerSettings } from '../transaction/index.ts';

/** One 2xx that waits for its ACK. */
export class AcceptedResponse {
  #interval: Millis;
  #repeat: Timer | undefined;
  #deadline: Timer | undefined;

  /** @param expired called after 64*T1 without an ACK */
  constructor(
    private readonly clock: Clock,
    private readonly timers: TimerSettings,
    private readonly transaction: ServerTransaction,
    private readonly response: SipResponse,
    private readonly expired: () => void,
  ) {
    this.#interval = timers.t1;
  }

  /** Sends it for the first time. */
  begin(): void {
    this.#deadline = this.clock.after(millis(64 * this.timers.t1), 'ACK of a 2xx', () => {
      this.stop();
      this.expired();
    });
    this.#send();
  }

  /** The ACK came, or nobody waits for it any longer. */
  stop(): void {
    this.#repeat?.cancel();
    this.#deadline?.cancel();
  }

  #send(): void {
    this.transaction.respond(this.response);
    this.#repeat = this.clock.after(this.#interval, 'repetition of a 2xx', () => this.#send());
    this.#interval = millis(Math.min(2 * this.#interval, this.timers.t2));
  }
}
