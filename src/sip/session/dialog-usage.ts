// An INVITE's dialog in use: requests inside it, both ways, and its end (RFC 3261 §12.2, §14, §15; INFO: RFC 6086;
// PRACK: RFC 3262; UPDATE: RFC 3311). It outlives its session for as long as a BYE or an ACK of it is under way.
// Offers and answers are in own-offers.ts, peer-offers.ts and invite-answers.ts.

import { type Dialog, livesAt, type RequestContent } from '../dialog/index.ts';
import type { SentRequest } from '../exchange/index.ts';
import { createResponse } from '../message/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { refuseExtensions, refuseMethod, refuseText } from './capabilities.ts';
import type { DialogParts, NegotiationUser } from './dialog-parts.ts';
import { DialogRequests, type DialogRequestUser, endByAnswer } from './dialog-requests.ts';
import type { DialogContext } from './environment.ts';
import { InviteAnswers, type Said } from './invite-answers.ts';
import { OfferAnswerState } from './offer-answer-state.ts';
import { OwnAnswers, type OwnAnswersUser, refusePrack } from './own-answers.ts';
import { OwnOffers } from './own-offers.ts';
import { PeerCapabilities } from './peer-capabilities.ts';
import { PeerOffers } from './peer-offers.ts';
import { reasonsOf } from './reasons.ts';
import { SessionRefresh } from './session-refresh.ts';
import { answerOptions, takeInfo } from './simple-methods.ts';
import { DialogReferrals } from './transfer/dialog-referrals.ts';
import type { Body, Negotiation, Referral, SessionEnd } from './types.ts';

type HeaderList = NonNullable<RequestContent['headers']>;

/**
 * What is answered though the call is over: two BYEs may cross; and who referred us may hang up, and go on with the
 * subscription to what became of it (RFC 6665 §4.5.2).
 */
const OUTLIVES = new Set(['BYE', 'SUBSCRIBE']);

/** What the session is told. Nothing but `quiet` after the dialog's end. */
export interface DialogUser {
  negotiation(negotiation: Negotiation): void;
  answer(body: Body): void;
  offerRefused(status: number): void;
  outOfStep(offered: boolean): void;
  acknowledged(): void;
  info(body: Body): void;
  /** The peer wants us to call somebody. */
  refer(referral: Referral): void;
  /** The dialog is over, and not by our `hangUp`. */
  ended(end: SessionEnd): void;
  /** Over, and nothing of it is under way any more. */
  quiet(): void;
}

/** One dialog and the requests in it. */
export class DialogUsage {
  readonly offers: OwnOffers;
  readonly referrals: DialogReferrals;
  readonly #parts: DialogParts;
  readonly #peerOffers: PeerOffers;
  readonly #answers: InviteAnswers;
  #over = false;
  #byeWaits = false;
  #byeHeaders: HeaderList = [];
  #toldQuiet = false;
  #ownAnswers: OwnAnswers | undefined;

