// Tells a referrer how far its request has come: NOTIFYs, one at a time, the latest word only (RFC 3515 §2.4.4–2.4.7).
// What is done when is in refer-machine.ts.

import type { Clock, Timer } from '../../../base/clock.ts';
import { type Millis, millis, seconds } from '../../../base/units.ts';
import type { RequestContent } from '../../dialog/index.ts';
import { createResponse, formatSubscriptionState, type SubscriptionState } from '../../message/index.ts';
import type { SipResponse } from '../../message/types.ts';
import type { ServerTransaction } from '../../transaction/index.ts';
import { step } from '../../transaction/machine.ts';
import { type ReferAction, type ReferEvent, type ReferState, referMachine } from './refer-machine.ts';
import { writeSipfrag } from './sipfrag.ts';

/** What sends NOTIFYs in the dialog of the REFER. */
export interface ReferWire {
  send(
    method: 'NOTIFY',
    content: RequestContent,
    user: { answered(response: SipResponse): void; failed(): void },
  ): void;
}

export interface ReferSubscriptionOptions {
  readonly clock: Clock;
  readonly wire: ReferWire;
  /** Of Event, where the dialog has seen another REFER before: the CSeq number of this one (§2.4.6). */
  readonly id: number | undefined;
  /** Value of Contact in answers to the referrer. */
  readonly contact: string;
}

/** A call rings for minutes, not for hours. */
const LIFE = seconds(180);
const TRYING = 100;

/** RFC 6665 §4.2.2. */
const ENDING = new Set([404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]);

/** One implicit subscription. */
export class ReferSubscription {
  #state: ReferState = 'init';
  #status = TRYING;
  #until: Millis;
  #life: Millis = LIFE;
  #expiry: Timer | undefined;
  #open = false;
  /** What is to be told when the NOTIFY under way has its answer. */
  #owed: (() => void) | undefined;

  constructor(private readonly options: ReferSubscriptionOptions) {
    this.#until = options.clock.now();
  }

  get isOver(): boolean {
    return this.#state === 'terminated';
  }

  /** Whether a SUBSCRIBE with that Event `id` is for it. */
  hasId(id: string | true | undefined): boolean {
    return this.options.id === undefined ? id === undefined : id === String(this.options.id);
  }

  /** The REFER has been accepted: says that it is tried. */
  begin(): void {
    this.#handle('accepted');
  }

  /** The referred request has this response; a final one ends the subscription. */
  tell(status: number): void {
    if (this.#state !== 'active' || status === this.#status) return;
    this.#status = status;
    this.#handle(status < 200 ? 'progress' : 'final');
  }

  /** A SUBSCRIBE in the dialog (§2.4.4): another life, never longer than ours, or the end. */
  subscribe(transaction: ServerTransaction): void {
    const { request } = transaction;
    const expires = request.integer('Expires');
    if (!expires.ok) {
      transaction.respond(createResponse(request, 400, { reason: 'Bad Expires' }));
      return;
    }
    this.#life = millis(Math.min(LIFE, seconds(expires.value ?? LIFE / 1000)));
    const headers = [['Expires', String(this.#life / 1000)] as const, ['Contact', this.options.contact] as const];
    transaction.respond(createResponse(request, 200, { headers }));
    this.#handle(this.#life > 0 ? 'refresh' : 'unsubscribe');
  }

  /** Waits for nothing any longer. */
  close(): void {
    this.#state = 'terminated';
    this.#owed = undefined;
    this.#expiry?.cancel();
  }

  #handle(event: ReferEvent): void {
    const { state, actions } = step(referMachine, this.#state, event);
    this.#state = state;
    for (const action of actions) this.#perform(action);
  }

  #perform(action: ReferAction): void {
    switch (action) {
      case 'start expiry':
        this.#startExpiry();
        return;
      case 'notify progress':
        this.#notify(() => ({ state: 'active', expires: this.#rest }));
        return;
      case 'notify final':
        this.#notify(() => ({ state: 'terminated', reason: 'noresource' }));
        return;
      case 'notify end':
        this.#notify(() => ({ state: 'terminated', reason: 'timeout' }));
        return;
      case 'stop timers':
        this.#expiry?.cancel();
        return;
    }
  }

  #startExpiry(): void {
    const { clock } = this.options;
    this.#until = millis(clock.now() + this.#life);
    this.#expiry?.cancel();
    this.#expiry = clock.after(this.#life, 'subscription to a REFER', () => this.#handle('expired'));
  }

  get #rest(): Millis {
    return millis(Math.max(0, this.#until - this.options.clock.now()));
  }

  #notify(state: () => SubscriptionState): void {
    if (this.#open) {
      this.#owed = () => this.#notify(state);
      return;
    }
    this.#open = true;
    const { id, wire } = this.options;
    const headers: RequestContent['headers'] = [
      ['Event', id === undefined ? 'refer' : `refer;id=${id}`],
      ['Subscription-State', formatSubscriptionState(state())],
    ];
    wire.send(
      'NOTIFY',
      { headers, body: writeSipfrag(this.#status) },
      {
        answered: ({ status }) => this.#answered(!ENDING.has(status)),
        failed: () => this.#answered(false),
      },
    );
  }

  #answered(well: boolean): void {
    this.#open = false;
    const owed = this.#owed;
    this.#owed = undefined;
    if (well) owed?.();
    else this.#handle('NOTIFY failed');
  }
}
