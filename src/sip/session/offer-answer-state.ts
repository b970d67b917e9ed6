// Which message of a dialog may carry an offer or an answer, and when: the one place that knows. The descriptions
// themselves are not looked at here.
//
// RFC 6337 §2.2, Table 1, with the sections that each pattern comes from:
//
//     offer in            answer in           asked for by            first  later  before the 2xx
//  1  INVITE              its 2xx             RFC 3261 §13.2.1        yes    yes    no
//  2  2xx of an INVITE    ACK                 RFC 3261 §13.2.1        yes    yes    no
//  3  INVITE              a reliable 1xx      RFC 3262 §5             yes    yes    no
//  4  a reliable 1xx      its PRACK           RFC 3262 §5             yes    yes    no
//  5  PRACK               its 2xx             RFC 3262 §5             no     yes    yes
//  6  UPDATE              its 2xx             RFC 3311 §5             no     yes    yes
//
// Patterns 1 to 4 are the table below: an INVITE is one exchange, whoever sent it. Patterns 5 and 6 lie inside of it or
// stand alone; there one question is enough, whether another exchange is under way (RFC 3311 §5.1, RFC 6337 §4.3). A
// description where the table has none means nothing and is passed over (RFC 6337 §3.1.1, §3.1.2).

import { step, type Table } from '../transaction/machine.ts';

/** How far the offer and answer of the latest INVITE have come. */
export type Stage = 'no offer' | 'offer in INVITE' | 'offer in response' | 'agreed';
/** A message of an INVITE that has a description. */
export type Carrier = '1xx' | 'reliable 1xx' | '2xx' | 'PRACK' | 'ACK';
/** A preview is what an answer will be, said unreliably: to be acted upon, and no answer yet (RFC 6337 §3.1.1). */
export type Meaning = 'offer' | 'answer' | 'preview';
/** Who sent the request that an exchange belongs to. */
export type Side = 'ours' | 'theirs';

export const inviteExchange: Table<Stage, Carrier, Meaning> = {
  'no offer': {
    'reliable 1xx': { rfc: '3262 §5', to: 'offer in response', actions: ['offer'] },
    '2xx': { rfc: '3261 §13.2.1', to: 'offer in response', actions: ['offer'] },
  },
  'offer in INVITE': {
    '1xx': { rfc: '6337 §3.1.1', actions: ['preview'] },
    'reliable 1xx': { rfc: '3262 §5', to: 'agreed', actions: ['answer'] },
    '2xx': { rfc: '3261 §13.2.1', to: 'agreed', actions: ['answer'] },
  },
  'offer in response': {
    PRACK: { rfc: '3262 §5', to: 'agreed', actions: ['answer'] },
    ACK: { rfc: '3261 §13.2.1', to: 'agreed', actions: ['answer'] },
  },
  agreed: {
    PRACK: { rfc: '3262 §5', actions: ['offer'] },
  },
};

/** An UPDATE, or an offer in a PRACK. */
interface Inner {
  readonly by: Side;
  readonly offers: boolean;
}

/** The offers and answers of one dialog: what is under way, and what may therefore be said. */
export class OfferAnswerState {
  #stage: Stage = 'agreed';
  #invite: Side | undefined;
  #inner: Inner | undefined;
  #pracks = 0;

  get stage(): Stage {
    return this.#stage;
  }

  /** Whose INVITE has no final response yet, or no ACK where the ACK has the answer. */
  get invite(): Side | undefined {
    return this.#invite;
  }

  /** How many reliable 1xx have a PRACK that is not through. */
  get pracks(): number {
    return this.#pracks;
  }

  inviteBegins(by: Side, withOffer: boolean): void {
    this.#invite = by;
    this.#stage = withOffer ? 'offer in INVITE' : 'no offer';
  }

  /** By its final response, or by the ACK with the answer. Refused, it leaves what was agreed before (RFC 3261 §14.1). */
  inviteEnds(): void {
    this.#invite = undefined;
    this.#stage = 'agreed';
    this.#pracks = 0;
  }

  /** What a description in that message means, sent or received; undefined: nothing. */
  carries(carrier: Carrier): Meaning | undefined {
    const { state, actions } = step(inviteExchange, this.#stage, carrier);
    this.#stage = state;
    return actions[0];
  }

  /** What a description in that message would mean. */
  wouldCarry(carrier: Carrier): Meaning | undefined {
    return step(inviteExchange, this.#stage, carrier).actions[0];
  }

  /** An UPDATE, or a PRACK with an offer, is under way. */
  innerBegins(by: Side, offers: boolean): void {
    this.#inner = { by, offers };
  }

  innerEnds(): void {
    this.#inner = undefined;
  }

  /** A reliable 1xx went out or came; its PRACK is not through (RFC 6337 §4.3, UAC-IU). */
  prackBegins(): void {
    this.#pracks += 1;
  }

  prackEnds(): void {
    this.#pracks = Math.max(0, this.#pracks - 1);
  }

  /** Whether we may send it now: RFC 3261 §14.1, RFC 3311 §5.1, RFC 6337 §4.3 (UAC-II, UAC-UU, UAC-UI, UAC-IU). */
  maySend(request: 'INVITE' | 'UPDATE' | 'UPDATE with an offer'): boolean {
    if (this.#inner !== undefined) return false;
    if (request === 'INVITE') return this.#invite === undefined;
    return request === 'UPDATE' || !this.#inviteIsOpen;
  }

  /**
   * The status that a request of the peer's gets when it comes while something else is under way: RFC 3261 §14.2, RFC
   * 3311 §5.2, RFC 6337 §4.3 (UAS-IcI to UAS-IsU). 491 is for what crosses a request of ours, 500 for what comes upon
   * one of the peer's own.
   */
  refusalOf(request: 'INVITE' | 'UPDATE' | 'UPDATE with an offer'): 491 | 500 | undefined {
    if (request !== 'INVITE' && this.#inner?.by === 'theirs') return 500;
    if (request === 'UPDATE') return undefined;
    const inner = this.#inner?.offers === true ? this.#inner.by : undefined;
    const outer = request === 'INVITE' || this.#inviteIsOpen ? this.#invite : undefined;
    const whose = inner ?? outer;
    if (whose === undefined) return undefined;
    return whose === 'ours' ? 491 : 500;
  }

  /** Whether the exchange of an INVITE is not through, or not known to both sides to be. */
  get #inviteIsOpen(): boolean {
    return this.#invite !== undefined && (this.#stage !== 'agreed' || this.#pracks > 0);
  }
}
