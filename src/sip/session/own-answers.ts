// Our answers to the INVITE of the peer's that begins a dialog: 1xx, reliably where that is asked for or of use, and the
// 2xx, which waits for the PRACK of a description (RFC 3261 §13.3.1, RFC 3262 §3, §5).

import type { Timer } from '../../base/clock.ts';
import { type Millis, minutes, seconds } from '../../base/units.ts';
import { createResponse } from '../message/index.ts';
import type { SipResponse } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import type { DialogParts } from './dialog-parts.ts';
import { optionTags } from './peer-capabilities.ts';
import type { PeerOffers } from './peer-offers.ts';
import { ReliableProvisionals } from './reliable-provisionals.ts';
import { RELIABLE } from './rseq.ts';
import type { Body } from './types.ts';

type HeaderList = readonly (readonly [name: string, value: string])[];

export interface OwnAnswersUser {
  /** Makes a response that makes the dialog, or confirms it. */
  make(status: number, body: Body | undefined, headers: HeaderList): SipResponse;
  /** What kept the 2xx back is over. */
  ready(): void;
  /** A reliable response was never acknowledged: the INVITE is to be refused (RFC 3262 §3). */
  expired(): void;
}

/** §13.3.1.1: a proxy gives up on a call of which it hears nothing for three minutes … */
const REPEAT_PROGRESS: Millis = minutes(1);
/** … and what is sent reliably needs no margin for loss (RFC 3262 §3). */
const REPEAT_RELIABLE: Millis = seconds(150);

/** What we answer to one INVITE. */
export class OwnAnswers {
  readonly #provisionals: ReliableProvisionals;
  readonly #required: boolean;
  readonly #supported: boolean;
  #repeat: Timer | undefined;

  /** @param transaction that of the INVITE */
  constructor(
    private readonly parts: DialogParts,
    private readonly peerOffers: PeerOffers,
    private readonly transaction: ServerTransaction,
    private readonly user: OwnAnswersUser,
  ) {
    const { request } = transaction;
    parts.peer.learn(request);
    this.#required = optionTags(request, 'Require').includes(RELIABLE);
    this.#supported = this.#required || parts.peer.supports(RELIABLE);
    this.#provisionals = new ReliableProvisionals(parts.context.environment, transaction, {
      acknowledged: (prack) => this.#acknowledged(prack),
      expired: () => user.expired(),
    });
  }

  /** Whether the caller insists on reliable responses; then the first of them has our offer, where it had none (§5). */
  get mustDescribe(): boolean {
    return this.#required && this.parts.exchange.stage === 'no offer';
  }

  /** Whether a 2xx has to wait for a PRACK (RFC 3262 §5). */
  get waits(): boolean {
    return this.#provisionals.describes;
  }

  /**
   * Sends a 1xx, and again from time to time. Reliably where the caller insists, or where it carries a description and the
   * caller can acknowledge it; a plain 180 gains nothing from a PRACK, and many have got along without for long.
   */
  progress(status: number, body: Body | undefined): void {
    if (this.mustDescribe && body === undefined) {
      this.parts.context.environment.log.debug('session.progress-not-sent', { status, why: 'it would need an offer' });
      return;
    }
    const reliably = this.#required || (this.#supported && body !== undefined);
    if (reliably) this.#provisionals.send((headers) => this.#describe(status, body, headers));
    else {
      const described = this.parts.exchange.wouldCarry('1xx') === 'preview' ? body : undefined;
      this.transaction.respond(this.user.make(status, described, []));
    }
    this.#repeat?.cancel();
    const { clock } = this.parts.context.environment;
    const wait = reliably ? REPEAT_RELIABLE : REPEAT_PROGRESS;
    this.#repeat = clock.after(wait, 'repetition of a 1xx', () => this.progress(status, reliably ? undefined : body));
  }

  /** Sends the 2xx. A description has its place in it only where none was sent reliably before (RFC 6337 §3.1.1). */
  accept(body: Body): void {
    const { dialog, exchange, description } = this.parts;
    this.stop();
    dialog.confirm();
    const described = exchange.wouldCarry('2xx') === undefined ? undefined : body;
    if (described !== undefined) description.ours = described;
    const timer = this.parts.timer.answer(this.transaction.request);
    this.peerOffers.sendAccepted(this.transaction, this.user.make(200, described, timer), true);
  }

  /** A final response goes out, or nobody waits for one any longer. */
  stop(): void {
    this.#repeat?.cancel();
    this.#provisionals.stop();
  }

  receivePrack(prack: ServerTransaction): void {
    this.#provisionals.receivePrack(prack);
  }

  /** When its turn has come: what it may say depends on what was said by then. */
  #describe(status: number, body: Body | undefined, headers: HeaderList): SipResponse {
    const { exchange, description } = this.parts;
    const described = body !== undefined && exchange.carries('reliable 1xx') !== undefined ? body : undefined;
    exchange.prackBegins();
    if (described !== undefined) description.ours = described;
    return this.user.make(status, described, headers);
  }

  #acknowledged(prack: ServerTransaction): void {
    this.parts.exchange.prackEnds();
    this.peerOffers.receivePrack(prack);
    this.user.ready();
    this.parts.user.settled();
  }
}

/** §3: a PRACK that matches no response of ours. */
export function refusePrack(prack: ServerTransaction): void {
  prack.respond(createResponse(prack.request, 481));
}