  /** What is done with a request of the peer's that is in order, by method; any other is refused (§8.2.1). */
  readonly #methods: ReadonlyMap<string, (transaction: ServerTransaction) => void> = new Map([
    ['BYE', (transaction) => this.#receiveBye(transaction)],
    ['INVITE', (transaction) => this.#peerOffers.receiveInvite(transaction)],
    ['UPDATE', (transaction) => this.#peerOffers.receiveUpdate(transaction)],
    ['PRACK', (transaction) => this.#receivePrack(transaction)],
    ['INFO', (transaction) => this.#receiveInfo(transaction)],
    ['MESSAGE', (transaction) => this.#receiveMessage(transaction)],
    ['OPTIONS', answerOptions],
    ['REFER', (transaction) => this.referrals.receive(transaction)],
    ['SUBSCRIBE', (transaction) => this.referrals.subscribe(transaction)],
    ['NOTIFY', (transaction) => this.referrals.notify(transaction)],
  ]);

  /** @param offer whether the INVITE that begins the dialog has one; it is ours where the context says so */
  constructor(
    readonly dialog: Dialog,
    private readonly context: DialogContext,
    private readonly user: DialogUser,
    offer: Body | undefined,
  ) {
    const { began } = context;
    this.#parts = {
      context,
      dialog,
      exchange: new OfferAnswerState(),
      requests: new DialogRequests(context, dialog, () => this.#checkQuiet()),
      acknowledgements: new Acknowledgements(context, dialog),
      peer: new PeerCapabilities(),
      timer: new SessionRefresh(context.environment.clock, context.environment.sessionExpires, {
        refresh: () => this.offers.refresh(),
        expired: () => this.#fail({ reason: 'timeout' }),
      }),
      user: this.#negotiationUser(),
      description: began === 'ours' ? { ours: offer, theirs: undefined } : { ours: undefined, theirs: offer },
    };
    this.#parts.exchange.inviteBegins(began, offer !== undefined);
    this.offers = new OwnOffers(this.#parts);
    this.referrals = new DialogReferrals(this.#parts, (referral) => this.user.refer(referral));
    this.#peerOffers = new PeerOffers(this.#parts);
    this.#answers = new InviteAnswers(this.#parts, () => this.offers.takeOffer());
  }

  /** Whether it has ended; a BYE or an ACK may still be under way. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Whether it is over and nothing of it is under way. */
  get isQuiet(): boolean {
    const { requests, acknowledgements } = this.#parts;
    const busy = requests.busy || acknowledgements.count > 0 || this.offers.busy || this.referrals.busy;
    return this.#over && !busy && !this.#byeWaits;
  }

  /**
   * Whether a request from `source` counts: only from where the dialog lives, so that a sniffed BYE sent from elsewhere
   * ends nothing. That is: the peer's contact, the proxies of the route set, the account's servers.
   */
  livesAt(source: Endpoint): boolean {
    return livesAt(this.dialog, source, this.context.environment);
  }

  /** A request of the peer's in this dialog (§12.2.2). */
  receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) {
      transaction.respond(refusal);
      return;
    }
    this.dialog.acceptSequence(request);
    this.#parts.peer.learn(request);
    const handle = this.#methods.get(request.method);
    if (handle === undefined) transaction.respond(refuseMethod(request));
    else handle(transaction);
  }

  /** §8.2.2.3, §12.2.2. */
  #refusalOf(request: SipRequest): SipResponse | undefined {
    const extensions = refuseExtensions(request);
    if (extensions !== undefined) return extensions;
    if (!this.dialog.isInOrder(request)) return createResponse(request, 500);
    return this.#over && !OUTLIVES.has(request.method) ? createResponse(request, 481) : undefined;
  }

  /** An ACK of the peer's. */
  receiveAck(ack: SipRequest): void {
    this.#parts.acknowledgements.receive(ack);
  }

  /** A 101–199 to the INVITE of ours that begins this dialog. Undefined: it must not be looked at (RFC 3262 §4). */
  receiveProvisional(response: SipResponse): Said | undefined {
    return this.#answers.provisional(response);
  }

  /**
   * A 2xx to the INVITE of ours that begins this dialog: acknowledged whatever becomes of it (§13.2.2.4).
   * @param report called once, when the ACK is on the wire
   */
  receiveAccepted(response: SipResponse, sent: SentRequest, report: (said: Said) => void): void {
    if (this.dialog.state === 'early') this.dialog.confirmBy(response);
    this.#answers.accepted(response, sent, (said) => {
      report(said);
      this.#settled();
    });
  }

  /** Answers the peer's INVITE that begins this dialog. */
  answerInvite(transaction: ServerTransaction, user: OwnAnswersUser): OwnAnswers {
    this.#ownAnswers = new OwnAnswers(this.#parts, this.#peerOffers, transaction, user);
    return this.#ownAnswers;
  }

  /**
   * The machine's network has changed. The peer is told of our new address, unless an offer has told it already.
   * @param isHeard whether the session is interested in this dialog
   */
  networkChanged(isHeard: boolean): void {
    const { lastHeard, localTarget } = this.context;
    const peer = lastHeard();
    if (peer === undefined || !localTarget.hasMoved(peer)) return;
    this.#parts.requests.moved();
    this.offers.moved();
    if (isHeard && localTarget.hasMoved(peer)) this.offers.refresh();
  }

  /** Sends a request of ours in this dialog, as long as it lasts. An answer that says that the peer has lost it ends it. */
  request(method: string, content: RequestContent, user: DialogRequestUser): void {
    if (this.#over) return;
    this.#parts.requests.send(method, content, {
      answered: (response, sent) => {
        user.answered(response, sent);
        const end = endByAnswer(response.status);
        if (end !== undefined) this.#fail(end);
      },
      failed: (reason) => {
        user.failed?.(reason);
        if (reason === 'timeout') this.#fail({ reason: 'timeout' });
      },
    });
  }

