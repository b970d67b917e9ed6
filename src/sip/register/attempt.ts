// One attempt at a registrar: it binds (REGISTER with our Contact), checks (REGISTER without Contact: what is bound?) or
// removes. It may take several requests: other addresses of the same server, challenges, 423, a redirect, a first hop
// that knows no flows. It ends with an answer, or when the time of every address is over.

import type { Clock, Timer } from '../../base/clock.ts';
import { type Millis, millis, minutes } from '../../base/units.ts';
import type { DigestClient } from '../auth/index.ts';
import { ClientExchange, type ExchangeEnvironment } from '../exchange/index.ts';
import { formatHostPort } from '../message/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import type { OwnContact } from './grant.ts';
import {
  type RegisterOutcome,
  type RegisterRefusal,
  type RegisterSuccess,
  type RegisterUnavailable,
  readOutcome,
} from './outcome.ts';
import type { ContactTraits, Hop, RegisterText, RegisterWriter } from './register-writer.ts';

export type Purpose = 'bind' | 'check' | 'remove';

/** What attempts at the registrars of one account share. */
export interface AttemptEnvironment {
  readonly clock: Clock;
  readonly exchange: ExchangeEnvironment;
  readonly digest: DigestClient | undefined;
  readonly traits: ContactTraits;
  /** The URI to be reached at, as seen from the registrar. */
  readonly contact: (registrar: Endpoint) => string;
  /** Whether the account names the host of a URI: a redirect leads nowhere else. */
  readonly names: (uri: string) => boolean;
  /** The way to a registrar; by `proxy` first, where there is one. */
  readonly route: (registrar: string, proxy: string | undefined) => Hop;
}

export interface AttemptPlan {
  readonly purpose: Purpose;
  readonly registrar: string;
  readonly proxy: string | undefined;
  /** How long each address may take. */
  readonly life: Millis;
  /** The life that is asked for. */
  readonly expires: Millis;
  /** Whether a flow is asked for (RFC 5626). */
  readonly outbound: boolean;
  /** Where we are bound, for a question or a removal; undefined: wherever we are. */
  readonly bound: string | undefined;
  /** Bindings of ours that are to be removed with it. */
  readonly stale: readonly string[];
}

/** How an attempt ended. */
export type AttemptEnd = RegisterSuccess | AttemptFailure;
/** `silent`: nobody answered. */
export type AttemptFailure =
  | RegisterUnavailable
  | RegisterRefusal
  | { readonly kind: 'silent'; readonly reason: string };

/** Answers that only ask for the same again in another way: two redirects, a 423, a 439, and one of them once more. */
const MAXIMUM_REPEATS = 5;
/** A registrar that asks for a longer life than this is not obeyed (423). */
const LONGEST_EXPIRES = minutes(24 * 60);

/** Runs from `begin` until `ended` is called, once; or until it is abandoned. */
export class RegisterAttempt {
  /** On the clock. */
  readonly began: Millis;
  readonly #visited = new Set<string>();
  #hop: Hop;
  #outbound: boolean;
  #expires: Millis;
  #exchange: ClientExchange | undefined;
  #deadline: Timer | undefined;
  #target: Endpoint | undefined;
  #contact: string;
  #repeats = 0;

  constructor(
    private readonly environment: AttemptEnvironment,
    private readonly writer: RegisterWriter,
    readonly plan: AttemptPlan,
    private readonly ended: (end: AttemptEnd, attempt: RegisterAttempt) => void,
  ) {
    this.began = environment.clock.now();
    this.#hop = environment.route(plan.registrar, plan.proxy);
    this.#visited.add(plan.registrar);
    this.#outbound = plan.outbound;
    this.#expires = plan.purpose === 'remove' ? millis(0) : plan.expires;
    this.#contact = plan.bound ?? '';
  }

  /** The address that was asked last. */
  get target(): Endpoint | undefined {
    return this.#target;
  }

  /** Our Contact in it. */
  get contact(): string {
    return this.#contact;
  }

  /** The life that was asked for in the end. */
  get expires(): Millis {
    return this.#expires;
  }

  /** Whether a flow was asked for in the end. */
  get outbound(): boolean {
    return this.#outbound;
  }

  begin(): void {
    this.#startDeadline();
    this.#send();
  }

  /** Ends it without another word to anybody. */
  abandon(): void {
    this.#deadline?.cancel();
    this.#exchange?.abandon();
  }

