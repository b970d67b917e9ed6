// One binding at a registrar, by one flow: looked at, renewed in time, removed (RFC 3261 §10.2). One attempt at a time.
// Where it is bound, and what becomes of a failure, its registration decides; when it asks again while all is well is
// decided here with recovery.ts.

import type { Clock, Timer } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import type { Endpoint } from '../message/types.ts';
import {
  type AttemptEnd,
  type AttemptEnvironment,
  type AttemptFailure,
  type Purpose,
  RegisterAttempt,
} from './attempt.ts';
import { FlowHolder, type OpenFlow, sameEndpoint } from './flow-holder.ts';
import type { Grant } from './grant.ts';
import type { RegisterSuccess } from './outcome.ts';
import { checkAfter, refreshAfter } from './recovery.ts';
import type { RegisterWriter } from './register-writer.ts';

/** Why an attempt to bind, or to look at a binding, was in vain. */
export interface BindingFailure {
  /** `silent`: nobody answered. `unavailable`: somebody did who cannot serve now. `refused`: a person has to mend it. */
  readonly kind: 'silent' | 'unavailable' | 'refused';
  readonly purpose: 'bind' | 'check';
  /** When the attempt began, on the clock. */
  readonly began: Millis;
  readonly reason: string;
  readonly status?: number;
  readonly retryAfter: Millis | undefined;
}

export interface BindingOptions extends AttemptEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly writer: RegisterWriter;
  /** The proxy that this flow goes by first. */
  readonly proxy: string | undefined;
  /** The registrar that is to be bound at now. */
  readonly registrar: () => string;
  /** The life that is asked for. */
  readonly expires: Millis;
  /** Whether flows are asked for (RFC 5626). */
  readonly outbound: boolean;
  /** How long an address may take that is asked now. */
  readonly attemptLife: () => Millis;
  readonly openFlow: OpenFlow;
  readonly bound: (grant: Grant) => void;
  readonly failed: (failure: BindingFailure) => void;
}

/**
 * After so many a registrar is not asked any more, only registered with: it answers no such questions, or two devices
 * push each other out of one account.
 */
const MAXIMUM_FRUITLESS_CHECKS = 3;
const REMOVAL_LIFE = seconds(2);
/** Addresses that we had before and that a registrar may still know; the oldest are left to expire. */
const MAXIMUM_STALE = 4;

/** Keeps one address of record bound by one flow. */
export class Binding {
  #expires: Millis;
  #attempt: RegisterAttempt | undefined;
  #next: Timer | undefined;
  /** When the binding is to be renewed, checks apart. */
  #renewAt: Millis = millis(0);
  /** Whether the registrar lists bindings, so that it can be asked for ours. */
  #lists = true;
  /** Checks in a row that refused to say, or did not list, what the binding before them had listed. */
  #fruitlessChecks = 0;
  /** Where the last binding was made, and where we were seen there, if that was elsewhere. */
  #boundAt: Endpoint | undefined;
  #mapped: string | undefined;
  /** Our Contact that may be bound, as we wrote it and as the registrar lists it. */
  #contact: string | undefined;
  #listedAs: string | undefined;
  /** Contacts that may be bound too: of attempts that nobody answered. */
  #stale: readonly string[] = [];
  /** The registrar has bound the flow: a new address takes the place of the old by itself (RFC 5626 §6). */
  #flowBound = false;
  readonly #flow: FlowHolder;

  constructor(private readonly options: BindingOptions) {
    const { clock, random, openFlow } = options;
    this.#expires = options.expires;
    this.#flow = new FlowHolder(clock, random, openFlow, (reason, wait) => this.#flowBroken(reason, wait));
  }

