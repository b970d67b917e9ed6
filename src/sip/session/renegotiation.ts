// INVITE and UPDATE inside a dialog, either way: one offer at a time (RFC 3261 §14, RFC 3311 §5, RFC 6337 §2). The
// bodies are opaque. It also keeps what every 2xx to an INVITE needs, the first one included: our ACK to the peer's,
// sent again for each repetition, and our own until the peer's ACK.
// Left out: offers by PRACK and UPDATE of our own.

import type { Timer } from '../../base/clock.ts';
import { millis } from '../../base/units.ts';
import type { Dialog } from '../dialog/index.ts';
import { ClientExchange, type SentRequest } from '../exchange/index.ts';
import { createResponse } from '../message/index.ts';
import type { SipRequest, SipResponse } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import { AcceptedResponse } from './accepted-response.ts';
import { sessionBodyOf } from './bodies.ts';
import { CAPABILITY_HEADERS, refuseBody, SESSION_TYPE } from './capabilities.ts';
import type { DialogContext } from './environment.ts';
import type { Body, Negotiation, Refusal, SessionEnd } from './types.ts';

/** What the owner of a dialog is told about offers and answers. */
export interface RenegotiationUser {
  negotiation(negotiation: Negotiation): void;
  answer(body: Body): void;
  offerRefused(status: number): void;
  /** The ACK of the first 2xx came. */
  acknowledged(): void;
  /** The dialog cannot go on: it is to be ended with a BYE (§12.2.1.2, §13.3.1.4). */
  failed(end: SessionEnd): void;
  /** Something that was under way is over. */
  settled(): void;
}

interface AwaitedAck {
  readonly accepted: AcceptedResponse;
  readonly initial: boolean;
  /** Our 2xx had the offer: the answer comes in the ACK. */
  readonly ourOffer: boolean;
}

/** One dialog's INVITEs and UPDATEs. */
export class Renegotiation {
  /** The first INVITE, as long as it has no final response. */
  #initial: 'ours' | 'theirs' | undefined;
  #inviting = false;
  #retry: Timer | undefined;
  /** An offer that has to wait for what is under way. */
  #wanted: Body | undefined;
  /** Answers the peer's open request with 487. */
  #withdraw: (() => void) | undefined;
  readonly #awaited = new Map<number, AwaitedAck>();
  readonly #acks = new Map<number, () => void>();
  #closed = false;

  constructor(
    private readonly context: DialogContext,
    private readonly dialog: Dialog,
    private readonly user: RenegotiationUser,
  ) {
    this.#initial = context.began;
  }

  /** Whether a request or a 2xx of ours waits for its end. */
  get busy(): boolean {
    return this.#inviting || this.#awaited.size > 0;
  }

  /** Whether our first 2xx has no ACK yet, so that no BYE may be sent (§15). */
  get awaitsFirstAck(): boolean {
    return [...this.#awaited.values()].some((awaited) => awaited.initial);
  }

  /** The first INVITE has its 2xx. */
  established(): void {
    this.#initial = undefined;
  }

  /** Ends what can be ended: no offer of ours goes out any more, the peer's open request gets 487 (§15.1.2). */
  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#wanted = undefined;
    this.#withdraw?.();
  }