  #send(): void {
    const { exchange, digest } = this.environment;
    this.#target = undefined;
    // The next hop is one that the account names: credentials may go there.
    const credentials = digest === undefined ? undefined : { digest, mayGoTo: () => true };
    const plan = {
      nextHop: this.#hop.nextHop,
      build: () => this.writer.write({ hop: this.#hop, outbound: this.#outbound }),
      address: (request: SipRequest, target: Endpoint) => this.#address(request, target),
    };
    this.#exchange = new ClientExchange(exchange, credentials, plan, {
      final: (response) => this.#receive(response),
      failed: (reason, phrase) =>
        this.#end({ kind: 'silent', reason: reason === 'timeout' ? this.#noAnswer() : phrase }),
      heard: () => undefined,
    });
    this.#exchange.begin();
  }

  /** A request goes out to an address: what it says depends on it, and its time begins. */
  #address(request: SipRequest, target: Endpoint): void {
    this.#target = target;
    this.#startDeadline();
    const { purpose, bound, stale } = this.plan;
    if (purpose === 'check') return;
    this.#contact = (purpose === 'remove' ? bound : undefined) ?? this.environment.contact(target);
    const others = stale.filter((uri) => uri !== this.#contact);
    this.writer.address(request, this.#contact, others, this.#text);
  }

  get #text(): RegisterText {
    return { hop: this.#hop, outbound: this.#outbound, expires: this.#expires };
  }

  #startDeadline(): void {
    this.#deadline?.cancel();
    this.#deadline = this.environment.clock.after(this.plan.life, 'registration attempt', () => this.#timeIsOver());
  }

  #timeIsOver(): void {
    if (this.#target !== undefined) {
      this.#exchange?.giveUp();
      return;
    }
    this.#exchange?.abandon();
    this.#end({ kind: 'silent', reason: this.#noAnswer() });
  }

  #noAnswer(): string {
    if (this.#target === undefined) return 'no answer from the resolver';
    return `no answer from ${formatHostPort(this.#target.address, this.#target.port)}`;
  }

  #receive(response: SipResponse): void {
    this.#deadline?.cancel();
    const outcome = readOutcome(response, this.#own);
    if (this.#repeats < MAXIMUM_REPEATS && this.#takesAdvice(outcome)) {
      this.#repeats += 1;
      this.#startDeadline();
      this.#send();
    } else {
      this.#end(outcome);
    }
  }

  get #own(): OwnContact {
    const { instance, regId } = this.environment.traits;
    return {
      uri: this.#contact,
      // A question is about the binding as it was listed; what else this device may have bound does not count for it.
      instance: this.plan.purpose === 'bind' ? instance : undefined,
      regId: this.#outbound ? regId : undefined,
    };
  }

  /** Whether the answer only asks for the same in another way. */
  #takesAdvice(outcome: RegisterOutcome): boolean {
    switch (outcome.kind) {
      case 'interval too brief':
        return this.#takesLongerLife(outcome.minimum);
      case 'redirected':
        return this.#follows(outcome.to, outcome.status);
      case 'no outbound':
        // RFC 5626 §4.2.1: registered without flows then.
        if (!this.#outbound) return false;
        this.#outbound = false;
        return true;
      default:
        return false;
    }
  }

  /** RFC 3261 §10.2.8. */
  #takesLongerLife(minimum: Millis): boolean {
    if (this.plan.purpose !== 'bind' || minimum <= this.#expires || minimum > LONGEST_EXPIRES) return false;
    this.#expires = minimum;
    return true;
  }

  /**
   * RFC 3261 §8.1.3.4: to the first that the account names and that has not been asked yet. A redirect is followed
   * nowhere else: the registration, and the digest that goes with it, are not for whom a stranger's packet names.
   */
  #follows(alternatives: readonly string[], status: number): boolean {
    const next = alternatives.find((uri) => this.environment.names(uri) && !this.#visited.has(uri));
    if (next === undefined) return false;
    const { registrar, proxy } = this.plan;
    this.#visited.add(next);
    // §21.3.4: 305 names a proxy to go by, every other 3xx another registrar.
    this.#hop = status === 305 ? this.environment.route(registrar, next) : this.environment.route(next, proxy);
    return true;
  }

  #end(end: AttemptEnd): void {
    this.#deadline?.cancel();
    this.ended(end, this);
  }
}
