// Offers of the peer's inside a dialog: by re-INVITE, UPDATE and PRACK, and the questions for ours (RFC 3261 §14.2, RFC
// 3262 §5, RFC 3311 §5.2). The bodies are opaque; the user answers.

import { createResponse } from '../message/index.ts';
import type { SipRequest, SipResponse } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import { sessionBodyOf } from './bodies.ts';
import { CAPABILITY_HEADERS, refuseBody, SESSION_TYPE } from './capabilities.ts';
import { type DialogParts, negotiation } from './dialog-parts.ts';
import { refuseInterval } from './session-refresh.ts';
import type { Body, Negotiation, Refusal } from './types.ts';

/** 2xx of ours that have no ACK: each is repeated, and a peer that acknowledges none must not collect them. */
const MAXIMUM_UNACKNOWLEDGED = 4;

/** One dialog's requests of the peer's that change the session. */
export class PeerOffers {
  /** Those that our user has not answered yet. */
  readonly #open = new Set<Negotiation>();

  constructor(private readonly parts: DialogParts) {}

  /** A re-INVITE. */
  receiveInvite(transaction: ServerTransaction): void {
    const { request } = transaction;
    const { exchange } = this.parts;
    const obstacle =
      this.#obstacle(request, 'INVITE') ?? refuseInterval(request) ?? refuseBody(request, [SESSION_TYPE]);
    if (obstacle !== undefined) {
      transaction.respond(obstacle);
      return;
    }
    const offer = sessionBodyOf(request);
    exchange.inviteBegins('theirs', offer !== undefined);
    this.#negotiate(transaction, offer, {
      accept: (body) => this.#acceptInvite(transaction, body),
      reject: (refusal) => {
        exchange.inviteEnds();
        this.#refuse(transaction, refusal);
      },
    });
  }

  /** An UPDATE; one without an offer only refreshes the target. */
  receiveUpdate(transaction: ServerTransaction): void {
    const { request } = transaction;
    const { exchange } = this.parts;
    const offer = sessionBodyOf(request);
    const kind = offer === undefined ? 'UPDATE' : 'UPDATE with an offer';
    const obstacle = this.#obstacle(request, kind) ?? refuseInterval(request) ?? refuseBody(request, [SESSION_TYPE]);
    if (obstacle !== undefined) {
      transaction.respond(obstacle);
      return;
    }
    if (offer === undefined) {
      this.#accept(transaction, undefined);
      return;
    }
    exchange.innerBegins('theirs', true);
    this.#negotiate(transaction, offer, {
      accept: (body) => {
        exchange.innerEnds();
        this.#accept(transaction, body);
      },
      reject: (refusal) => {
        exchange.innerEnds();
        this.#refuse(transaction, refusal);
      },
    });
  }

  /**
   * A PRACK that has acknowledged a response of ours. With the answer to our offer, or an offer of its own (RFC 3262
   * §5); anything else in it is passed over, as it would be in an ACK (§3).
   */
  receivePrack(transaction: ServerTransaction): void {
    const { request } = transaction;
    const { exchange, user } = this.parts;
    const body = sessionBodyOf(request);
    const meaning = body && exchange.carries('PRACK');
    if (body === undefined || meaning !== 'offer') {
      if (body !== undefined && meaning === 'answer') {
        this.parts.description.theirs = body;
        user.answer(body);
      }
      transaction.respond(createResponse(request, 200));
      return;
    }
    exchange.innerBegins('theirs', true);
    this.#negotiate(transaction, body, {
      accept: (answer) => {
        exchange.innerEnds();
        this.#inForce(answer, body);
        transaction.respond(createResponse(request, 200, { body: answer }));
      },
      // RFC 6337 §2.3: a UAC has to be ready for a 488, though RFC 3262 §3 has 2xx for every PRACK that matches.
      reject: (refusal) => {
        exchange.innerEnds();
        this.#refuse(transaction, refusal);
      },
    });
  }

  /**
   * Sends a 2xx to an INVITE until its ACK is there, and takes the answer in the ACK where the 2xx had our offer.
   * @param initial whether the INVITE began the dialog
   */
  sendAccepted(transaction: ServerTransaction, response: SipResponse, initial: boolean): void {
    const { exchange, acknowledgements, user } = this.parts;
    const ourOffer = response.body.length > 0 && exchange.carries('2xx') === 'offer';
    if (!ourOffer) exchange.inviteEnds();
    acknowledgements.accept(transaction, response, initial, (ack) => {
      const answer = ack && ourOffer ? sessionBodyOf(ack) : undefined;
      if (answer !== undefined && exchange.carries('ACK') === 'answer') {
        this.parts.description.theirs = answer;
        user.answer(answer);
      }
      if (ourOffer) exchange.inviteEnds();
      if (ack === undefined) user.failed({ reason: 'no-ack' });
      else if (initial) user.acknowledged();
      user.settled();
    });
  }

  /** Answers what is open with 487: the dialog ends (RFC 3261 §15.1.2). */
  withdraw(): void {
    for (const open of [...this.#open]) open.reject({ status: 487 });
  }

  /** Why it cannot be taken now: something else is under way. */
  #obstacle(request: SipRequest, kind: 'INVITE' | 'UPDATE' | 'UPDATE with an offer'): SipResponse | undefined {
    const { exchange, acknowledgements } = this.parts;
    const flooded = kind === 'INVITE' && acknowledgements.count >= MAXIMUM_UNACKNOWLEDGED;
    const status = flooded ? 500 : exchange.refusalOf(kind);
    if (status === undefined) return undefined;
    if (status === 491) return createResponse(request, 491);
    const wait = Math.floor(this.parts.context.environment.random.uniform() * 11);
    return createResponse(request, 500, { headers: [['Retry-After', String(wait)]] });
  }

  #negotiate(
    transaction: ServerTransaction,
    offer: Body | undefined,
    settle: { readonly accept: (body: Body) => void; readonly reject: (refusal: Refusal) => void },
  ): void {
    const over = (): void => {
      this.#open.delete(asked);
      this.parts.user.settled();
    };
    const asked = negotiation(offer, {
      accept: (body) => {
        settle.accept(body);
        over();
      },
      reject: (refusal) => {
        settle.reject(refusal);
        over();
      },
    });
    this.#open.add(asked);
    transaction.attach({ cancelled: () => asked.reject({ status: 487 }) });
    this.parts.user.negotiation(asked);
  }

  #acceptInvite(transaction: ServerTransaction, body: Body): void {
    this.#inForce(body, sessionBodyOf(transaction.request));
    this.sendAccepted(transaction, this.#accepted(transaction, body), false);
  }

  #accept(transaction: ServerTransaction, body: Body | undefined): void {
    if (body !== undefined) this.#inForce(body, sessionBodyOf(transaction.request));
    transaction.respond(this.#accepted(transaction, body));
  }

  /** The 2xx to a target refresh request: it takes over the peer's Contact, and names ours (RFC 6141 §4.5, §4.6). */
  #accepted({ request, source }: ServerTransaction, body: Body | undefined): SipResponse {
    const { dialog, context, timer } = this.parts;
    dialog.refreshTarget(request);
    const contact = ['Contact', context.localTarget.say(source)] as const;
    // Before the answer there is no session yet whose time could run.
    const refreshes = dialog.state === 'confirmed' ? timer.answer(request) : [];
    const headers = [contact, ...CAPABILITY_HEADERS, ...refreshes];
    return createResponse(request, 200, { headers, body, recordRoute: request.method === 'INVITE' });
  }

  /** The peer's is left as it is where it had none: its answer is still to come. */
  #inForce(ours: Body, theirs: Body | undefined): void {
    const { description } = this.parts;
    description.ours = ours;
    description.theirs = theirs ?? description.theirs;
  }

  #refuse(transaction: ServerTransaction, { status, reason, headers }: Refusal): void {
    transaction.respond(createResponse(transaction.request, status, { reason, headers }));
  }
}
