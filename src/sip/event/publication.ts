// State of ours that a server tells others (RFC 3903): published, refreshed, changed, removed. What is done when is in
// publication-machine.ts.

import type { Timer } from '../../base/clock.ts';
import { RetrySchedule } from '../../base/retry-schedule.ts';
import { type Millis, millis, minutes, seconds } from '../../base/units.ts';
import type { SipResponse } from '../message/types.ts';
import { step } from '../transaction/machine.ts';
import type { EventBody } from './environment.ts';
import {
  type PublicationAction,
  type PublicationEvent,
  type PublicationState,
  publicationMachine,
} from './publication-machine.ts';
import { type PublishOperation, type PublishPlan, sendPublish } from './publish-request.ts';

export interface PublicationOptions extends PublishPlan {
  readonly expires: Millis;
  /** The state as it is now. */
  readonly state: () => EventBody;
}

const NOT_TAKEN = new Set([405, 416, 489, 501]);
const LONGEST_EXPIRES = minutes(24 * 60);
const MOST_RAISES = 4;
const LEAST_REFRESH = seconds(1);
const LONGEST_RETRY_AFTER = minutes(60);

/** One publication. */
export class Publication {
  #state: PublicationState = 'idle';
  #tag: string | undefined;
  #expires: Millis;
  /** What the server has last been told, and what it is being told. */
  #told: Buffer | undefined;
  #telling: Buffer | undefined;
  #raises = 0;
  #timer: Timer | undefined;
  #giveUp: () => void = nothing;
  #ended: () => void = nothing;
  readonly #retry: RetrySchedule;

  constructor(private readonly options: PublicationOptions) {
    const { environment, expires } = options;
    this.#expires = expires;
    const bounds = { initial: seconds(4), maximum: minutes(5), factor: 2, jitter: 0.5 };
    this.#retry = new RetrySchedule(bounds, environment.random);
  }

  /** Publishes for the first time. */
  start(): void {
    this.#handle('start');
  }

  /** The state has changed; said as soon as nothing else is under way. */
  changed(): void {
    this.#handle('change');
  }

  /** Removes it (§4.5). @param done called once: with the answer, or where there is nothing to remove */
  stop(done: () => void): void {
    if (this.#state === 'ended') {
      done();
      return;
    }
    this.#ended = done;
    this.#handle('stop');
  }

  /** Ends without another word to the server. */
  close(): void {
    this.#state = 'ended';
    this.#stopWaiting();
  }

  #handle(event: PublicationEvent, response?: SipResponse): void {
    const { state, actions } = step(publicationMachine, this.#state, event);
    this.#state = state;
    for (const action of actions) this.#perform(action, response);
  }

  #perform(action: PublicationAction, response: SipResponse | undefined): void {
    switch (action) {
      case 'send':
        this.#send();
        return;
      case 'forget tag':
        this.#tag = undefined;
        this.#told = undefined;
        return;
      case 'keep tag':
        this.#tag = response?.headers.get('SIP-ETag') ?? this.#tag;
        this.#told = this.#telling;
        return;
      case 'plan refresh':
        this.#planRefresh(response);
        return;
      case 'plan retry':
        this.#planRetry(response);
        return;
      case 'send removal':
        this.#request({ expires: millis(0), tag: this.#tag, body: undefined });
        return;
      case 'stop timers':
        this.#stopWaiting();
        return;
      case 'report end':
        this.#ended();
        return;
    }
  }

  /** §4.2–4.4: with a body where the server does not know the state as it is. */
  #send(): void {
    this.#timer?.cancel();
    const body = this.options.state();
    const known = this.#tag !== undefined && this.#told?.equals(body.data) === true;
    this.#telling = body.data;
    this.#request({ expires: this.#expires, tag: this.#tag, body: known ? undefined : body });
  }

  #request(operation: PublishOperation): void {
    this.#giveUp = sendPublish(this.options, operation, {
      final: (response) => this.#answered(response),
      failed: () => this.#later(() => this.#handle('failed')),
    });
  }

  #answered(response: SipResponse): void {
    const { status } = response;
    if (status < 300) {
      this.#retry.reset();
      this.#handle('accepted', response);
    } else if (status === 412) this.#handle(this.#tag === undefined ? 'failed' : 'forgotten');
    else if (this.#takesLongerLife(response)) this.#handle('too brief');
    else {
      const { log } = this.options.environment;
      log.info('event.publication-refused', { event: this.options.event, status });
      this.#handle(NOT_TAKEN.has(status) ? 'not taken' : 'failed', response);
    }
  }

  /** 423 (§6). A server that asks for ever more is not followed. */
  #takesLongerLife(response: SipResponse): boolean {
    const least = response.integer('Min-Expires');
    if (response.status !== 423 || !least.ok || least.value === undefined) return false;
    const life = seconds(least.value);
    if (life <= this.#expires || life > LONGEST_EXPIRES || this.#raises >= MOST_RAISES) return false;
    this.#raises += 1;
    this.#expires = life;
    return true;
  }

  #planRefresh(response: SipResponse | undefined): void {
    const { random } = this.options.environment;
    const expires = response?.integer('Expires');
    const granted = expires?.ok === true && expires.value !== undefined ? seconds(expires.value) : this.#expires;
    const life = Math.min(granted, this.#expires);
    const changed = this.#told?.equals(this.options.state().data) !== true;
    // What changed while a request was under way is told next; a second apart, whatever the state does.
    this.#wait(changed ? LEAST_REFRESH : millis(Math.max(LEAST_REFRESH, life * (0.5 + 0.25 * random.uniform()))));
  }

  /** Retry-After wins (RFC 3261 §20.33). */
  #planRetry(response: SipResponse | undefined): void {
    const asked = response?.integer('Retry-After');
    const own = this.#retry.next();
    const wait = asked?.ok === true && asked.value !== undefined ? seconds(asked.value) : own;
    this.#wait(millis(Math.min(LONGEST_RETRY_AFTER, Math.max(LEAST_REFRESH, wait))));
  }

  #wait(duration: Millis): void {
    this.#timer?.cancel();
    this.#timer = this.options.environment.clock.after(duration, 'publication', () => this.#handle('due'));
  }

  /** What fails at once is told later: the user is never called from within its own call. */
  #later(run: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.options.environment.clock.after(millis(0), 'publication to nowhere', run);
  }

  #stopWaiting(): void {
    this.#timer?.cancel();
    this.#giveUp();
  }
}

function nothing(): void {
  return;
}
