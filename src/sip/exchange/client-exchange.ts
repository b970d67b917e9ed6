// A request and what answers it, challenges and dead servers included (RFC 3261 §22.2, §22.3, RFC 3263 §4.3): to its
// user it is one request, however often and to however many addresses it had to be sent.

import type { CredentialHeaders, DigestClient } from '../auth/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import type { ClientTransaction } from '../transaction/index.ts';
import type { CallCredentials, ExchangeEnvironment } from './environment.ts';

/** A request as it went out, and where to. */
export interface SentRequest {
  readonly request: SipRequest;
  readonly target: Endpoint;
}

/** What is sent, and to whom. */
export interface ExchangePlan {
  /** The URI whose host is asked for addresses (RFC 3261 §8.1.2). */
  readonly nextHop: string;
  /** Makes the request; called again after each challenge, since every such try has a CSeq of its own (§22.2). */
  build(): SipRequest;
  /** Writes into the request what depends on the address that it goes to: Contact. Called before every sending. */
  address?(request: SipRequest, target: Endpoint): void;
}

export interface ExchangeUser {
  /** Above 100. */
  provisional?(response: SipResponse, sent: SentRequest): void;
  /** The final response; of a 2xx to an INVITE every one, repetitions and other branches included. */
  final(response: SipResponse, sent: SentRequest): void;
  /** No address could be reached, or none answered. Called at once where the next hop is known to lead nowhere. */
  failed(reason: 'timeout' | 'unreachable', phrase: string): void;
  /** Where each response came from. */
  heard(source: Endpoint): void;
}

/** Challenges that are answered for one request: a proxy's and the server's, each again when its nonce was too old. */
const MAXIMUM_CHALLENGES = 6;

/** RFC 3263 §4.3: the server is overloaded or in maintenance, and another may serve. */
const SERVICE_UNAVAILABLE = 503;

/** One request on its way through locating, sending, failover and authentication. */
export class ClientExchange {
  #transaction: ClientTransaction | undefined;
  #challenges = 0;
  #cancelled = false;
  #abandoned = false;
  #sent: SentRequest | undefined;
  /** Addresses that have not been tried yet. */
  #remaining: readonly Endpoint[] = [];

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

  /** Sends it to addresses that are known: to the first, to the next where that one fails. */
  beginTo([target, ...others]: readonly Endpoint[]): void {
    if (target === undefined) throw new Error('a request without any address to go to');
    this.#remaining = others;
    this.#sendTo(target, this.plan.build());
  }

  /** INVITE only: CANCEL as the state allows (§9.1). A challenge is answered no longer. */
  cancel(headers: readonly (readonly [name: string, value: string])[] = []): void {
    this.#cancelled = true;
    this.#transaction?.cancel(headers);
  }

  /** Nobody waits for it any longer: its user is told nothing more, whatever comes. */
  abandon(): void {
    this.#abandoned = true;
    this.#transaction?.abandon();
  }

  /** The address that has it now had time enough: it counts as dead. The next is tried, or the exchange fails. */
  giveUp(): void {
    if (this.#sent === undefined) return;
    this.#transaction?.abandon();
    this.#missed(this.#sent.request, this.#sent.target, 'timeout', 'no answer');
  }

  #digestFor({ address }: Endpoint): DigestClient | undefined {
    return this.credentials?.mayGoTo(address) === true ? this.credentials.digest : undefined;
  }

  #sendTo(target: Endpoint, request: SipRequest): void {
    this.#send(request, target, this.#digestFor(target)?.prepare(request) ?? []);
  }

  #send(request: SipRequest, target: Endpoint, credentials: CredentialHeaders): void {
    this.plan.address?.(request, target);
    for (const [name, value] of credentials) request.headers.append(name, value);
    this.#sent = { request, target };
    const transaction = this.environment.request(request, target, {
      response: (response, source) => {
        this.user.heard(source);
        this.#receive(response, { request: transaction.request, target });
      },
      timeout: () => this.#missed(request, target, 'timeout', 'no answer'),
      transportFailed: ({ message }) => this.#missed(request, target, 'unreachable', message),
    });
    this.#transaction = transaction;
  }

  #receive(response: SipResponse, sent: SentRequest): void {
    const { status } = response;
    if (status === SERVICE_UNAVAILABLE && this.#triesNext(sent.request, sent.target)) return;
    if (status !== SERVICE_UNAVAILABLE) this.environment.reached(sent.target);
    if (status <= 100) return;
    if (status < 200) {
      this.user.provisional?.(response, sent);
      return;
    }
    if (status < 300) this.#readProof(response, sent);
    if (!this.#answersChallenge(response, sent)) this.user.final(response, sent);
  }

  /** RFC 7616 §3.5. A server that cannot prove itself is one that proves nothing, as most do: it is said, and that is all. */
  #readProof(response: SipResponse, { request, target }: SentRequest): void {
    if (this.#digestFor(target)?.accepted(request, response) !== 'wrong') return;
    this.environment.log.warn('exchange.server-not-proven', { method: request.method, server: target.address });
  }

  #missed(request: SipRequest, target: Endpoint, reason: 'timeout' | 'unreachable', phrase: string): void {
    if (!this.#triesNext(request, target)) this.user.failed(reason, phrase);
  }

  /** RFC 3263 §4.3: the same request to the next address, in a new transaction. */
  #triesNext(request: SipRequest, target: Endpoint): boolean {
    this.environment.missed(target);
    const [next, ...others] = this.#remaining;
    if (next === undefined || this.#cancelled) return false;
    this.#remaining = others;
    for (const name of ['Authorization', 'Proxy-Authorization']) request.headers.remove(name);
    if (request.headers.list('Via').length > 0) request.headers.removeFirst('Via');
    this.#sendTo(next, request);
    return true;
  }

  #answersChallenge(response: SipResponse, { request, target }: SentRequest): boolean {
    const isChallenge = response.status === 401 || response.status === 407;
    const digest = this.#digestFor(target);
    if (!isChallenge || this.#cancelled || digest === undefined) return false;
    this.#challenges += 1;
    if (this.#challenges > MAXIMUM_CHALLENGES) return false;
    const answer = digest.answer(request, response);
    if (!answer.ok) {
      this.environment.log.warn('exchange.challenge-not-answered', { code: answer.error.code });
      return false;
    }
    this.#send(this.plan.build(), target, answer.value);
    return true;
  }
}
