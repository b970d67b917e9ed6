// What becomes of requests and ACKs that belong to no transaction yet: to their session, to a new one, to a refusal, or
// to silence (RFC 3261 §8.2, §11.2, §12.2.2).
//
// What gets here has passed the gate (gate.ts). Of strangers that is an INVITE for which `admit` has another refusal than
// silence, and now and then a request in a dialog that is not theirs. Max-Forwards is not looked at: it bounds
// forwarding, and here a request has arrived (§8.1.1.6).

import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { seconds } from '../../base/units.ts';
import type { EventUsage } from '../event/index.ts';
import { createResponse, parseUri } from '../message/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import {
  CAPABILITY_HEADERS,
  refuseBody,
  refuseExtensions,
  refuseMethod,
  SESSION_TYPE,
} from '../session/capabilities.ts';
import { refuseInterval } from '../session/session-refresh.ts';
import type { Refusal } from '../session/types.ts';
import type { Screening, ServerTransaction, TransactionHandler } from '../transaction/index.ts';
import { TokenBucket } from '../transport/index.ts';
import type { Gate } from './gate.ts';
import { ProvenTransaction } from './proven-transaction.ts';
import type { SessionTable } from './session-table.ts';
import type { StrangerLimit } from './stranger-limit.ts';
import type { Admission } from './types.ts';

/** Answers a request; `authenticatedAs`: whose password it has shown. */
export type MethodHandler = (transaction: ServerTransaction, authenticatedAs: string | undefined) => void;

export interface RequestHandlerOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly sessions: SessionTable;
  readonly gate: Gate;
  readonly strangers: StrangerLimit;
  readonly admit: Admission;
  /** The addresses of the accounts' servers. */
  readonly servers: () => ReadonlySet<string>;
  /** Value of Server in answers to those who are let in. */
  readonly userAgent: string;
  /** Whether sips URIs mean anything to us. */
  readonly speaksTls: boolean;
  /** Makes a session of an INVITE, or gives the response that refuses it. */
  readonly begin: (transaction: ServerTransaction) => SipResponse | undefined;
  readonly refused: (peer: string, source: Endpoint, why: string) => void;
  /** What a request with a To tag is for that is in no session's dialog. */
  readonly usageOf: (request: SipRequest) => EventUsage | undefined;
  /** What is done with a request outside of a dialog from somebody who is let in, by method, INVITE excepted. */
  readonly methods: ReadonlyMap<string, MethodHandler>;
}

/** Lines in the log about what strangers send: so many at once, then one each interval. */
const LINES = 5;
const LINES_INTERVAL = seconds(10);

/** Methods that mean nothing outside of a dialog. */
const IN_DIALOG_ONLY = new Set(['BYE', 'INFO', 'PRACK', 'UPDATE']);

/** The core of the user agent server. */
export class RequestHandler implements TransactionHandler {
  /** While the agent stops, nothing new begins. */
  stopping = false;
  readonly #strayLines: TokenBucket;

  constructor(private readonly options: RequestHandlerOptions) {
    this.#strayLines = new TokenBucket(options.clock, LINES, LINES_INTERVAL);
  }

  screen(request: SipRequest, source: Endpoint): Screening {
    return this.options.gate.screen(request, source);
  }

  strayCancel(transaction: ServerTransaction): void {
    const { request, source } = transaction;
    if (this.#mayHearMore(request, source)) transaction.respondOnce(createResponse(request, 481));
    else transaction.ignore();
  }

  mayRefuse(request: SipRequest, source: Endpoint): boolean {
    return this.#mayHearMore(request, source);
  }

  request(asked: ServerTransaction): void {
    const proof = this.options.gate.proofFor(asked.request);
    const transaction = proof === undefined ? asked : new ProvenTransaction(asked, proof);
    if (transaction.request.toTag === undefined) this.#outsideOfDialog(transaction);
    else this.#inDialog(transaction);
  }

  ack(request: SipRequest, source: Endpoint): void {
    this.options.sessions.find(request)?.receiveAck(request, source);
  }

  strayResponse(response: SipResponse, source: Endpoint): void {
    if (!this.#strayLines.take()) return;
    const { status, cseq } = response;
    this.options.log.debug('agent.stray-response', { status, method: cseq.method, from: source.address });
  }

  #inDialog(transaction: ServerTransaction): void {
    const { request, source } = transaction;
    const user = this.options.sessions.find(request) ?? this.options.usageOf(request);
    if (user?.receive(transaction) === true) return;
    const response = createResponse(request, 481);
    if (this.options.servers().has(source.address)) transaction.respond(response);
    else this.#respondSmall(transaction, response);
  }

  #outsideOfDialog(transaction: ServerTransaction): void {
    const { request, source } = transaction;
    const refusal = this.options.gate.refusalOf(request);
    if (refusal !== undefined) {
      this.#refuseStranger(transaction, refusal);
      return;
    }
    const response = this.#answerFor(request, source);
    const handle = this.options.methods.get(request.method);
    if (response !== undefined) transaction.respond(response);
    else if (handle !== undefined) handle(transaction, this.options.gate.callerOf(request));
    else this.#invite(transaction);
  }

