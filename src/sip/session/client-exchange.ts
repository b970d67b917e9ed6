// A request and what answers it, challenges included (RFC 3261 §22.2, §22.3): to its user it is one request, however
// often it had to be sent.

import type { CredentialHeaders, DigestClient } from '../auth/index.ts';
import type { RoutedRequest } from '../dialog/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import type { ClientTransaction } from '../transaction/index.ts';
import type { CallCredentials, SessionEnvironment } from './environment.ts';

/** A request as it went out, and where to. */
export interface SentRequest {
  readonly request: SipRequest;
  readonly target: Endpoint;
}

export interface ExchangeUser {
  /** Above 100. */
  provisional?(response: SipResponse, sent: SentRequest): void;
  /** The final response; of a 2xx to an INVITE every one, repetitions and other branches included. */
  final(response: SipResponse, sent: SentRequest): void;
  failed(reason: 'timeout' | 'unreachable', phrase: string): void;
  /** Where each response came from. */
  heard(source: Endpoint): void;
}

/** Challenges that are answered for one request: a proxy's and the server's, each again when its nonce was too old. */
const MAXIMUM_CHALLENGES = 6;

/** One request on its way through locating, sending and authentication. */
export class ClientExchange {
  #transaction: ClientTransaction | undefined;
  #challenges = 0;
  #cancelled = false;

  /** @param build makes the request; called again after each challenge, since every try has a CSeq of its own (§22.2) */
  constructor(
    private readonly environment: SessionEnvironment,
    private readonly credentials: CallCredentials | undefined,
    private readonly build: () => RoutedRequest,
    private readonly user: ExchangeUser,
  ) {}

  /**
   * Sends it: before this returns, where the address is known.
   * @param fallback where it goes when its next hop cannot be located
   */
  begin(fallback: () => Endpoint | undefined): void {
    const { request, nextHop } = this.build();
    this.environment.locate(nextHop, (located) => {
      const target = located.ok ? located.value : fallback();
      if (target !== undefined) this.#send(request, target, this.#digestFor(target)?.prepare(request) ?? []);
      else if (!located.ok) this.user.failed('unreachable', located.error);
    });
  }

  /** Sends it to an address that is known. */
  beginTo(target: Endpoint): void {
    const { request } = this.build();
    this.#send(request, target, this.#digestFor(target)?.prepare(request) ?? []);
  }

  /** INVITE only: CANCEL as the state allows (§9.1). A challenge is answered no longer. */
  cancel(): void {
    this.#cancelled = true;
    this.#transaction?.cancel();
  }

  #digestFor({ address }: Endpoint): DigestClient | undefined {
    return this.credentials?.mayGoTo(address) === true ? this.credentials.digest : undefined;
  }

  #send(request: SipRequest, target: Endpoint, credentials: CredentialHeaders): void {
    for (const [name, value] of credentials) request.headers.append(name, value);
    const transaction = this.environment.request(request, target, {
      response: (response, source) => {
        this.user.heard(source);
        this.#receive(response, { request: transaction.request, target });
      },
      timeout: () => this.user.failed('timeout', 'no answer'),
      transportFailed: ({ message }) => this.user.failed('unreachable', message),
    });
    this.#transaction = transaction;
  }

  #receive(response: SipResponse, sent: SentRequest): void {
    const { status } = response;
    if (status <= 100) return;
    if (status < 200) {
      this.user.provisional?.(response, sent);
      return;
    }
    if (!this.#answersChallenge(response, sent)) this.user.final(response, sent);
  }

  #answersChallenge(response: SipResponse, { request, target }: SentRequest): boolean {
    const isChallenge = response.status === 401 || response.status === 407;
    const digest = this.#digestFor(target);
    if (!isChallenge || this.#cancelled || digest === undefined) return false;
    this.#challenges += 1;
    if (this.#challenges > MAXIMUM_CHALLENGES) return false;
    const answer = digest.answer(request, response);
    if (!answer.ok) {
      this.environment.log.warn('session.challenge-not-answered', { code: answer.error.code });
      return false;
    }
    this.#send(this.build().request, target, answer.value);
    return true;
  }
}
