// Performs what the server tables ask for: the state of one request that came in and is answered.

import type { Clock } from '../../base/clock.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import { createTrying } from './derived-requests.ts';
import { step } from './machine.ts';
import type { ServerAction, ServerEvent, ServerMachine } from './server-machine.ts';
import { TimerSet } from './timer-set.ts';
import type { ServerTimer, TimerSettings } from './timers.ts';
import type { ServerTransaction, ServerTransactionUser, TransactionTransport, TransportFailure } from './types.ts';

/** What a server transaction needs around it. */
export interface ServerEnvironment {
  readonly clock: Clock;
  readonly timers: TimerSettings;
  readonly transport: TransactionTransport;
  /** The ACK of a 2xx that came with the INVITE's own branch (RFC 6026 §7.1). */
  ack(request: SipRequest, source: Endpoint): void;
  /** It is over, and must be matched no longer. */
  terminated(): void;
}

/** What an event brings along. */
interface Occasion {
  readonly response?: SipResponse;
  readonly ack?: SipRequest;
  readonly source?: Endpoint;
  readonly failure?: TransportFailure;
}

/** One server transaction, INVITE or not by the machine that it is given. */
export class RunningServerTransaction<State extends string> implements ServerTransaction {
  readonly #timers: TimerSet<ServerTimer>;
  #state: State;
  #user: ServerTransactionUser | undefined;
  #latest: SipResponse | undefined;
  #target: Endpoint | undefined;

  constructor(
    private readonly machine: ServerMachine<State>,
    private readonly environment: ServerEnvironment,
    readonly request: SipRequest,
    readonly source: Endpoint,
  ) {
    const reliable = source.protocol !== 'udp';
    this.#timers = new TimerSet(environment.clock, environment.timers, reliable, (name) =>
      this.#handle(`timer ${name}`, {}),
    );
    this.#state = machine.initial.to;
    for (const action of machine.initial.actions) this.#perform(action, {});
  }

  /** The state as the RFC's figure names it. */
  get state(): State {
    return this.#state;
  }

  get completed(): boolean {
    return this.#latest !== undefined && this.#latest.status >= 200;
  }

  /** Whether nothing is waited for any more: it only absorbs repetitions. */
  get settled(): boolean {
    if (this.#state === 'ignored' || this.#state === 'confirmed') return true;
    return this.#state === 'completed' && this.request.method !== 'INVITE';
  }

  /** An INVITE that got its 2xx: it absorbs repetitions, for as long as the 2xx itself may be repeated (RFC 6026 §7.1). */
  get accepted(): boolean {
    return this.#state === 'accepted';
  }

  /** The To tag of the latest response that had one. */
  get localTag(): string | undefined {
    return this.#latest?.toTag;
  }

  attach(user: ServerTransactionUser): void {
    this.#user = user;
  }

  respond(response: SipResponse): void {
    this.#handle(sendEvent(response.status), { response });
  }

  respondOnce(response: SipResponse): void {
    this.#handle('send once', { response });
  }

  ignore(): void {
    this.#handle('ignore', {});
  }

  /** The same request again (§17.2.3). */
  repeated(): void {
    this.#handle('request', {});
  }

  /** An ACK that matches this INVITE. */
  acknowledged(ack: SipRequest, source: Endpoint): void {
    this.#handle('ack', { ack, source });
  }

  /** A CANCEL that matches; it has been answered. No effect after a final response (§9.2). */
  cancelled(cancel: SipRequest): void {
    if (!this.completed && this.#state !== 'ignored') this.#user?.cancelled?.(cancel);
  }

  /** Ends without a word to anybody. */
  close(): void {
    this.#timers.stopAll();
  }

  #handle(event: ServerEvent, occasion: Occasion): void {
    const { state, actions } = step(this.machine.table, this.#state, event);
    const ended = state === 'terminated' && this.#state !== state;
    this.#state = state;
    if (ended) this.environment.terminated();
    for (const action of actions) this.#perform(action, occasion);
  }

  #perform(action: ServerAction, occasion: Occasion): void {
    switch (action.do) {
      case 'send response':
        this.#latest = occasion.response;
        this.#sendLatest();
        break;
      case 'send trying':
        this.#latest = createTrying(this.request);
        this.#sendLatest();
        break;
      case 'repeat response':
        this.#sendLatest();
        break;
      case 'start':
        this.#timers.start(action.timer);
        break;
      case 'restart':
        this.#timers.restart(action.timer, action.with);
        break;
      case 'stop':
        this.#timers.stop(action.timer);
        break;
      case 'pass ack':
      case 'inform acknowledged':
      case 'inform timeout':
      case 'inform transport error':
        this.#inform(action.do, occasion);
        break;
    }
  }

  #inform(what: Exclude<ServerAction['do'], 'start' | 'stop' | 'restart'>, occasion: Occasion): void {
    const { ack, source, failure } = occasion;
    if (what === 'inform timeout') this.#user?.timeout?.();
    else if (what === 'pass ack' && ack !== undefined) this.environment.ack(ack, source ?? this.source);
    else if (what === 'inform acknowledged' && ack !== undefined) this.#user?.acknowledged?.(ack);
    else if (what === 'inform transport error' && failure !== undefined) this.#user?.transportFailed?.(failure);
  }

  #sendLatest(): void {
    const response = this.#latest;
    if (response === undefined) return;
    const { transport } = this.environment;
    this.#target ??= transport.responseTarget(this.request, this.source);
    transport.send(response, this.#target, (failure) => this.#handle('transport error', { failure }));
  }
}

function sendEvent(status: number): ServerEvent {
  if (status < 200) return 'send 1xx';
  return status < 300 ? 'send 2xx' : 'send 300-699';
}
