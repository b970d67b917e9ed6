// Requests of ours inside a dialog, INVITE and ACK excepted: sent by the dialog's route, counted until they are answered
// (RFC 3261 §12.2.1). What a method means is its user's; that a dialog can be lost is said here.

import type { Dialog, RequestContent } from '../dialog/index.ts';
import { ClientExchange, type SentRequest } from '../exchange/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import { SUPPORTED } from './capabilities.ts';
import type { DialogContext } from './environment.ts';
import type { SessionEnd } from './types.ts';

/** What becomes of one request. Exactly one of the two is called. */
export interface DialogRequestUser {
  /** The final response, challenges that were answered excepted. */
  answered(response: SipResponse, sent: SentRequest): void;
  /** No answer, or no way there. */
  failed?(reason: 'timeout' | 'unreachable'): void;
  /** Each time that it is made: once, and again for each challenge that is answered. */
  made?(request: SipRequest): void;
}

export interface DialogRequestContent extends RequestContent {
  /** It names our Contact, by which the peer reaches us from now on (§12.2.1.1). */
  readonly refreshesTarget?: boolean;
  /** It may be sent anew, with a CSeq number of its own, where nobody knows whether it arrived. */
  readonly repeatable?: boolean;
}

/** Requests of one dialog that have no final response yet. */
export class DialogRequests {
  /** What is under way, with what is to be done when its answer can come no more. */
  readonly #open = new Map<ClientExchange, () => void>();

  /** @param settled called when one that was under way is over */
  constructor(
    private readonly context: DialogContext,
    private readonly dialog: Dialog,
    private readonly settled: () => void,
  ) {}

  /** Whether one of them waits for its answer. */
  get busy(): boolean {
    return this.#open.size > 0;
  }

  send(method: string, content: DialogRequestContent, user: DialogRequestUser): void {
    const { environment, credentials, localTarget } = this.context;
    const given = content.headers ?? [];
    // RFC 4028 §7.1 has it in every request.
    const supported = given.some(([name]) => name === 'Supported') ? [] : [['Supported', SUPPORTED] as const];
    const headers = [['User-Agent', environment.userAgent] as const, ...supported, ...given];
    const plan = {
      nextHop: this.dialog.nextHop,
      build: () => {
        const { request } = this.dialog.createRequest(method, { ...content, headers });
        user.made?.(request);
        return request;
      },
      address: (request: SipRequest, target: Endpoint) => {
        if (content.refreshesTarget === true) request.headers.set('Contact', localTarget.say(target));
      },
    };
    const exchange = new ClientExchange(environment, credentials, plan, {
      final: (response, sent) => {
        user.answered(response, sent);
        this.#done(exchange);
      },
      failed: (reason, phrase) => {
        environment.log.warn('session.request-failed', { method, reason, phrase });
        user.failed?.(reason);
        this.#done(exchange);
      },
      heard: (source) => this.context.heard(source),
    });
    const lost = (): void => {
      if (content.repeatable === true) this.send(method, content, user);
      else user.failed?.('unreachable');
    };
    this.#open.set(exchange, lost);
    exchange.begin(() => this.context.lastHeard());
  }

  /** An address of ours has changed, and the answers to what is under way go to the old one. */
  moved(): void {
    for (const [exchange, lost] of [...this.#open]) {
      exchange.abandon();
      lost();
      this.#done(exchange);
    }
  }

  #done(exchange: ClientExchange): void {
    if (this.#open.delete(exchange)) this.settled();
  }
}

/** §12.2.1.2: the end that an answer in a dialog means; undefined where the dialog goes on. */
export function endByAnswer(status: number): SessionEnd | undefined {
  if (status === 408) return { reason: 'timeout', status };
  return status === 481 ? { reason: 'remote-hangup', status } : undefined;
}
