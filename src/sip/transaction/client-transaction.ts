// Performs what the client tables ask for: the state of one request that is under way.

import type { Clock } from '../../base/clock.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import type { ClientAction, ClientEvent, ClientMachine } from './client-machine.ts';
import { createAck, createCancel } from './derived-requests.ts';
import { step } from './machine.ts';
import { TimerSet } from './timer-set.ts';
import type { ClientTimer, TimerSettings } from './timers.ts';
import type { ClientTransaction, ClientTransactionUser, TransactionTransport, TransportFailure } from './types.ts';

type ExtraHeaders = readonly (readonly [name: string, value: string])[];

/** What a client transaction needs around it. */
export interface ClientEnvironment {
  readonly clock: Clock;
  readonly timers: TimerSettings;
  readonly transport: TransactionTransport;
  /** The CANCEL is a transaction of its own (§9.1). */
  startCancel(cancel: SipRequest, target: Endpoint): void;
  /** It is over, and must be matched no longer (§17.1.1.2). */
  terminated(): void;
  /** Timer K begins: repetitions of the final response are to be absorbed for its time, and that is all. */
  completed(): void;
}

/** What an event brings along. */
interface Occasion {
  readonly response?: SipResponse;
  readonly source?: Endpoint;
  readonly failure?: TransportFailure;
}

/** One client transaction, INVITE or not by the machine that it is given. */
export class RunningClientTransaction<State extends string> implements ClientTransaction {
  readonly #timers: TimerSet<ClientTimer>;
  #state: State;
  #cancelWanted = false;
  #cancelHeaders: ExtraHeaders = [];
  #cancelKept = false;
  #ack: SipRequest | undefined;

  constructor(
    private readonly machine: ClientMachine<State>,
    private readonly environment: ClientEnvironment,
    readonly request: SipRequest,
    readonly target: Endpoint,
    private readonly user: ClientTransactionUser,
  ) {
    const reliable = target.protocol !== 'udp';
    this.#timers = new TimerSet(environment.clock, environment.timers, reliable, (name) =>
      this.#handle(`timer ${name}`, {}),
    );
    this.#state = machine.initial.to;
  }

  /** The state as the RFC's figure names it. */
  get state(): State {
    return this.#state;
  }

  /** Sends the request; to be called once. */
  begin(): void {
    for (const action of this.machine.initial.actions) this.#perform(action, {});
  }

  /** A response that matches (§17.1.3). */
  receive(response: SipResponse, source: Endpoint): void {
    this.#handle(responseClass(response.status), { response, source });
    if (this.#cancelKept) {
      this.#cancelKept = false;
      this.#handle('cancel', {});
    }
  }

  cancel(headers: ExtraHeaders = []): void {
    if (this.#cancelWanted) return;
    this.#cancelWanted = true;
    this.#cancelHeaders = headers;
    this.#handle('cancel', {});
  }

  abandon(): void {
    this.#handle('abandon', {});
  }

  pause(): void {
    this.#handle('pause', {});
  }

  resume(): void {
    this.#handle('resume', {});
  }

  /** Ends without a word to anybody. */
  close(): void {
    this.#timers.stopAll();
  }

  #handle(event: ClientEvent, occasion: Occasion): void {
    const { state, actions } = step(this.machine.table, this.#state, event);
    const ended = state === 'terminated' && this.#state !== state;
    this.#state = state;
    // Before the user is told: it may begin the same request anew from within its callback.
    if (ended) this.environment.terminated();
    for (const action of actions) this.#perform(action, occasion);
  }

  #perform(action: ClientAction, occasion: Occasion): void {
    switch (action.do) {
      case 'send request':
        this.#send(this.request);
        break;
      case 'send ack':
        this.#sendAck(occasion.response);
        break;
      case 'send cancel':
        this.environment.startCancel(createCancel(this.request, this.#cancelHeaders), this.target);
        break;
      case 'keep cancel':
        this.#cancelKept = true;
        break;
      case 'start':
        if (action.timer === 'K') this.environment.completed();
        else this.#timers.start(action.timer);
        break;
      case 'restart':
        this.#timers.restart(action.timer, action.with);
        break;
      case 'stop':
        this.#timers.stop(action.timer);
        break;
      case 'pass response':
      case 'inform timeout':
      case 'inform transport error':
        this.#inform(action.do, occasion);
        break;
    }
  }

  #inform(what: 'pass response' | 'inform timeout' | 'inform transport error', occasion: Occasion): void {
    const { response, source, failure } = occasion;
    if (what === 'inform timeout') this.user.timeout();
    else if (what === 'pass response' && response !== undefined) this.user.response(response, source ?? this.target);
    else if (what === 'inform transport error' && failure !== undefined) this.user.transportFailed(failure);
  }

  /** One ACK, the same each time: repetitions cost no second serialisation. */
  #sendAck(response: SipResponse | undefined): void {
    if (response === undefined) return;
    this.#ack ??= createAck(this.request, response);
    this.#send(this.#ack);
  }

  #send(request: SipRequest): void {
    this.environment.transport.send(request, this.target, (failure) => this.#handle('transport error', { failure }));
  }
}

function responseClass(status: number): ClientEvent {
  if (status < 200) return '1xx';
  return status < 300 ? '2xx' : '300-699';
}
