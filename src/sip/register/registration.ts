// One account's binding at its registrar, kept for as long as the service runs: RFC 3261 §10.2. When it asks again is
// decided in recovery.ts, what an answer means in outcome.ts; here the requests go out, one attempt at a time.
//
// An attempt binds (REGISTER with our Contact), checks (REGISTER without Contact: what is bound?) or removes. It may
// take several requests: challenges, 423. It ends with an answer, or when its time is over.

import type { Clock, Timer } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { Result } from '../../base/result.ts';
import { type Millis, millis, minutes, seconds } from '../../base/units.ts';
import type { CredentialHeaders, DigestClient } from '../auth/index.ts';
import { createRequest, formatNameAddress } from '../message/index.ts';
import type { Endpoint, NameAddress, SipRequest, SipResponse } from '../message/types.ts';
import type { ClientTransaction, ClientTransactionUser } from '../transaction/index.ts';
import { type RegisterOutcome, type RegisterRefusal, readOutcome } from './outcome.ts';
import { checkAfter, RecoveryPolicy, refreshAfter } from './recovery.ts';

/** What is known of the binding. */
export interface BindingState {
  readonly registered: boolean;
  /** What keeps it from being registered; null while it is, or before the first answer. */
  readonly reason: string | null;
  readonly status?: number;
}

export interface RegistrationOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The address of record: To and From. */
  readonly identity: NameAddress;
  /** The registrar as Request-URI. */
  readonly requestUri: string;
  /** Values of Route. */
  readonly routes: readonly string[];
  /** The life that is asked for. */
  readonly expires: Millis;
  readonly digest: DigestClient | undefined;
  readonly userAgent: string;
  /** Finds where REGISTER goes; the error is a sentence. */
  readonly locate: (done: (located: Result<readonly Endpoint[], string>) => void) => void;
  /** The URI to be reached at, as seen from the registrar. */
  readonly contact: (registrar: Endpoint) => string;
  readonly request: (request: SipRequest, target: Endpoint, user: ClientTransactionUser) => ClientTransaction;
  /** Told on every change of the state, and only then. */
  readonly changed: (state: BindingState) => void;
}

type Purpose = 'bind' | 'check' | 'remove';

interface Failure {
  readonly reason: string;
  readonly status?: number;
}

interface Attempt {
  readonly purpose: Purpose;
  readonly began: Millis;
  readonly done: (() => void) | undefined;
  target: Endpoint | undefined;
  contact: string;
  requests: number;
  transaction: ClientTransaction | undefined;
  deadline: Timer | undefined;
}

/** Requests of one attempt: two challengers, each again for a stale nonce, and a 423. */
const MAXIMUM_REQUESTS = 6;
/** A registrar that asks for a longer life than this is not obeyed (423). */
const LONGEST_EXPIRES = minutes(24 * 60);
/**
 * After so many a registrar is not asked any more, only registered with: it answers no such questions, or two devices
 * push each other out of one account.
 */
const MAXIMUM_FRUITLESS_CHECKS = 3;
const REMOVAL_LIFE = seconds(2);

/** Keeps one address of record bound to where we are. */
export class Registration {
  readonly #callId: string;
  readonly #fromTag: string;
  readonly #policy: RecoveryPolicy;
  #sequence = 0;
  #expires: Millis;
  #state: BindingState = { registered: false, reason: null };
  #attempt: Attempt | undefined;
  #next: Timer | undefined;
  /** When the binding is to be renewed, checks apart. */
  #renewAt: Millis = millis(0);
  /** Whether the registrar lists bindings, so that it can be asked for ours. */
  #lists = true;
  /** Checks in a row that refused to say, or did not list, what the binding before them had listed. */
  #fruitlessChecks = 0;
  /** Where the last binding was made. */
  #registrarAddress = '';
  /** A binding of ours may exist. */
  #bound = false;
  #stopped = false;

  constructor(private readonly options: RegistrationOptions) {
    // The same Call-ID for as long as we run (§10.2.4).
    this.#callId = options.random.hex(16);
    this.#fromTag = options.random.hex(8);
    this.#policy = new RecoveryPolicy(options.random);
    this.#expires = options.expires;
  }

  get state(): BindingState {
    return this.#state;
  }

  /** Begins to register. */
  start(): void {
    this.#begin('bind');
  }

  /** Registers at once: the link, the route or our address has changed. */
  renew(): void {
    if (this.#stopped) return;
    this.#policy.forget();
    this.#begin('bind');
  }

  /**
   * Removes the binding, where there may be one (§10.2.2), and ends.
   * @param done called once: with the answer, or when it is too late for one
   */
  stop(done: () => void): void {
    this.#stopped = true;
    const maybeBound = this.#bound || this.#attempt?.purpose === 'bind';
    if (maybeBound) this.#begin('remove', done);
    else {
      this.#abandon();
      done();
    }
  }

  /** Ends without another word to the registrar. */
  close(): void {
    this.#stopped = true;
    this.#abandon();
  }

  #abandon(): void {
    this.#next?.cancel();
    this.#attempt?.deadline?.cancel();
    this.#attempt?.transaction?.abandon();
    this.#attempt = undefined;
  }

