// What the peer of one dialog answers to an INVITE of ours: early descriptions, reliable responses with their PRACK, the
// 2xx with its ACK (RFC 3261 §13.2.2.4, RFC 3262 §4). Which message may say what is in offer-answer-state.ts.

import type { SentRequest } from '../exchange/index.ts';
import type { SipResponse } from '../message/types.ts';
import { sessionBodyOf } from './bodies.ts';
import { type DialogParts, negotiation } from './dialog-parts.ts';
import type { Meaning } from './offer-answer-state.ts';
import { formatRAck, ReliableOrder, readRSeq } from './rseq.ts';
import type { Body } from './types.ts';

/** What a response says of the session: an answer, or the preview of one. Undefined: nothing, or it was an offer. */
export interface Said {
  readonly body: Body | undefined;
}

/** RFC 3262 §3 has one at a time; what comes faster is not acknowledged, and comes again. */
const MAXIMUM_PRACKS = 4;

/** The answers to one INVITE, in one dialog. */
export class InviteAnswers {
  readonly #order = new ReliableOrder();

  /** @param waiting takes an offer that waits for its turn, where there is one */
  constructor(
    private readonly parts: DialogParts,
    private readonly waiting: () => Body | undefined,
  ) {}

  /**
   * A 101–199. A reliable one is acknowledged before this returns, unless it has an offer, which the user answers first.
   * @returns undefined for one that must not be looked at: a repetition, or one that has overtaken another (§4)
   */
  provisional(response: SipResponse): Said | undefined {
    const { exchange, peer, dialog } = this.parts;
    const rseq = readRSeq(response);
    if (rseq !== undefined && (exchange.pracks >= MAXIMUM_PRACKS || !this.#order.isNext(rseq))) return undefined;
    peer.learn(response);
    const body = sessionBodyOf(response);
    const meaning = body && exchange.carries(rseq === undefined ? '1xx' : 'reliable 1xx');
    if (rseq !== undefined) {
      dialog.refreshTarget(response); // RFC 6141 §4.7
      exchange.prackBegins();
      const rack = formatRAck({ rseq, cseq: response.cseq });
      if (body !== undefined && meaning === 'offer') this.#answer(rack, body);
      else this.#acknowledge(rack, meaning === 'answer');
    }
    return { body: this.#said(meaning, body) };
  }

  /**
   * A 2xx, and every repetition of it. An offer in it is answered in the ACK.
   * @param report called once, when the ACK is on the wire
   */
  accepted(response: SipResponse, sent: SentRequest, report: (said: Said) => void): void {
    const { exchange, acknowledgements, peer, user, dialog, timer } = this.parts;
    if (!acknowledgements.isFirst(sent)) return;
    dialog.refreshTarget(response);
    timer.accepted(sent.request, response);
    peer.learn(response);
    const body = sessionBodyOf(response);
    const meaning = body && exchange.carries('2xx');
    const acknowledge = (answer: Body | undefined): void =>
      acknowledgements.send(sent, answer, () => {
        exchange.inviteEnds();
        report({ body: this.#said(meaning, body) });
      });
    if (meaning !== 'offer') {
      acknowledge(undefined);
      return;
    }
    const accept = (answer: Body): void => {
      exchange.carries('ACK');
      this.#inForce(answer, body);
      acknowledge(answer);
    };
    user.negotiation(negotiation(body, { accept, reject: () => acknowledge(undefined) }));
  }

  /** §5: the offer in a reliable response is answered in its PRACK. There is no way to refuse it (RFC 6337 §2.3). */
  #answer(rack: string, offer: Body): void {
    const accept = (answer: Body): void => {
      this.parts.exchange.carries('PRACK');
      this.#inForce(answer, offer);
      this.#send(rack, answer, () => undefined);
    };
    const reject = (): void => this.#send(rack, undefined, () => undefined);
    this.parts.user.negotiation(negotiation(offer, { accept, reject }));
  }

  /** §5: with the answer in hand we may offer anew at once; that saves a request. Where UPDATE is taken, it is better. */
  #acknowledge(rack: string, answered: boolean): void {
    const { exchange, peer, user } = this.parts;
    const mayOffer = answered && !peer.allows('UPDATE') && exchange.wouldCarry('PRACK') === 'offer';
    const offer = mayOffer ? this.waiting() : undefined;
    if (offer === undefined) {
      this.#send(rack, undefined, () => undefined);
      return;
    }
    exchange.innerBegins('ours', true);
    this.#send(rack, offer, (response) => {
      exchange.innerEnds();
      const answer = response && response.status < 300 ? sessionBodyOf(response) : undefined;
      if (answer === undefined) {
        user.offerRefused(response?.status ?? 503);
        return;
      }
      this.#inForce(offer, answer);
      user.answer(answer);
    });
  }

  /** An answer, or the preview of one. */
  #said(meaning: Meaning | undefined, body: Body | undefined): Body | undefined {
    if (meaning === 'answer') this.parts.description.theirs = body;
    return meaning === 'offer' ? undefined : meaning && body;
  }

  #inForce(ours: Body, theirs: Body | undefined): void {
    this.parts.description.ours = ours;
    this.parts.description.theirs = theirs;
  }

  #send(rack: string, body: Body | undefined, done: (response: SipResponse | undefined) => void): void {
    const { requests, exchange, context, user } = this.parts;
    const over = (response: SipResponse | undefined): void => {
      exchange.prackEnds();
      done(response);
      user.settled();
    };
    requests.send(
      'PRACK',
      { headers: [['RAck', rack]], body, repeatable: true },
      {
        // A dialog that is lost shows in the INVITE, which knows of others too.
        answered: (response) => {
          context.environment.log.debug('session.prack-answered', { status: response.status });
          over(response);
        },
        failed: () => over(undefined),
      },
    );
  }
}