  /** Our Contact that is bound, as we wrote it and as the registrar lists it. */
  get contacts(): readonly string[] {
    return [this.#contact, this.#listedAs].flatMap((contact) => contact ?? []);
  }

  /** Whether a registrar may know a binding of ours. */
  get maybeBound(): boolean {
    return this.#contact !== undefined || this.#stale.length > 0 || this.#attempt?.plan.purpose === 'bind';
  }

  /** Whether nothing is under way, and nothing is to come. */
  get idle(): boolean {
    return this.#attempt === undefined && this.#next === undefined;
  }

  /** Binds at once; whatever was under way is over. */
  bind(): void {
    this.#begin('bind');
  }

  /** Binds after a while. */
  bindAfter(wait: Millis): void {
    this.#interrupt();
    this.#schedule(wait, 'bind');
  }

  /** Binds at once, since the network has changed: the way from an address that we have no longer is given up. */
  renew(): void {
    const { target } = this.#flow;
    if (target !== undefined && this.options.contact(target) !== this.#contact) this.#flow.cut();
    this.#begin('bind');
  }

  /** Removes the binding (§10.2.2). @param done called once: with the answer, or when it is too late for one */
  remove(done: () => void): void {
    this.#begin('remove', done);
  }

  /** Does nothing more until it is told to; what is bound stays bound. */
  pause(): void {
    this.#interrupt();
    this.#flow.release();
  }

  #interrupt(): void {
    this.#next?.cancel();
    this.#next = undefined;
    const attempt = this.#attempt;
    this.#attempt = undefined;
    attempt?.abandon();
    if (attempt?.plan.purpose === 'bind') this.#mayBeBound(attempt);
  }

  /** Another registrar: what is bound at this one is none of the next one's. */
  forget(): void {
    this.pause();
    this.#contact = undefined;
    this.#listedAs = undefined;
    this.#stale = [];
    this.#flowBound = false;
    this.#lists = true;
    this.#fruitlessChecks = 0;
  }

  /** Nobody has said whether the contact of this attempt was bound. */
  #mayBeBound({ contact }: RegisterAttempt): void {
    if (contact === '' || contact === this.#contact || this.#stale.includes(contact)) return;
    this.#stale = [...this.#stale, contact].slice(-MAXIMUM_STALE);
  }

  /** One attempt; whatever was under way is over with it: no two overlap (§10.2). */
  #begin(purpose: Purpose, done: () => void = () => undefined): void {
    this.#interrupt();
    const { options } = this;
    const attempt = new RegisterAttempt(
      options,
      options.writer,
      {
        purpose,
        registrar: options.registrar(),
        proxy: options.proxy,
        life: purpose === 'remove' ? REMOVAL_LIFE : options.attemptLife(),
        expires: this.#expires,
        outbound: options.outbound,
        bound: purpose === 'check' ? this.#listedAs : this.#contact,
        stale: this.#flowBound ? [] : [...this.#stale, ...(this.#contact === undefined ? [] : [this.#contact])],
      },
      (end) => this.#ended(attempt, end, done),
    );
    this.#attempt = attempt;
    attempt.begin();
  }

  #ended(attempt: RegisterAttempt, end: AttemptEnd, done: () => void): void {
    if (this.#attempt !== attempt) return;
    this.#attempt = undefined;
    switch (attempt.plan.purpose) {
      case 'remove':
        this.forget();
        done();
        break;
      case 'check':
        this.#checked(attempt, end);
        break;
      case 'bind':
        if (end.kind === 'success') this.#nowBound(attempt, end);
        else this.#failed(attempt, 'bind', end);
        break;
    }
  }

