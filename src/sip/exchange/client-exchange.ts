// A request and what answers it, challenges and dead servers included (RFC 3261 §22.2, §22.3, RFC 3263 §4.3): to its
// user it is one request, however often and to however many addresses it had to be sent. Who of several servers gets it
// is in failover.ts, what their answers are worth in conclusion.ts.

import type { Timer } from '../../base/clock.ts';
import { type Millis, seconds } from '../../base/units.ts';
import type { CredentialHeaders, DigestClient } from '../auth/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import type { ClientTransaction } from '../transaction/index.ts';
import { step } from '../transaction/machine.ts';
import { type Conclusion, isFailure, preferred, retryAfterOf, waitsForSilent } from './conclusion.ts';
import type { CallCredentials, ExchangeEnvironment } from './environment.ts';
import {
  type AttemptAction,
  type AttemptEvent,
  type AttemptState,
  failover,
  LIVE_STATES,
  SILENT_STATES,
} from './failover.ts';
import type { ExchangePlan, ExchangeUser, SentRequest } from './types.ts';

/** One server that the request went to: one transaction. */
interface Attempt {
  readonly request: SipRequest;
  readonly target: Endpoint;
  state: AttemptState;
  /** Whether it has said anything at all. */
  heard: boolean;
  /** Whether it counts as failed already. */
  missed: boolean;
  transaction: ClientTransaction | undefined;
}

/** Challenges that are answered for one request: a proxy's and the server's, each again when its nonce was too old. */
const MAXIMUM_CHALLENGES = 6;
/** How long a server may show no sign of life before the next is asked. */
const PATIENCE: Millis = seconds(2);
/** RFC 3326 §2: no phone shall count it as a call that was missed. */
const ELSEWHERE = [['Reason', 'SIP;cause=200;text="Call completed elsewhere"']] as const;

/** One request on its way through locating, sending, failover and authentication. */
export class ClientExchange {
  #attempts: Attempt[] = [];
  #challenges = 0;
  #cancelled = false;
  #abandoned = false;
  /** The user has its answer. Only further 2xx to an INVITE are told now. */
  #settled = false;
  /** Addresses that have not been tried yet. */
  #remaining: readonly Endpoint[] = [];
  #patience: Timer | undefined;
  /** The best end so far, while others may have a better one. */
  #held: Conclusion | undefined;

  constructor(
    private readonly environment: ExchangeEnvironment,
    private readonly credentials: CallCredentials | undefined,
    private readonly plan: ExchangePlan,
    private readonly user: ExchangeUser,
  ) {}

  /**
   * Sends it: before this returns, where the address is known.
   * @param fallback where it goes when its next hop cannot be located
   */
  begin(fallback: () => Endpoint | undefined = () => undefined): void {
    this.environment.locate(this.plan.nextHop, (located) => {
      if (this.#abandoned) return;
      if (located.ok) {
        this.beginTo(located.value);
        return;
      }
      const target = fallback();
      if (target === undefined) this.user.failed('unreachable', located.error);
      else this.beginTo([target]);
    });
  }

  /** Sends it to addresses that are known: to the first, to the next where that one fails. After its end, once more. */
  beginTo([target, ...others]: readonly Endpoint[]): void {
    if (target === undefined) throw new Error('a request without any address to go to');
    this.#forget();
    this.#remaining = others;
    this.#sendTo(target, this.plan.build());
  }

  /** INVITE only: CANCEL as the state allows (§9.1). A challenge is answered no longer, and no other server is asked. */
  cancel(headers: readonly (readonly [name: string, value: string])[] = []): void {
    this.#cancelled = true;
    this.#patience?.cancel();
    for (const { transaction } of this.#in([...SILENT_STATES, ...LIVE_STATES])) transaction?.cancel(headers);
  }

  /** Nobody waits for it any longer: its user is told nothing more, whatever comes. */
  abandon(): void {
    this.#abandoned = true;
    this.#patience?.cancel();
    for (const { transaction } of this.#attempts) transaction?.abandon();
  }

  /** Its answer has strayed, by no fault of the server's: it is sent no more, and what comes after all is told as before. */
  stray(): void {
    this.#patience?.cancel();
    for (const attempt of this.#attempts) {
      attempt.missed = true;
      attempt.transaction?.pause();
    }
  }

  /** The address that has it now had time enough: it counts as dead. The next is tried, or the exchange fails. */
  giveUp(): void {
    const latest = this.#attempts.at(-1);
    if (latest === undefined || this.#settled) return;
    if (latest.state === 'asked' && this.#mayAskNext) {
      this.#handle(latest, 'patience over');
      return;
    }
    if (latest.state === 'asked') this.#miss(latest);
    for (const attempt of this.#attempts) {
      attempt.transaction?.abandon();
      attempt.state = 'over';
    }
    this.#settle({ kind: 'failed', reason: 'timeout', phrase: 'no answer' });
  }

  /** What is over of an earlier run. Phones may still ring by it: an INVITE is looked after to its end. */
  #forget(): void {
    const lasting = this.#attempts.filter(({ request, state }) => request.method === 'INVITE' && state !== 'over');
    for (const attempt of this.#attempts) if (!lasting.includes(attempt)) attempt.state = 'over';
    this.#attempts = lasting;
    this.#settled = false;
    this.#held = undefined;
  }

  #in(states: readonly AttemptState[]): readonly Attempt[] {
    return this.#attempts.filter(({ state }) => states.includes(state));
  }

  /** Not where one lives, or has said something: what is known to have arrived is not sent elsewhere. */
  get #mayAskNext(): boolean {
    const hasAnswer = this.#held !== undefined || this.#in(LIVE_STATES).length > 0;
    return this.#remaining.length > 0 && !this.#cancelled && !hasAnswer;
  }

  #digestFor({ address }: Endpoint): DigestClient | undefined {
    return this.credentials?.mayGoTo(address) === true ? this.credentials.digest : undefined;
  }

  #sendTo(target: Endpoint, request: SipRequest): void {
    this.#send(request, target, 'asked', this.#digestFor(target)?.prepare(request) ?? []);
  }

