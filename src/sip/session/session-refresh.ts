// The session timer of one dialog at work: performs what session-timer.ts decides (RFC 4028).

import type { Clock, Timer } from '../../base/clock.ts';
import { seconds } from '../../base/units.ts';
import { createResponse } from '../message/index.ts';
import type { SipRequest, SipResponse } from '../message/types.ts';
import { step } from '../transaction/machine.ts';
import {
  answerTimer,
  askTimer,
  leastFor,
  moments,
  readMinimum,
  sessionTimer,
  settledTimer,
  type Terms,
  type TimerAction,
  type TimerEvent,
  type TimerState,
} from './session-timer.ts';

type HeaderList = readonly (readonly [name: string, value: string])[];

export interface SessionRefreshUser {
  refresh(): void;
  /** The session has expired: BYE. */
  expired(): void;
}

/** The 422 that a request gets whose interval is too small (§6, §9); undefined where it is not. */
export function refuseInterval(request: SipRequest, toTag?: string): SipResponse | undefined {
  const least = leastFor(request);
  return least === undefined
    ? undefined
    : createResponse(request, 422, { toTag, headers: [['Min-SE', String(least)]] });
}

/** So many proxies in a row may want it longer (§13 has two). */
const MAXIMUM_TRIES = 4;

/** What 422s have asked for, as long as it counts (§7.4): for an INVITE that has no dialog yet, then for the dialog. */
export class LeastInterval {
  #minimum = 0;
  #gaveUp = false;
  #tries = 0;

  get value(): number {
    return this.#minimum;
  }

  /** Whether no timer is asked for any more, since the other side does not say how long it would have to be. */
  get gaveUp(): boolean {
    return this.#gaveUp;
  }

  /** Notes what a request of the peer's says. */
  heard(request: SipRequest): void {
    if (request.headers.has('Min-SE')) this.#minimum = Math.max(this.#minimum, readMinimum(request));
  }

  /** Takes a 422 in. @returns whether the request is to be sent again: its interval has grown, or is left out (§7.3) */
  refused(response: SipResponse): boolean {
    const least = response.headers.has('Min-SE') ? readMinimum(response) : 0;
    this.#tries += 1;
    if (least > this.#minimum && this.#tries <= MAXIMUM_TRIES) this.#minimum = least;
    else if (this.#gaveUp) return false;
    else this.#gaveUp = true;
    return true;
  }
}

/** The session timer of one dialog. */
export class SessionRefresh {
  readonly least = new LeastInterval();
  #state: TimerState = 'off';
  #terms: Terms | undefined;
  #due: Timer | undefined;
  #expiry: Timer | undefined;

  /** @param wanted seconds that we would have; undefined: only what others ask for */
  constructor(
    private readonly clock: Clock,
    private readonly wanted: number | undefined,
    private readonly user: SessionRefreshUser,
  ) {}

  /** What our re-INVITE or UPDATE says of the timer. */
  request(): HeaderList {
    const wanted = this.least.gaveUp ? undefined : this.wanted;
    return askTimer({ wanted, terms: this.#terms, minimum: this.least.value });
  }

  /** A 2xx came to a request of ours that begins or refreshes the session. */
  accepted(request: SipRequest, response: SipResponse): void {
    this.#settle(settledTimer(request, response, this.wanted));
  }

  /** What our 2xx to the peer's request says of the timer, which runs from now on. */
  answer(request: SipRequest): HeaderList {
    this.least.heard(request);
    const { terms, headers } = answerTimer(request, this.wanted);
    this.#settle(terms);
    return headers;
  }

  /** Our refresh was refused. */
  refused(): void {
    this.#handle('refused');
  }

  /** The dialog is over. */
  stop(): void {
    this.#settle(undefined);
  }

  #settle(terms: Terms | undefined): void {
    this.#terms = terms;
    this.#handle(`settled: ${terms?.refresher ?? 'nobody'}`);
  }

  #handle(event: TimerEvent): void {
    const { state, actions } = step(sessionTimer, this.#state, event);
    this.#state = state;
    for (const action of actions) this.#perform(action);
  }

  #perform(action: TimerAction): void {
    switch (action) {
      case 'start':
        this.#start();
        return;
      case 'stop':
        this.#due?.cancel();
        this.#expiry?.cancel();
        return;
      case 'send refresh':
        this.user.refresh();
        return;
      case 'try again':
        this.#dueIn((this.#terms?.interval ?? 0) / 4);
        return;
      case 'end session':
        this.user.expired();
        return;
    }
  }

  #start(): void {
    const terms = this.#terms;
    if (terms === undefined) return;
    const { refresh, expiry } = moments(terms);
    if (terms.refresher === 'us') this.#dueIn(refresh);
    this.#expiry = this.clock.after(seconds(expiry), 'session expires', () => this.#handle('expiry'));
  }

  #dueIn(wait: number): void {
    this.#due?.cancel();
    this.#due = this.clock.after(seconds(wait), 'session refresh', () => this.#handle('refresh due'));
  }
}