  /** The answer to everything but an INVITE, or a method with a handler, that can be taken (§8.2.1, §8.2.2, §8.2.3, §11.2). */
  #answerFor(request: SipRequest, source: Endpoint): SipResponse | undefined {
    const uri = parseUri(request.requestUri);
    // RFC 5118 §4.2: a SIP URI that is none by the grammar is a fault of the message, whatever its method.
    if (!uri.ok && uri.error.code !== 'uri-scheme') return createResponse(request, 400);
    if (IN_DIALOG_ONLY.has(request.method)) return createResponse(request, 481);
    const isHandled = this.options.methods.has(request.method);
    if (!isHandled && request.method !== 'INVITE' && request.method !== 'OPTIONS') return refuseMethod(request);
    if (!uri.ok) return createResponse(request, 416);
    if (uri.value.scheme === 'sips' && source.protocol !== 'tls') return this.#refuseClear(request);
    const extensions = refuseExtensions(request);
    if (extensions !== undefined) return extensions;
    // RFC 3891 §3: only an INVITE takes another call's place.
    if (request.method !== 'INVITE' && request.headers.has('Replaces')) return createResponse(request, 400);
    if (isHandled) return this.options.sessions.isFirst(request) ? undefined : createResponse(request, 482);
    if (request.method === 'INVITE') return this.#refuseInvite(request);
    const headers = [...CAPABILITY_HEADERS, ['Server', this.options.userAgent] as const];
    return createResponse(request, 200, { headers });
  }

  /**
   * What is for a sips URI comes by TLS on every hop, the last one too (RFC 5630 §5.3): by this way we are reached with
   * sip URIs only (§5.1.2). Whoever hears this must not try again with sip by itself (§5.1.1).
   */
  #refuseClear(request: SipRequest): SipResponse {
    if (!this.options.speaksTls) return createResponse(request, 416);
    return createResponse(request, 480, { headers: [['Warning', '380 doorphone "SIPS Not Allowed"']] });
  }

  #refuseInvite(request: SipRequest): SipResponse | undefined {
    const refusal = refuseInterval(request) ?? refuseBody(request, [SESSION_TYPE]);
    if (refusal !== undefined) return refusal;
    if (this.stopping) return createResponse(request, 503);
    return this.options.sessions.isFirst(request) ? undefined : createResponse(request, 482);
  }

  #invite(transaction: ServerTransaction): void {
    const refusal = this.options.begin(transaction);
    if (refusal !== undefined) transaction.respond(refusal);
  }

  #refuseStranger(transaction: ServerTransaction, { status, reason, headers }: Refusal): void {
    const { request, source } = transaction;
    const told = this.options.strangers.take(source.address);
    if (told) this.options.refused(request.from.uri, source, reason ?? `status ${status}`);
    if (told) this.#respondSmall(transaction, createResponse(request, status, { reason, headers }));
    else transaction.ignore();
  }

  #respondSmall(transaction: ServerTransaction, response: SipResponse): void {
    if (this.options.strangers.fits(response, transaction.request)) transaction.respondOnce(response);
    else transaction.ignore();
  }

  /** Whether somebody who is let in, or seems to be, may have one more answer that no session asks for. */
  #mayHearMore(request: SipRequest, source: Endpoint): boolean {
    const isKnown = this.options.admit({ uri: request.from.uri, source }) === undefined;
    return isKnown && this.options.strangers.take(source.address);
  }
}
