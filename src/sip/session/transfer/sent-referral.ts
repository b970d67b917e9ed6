// A REFER of ours and what the peer tells of it (RFC 3515 §2.4.4): the peer is to call somebody.

import type { Clock, Timer } from '../../../base/clock.ts';
import { type Millis, millis, minutes } from '../../../base/units.ts';
import { createResponse, parseSubscriptionState } from '../../message/index.ts';
import type { SipResponse } from '../../message/types.ts';
import type { ServerTransaction } from '../../transaction/index.ts';
import type { ReferUser } from '../types.ts';
import { readSipfrag } from './sipfrag.ts';

/** However long the peer says that its subscription lives. */
const LONGEST_WAIT = minutes(10);
/** Where nothing is heard of a call, nothing came of it. */
const UNHEARD = 408;

/** One REFER of ours. */
export class SentReferral {
  #timer: Timer | undefined;
  #over = false;
  #id: string | undefined;

  /** @param patience how long the first NOTIFY may take (timer N, RFC 6665 §4.1.2.4) */
  constructor(
    private readonly clock: Clock,
    private readonly patience: Millis,
    private readonly user: ReferUser,
  ) {}

  get isOver(): boolean {
    return this.#over;
  }

  /** The REFER has gone with this CSeq number. */
  sent(sequence: number): void {
    this.#id = String(sequence);
  }

  /** Whether a NOTIFY with that Event `id` tells of it; without one it may be any. */
  hasId(id: string | true | undefined): boolean {
    return id === undefined || id === this.#id;
  }

  /** The final response to the REFER. */
  answered(response: SipResponse): void {
    if (response.status >= 300) this.#done(response.status);
    else if (!this.#over) this.#wait(this.patience);
  }

  /** The REFER has no answer. */
  failed(): void {
    this.#done(UNHEARD);
  }

  /** A NOTIFY. */
  receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    const state = parseSubscriptionState(request.headers.get('Subscription-State') ?? '');
    if (!state.ok) {
      transaction.respond(createResponse(request, 400, { reason: 'Bad Subscription-State' }));
      return;
    }
    transaction.respond(createResponse(request, 200));
    const told = readSipfrag(request.body);
    if (told !== undefined && told.status >= 200) this.#done(told.status);
    else if (state.value.state === 'terminated') this.#done(UNHEARD);
    else {
      this.#wait(state.value.expires ?? this.patience);
      if (told !== undefined && !this.#over) this.user.progress?.(told.status);
    }
  }

  /** The dialog is over, and with it what could be heard. */
  close(): void {
    this.#timer?.cancel();
    this.#over = true;
  }

  #wait(duration: Millis): void {
    this.#timer?.cancel();
    this.#timer = this.clock.after(millis(Math.min(LONGEST_WAIT, duration)), 'NOTIFY of a REFER', () =>
      this.#done(UNHEARD),
    );
  }

  #done(status: number): void {
    if (this.#over) return;
    this.close();
    this.user.done(status);
  }
}