  /** The peer has ended the dialog: it will send no ACK any more. */
  abandonAcks(): void {
    for (const awaited of this.#awaited.values()) awaited.accepted.stop();
    this.#awaited.clear();
  }

  /**
   * Acknowledges a 2xx of the peer's (§13.2.2.4). For a repetition the same ACK goes out again.
   * @param first called once, when the ACK is on the wire for the first time
   */
  acknowledge(invite: SentRequest, first: () => void): void {
    const { number } = invite.request.cseq;
    const again = this.#acks.get(number);
    if (again !== undefined) {
      again();
      return;
    }
    const { environment } = this.context;
    const { request, nextHop } = this.dialog.createAck(invite.request, {
      headers: [['User-Agent', environment.userAgent]],
    });
    this.#acks.set(number, nothingYet);
    environment.locate(nextHop, (located) => {
      const target = (located.ok ? located.value[0] : this.context.lastHeard()) ?? invite.target;
      if (this.context.credentials?.mayGoTo(target.address) !== true) withoutCredentials(request);
      this.#acks.set(number, environment.sendAck(request, target));
      first();
    });
  }

  /** Sends a 2xx to an INVITE of the peer's, until its ACK is there. */
  accept(transaction: ServerTransaction, response: SipResponse, kind: { initial: boolean; ourOffer: boolean }): void {
    const { clock, timers } = this.context.environment;
    const { number } = transaction.request.cseq;
    const accepted = new AcceptedResponse(clock, timers, transaction, response, () => {
      this.#awaited.delete(number);
      this.user.failed({ reason: 'no-ack' });
      this.user.settled();
    });
    this.#awaited.set(number, { accepted, ...kind });
    accepted.begin();
  }

  /** An ACK of the peer's to a 2xx of ours. */
  receiveAck(ack: SipRequest): void {
    const awaited = this.#awaited.get(ack.cseq.number);
    if (awaited === undefined) return;
    this.#awaited.delete(ack.cseq.number);
    awaited.accepted.stop();
    const answer = sessionBodyOf(ack);
    if (awaited.ourOffer && answer !== undefined) this.user.answer(answer);
    if (awaited.initial) this.user.acknowledged();
    this.#next();
    this.user.settled();
  }

  /** Offers anew; after what is under way, where something is (§14.1). */
  reoffer(body: Body): void {
    if (this.#closed) return;
    this.#wanted = body;
    this.#next();
  }

  /** A re-INVITE of the peer's (§14.2). */
  receiveInvite(transaction: ServerTransaction): void {
    const obstacle = this.#obstacle(transaction.request);
    if (obstacle !== undefined) {
      transaction.respond(obstacle);
      return;
    }
    this.#open(transaction, sessionBodyOf(transaction.request));
  }

  /** An UPDATE of the peer's (RFC 3311 §5.2); one without an offer only refreshes the target. */
  receiveUpdate(transaction: ServerTransaction): void {
    const { request } = transaction;
    const offer = sessionBodyOf(request);
    const obstacle = offer === undefined ? refuseBody(request, [SESSION_TYPE]) : this.#obstacle(request);
    if (obstacle !== undefined) {
      transaction.respond(obstacle);
      return;
    }
    if (offer === undefined) {
      this.#accept(transaction, undefined, undefined);
      return;
    }
    this.#open(transaction, offer);
  }

  /** Why an offer cannot be taken now: §14.2, RFC 3311 §5.2; 415 for a body that is none. */
  #obstacle(request: SipRequest): SipResponse | undefined {
    const ourOfferOpen = this.#inviting || [...this.#awaited.values()].some((awaited) => awaited.ourOffer);
    if (ourOfferOpen || this.#initial === 'ours') return createResponse(request, 491);
    if (this.#withdraw !== undefined || this.#initial === 'theirs') {
      const wait = Math.floor(this.context.environment.random.uniform() * 11);
      return createResponse(request, 500, { headers: [['Retry-After', String(wait)]] });
    }
    return refuseBody(request, [SESSION_TYPE]);
  }

  #open(transaction: ServerTransaction, offer: Body | undefined): void {
    let open = true;
    const once = (settle: () => void): void => {
      if (!open) return;
      open = false;
      this.#withdraw = undefined;
      settle();
      this.#next();
    };
    const refuse = ({ status, reason, headers }: Refusal): void =>
      once(() => transaction.respond(createResponse(transaction.request, status, { reason, headers })));
    const withdraw = (): void => refuse({ status: 487 });
    this.#withdraw = withdraw;
    transaction.attach({ cancelled: withdraw });
    this.user.negotiation({
      offer,
      accept: (body) => once(() => this.#accept(transaction, offer, body)),
      reject: refuse,
    });
  }

  #accept(transaction: ServerTransaction, offer: Body | undefined, body: Body | undefined): void {
    const { request } = transaction;
    this.dialog.refreshTarget(request);
    const headers = [['Contact', this.context.contact] as const, ...CAPABILITY_HEADERS];
    const isInvite = request.method === 'INVITE';
    const response = createResponse(request, 200, { headers, body, recordRoute: isInvite });
    if (isInvite) this.accept(transaction, response, { initial: false, ourOffer: offer === undefined });
    else transaction.respond(response);
  }

  #next(): void {
    const body = this.#wanted;
    const free = !this.busy && this.#withdraw === undefined && this.#initial === undefined;
    if (body === undefined || !free || this.#retry !== undefined || this.#closed) return;
    this.#wanted = undefined;
    this.#invite(body);
  }

  #invite(body: Body): void {
    const { environment, credentials, contact } = this.context;
    this.#inviting = true;
    const headers = [['Contact', contact] as const, ['User-Agent', environment.userAgent] as const];
    const exchange = new ClientExchange(
      environment,
      credentials,
      {
        nextHop: this.dialog.nextHop,
        build: () =>
          this.dialog.createRequest('INVITE', { headers: [...headers, ...CAPABILITY_HEADERS], body }).request,
      },
      {
        final: (response, sent) =>
          response.status < 300 ? this.#invited(response, sent) : this.#refused(response.status, body),
        failed: (reason) => {
          this.#inviting = false;
          if (reason === 'timeout') this.user.failed({ reason: 'timeout' });
          else this.user.offerRefused(503);
          this.#next();
          this.user.settled();
        },
        heard: (source) => this.context.heard(source),
      },
    );
    exchange.begin(() => this.context.lastHeard());
  }

  #invited(response: SipResponse, sent: SentRequest): void {
    if (!this.#acks.has(sent.request.cseq.number)) this.dialog.refreshTarget(response);
    this.acknowledge(sent, () => {
      this.#inviting = false;
      const answer = sessionBodyOf(response);
      // A 2xx without an answer leaves the offer refused in all but name (RFC 3264 §5).
      if (answer === undefined) this.user.offerRefused(response.status);
      else this.user.answer(answer);
      this.#next();
      this.user.settled();
    });
  }

  #refused(status: number, body: Body): void {
    this.#inviting = false;
    if (status === 491) this.#later(body);
    else if (status === 408) this.user.failed({ reason: 'timeout', status });
    else if (status === 481) this.user.failed({ reason: 'remote-hangup', status });
    else this.user.offerRefused(status);
    this.#next();
    this.user.settled();
  }

  /** §14.1: both sides offered at once. Who made the Call-ID waits longer; an offer that came meanwhile is newer. */
  #later(body: Body): void {
    if (this.#closed) return;
    this.#wanted ??= body;
    const steps = this.context.began === 'ours' ? 210 + this.#chance(191) : this.#chance(201);
    this.#retry = this.context.environment.clock.after(millis(10 * steps), 're-INVITE after 491', () => {
      this.#retry = undefined;
      this.#next();
    });
  }

  /** A whole number from 0 to `count` - 1. */
  #chance(count: number): number {
    return Math.floor(this.context.environment.random.uniform() * count);
  }
}

/** Those of the INVITE are for the server that asked for them; its ACK may go straight to the phone. */
function withoutCredentials(ack: SipRequest): void {
  ack.headers.remove('Authorization');
  ack.headers.remove('Proxy-Authorization');
}

/** Stands for the ACK while the address of its target is looked up. */
function nothingYet(): void {
  return;
}
