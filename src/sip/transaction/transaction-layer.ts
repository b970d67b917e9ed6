// Finds the transaction of every message, makes those that are new, and keeps their number bounded (RFC 3261 §17).
// What belongs to no transaction goes to the handler.

import { ChurningMap } from '../../base/churning-map.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { type Millis, seconds } from '../../base/units.ts';
import { createResponse } from '../message/index.ts';
import type { Endpoint, SipMessage, SipRequest, SipResponse } from '../message/types.ts';
import { Absorbed } from './absorbed.ts';
import type { ClientMachine } from './client-machine.ts';
import { RunningClientTransaction } from './client-transaction.ts';
import { withVia } from './derived-requests.ts';
import { inviteClient } from './invite-client.ts';
import { inviteServer } from './invite-server.ts';
import { clientKey, hasMagicCookie, MAGIC_COOKIE, responseKey } from './matching.ts';
import { nonInviteClient } from './non-invite-client.ts';
import { nonInviteServer } from './non-invite-server.ts';
import type { ServerMachine } from './server-machine.ts';
import { type AnyServerTransaction, ServerTable } from './server-table.ts';
import { RunningServerTransaction } from './server-transaction.ts';
import { defaultTimers, startValue, type TimerSettings } from './timers.ts';
import type { ClientTransaction, ClientTransactionUser, TransactionHandler, TransactionTransport } from './types.ts';

export interface TransactionLayerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly transport: TransactionTransport;
  readonly handler: TransactionHandler;
  readonly timers?: TimerSettings;
  /** How many server transactions may exist at once; default 400. */
  readonly maximumServerTransactions?: number;
}

const DEFAULT_MAXIMUM = 400;
/** How often the log speaks of requests that found no room. */
const OVERLOAD_LOG_INTERVAL = seconds(10);
/** Bytes of chance in a branch and in a tag: unguessable (§17.1.1.3, §19.3 asks for 32 bits at least). */
const BRANCH_BYTES = 12;
const TAG_BYTES = 8;

/** RFC 3261 §17: requests go out and come in here, each with its transaction. */
export class TransactionLayer {
  readonly #clients = new ChurningMap<string, RunningClientTransaction<string>>();
  readonly #absorbed: Absorbed;
  readonly #servers: ServerTable;
  readonly #timers: TimerSettings;
  #refused = 0;
  #overloadLogged: Millis | undefined;

  constructor(private readonly options: TransactionLayerOptions) {
    this.#timers = options.timers ?? defaultTimers;
    this.#absorbed = new Absorbed(options.clock, this.#timers.t4);
    this.#servers = new ServerTable(options.maximumServerTransactions ?? DEFAULT_MAXIMUM);
  }

  /** How much there is, and how many requests found no room, for status and tests. */
  get counters(): { readonly clients: number; readonly servers: number; readonly refused: number } {
    return { clients: this.#clients.size + this.#absorbed.size, servers: this.#servers.size, refused: this.#refused };
  }

  /**
   * Sends a request and follows it to its end. A copy goes out, with a Via of its own on top (§8.1.1.7): `request` can
   * be changed and sent again. Not for ACK (see `sendAck`) and CANCEL (see `ClientTransaction.cancel`).
   */
  request(request: SipRequest, target: Endpoint, user: ClientTransactionUser): ClientTransaction {
    return this.#begin(this.#withNewVia(request, target), target, user);
  }

  /**
   * Sends the ACK of a 2xx: outside of any transaction, with a branch of its own (§13.2.2.4, §17.1.1.3).
   * @param others ways to go by, one after the other, where the one before it cannot be gone (§18.1.1)
   * @returns sends the very same ACK again, for each repetition of the 2xx
   */
  sendAck(ack: SipRequest, target: Endpoint, others: readonly Endpoint[] = []): () => void {
    let remaining = others;
    let current = { sent: this.#withNewVia(ack, target), target };
    const send = (): void => {
      const way = current;
      this.options.transport.send(way.sent, way.target, ({ code, message }) => {
        const [next, ...rest] = remaining;
        // A repetition may have failed by the same way, and have gone by the next already.
        if (way === current && next !== undefined) {
          remaining = rest;
          current = { sent: this.#withNewVia(ack, next), target: next };
          send();
        } else this.options.log.warn('transaction.ack-not-sent', { code, message });
      });
    };
    send();
    return () => send();
  }

  /** Takes a message that the transport received. */
  receive(message: SipMessage, source: Endpoint): void {
    if (message.kind === 'response') this.#receiveResponse(message, source);
    else if (message.method === 'ACK') this.#receiveAck(message, source);
    else this.#receiveRequest(message, source);
  }

  /** Ends every transaction without a word to anybody. */
  close(): void {
    for (const [, transaction] of this.#clients) transaction.close();
    this.#clients.clear();
    this.#absorbed.close();
    this.#servers.close();
  }

  #withNewVia(request: SipRequest, target: Endpoint): SipRequest {
    const branch = MAGIC_COOKIE + this.options.random.hex(BRANCH_BYTES);
    return withVia(request, { ...this.options.transport.via(target), branch });
  }

  #begin(request: SipRequest, target: Endpoint, user: ClientTransactionUser): ClientTransaction {
    return request.method === 'INVITE'
      ? this.#beginWith(inviteClient, request, target, user)
      : this.#beginWith(nonInviteClient, request, target, user);
  }

  #beginWith<State extends string>(
    machine: ClientMachine<State>,
    request: SipRequest,
    target: Endpoint,
    user: ClientTransactionUser,
  ): ClientTransaction {
    const key = clientKey(request.topVia.branch ?? '', request.method);
    const environment = {
      clock: this.options.clock,
      timers: this.#timers,
      transport: this.options.transport,
      startCancel: (cancel: SipRequest, to: Endpoint): void => {
        this.#begin(cancel, to, this.#cancelUser());
      },
      terminated: (): void => {
        this.#clients.delete(key);
      },
      completed: (): void => {
        this.#clients.delete(key);
        if (startValue('K', this.#timers, target.protocol !== 'udp') !== 0) this.#absorbed.add(key);
      },
    };
    const transaction = new RunningClientTransaction<State>(machine, environment, request, target, user);
    this.#clients.set(key, transaction);
    transaction.begin();
    return transaction;
  }

  /** What becomes of a CANCEL is told by its INVITE (§9.1); the log alone hears of it. */
  #cancelUser(): ClientTransactionUser {
    const { log } = this.options;
    return {
      response: ({ status }) => log.debug('transaction.cancel-answered', { status }),
      timeout: () => log.debug('transaction.cancel-unanswered'),
      transportFailed: ({ code, message }) => log.warn('transaction.cancel-not-sent', { code, message }),
    };
  }

  #receiveResponse(response: SipResponse, source: Endpoint): void {
    // §8.1.3.3: with a second Via it went astray.
    if (response.headers.list('Via').length > 1) return;
    const key = responseKey(response);
    const transaction = key === undefined ? undefined : this.#clients.get(key);
    if (transaction !== undefined) transaction.receive(response, source);
    else if (key === undefined || !this.#absorbed.has(key)) this.options.handler.strayResponse(response, source);
  }

  #receiveAck(ack: SipRequest, source: Endpoint): void {
    const transaction = this.#servers.find(ack);
    // An ACK of RFC 2543 belongs to the transaction only with the To tag of its response (§17.2.3).
    const own = transaction !== undefined && (hasMagicCookie(ack) || transaction.localTag === ack.toTag);
    if (own) transaction.acknowledged(ack, source);
    else this.options.handler.ack(ack, source);
  }

  #receiveRequest(request: SipRequest, source: Endpoint): void {
    const known = this.#servers.find(request);
    if (known !== undefined) {
      known.repeated();
      return;
    }
    const screening = this.#isOfOurs(request, source) ? 'take' : this.options.handler.screen(request, source);
    if (screening === 'drop') return;
    if (screening !== 'take') this.#respondStatelessly(request, source, screening);
    else if (!this.#servers.makeRoom(request)) this.#refuse(request, source);
    else if (request.method === 'CANCEL') this.#receiveCancel(request, source);
    else this.#handUp(this.#addServer(request, source));
  }

  /** A CANCEL of what was taken: it is never challenged (§22.1), and answered by whatever it cancels (§9.2). */
  #isOfOurs(request: SipRequest, source: Endpoint): boolean {
    return request.method === 'CANCEL' && this.#servers.findCancelled(request)?.source.address === source.address;
  }