  /** Sends INFO (RFC 6086 §4.2.1); what is answered ends the dialog at most (§12.2.1.2). */
  sendInfo(body: Body): void {
    const { log } = this.context.environment;
    this.request('INFO', { body }, { answered: ({ status }) => log.debug('session.info-answered', { status }) });
  }

  /** Ends the dialog with BYE; not before the ACK of our first 2xx is there, or can come no more (§15). */
  hangUp(headers: HeaderList = []): void {
    if (this.#over) return;
    this.#over = true;
    this.#byeHeaders = headers;
    this.#close();
    if (this.#parts.acknowledgements.awaitsFirst) this.#byeWaits = true;
    else this.#sendBye();
  }

  /** The INVITE had no 2xx for this dialog: there never was a session in it (§12.3). */
  drop(): void {
    this.#over = true;
    this.#close();
    this.#checkQuiet();
  }

  /** Nothing is waited for any longer: the agent ends. */
  close(): void {
    this.#end();
    this.referrals.close();
  }

  /** The peer has ended it, or nobody is there to end it for. */
  #end(): void {
    this.#over = true;
    this.#byeWaits = false;
    this.#close();
    this.#parts.acknowledgements.abandon();
  }

  #close(): void {
    this.offers.close();
    this.#parts.timer.stop();
    this.referrals.callOver();
    this.#ownAnswers?.stop();
    this.#peerOffers.withdraw();
  }

  #receiveBye(transaction: ServerTransaction): void {
    const { request } = transaction;
    // §15: who was called must not end an early dialog so; its final response is still to come.
    if (this.context.began === 'ours' && this.dialog.state === 'early') {
      transaction.respond(createResponse(request, 481));
      return;
    }
    transaction.respond(createResponse(request, 200));
    const wasOver = this.#over;
    this.#end();
    if (!wasOver) this.user.ended({ reason: 'remote-hangup', ...reasonsOf(request) });
    this.#checkQuiet();
  }

  #receivePrack(transaction: ServerTransaction): void {
    if (this.#ownAnswers === undefined) refusePrack(transaction);
    else this.#ownAnswers.receivePrack(transaction);
  }

  /** RFC 3428 §4, §7: a text that belongs to the call. */
  #receiveMessage(transaction: ServerTransaction): void {
    const { request, source } = transaction;
    const refusal = refuseText(request);
    transaction.respond(refusal ?? createResponse(request, 200));
    if (refusal === undefined) this.context.environment.texted(request, source);
  }

  #receiveInfo(transaction: ServerTransaction): void {
    const body = takeInfo(transaction);
    if (body !== undefined) this.user.info(body);
  }

  #negotiationUser(): NegotiationUser {
    const { user } = this;
    return {
      negotiation: (negotiation) => {
        if (this.#over) negotiation.reject({ status: 487 });
        else user.negotiation(negotiation);
      },
      answer: (body) => this.#ifAlive(() => user.answer(body)),
      offerRefused: (status) => this.#ifAlive(() => user.offerRefused(status)),
      outOfStep: (offered) => this.#ifAlive(() => user.outOfStep(offered)),
      acknowledged: () => this.#ifAlive(() => user.acknowledged()),
      failed: (end) => this.#fail(end),
      settled: () => this.#settled(),
    };
  }

  #ifAlive(tell: () => void): void {
    if (!this.#over) tell();
  }

  /** Something is over: what has waited for it may go on. */
  #settled(): void {
    if (this.#byeWaits && !this.#parts.acknowledgements.awaitsFirst) {
      this.#byeWaits = false;
      this.#sendBye();
    }
    this.offers.next();
    this.#checkQuiet();
  }

  /** §12.2.1.2, §13.3.1.4: our side gives the dialog up. */
  #fail(end: SessionEnd): void {
    if (this.#over) return;
    this.hangUp();
    this.user.ended(end);
  }

  #sendBye(): void {
    const { log } = this.context.environment;
    const headers = this.#byeHeaders;
    this.#parts.requests.send(
      'BYE',
      { headers, repeatable: true },
      {
        answered: ({ status }) => log.debug('session.bye-answered', { status }),
      },
    );
  }

  #checkQuiet(): void {
    if (!this.isQuiet || this.#toldQuiet) return;
    this.#toldQuiet = true;
    this.user.quiet();
  }
}
