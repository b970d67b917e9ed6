// One account's registration, kept for as long as the service runs: at the best of its registrars that serves, by one
// flow or by several (RFC 5626). When it asks again is decided in recovery.ts, in which order in server-walk.ts, when it
// goes back to a better registrar in fail-back.ts; a single binding keeps itself (binding.ts).
//
// While nothing is bound, one way after the other is tried, a registrar by a flow, one attempt at a time. The first that
// binds settles where; if the registrar knows flows, the others follow there.

import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import type { DigestClient } from '../auth/index.ts';
import type { ExchangeEnvironment } from '../exchange/index.ts';
import type { Endpoint, NameAddress } from '../message/types.ts';
import { type AttemptEnd, type AttemptEnvironment, RegisterAttempt } from './attempt.ts';
import { Binding, type BindingFailure } from './binding.ts';
import { FailBack } from './fail-back.ts';
import type { OpenFlow } from './flow-holder.ts';
import type { Grant } from './grant.ts';
import { RecoveryPolicy } from './recovery.ts';
import { type Hop, RegisterWriter } from './register-writer.ts';
import { type Registrar, ServerWalk, type Way } from './server-walk.ts';
import {
  type BindingState,
  fingerprint,
  type LiveFlow,
  REGISTERED,
  type RegistrationReport,
  UNKNOWN,
} from './state.ts';

export interface RegistrationOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly exchange: ExchangeEnvironment;
  /** The address of record: To and From. */
  readonly identity: NameAddress;
  /** Registrars by group, the best group first; each group and the whole hold at least one. */
  readonly registrars: readonly (readonly string[])[];
  /** The proxies to go by, a flow each; none: straight to the registrar. */
  readonly proxies: readonly string[];
  /** The life that is asked for. */
  readonly expires: Millis;
  /** The URN of this device; undefined: none is shown. */
  readonly instance: string | undefined;
  /** Preferred before others of the same account, 0 to 1. */
  readonly preference: number | undefined;
  /** Whether flows are asked for (RFC 5626). */
  readonly outbound: boolean;
  readonly digest: DigestClient | undefined;
  readonly userAgent: string;
  /** Event packages that are taken unasked. */
  readonly allowEvents?: () => readonly string[];
  readonly openFlow: OpenFlow;
  /** The URI to be reached at, as seen from the registrar. */
  readonly contact: (registrar: Endpoint) => string;
  /** Whether the account names the host of a URI. */
  readonly names: (uri: string) => boolean;
  /** The way to a registrar; by `proxy` first, where there is one. */
  readonly route: (registrar: string, proxy: string | undefined) => Hop;
  /**
   * Told on every change of the state, and only then.
   * @param cause what led to it, where that is not the state's reason
   */
  readonly changed: (state: RegistrationReport, cause: string | undefined) => void;
  /** The registrar names other servers for our requests than before (RFC 3608 §6.1), and nothing else has changed. */
  readonly rerouted: () => void;
}

interface Flow {
  readonly number: number;
  readonly proxy: string | undefined;
  readonly binding: Binding;
  /** Its waits while other flows serve. */
  readonly policy: RecoveryPolicy;
  state: BindingState;
  grant: Grant | undefined;
  /** The registrar bound its address, not the flow: it is left alone until the network changes. */
  unfit: boolean;
}

const PROBE_LIFE = seconds(2);

/** Keeps one address of record registered. */
export class Registration {
  readonly #walk: ServerWalk;
  readonly #flows: readonly Flow[];
  readonly #policy: RecoveryPolicy;
  readonly #failBack: FailBack;
  readonly #environment: AttemptEnvironment;
  #registrar: Registrar;
  #state: BindingState = UNKNOWN;
  #since: Date | null = null;
  /** When the round of attempts began that is under way while nothing is bound. */
  #roundBegan: Millis = millis(0);
  /** On the way back to a better registrar, and why. */
  #returning: string | undefined;
  /** What was told last, to tell a change from none. */
  #told = fingerprint(UNKNOWN, '', []);
  /** The service route as of then. */
  #route = '';
  #stopped = false;