  #send(request: SipRequest, target: Endpoint, state: AttemptState, credentials: CredentialHeaders): void {
    this.plan.address?.(request, target);
    for (const [name, value] of credentials) request.headers.append(name, value);
    const attempt: Attempt = { request, target, state, heard: false, missed: false, transaction: undefined };
    this.#attempts.push(attempt);
    this.#sendBy(attempt, this.environment.ways?.(request, target) ?? [target]);
    this.#startPatience(attempt);
  }

  /** By the first of the ways to the target; by the next where that one cannot be gone (RFC 3261 §18.1.1). */
  #sendBy(attempt: Attempt, [way = attempt.target, ...others]: readonly Endpoint[]): void {
    attempt.transaction = this.environment.request(attempt.request, way, {
      response: (response, source) => {
        this.user.heard(source);
        this.#receive(attempt, response);
      },
      timeout: () => this.#fail(attempt, 'timeout', 'no answer'),
      transportFailed: ({ message }) => {
        // Sent anew with credentials, it leads before anything was heard of this sending.
        const isWanted = attempt.state === 'asked' || attempt.state === 'leading';
        const goesOn = isWanted && !attempt.heard && !this.#cancelled && !this.#abandoned;
        if (others.length > 0 && goesOn) this.#sendBy(attempt, others);
        else this.#fail(attempt, 'unreachable', message);
      },
    });
  }

  /** Only as long as there is somebody else to ask. */
  #startPatience(attempt: Attempt): void {
    this.#patience?.cancel();
    if (this.#remaining.length === 0) return;
    this.#patience = this.environment.clock.after(PATIENCE, 'sign of life', () =>
      this.#handle(attempt, 'patience over'),
    );
  }

  #receive(attempt: Attempt, response: SipResponse): void {
    const { status } = response;
    const { transaction, request, target } = attempt;
    const sent = { request: transaction?.request ?? request, target };
    const conclusion: Conclusion = { kind: 'final', response, sent };
    attempt.heard = true;
    if (!isFailure(conclusion)) this.environment.reached(target);
    if (status === 100) this.#handle(attempt, '100');
    else if (status < 200) this.#handle(attempt, 'progress', conclusion);
    else this.#handle(attempt, status < 300 ? '2xx' : 'refusal', conclusion);
  }

  #fail(attempt: Attempt, reason: 'timeout' | 'unreachable', phrase: string): void {
    this.#handle(attempt, reason, { kind: 'failed', reason, phrase });
  }

  #handle(attempt: Attempt, event: AttemptEvent, conclusion?: Conclusion): void {
    const { state, actions } = step(failover, attempt.state, event);
    attempt.state = state;
    for (const action of actions) this.#perform(action, attempt, conclusion);
  }

  #tellOthers(but: Attempt | undefined, event: AttemptEvent): void {
    for (const attempt of [...this.#attempts]) if (attempt !== but) this.#handle(attempt, event);
  }

  #perform(action: AttemptAction, attempt: Attempt, conclusion: Conclusion | undefined): void {
    switch (action) {
      case 'stop repeating':
        attempt.transaction?.pause();
        return;
      case 'repeat':
        attempt.transaction?.resume();
        return;
      case 'ask next':
        this.#miss(attempt);
        this.#askNext(attempt.request);
        return;
      case 'quiet others':
        this.#tellOthers(attempt, 'other alive');
        return;
      case 'outrun others':
        this.#tellOthers(attempt, 'outrun');
        return;
      case 'pass progress':
        if (conclusion?.kind === 'final') this.user.provisional?.(conclusion.response, conclusion.sent);
        return;
      case 'pass 2xx':
        this.#accept(attempt, conclusion);
        return;
      case 'conclude':
        if (conclusion !== undefined) this.#conclude(attempt, conclusion);
        return;
      case 'cancel':
        if (attempt.request.method === 'INVITE') attempt.transaction?.cancel(ELSEWHERE);
        else attempt.transaction?.abandon();
        return;
    }
  }

  /** RFC 3263 §4.3: the same request to the next address, in a new transaction. */
  #askNext(request: SipRequest): void {
    const [next, ...others] = this.#remaining;
    if (next === undefined) return;
    this.#remaining = others;
    for (const name of ['Authorization', 'Proxy-Authorization']) request.headers.remove(name);
    this.#sendTo(next, request);
  }

  /** Every 2xx to an INVITE is told: each has a dialog in it (§13.2.2.4). Of another request, the first. */
  #accept({ request }: Attempt, conclusion: Conclusion | undefined): void {
    if (conclusion?.kind !== 'final' || (this.#settled && request.method !== 'INVITE')) return;
    this.#patience?.cancel();
    this.#settled = true;
    this.#readProof(conclusion.response, conclusion.sent);
    this.user.final(conclusion.response, conclusion.sent);
  }

  /** RFC 7616 §3.5. A server that cannot prove itself is one that proves nothing, as most do: it is said, and that is all. */
  #readProof(response: SipResponse, { request, target }: SentRequest): void {
    if (this.#digestFor(target)?.accepted(request, response) !== 'wrong') return;
    this.environment.log.warn('exchange.server-not-proven', { method: request.method, server: target.address });
  }

  /** One server has come to its end. Is it that of the exchange? */
  #conclude(attempt: Attempt, conclusion: Conclusion): void {
    if (this.#settled || this.#answersChallenge(attempt, conclusion)) return;
    if (isFailure(conclusion)) {
      // Who has been heard before and is silent now has been cancelled, or takes its time.
      if (conclusion.kind === 'final') this.#miss(attempt, retryAfterOf(conclusion.response));
      else if (!attempt.heard) this.#miss(attempt);
      if (this.#mayAskNext) {
        this.#askNext(attempt.request);
        return;
      }
    }
    this.#held = preferred(this.#held, conclusion);
    if (this.#in(LIVE_STATES).length > 0) return;
    if (this.#in(SILENT_STATES).length > 0 && waitsForSilent(conclusion)) this.#hope(this.#held);
    else this.#settle(this.#held);
  }

  /** All have come to nothing, but for those that are silent. Where there is an answer, they do not hold it up for long. */
  #hope(held: Conclusion): void {
    this.#tellOthers(undefined, 'last hope');
    if (held.kind === 'failed' || !isFailure(held)) return;
    this.#patience?.cancel();
    this.#patience = this.environment.clock.after(PATIENCE, 'sign of life', () => {
      if (!this.#settled && this.#in(LIVE_STATES).length === 0) this.#settle(held);
    });
  }

  /** Once for each attempt: that it is still silent later is no second failure. */
  #miss(attempt: Attempt, retryAfter?: Millis): void {
    if (attempt.missed && retryAfter === undefined) return;
    attempt.missed = true;
    this.environment.missed(attempt.target, retryAfter);
  }

  #settle(end: Conclusion): void {
    this.#patience?.cancel();
    this.#settled = true;
    this.#tellOthers(undefined, 'outrun');
    if (this.#abandoned) return;
    if (end.kind === 'final') this.user.final(end.response, end.sent);
    else this.user.failed(end.reason, end.phrase);
  }

  /** §22.2, §22.3: the same again with credentials, to the server that asked for them. */
  #answersChallenge({ target }: Attempt, conclusion: Conclusion): boolean {
    if (conclusion.kind === 'failed') return false;
    const { response, sent } = conclusion;
    const isChallenge = response.status === 401 || response.status === 407;
    const digest = this.#digestFor(target);
    if (!isChallenge || this.#cancelled || digest === undefined) return false;
    this.#challenges += 1;
    if (this.#challenges > MAXIMUM_CHALLENGES) return false;
    const answer = digest.answer(sent.request, response);
    if (!answer.ok) {
      this.environment.log.warn('exchange.challenge-not-answered', { code: answer.error.code });
      return false;
    }
    this.#tellOthers(undefined, 'outrun');
    this.#send(this.plan.build(), target, 'leading', answer.value);
    return true;
  }
}