  #nowBound(attempt: RegisterAttempt, { listed, listedAs, stated, grant }: RegisterSuccess): void {
    const { clock, random } = this.options;
    this.#expires = attempt.expires;
    this.#lists = listed !== undefined && this.#fruitlessChecks < MAXIMUM_FRUITLESS_CHECKS;
    this.#boundAt = attempt.target;
    this.#mapped = grant.mapped;
    this.#contact = attempt.contact;
    this.#listedAs = listedAs ?? attempt.contact;
    this.#renewAt = millis(clock.now() + refreshAfter(listed ?? stated ?? this.#expires, random));
    this.#flowBound = grant.outbound;
    // Those that it named are gone.
    this.#stale = [];
    if (attempt.target !== undefined) this.#flow.keep(attempt.target, grant);
    this.#scheduleLook();
    this.options.bound(grant);
  }

  /** RFC 5626 §4.5: another flow is made, and bound in place of this one. An attempt that is under way finds out itself. */
  #flowBroken(reason: string, wait: Millis): void {
    if (this.#attempt !== undefined) return;
    this.options.log.info('register.flow-failed', { reason, wait });
    this.#schedule(wait, 'bind');
  }

  /** Looks at the binding soon, or renews it where that is due before. */
  #scheduleLook(): void {
    const { clock, random } = this.options;
    const untilRenewal = Math.max(0, this.#renewAt - clock.now());
    const untilCheck = checkAfter(this.#boundAt?.address ?? '', this.#lists, random);
    const check = this.#lists && untilCheck < untilRenewal;
    this.#schedule(millis(Math.min(untilCheck, untilRenewal)), check ? 'check' : 'bind');
  }

  /** The registrar's answer to the question what is bound (§10.2.3). */
  #checked(attempt: RegisterAttempt, end: AttemptEnd): void {
    if (end.kind === 'silent' || end.kind === 'unavailable') {
      this.#failed(attempt, 'check', end);
      return;
    }
    const { target } = attempt;
    const moved =
      target !== undefined && (this.options.contact(target) !== this.#contact || this.#isRemapped(target, end));
    if (end.kind !== 'success' || end.listed === undefined || moved) {
      // Forgotten (the registrar was restarted), or our address has changed, or that at which a NAT shows us; or it does
      // not answer such questions.
      this.#fruitlessChecks += moved ? 0 : 1;
      this.options.log.info('register.binding-not-found', { contact: this.#contact, answer: end.kind, moved });
      this.#begin('bind');
      return;
    }
    this.#fruitlessChecks = 0;
    // Somebody shortened its life.
    if (this.options.clock.now() + end.listed <= this.#renewAt) this.#begin('bind');
    else this.#scheduleLook();
  }

  /** A NAT shows us elsewhere than when we were bound: where the registrar sends calls to leads nowhere any more. */
  #isRemapped(target: Endpoint, end: AttemptEnd): boolean {
    if (end.kind !== 'success' || target.protocol !== 'udp' || this.#boundAt === undefined) return false;
    return sameEndpoint(target, this.#boundAt) && end.grant.mapped !== this.#mapped;
  }

  #failed(attempt: RegisterAttempt, purpose: 'bind' | 'check', end: AttemptFailure): void {
    if (end.kind === 'silent') this.#flow.cut();
    if (end.kind === 'silent' && purpose === 'bind') this.#mayBeBound(attempt);
    this.options.failed({ purpose, began: attempt.began, ...this.#describe(end) });
  }

  /** What is told, and what a person has to mend. */
  #describe(end: AttemptFailure): Omit<BindingFailure, 'purpose' | 'began'> {
    switch (end.kind) {
      case 'silent':
        return { kind: 'silent', reason: end.reason, retryAfter: undefined };
      case 'unavailable':
      case 'refused':
        return {
          kind: end.kind,
          reason: `${end.status} ${end.phrase}`,
          status: end.status,
          retryAfter: end.retryAfter,
        };
      case 'not authenticated': {
        const reason = this.options.digest === undefined ? 'a password is asked for' : 'wrong password';
        return { kind: 'refused', reason, status: end.status, retryAfter: undefined };
      }
      case 'interval too brief':
        return { kind: 'refused', reason: 'no agreement on the interval', status: 423, retryAfter: undefined };
      case 'no outbound':
        return { kind: 'refused', reason: 'the first hop knows no flows', status: end.status, retryAfter: undefined };
      case 'redirected': {
        const reason = 'redirected to a server that the account does not name';
        return { kind: 'refused', reason, status: end.status, retryAfter: undefined };
      }
    }
  }

  #schedule(wait: Millis, purpose: 'bind' | 'check'): void {
    this.#next?.cancel();
    this.#next = this.options.clock.after(wait, `registration ${purpose}`, () => this.#begin(purpose));
  }
}