  constructor(private readonly options: RegistrationOptions) {
    const proxies = options.proxies.length === 0 ? [undefined] : options.proxies;
    this.#walk = new ServerWalk(options.registrars, proxies.length);
    this.#registrar = this.#walk.best;
    this.#policy = new RecoveryPolicy(options.random);
    this.#environment = { ...options, traits: this.#traits(undefined) };
    this.#flows = proxies.map((proxy, number) => this.#createFlow(proxy, number));
    this.#failBack = new FailBack({
      clock: options.clock,
      random: options.random,
      probe: (registrar, done) => this.#probe(registrar, done),
      back: (registrar) => this.#goBack(registrar),
    });
  }

  get state(): RegistrationReport {
    const live = this.#liveFlow;
    return {
      ...this.#state,
      registrar: this.#registrar.uri,
      since: this.#since,
      outbound: live?.grant?.outbound ?? false,
      flows: this.#flows.map(({ proxy, state }) => ({ proxy: proxy ?? null, ...state })),
      mapped: live?.grant?.mapped ?? null,
      associated: live?.grant?.associated ?? [],
    };
  }

  /** Our Contacts that are bound, as we wrote them and as the registrar lists them. */
  get contacts(): readonly string[] {
    return this.#flows.flatMap(({ state, binding }) => (state.registered ? binding.contacts : []));
  }

  /** By which way requests leave; undefined while nothing is bound. */
  get live(): LiveFlow | undefined {
    const flow = this.#liveFlow;
    if (flow?.grant === undefined) return undefined;
    return { registrar: this.#registrar.uri, proxy: flow.proxy, grant: flow.grant };
  }

  /** Begins to register. */
  start(): void {
    this.#begin();
  }

  /** Registers at once: the link, the route or our address has changed. */
  renew(): void {
    if (this.#stopped) return;
    this.#policy.forget();
    this.#walk.open();
    const live = this.#flows.filter(({ state }) => state.registered);
    if (live.length === 0) this.#begin();
    for (const flow of live.some(({ grant }) => grant?.outbound === true) ? this.#flows : live) {
      flow.unfit = false;
      flow.policy.forget();
      flow.binding.renew();
    }
  }

  /**
   * Removes the bindings, where there may be some (§10.2.2), and ends.
   * @param done called once: with the answers, or when it is too late for them
   */
  stop(done: () => void): void {
    this.#stopped = true;
    this.#failBack.stop();
    this.#removeAll(() => {
      this.#forgetFlows();
      if (this.#state.registered) this.#publish(UNKNOWN);
      done();
    });
  }

  /** Ends without another word to the registrar. */
  close(): void {
    this.#stopped = true;
    this.#failBack.stop();
    for (const { binding } of this.#flows) binding.pause();
  }

  get #liveFlow(): Flow | undefined {
    return this.#flows.find(({ state }) => state.registered);
  }

  #traits(regId: number | undefined): AttemptEnvironment['traits'] {
    return { instance: this.options.instance, regId, preference: this.options.preference };
  }

  #createFlow(proxy: string | undefined, number: number): Flow {
    const { clock, random, log, expires, outbound, instance, openFlow } = this.options;
    // RFC 5626 §4.2.1: the same numbers after every start.
    const traits = this.#traits(number + 1);
    const flow: Flow = {
      number,
      proxy,
      policy: new RecoveryPolicy(random),
      state: UNKNOWN,
      grant: undefined,
      unfit: false,
      binding: new Binding({
        ...this.#environment,
        traits,
        clock,
        random,
        log,
        writer: new RegisterWriter({ ...this.options, traits }),
        proxy,
        registrar: () => this.#registrar.uri,
        expires,
        outbound: outbound && instance !== undefined,
        openFlow,
        attemptLife: () => this.#policyOf(flow).attemptLife(clock.now()),
        bound: (grant) => this.#bound(flow, grant),
        failed: (failure) => this.#failed(flow, failure),
      }),
    };
    return flow;
  }

  /** While others serve, a flow has an outage of its own. */
  #policyOf(flow: Flow): RecoveryPolicy {
    return this.#flows.some((other) => other !== flow && other.state.registered) ? flow.policy : this.#policy;
  }

  /** Begins a round at the registrar that served last, or was asked last. */
  #begin(): void {
    const now = this.options.clock.now();
    const asked = this.#flows[0];
    if (asked === undefined) return;
    this.#roundBegan = now;
    this.#walk.begin();
    this.#try({ registrar: this.#registrar, flow: asked.number }, millis(0));
  }

  /** The one attempt while nothing is bound. */
  #try({ registrar, flow: number }: Way, wait: Millis): void {
    for (const { binding } of this.#flows) binding.pause();
    if (registrar !== this.#registrar) for (const { binding } of this.#flows) binding.forget();
    this.#registrar = registrar;
    const flow = this.#flows[number];
    if (wait > 0) flow?.binding.bindAfter(wait);
    else flow?.binding.bind();
  }

  #bound(flow: Flow, grant: Grant): void {
    const cause = this.#returning ?? (this.#liveFlow === undefined ? undefined : `by ${flow.proxy ?? 'its flow'} too`);
    this.#returning = undefined;
    this.#policy.succeeded();
    flow.policy.succeeded();
    this.#walk.open();
    this.#setFlow(flow, REGISTERED, grant);
    if (grant.outbound) for (const other of this.#flows) if (other.binding.idle && !other.unfit) other.binding.bind();
    if (!grant.outbound) this.#keepOne();
    if (!this.#failBack.watching) this.#failBack.watch(this.#walk.betterThan(this.#registrar));
    this.#publish(REGISTERED, cause);
  }

  /**
   * RFC 5626 §4.2.1: without flows the registrar knows one address of ours, whichever way it came: one way is enough,
   * and the first that serves is kept.
   */
  #keepOne(): void {
    const kept = this.#liveFlow;
    for (const other of this.#flows) {
      if (other === kept) continue;
      other.unfit = other.state.registered;
      other.binding.forget();
      this.#setFlow(other, UNKNOWN, undefined);
    }
  }

  #failed(flow: Flow, failure: BindingFailure): void {
    if (this.#stopped) return;
    const { kind, reason, status } = failure;
    const state = { registered: false, reason, ...(status === undefined ? {} : { status }) };
    // RFC 3608 §6.1: routes go with the refusal. RFC 5627 §4.4: no GRUU without a registration.
    this.#setFlow(flow, state, undefined);
    const now = this.options.clock.now();
    if (this.#liveFlow !== undefined) {
      flow.binding.bindAfter(waitAfter(flow.policy, failure, now));
      this.#publish(REGISTERED, `by ${flow.proxy ?? 'its flow'}: ${reason}`);
      return;
    }
    // The reasons of all ways in turn would be a change each.
    const isSame = kind !== 'refused' && this.#state.reason !== null && this.#hasChoice;
    if (!isSame) this.#publish(state);
    // A registrar that refuses is not unreachable; but one that we have only just come back to is not back.
    if (kind === 'refused' && this.#returning === undefined) {
      flow.binding.bindAfter(this.#policy.afterRefusal(failure.retryAfter));
    } else {
      this.#tryOther(flow, failure, now);
    }
  }

  /** Whether there is more than one way. */
  get #hasChoice(): boolean {
    return this.#flows.length * this.#walk.registrars.length > 1;
  }

  /** Nothing is bound: the way that has failed once more, the next one, or a new round after a while. */
  #tryOther(flow: Flow, failure: BindingFailure, now: Millis): void {
    const { purpose, began, retryAfter } = failure;
    const here = { registrar: this.#registrar, flow: flow.number };
    if (retryAfter !== undefined) this.#walk.close(here.registrar, millis(now + this.#policy.obey(retryAfter)));
    if (purpose === 'check') {
      // What was asked was whether it is bound. Whether it can be bound there, is to be seen.
      this.#failBack.stop();
      this.#walk.begin();
      this.#roundBegan = began;
      if (retryAfter === undefined) {
        this.#try(here, waitAfter(this.#policy, failure, now));
        return;
      }
    }
    this.#returning = undefined;
    this.#walk.failed(here.registrar, here.flow);
    this.#failBack.lost(here.registrar);
    const next = this.#walk.next(now);
    if (next !== undefined) this.#try(next, this.#policy.beforeOther(now, began));
    else this.#beginAnotherRound(failure, now);
  }

  #beginAnotherRound(failure: BindingFailure, now: Millis): void {
    const round = { ...failure, began: this.#roundBegan, retryAfter: undefined };
    const opens = this.#walk.opensAt(now);
    const wait = Math.max(waitAfter(this.#policy, round, now), this.#policy.beforeOther(now, failure.began));
    const start = millis(opens ?? now + wait);
    this.#walk.begin();
    this.#roundBegan = start;
    const first = this.#walk.next(start);
    if (first !== undefined) this.#try(first, millis(start - now));
  }

  /** Asks a better registrar whether it serves: its list of bindings is asked for, nothing is changed (§10.2.3). */
  #probe({ uri }: Registrar, done: (serves: boolean) => void): () => void {
    const { traits } = this.#environment;
    const probe = new RegisterAttempt(
      this.#environment,
      new RegisterWriter({ ...this.options, traits }),
      {
        purpose: 'check',
        registrar: uri,
        proxy: this.#liveFlow?.proxy,
        life: PROBE_LIFE,
        expires: millis(0),
        outbound: false,
        bound: undefined,
        stale: [],
      },
      (end) => done(serves(end)),
    );
    probe.begin();
    return () => probe.abandon();
  }

  /**
   * A better registrar is back. The binding at the worse one is removed first: where both share their bindings, its
   * removal afterwards would take the new one away; where they do not, both would ring us.
   */
  #goBack(registrar: Registrar): void {
    this.options.log.info('register.goes-back', { from: this.#registrar.uri, to: registrar.uri });
    this.#removeAll(() => {
      if (this.#stopped) return;
      this.#forgetFlows();
      this.#returning = `${registrar.uri} answers again`;
      this.#walk.begin();
      this.#roundBegan = this.options.clock.now();
      this.#try({ registrar, flow: 0 }, millis(0));
    });
  }

  #removeAll(done: () => void): void {
    const bound = this.#flows.filter(({ binding }) => binding.maybeBound);
    let left = bound.length;
    for (const { binding } of this.#flows) binding.pause();
    if (left === 0) done();
    for (const { binding } of bound) {
      binding.remove(() => {
        left -= 1;
        if (left === 0) done();
      });
    }
  }

  #forgetFlows(): void {
    for (const flow of this.#flows) this.#setFlow(flow, UNKNOWN, undefined);
  }

  #setFlow(flow: Flow, state: BindingState, grant: Grant | undefined): void {
    flow.state = state;
    flow.grant = grant;
  }

  #publish(state: BindingState, cause?: string): void {
    const flows = this.#flows.map((flow) => flow.state.registered);
    const told = fingerprint(state, state.registered ? this.#registrar.uri : '', flows);
    const route = JSON.stringify(this.#liveFlow?.grant?.serviceRoute.map(({ uri }) => uri) ?? []);
    const isRerouted = route !== this.#route;
    this.#route = route;
    if (told === this.#told) {
      if (isRerouted) this.options.rerouted();
      return;
    }
    if (state.registered !== this.#state.registered || this.#since === null) this.#since = this.options.clock.wall();
    this.#told = told;
    this.#state = state;
    this.options.changed(this.state, cause);
  }
}

/** Whether a registrar is there, and would bind us: some answer no questions about bindings, and say so. */
function serves(end: AttemptEnd): boolean {
  return end.kind === 'success' || (end.kind === 'refused' && (end.status === 400 || end.status === 405));
}

function waitAfter(policy: RecoveryPolicy, failure: BindingFailure, now: Millis): Millis {
  const { kind, began, retryAfter } = failure;
  if (kind === 'refused') return policy.afterRefusal(retryAfter);
  return kind === 'silent' ? policy.afterSilence(now, began) : policy.afterFailure(now, began, retryAfter);
}