  /** A user that throws has answered nothing: without an answer the transaction would keep its place for ever. */
  #handUp(transaction: AnyServerTransaction): void {
    try {
      this.options.handler.request(transaction);
    } catch (thrown) {
      if (!transaction.completed) transaction.respond(createResponse(transaction.request, 500));
      throw thrown;
    }
  }

  #addServer(request: SipRequest, source: Endpoint): AnyServerTransaction {
    return request.method === 'INVITE'
      ? this.#addServerWith(inviteServer, request, source)
      : this.#addServerWith(nonInviteServer, request, source);
  }

  #addServerWith<State extends string>(
    machine: ServerMachine<State>,
    request: SipRequest,
    source: Endpoint,
  ): AnyServerTransaction {
    const environment = {
      clock: this.options.clock,
      timers: this.#timers,
      transport: this.options.transport,
      ack: (ack: SipRequest, from: Endpoint): void => this.options.handler.ack(ack, from),
      terminated: (): void => this.#servers.remove(request),
    };
    const transaction: AnyServerTransaction = new RunningServerTransaction<State>(
      machine,
      environment,
      request,
      source,
    );
    this.#servers.add(transaction);
    return transaction;
  }

  /**
   * §9.2: 200 when it matches anything, with the To tag of the INVITE's responses where they have one; when not, it is the
   * handler's. Only who sent a request can cancel it: a CANCEL goes by the same hop (§9.1).
   */
  #receiveCancel(cancel: SipRequest, source: Endpoint): void {
    const found = this.#servers.findCancelled(cancel);
    const target = found?.source.address === source.address ? found : undefined;
    const transaction = this.#addServer(cancel, source);
    if (found?.state === 'ignored') transaction.ignore();
    else if (target === undefined) this.options.handler.strayCancel(transaction);
    else {
      const toTag = target.localTag ?? this.options.random.hex(TAG_BYTES);
      transaction.respond(createResponse(cancel, 200, { toTag }));
      if (target.request.method === 'INVITE') target.cancelled(cancel);
    }
  }

  /** §8.2.7, §21.5.4: an answer that leaves no state behind. */
  #refuse(request: SipRequest, source: Endpoint): void {
    this.#refused += 1;
    const { clock, log, random, handler } = this.options;
    const now = clock.now();
    if (this.#overloadLogged === undefined || now - this.#overloadLogged >= OVERLOAD_LOG_INTERVAL) {
      this.#overloadLogged = now;
      log.warn('transaction.overload', { refused: this.#refused, from: source.address });
    }
    if (!handler.mayRefuse(request, source)) return;
    this.#respondStatelessly(request, source, createResponse(request, 503, { toTag: random.hex(TAG_BYTES) }));
  }

  #respondStatelessly(request: SipRequest, source: Endpoint, response: SipResponse): void {
    const { log, transport } = this.options;
    transport.send(response, transport.responseTarget(request, source), ({ code }) =>
      log.debug('transaction.refusal-not-sent', { code }),
    );
  }
}
