// One subscription that a watcher has with us: its NOTIFYs, one at a time, and its end (RFC 6665 §4.2). What is done when
// is in notifier-machine.ts. Changes that come faster than they may be told are told together.

import type { Timer } from '../../base/clock.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import { SEQUENCE_GAP } from '../dialog/index.ts';
import {
  createResponse,
  type EventType,
  eventOf,
  formatEventType,
  formatSubscriptionState,
  type SubscriptionState,
  sameEvent,
} from '../message/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import { step } from '../transaction/machine.ts';
import type { EventBody, EventEnvironment, HeaderList } from './environment.ts';
import { type EventDialog, endsSubscription } from './event-dialog.ts';
import type { Watch } from './event-package.ts';
import { type NotifierAction, type NotifierEvent, type NotifierState, notifierMachine } from './notifier-machine.ts';
import type { EventUsage } from './usage-table.ts';

export interface NotifierUsageOptions {
  readonly environment: EventEnvironment;
  readonly peer: EventDialog;
  readonly event: EventType;
  readonly watch: Watch;
  /** Value of Contact in answers to SUBSCRIBE. */
  readonly contact: string;
  /** The life that a SUBSCRIBE gets, or the response that refuses it. */
  readonly lifeFor: (transaction: ServerTransaction) => Millis | SipResponse;
  /** Header fields of every 2xx to SUBSCRIBE. */
  readonly headers: HeaderList;
  /** The watcher's SUBSCRIBE was granted, or many NOTIFYs have gone: what is known of it has changed. */
  readonly moved: (usage: NotifierUsage) => void;
  /** It is over, and nothing of it is under way. Comes once. */
  readonly over: (usage: NotifierUsage) => void;
}

/** RFC 4235 §3.10 and its like ask for one a second; a few at once let a press and its ringing be told as they happen. */
const BURST = 5;
const INTERVAL = seconds(1);
const LOOK_AGAIN = millis(100);

/** One watcher. */
export class NotifierUsage implements EventUsage {
  #state: NotifierState = 'init';
  #until: Millis;
  #expiry: Timer | undefined;
  #rate: Timer | undefined;
  /** NOTIFYs that have no answer yet. */
  #open = 0;
  /** What is to be told when the one under way has its answer. */
  #owed: 'changes' | 'state' | undefined;
  /** The watcher may have missed a body: the next one says everything. */
  #missed = false;
  #told = false;
  #granted = false;
  /** NOTIFYs since `moved`. */
  #unrecorded = 0;
  readonly #bucket: TokenBucket;

  constructor(private readonly options: NotifierUsageOptions) {
    const { clock } = options.environment;
    this.#bucket = new TokenBucket(clock, BURST, INTERVAL);
    this.#until = clock.now();
  }

  get callId(): string {
    return this.options.peer.dialog.id.callId;
  }

  get localTag(): string {
    return this.options.peer.dialog.id.localTag;
  }

  /** The first SUBSCRIBE; `life` is what it gets. */
  begin(transaction: ServerTransaction, life: Millis): void {
    this.#subscribe(transaction, life);
  }

  /** Goes on with a subscription that was begun before a restart. */
  resume(rest: Millis): void {
    this.#state = 'active';
    this.#granted = true;
    this.#missed = true;
    // Its record is of the life before.
    this.#unrecorded = SEQUENCE_GAP;
    this.#until = millis(this.options.environment.clock.now() + rest);
    this.#startExpiry();
  }

  /** How long it has to live. */
  get rest(): Millis {
    return millis(Math.max(0, this.#until - this.options.environment.clock.now()));
  }

  takes(request: SipRequest, source: Endpoint): boolean {
    return this.#state === 'active' && request.method === 'SUBSCRIBE' && this.options.peer.counts(source);
  }

  /** A request in the dialog. */
  receive(transaction: ServerTransaction): boolean {
    const { request, source } = transaction;
    const { peer, event, lifeFor } = this.options;
    if (!this.takes(request, source)) return false;
    const asked = eventOf(request);
    // Another event in the same dialog would share it (§4.5.2), which is not done here.
    if (!asked.ok || !sameEvent(asked.value, event)) {
      transaction.respond(createResponse(request, 403, { reason: 'Dialog Sharing Not Supported' }));
      return true;
    }
    const disorder = peer.accept(request, source);
    const life = disorder ?? lifeFor(transaction);
    if (typeof life !== 'number') {
      transaction.respond(life);
      return true;
    }
    this.options.watch.refreshed?.(request);
    this.#subscribe(transaction, life);
    return true;
  }

  /** The state of the resource has changed. */
  changed(): void {
    this.#handle('change');
  }

  /** We end: says so. */
  stop(): void {
    this.#handle('stop');
  }

  /** Waits for nothing any longer. */
  close(): void {
    this.#state = 'terminated';
    this.#stopTimers();
    this.options.peer.release();
  }

  #subscribe(transaction: ServerTransaction, life: Millis): void {
    this.#until = millis(this.options.environment.clock.now() + life);
    this.#handle(life > 0 ? 'SUBSCRIBE' : 'unsubscribe', transaction);
  }

  #handle(event: NotifierEvent, transaction?: ServerTransaction): void {
    const { state, actions } = step(notifierMachine, this.#state, event);
    this.#state = state;
    for (const action of actions) this.#perform(action, transaction);
  }

  #perform(action: NotifierAction, transaction: ServerTransaction | undefined): void {
    switch (action) {
      case 'send 2xx':
        if (transaction !== undefined) this.#accept(transaction);
        return;
      case 'notify state':
        this.#notifyState();
        return;
      case 'notify change':
        this.#notifyChange();
        return;
      case 'notify end':
        this.#send({ state: 'terminated', reason: 'timeout' }, this.options.watch.full());
        return;
      case 'notify stop':
        this.#send({ state: 'terminated', reason: 'deactivated' }, undefined);
        return;
      case 'start expiry':
        this.#startExpiry();
        return;
      case 'stop timers':
        this.#stopTimers();
        return;
      case 'forget':
        this.#forget();
        return;
    }
  }

