// Makes calls and takes them, and brings the engine's events to the call that they belong to.

import { Emitter } from '../base/emitter.ts';
import { describeError } from '../base/errors.ts';
import { EnginePorts } from '../media/engine-ports.ts';
import type { PortSource } from '../media/types.ts';
import type { Session } from '../sip/index.ts';
import { Call, type CallContext } from './call.ts';
import { InsistentTargets } from './encryption-demand.ts';
import type { CallServices, CallSettings, DialOptions } from './types.ts';

type CallsEvents = {
  /** Somebody who was let in calls. It must be answered: ring, answer, reject. */
  incoming: [call: Call];
};

/** Every call that is up. */
export class Calls {
  readonly #calls = new Set<Call>();
  readonly #events = new Emitter<CallsEvents>();
  readonly #stops: readonly (() => void)[];
  readonly #insistent: InsistentTargets;
  readonly #ports: PortSource;
  #settings: CallSettings;

  constructor(
    private readonly services: CallServices,
    settings: CallSettings,
  ) {
    const { agent, engine } = services;
    this.#settings = settings;
    this.#ports = services.ports ?? new EnginePorts(engine);
    this.#insistent = new InsistentTargets(services.clock);
    this.#stops = [
      agent.on('invite', (session) => this.#invited(session)),
      engine.on('started', (session, direction, at) => this.#of(session)?.mediaStarted(direction, at)),
      engine.on('digit', (session, digit, at) => this.#of(session)?.mediaDigit(digit, at)),
      engine.on('toneDigit', (session, digit, at) => this.#of(session)?.mediaDigit(digit, at, 'inband')),
      engine.on('secured', (session, association) => this.#of(session)?.mediaSecured(association)),
      engine.on('unsecured', (session, association, failure) =>
        this.#of(session)?.mediaUnsecured(association, failure),
      ),
      engine.on('keySpent', (session) => this.#of(session)?.mediaKeySpent()),
      engine.on('reception', (session, silent) => this.#of(session)?.mediaReception(silent)),
    ];
  }

  on<Name extends keyof CallsEvents>(name: Name, listener: (...args: CallsEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /** The calls that are not over. */
  get active(): ReadonlySet<Call> {
    return this.#calls;
  }

  /** For calls that begin from now on. */
  set settings(settings: CallSettings) {
    this.#settings = settings;
  }

  /**
   * Calls somebody: the INVITE has gone when this returns, unless something about our ports has to be found out first. Never
   * throws; what fails comes as the call's `ended`.
   */
  dial(options: DialOptions): Call {
    const call = new Call(this.#context(), { target: options.target });
    this.#calls.add(call);
    call.begin(options);
    return call;
  }

  /** Ends every call, takes no more. */
  stop(): void {
    for (const stop of this.#stops) stop();
    for (const call of [...this.#calls]) call.hangup();
  }

  /** RFC 3891 §3: a call may take another one's place, if that is one of these. */
  #invited(session: Session): void {
    const { replaces: replaced } = session;
    const replaces = replaced === undefined ? undefined : [...this.#calls].find((call) => call.isOf(replaced));
    if (replaced === undefined || replaces !== undefined)
      this.#incoming(new Call(this.#context(), { session, replaces }));
    else session.reject({ status: 481 });
  }

  #incoming(call: Call): void {
    this.#calls.add(call);
    call.whenPrepared(() => this.#sayIncoming(call));
  }

  #sayIncoming(call: Call): void {
    try {
      this.#events.emit('incoming', call);
    } catch (thrown) {
      this.services.log.error('call.incoming-failed', { call: call.id, reason: describeError(thrown) });
    }
    // Nobody took it: a caller must not be left without an answer.
    if (call.state === 'new') call.reject({ status: 480, reason: 'Temporarily Unavailable' });
  }

  #context(): CallContext {
    return {
      ...this.services,
      ports: this.#ports,
      settings: this.#settings,
      insistent: this.#insistent,
      dial: (options) => this.dial(options),
      over: (call) => this.#calls.delete(call),
    };
  }

  #of(session: number): Call | undefined {
    for (const call of this.#calls) if (call.mediaId === session) return call;
    return undefined;
  }
}