  /** One attempt; whatever was under way is over with it: no two overlap (§10.2). */
  #begin(purpose: Purpose, done?: () => void): void {
    this.#abandon();
    const attempt: Attempt = {
      purpose,
      began: this.options.clock.now(),
      done,
      target: undefined,
      contact: '',
      requests: 0,
      transaction: undefined,
      deadline: undefined,
    };
    this.#attempt = attempt;
    this.#startDeadline(attempt);
    this.options.locate((located) => {
      if (this.#attempt !== attempt) return;
      if (!located.ok) return this.#silent(attempt, located.error);
      const [target] = located.value;
      if (target === undefined) return;
      attempt.target = target;
      attempt.contact = this.options.contact(target);
      const request = this.#build(attempt);
      this.#send(attempt, request, target, this.options.digest?.prepare(request) ?? []);
    });
  }

  #startDeadline(attempt: Attempt): void {
    const { clock } = this.options;
    attempt.deadline?.cancel();
    const life = attempt.purpose === 'remove' ? REMOVAL_LIFE : this.#policy.attemptLife(clock.now());
    attempt.deadline = clock.after(life, 'registration attempt', () => this.#silent(attempt, noAnswer(attempt)));
  }

  #build(attempt: Attempt): SipRequest {
    const { identity, requestUri, routes, userAgent } = this.options;
    this.#sequence += 1;
    const address = { displayName: identity.displayName, uri: identity.uri };
    return createRequest({
      method: 'REGISTER',
      requestUri,
      headers: [
        ...routes.map((route) => ['Route', route] as const),
        ['Max-Forwards', '70'],
        ['From', formatNameAddress({ ...address, parameters: new Map([['tag', this.#fromTag]]) })],
        ['To', formatNameAddress(address)],
        ['Call-ID', this.#callId],
        ['CSeq', `${this.#sequence} REGISTER`],
        ...this.#contactHeaders(attempt),
        ['User-Agent', userAgent],
      ],
    });
  }

  #contactHeaders({ purpose, contact }: Attempt): readonly (readonly [string, string])[] {
    if (purpose === 'check') return [];
    const expires = purpose === 'remove' ? '0' : String(Math.round(this.#expires / 1000));
    const parameters = new Map([['expires', expires]]);
    return [
      ['Contact', formatNameAddress({ uri: contact, parameters })],
      ['Expires', expires],
    ];
  }

  #send(attempt: Attempt, request: SipRequest, target: Endpoint, credentials: CredentialHeaders): void {
    for (const [name, value] of credentials) request.headers.append(name, value);
    attempt.requests += 1;
    attempt.transaction = this.options.request(request, target, {
      response: (response) => this.#receive(attempt, response),
      timeout: () => this.#silent(attempt, noAnswer(attempt)),
      transportFailed: ({ message }) => this.#silent(attempt, message),
    });
  }

  #receive(attempt: Attempt, response: SipResponse): void {
    if (this.#attempt !== attempt || response.status < 200) return;
    if (response.status < 300) this.#readProof(attempt, response);
    if (this.#triesAgain(attempt, response)) return;
    attempt.deadline?.cancel();
    this.#attempt = undefined;
    if (attempt.purpose === 'remove') {
      this.#removed(attempt);
      return;
    }
    const outcome = readOutcome(response, attempt.contact);
    if (attempt.purpose === 'check') this.#checked(attempt, outcome);
    else this.#answered(attempt, outcome);
  }

  /** RFC 7616 §3.5; see ClientExchange. */
  #readProof({ transaction, target }: Attempt, response: SipResponse): void {
    const { digest, log } = this.options;
    if (transaction === undefined || digest?.accepted(transaction.request, response) !== 'wrong') return;
    log.warn('register.server-not-proven', { server: target?.address });
  }

  /** Whether the answer only asks for the same again: with credentials (§22.2), or for a longer time (§10.2.8). */
  #triesAgain(attempt: Attempt, response: SipResponse): boolean {
    const { transaction, target } = attempt;
    if (transaction === undefined || target === undefined || attempt.requests >= MAXIMUM_REQUESTS) return false;
    let credentials: CredentialHeaders | undefined;
    if (response.status === 401 || response.status === 407) {
      const answer = this.options.digest?.answer(transaction.request, response);
      if (answer?.ok === false) this.options.log.warn('register.challenge-not-answered', { code: answer.error.code });
      credentials = answer?.ok === true ? answer.value : undefined;
    } else if (attempt.purpose === 'bind' && this.#takesLongerLife(readOutcome(response, attempt.contact))) {
      credentials = [];
    }
    if (credentials === undefined) return false;
    const request = this.#build(attempt);
    const prepared = credentials.length > 0 ? credentials : (this.options.digest?.prepare(request) ?? []);
    this.#startDeadline(attempt);
    this.#send(attempt, request, target, prepared);
    return true;
  }

  #takesLongerLife(outcome: RegisterOutcome): boolean {
    if (outcome.kind !== 'interval too brief') return false;
    if (outcome.minimum <= this.#expires || outcome.minimum > LONGEST_EXPIRES) return false;
    this.#expires = outcome.minimum;
    return true;
  }

  #answered(attempt: Attempt, outcome: RegisterOutcome): void {
    if (outcome.kind === 'success') {
      this.#lists = outcome.listed !== undefined && this.#fruitlessChecks < MAXIMUM_FRUITLESS_CHECKS;
      this.#registrarAddress = attempt.target?.address ?? '';
      this.#nowBound(outcome.listed ?? outcome.stated ?? this.#expires);
    } else if (outcome.kind === 'unavailable') {
      const { status, phrase, retryAfter } = outcome;
      const wait = this.#policy.afterFailure(this.options.clock.now(), attempt.began, retryAfter);
      this.#failed({ reason: `${status} ${phrase}`, status }, wait);
    } else {
      const retryAfter = outcome.kind === 'refused' ? outcome.retryAfter : undefined;
      this.#failed(this.#refusal(outcome), this.#policy.afterRefusal(retryAfter));
    }
  }

  /** What a person has to mend. */
  #refusal(outcome: RegisterRefusal): Failure {
    switch (outcome.kind) {
      case 'not authenticated':
        return {
          reason: this.options.digest === undefined ? 'a password is asked for' : 'wrong password',
          status: outcome.status,
        };
      case 'interval too brief':
        return { reason: 'no agreement on the interval', status: 423 };
      case 'refused':
        return { reason: `${outcome.status} ${outcome.phrase}`, status: outcome.status };
    }
  }

  #nowBound(life: Millis): void {
    const { clock, random } = this.options;
    this.#bound = true;
    this.#policy.succeeded();
    this.#renewAt = millis(clock.now() + refreshAfter(life, random));
    this.#setState({ registered: true, reason: null });
    this.#scheduleLook();
  }

  /** Looks at the binding soon, or renews it where that is due before. */
  #scheduleLook(): void {
    const { clock, random } = this.options;
    const untilRenewal = Math.max(0, this.#renewAt - clock.now());
    const untilCheck = checkAfter(this.#registrarAddress, this.#lists, random);
    const check = this.#lists && untilCheck < untilRenewal;
    this.#schedule(millis(Math.min(untilCheck, untilRenewal)), check ? 'check' : 'bind');
  }

  /** The registrar's answer to the question what is bound (§10.2.3). */
  #checked(attempt: Attempt, outcome: RegisterOutcome): void {
    const now = this.options.clock.now();
    if (outcome.kind === 'unavailable') {
      this.#answered(attempt, outcome);
      return;
    }
    if (outcome.kind !== 'success' || outcome.listed === undefined) {
      // Forgotten (the registrar was restarted), or our address has changed; or it does not answer such questions.
      this.#fruitlessChecks += 1;
      this.options.log.info('register.binding-not-found', { contact: attempt.contact, answer: outcome.kind });
      this.#begin('bind');
      return;
    }
    this.#fruitlessChecks = 0;
    this.#policy.succeeded();
    // Somebody shortened its life.
    if (now + outcome.listed <= this.#renewAt) {
      this.#begin('bind');
      return;
    }
    this.#scheduleLook();
  }

  #removed(attempt: Attempt): void {
    this.#bound = false;
    this.#setState({ registered: false, reason: null });
    attempt.done?.();
  }

  /** The attempt found nobody. */
  #silent(attempt: Attempt, reason: string): void {
    if (this.#attempt !== attempt) return;
    attempt.deadline?.cancel();
    attempt.transaction?.abandon();
    this.#attempt = undefined;
    if (attempt.purpose === 'remove') {
      this.#removed(attempt);
      return;
    }
    this.#failed({ reason }, this.#policy.afterSilence(this.options.clock.now(), attempt.began));
  }

  #failed(failure: Failure, wait: Millis): void {
    this.#setState({ registered: false, ...failure });
    this.#schedule(wait, 'bind');
  }

  #schedule(wait: Millis, purpose: Purpose): void {
    this.#next?.cancel();
    if (this.#stopped) return;
    this.#next = this.options.clock.after(wait, `registration ${purpose}`, () => this.#begin(purpose));
  }

  #setState(state: BindingState): void {
    const { registered, reason, status } = this.#state;
    if (state.registered === registered && state.reason === reason && state.status === status) return;
    this.#state = state;
    this.options.changed(state);
  }
}

function noAnswer({ target }: Attempt): string {
  return target === undefined ? 'no answer from the resolver' : `no answer from ${target.address}:${target.port}`;
}