  /** §4.2.1.1: the 2xx says the life that it has. */
  #accept(transaction: ServerTransaction): void {
    const expires = String(Math.round(this.rest / 1000));
    const { contact, headers, watch } = this.options;
    const first = this.#granted ? [] : (watch.headers ?? []);
    this.#granted = true;
    const response = createResponse(transaction.request, 200, {
      toTag: this.localTag,
      recordRoute: true,
      headers: [['Expires', expires], ['Contact', contact], ...headers, ...first],
    });
    transaction.respond(response);
    this.#moved();
  }

  #startExpiry(): void {
    this.#expiry?.cancel();
    this.#expiry = this.options.environment.clock.after(this.rest, 'subscription of a watcher', () =>
      this.#handle('expired'),
    );
  }

  #notifyState(): void {
    if (this.#open > 0) this.#owed = 'state';
    else this.#sendActive(this.options.watch.full());
  }

  #notifyChange(): void {
    if (this.#open > 0) {
      this.#owed ??= 'changes';
      return;
    }
    if (this.#rate !== undefined) return;
    if (!this.#bucket.take()) {
      this.#rate = this.options.environment.clock.after(LOOK_AGAIN, 'rate of notifications', () => {
        this.#rate = undefined;
        this.#notifyChange();
      });
      return;
    }
    const { watch } = this.options;
    const body = this.#missed ? watch.full() : watch.changes();
    if (body !== undefined) this.#sendActive(body);
  }

  #sendActive(body: EventBody | undefined): void {
    this.#missed = false;
    this.#send({ state: 'active', expires: this.rest }, body);
  }

  /** §4.2.2. */
  #send(state: SubscriptionState, body: EventBody | undefined): void {
    this.#open += 1;
    const { event, watch } = this.options;
    const id = event.parameters.get('id');
    const parameters =
      body?.eventParameters === undefined
        ? event.parameters
        : new Map([...(id === undefined ? [] : [['id', id] as const]), ...body.eventParameters]);
    const headers: HeaderList = [
      ['Event', formatEventType({ name: event.name, parameters })],
      ['Subscription-State', formatSubscriptionState(state)],
    ];
    this.options.peer.send(
      'NOTIFY',
      { headers, body },
      {
        answered: ({ status }) => {
          if (status >= 300) this.#missed = true;
          watch.told?.(status);
          this.#settled(endsSubscription(status) ? 'NOTIFY refused' : undefined);
        },
        failed: () => {
          watch.told?.(undefined);
          this.#settled('NOTIFY unanswered');
        },
      },
    );
    // The next life of the process begins above what may have gone since: CSeq still grows (RFC 3261 §12.2.1.1).
    this.#unrecorded += 1;
    if (this.#unrecorded >= SEQUENCE_GAP / 2) this.#moved();
  }

  #moved(): void {
    this.#unrecorded = 0;
    this.options.moved(this);
  }

  #settled(event: NotifierEvent | undefined): void {
    this.#open -= 1;
    if (event !== undefined) this.#handle(event);
    if (this.#state === 'terminated') {
      if (this.#open === 0) this.#forget();
      return;
    }
    const owed = this.#owed;
    this.#owed = undefined;
    if (owed === 'state') this.#notifyState();
    else if (owed === 'changes') this.#notifyChange();
  }

  #stopTimers(): void {
    this.#expiry?.cancel();
    this.#rate?.cancel();
  }

  #forget(): void {
    if (this.#told) return;
    this.#told = true;
    this.options.peer.release();
    this.options.watch.close?.();
    this.options.over(this);
  }
}
