// Who says what when, in the offers and answers of one call: the INVITE's, early ones of several phones, and those of the
// call that is up (RFC 3261 §13.2.1, §14; RFC 3264). The descriptions themselves are made in offer-answer.ts.

import { describeError } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { MediaPath } from '../media/types.ts';
import type { AgreedMedia, KeyingMethod } from '../sdp/index.ts';
import type { Body, Negotiation, Refusal, Session, SessionMessage } from '../sip/index.ts';
import type { CallStream } from './call-stream.ts';
import { EarlyBranches } from './early-branches.ts';
import { OfferAnswer } from './offer-answer.ts';
import type { CallServices, CallSettings, CallState } from './types.ts';

/** What offers and answers need of the call that they are in. */
export interface NegotiatingCall {
  readonly id: string;
  readonly direction: 'outgoing' | 'incoming';
  readonly state: CallState;
}

/** The body of our 200 to an incoming call; `agreed` is undefined where it is an offer. */
export interface PreparedAnswer {
  readonly body: Body;
  readonly agreed: AgreedMedia | undefined;
}

/** The offers and answers of one call. */
export class CallNegotiation {
  #sdp: OfferAnswer | undefined;
  /** Incoming: our answer to the offer of the INVITE, or our offer where it had none. */
  #prepared: PreparedAnswer | undefined;
  /** It has been said already, reliably: nothing but another offer can change it. */
  #saidEarly = false;
  /** Our latest offer was made to have both of one mind again. */
  #resynchronises = false;
  /** Outgoing: what is said before the answer. */
  readonly #early: EarlyBranches;

  constructor(
    private readonly call: NegotiatingCall,
    private readonly services: CallServices & { readonly settings: CallSettings },
    private readonly stream: CallStream,
  ) {
    this.#early = new EarlyBranches(services.clock, stream);
  }

  /** Incoming: see PreparedAnswer. */
  get prepared(): PreparedAnswer | undefined {
    return this.#prepared;
  }

  /**
   * Outgoing: the offer of the INVITE, and of a later one that takes its place.
   * @param demanded the way to keys that is demanded, whatever the settings offer first
   * @throws as CallStream.open
   */
  offer(path: MediaPath, demanded: KeyingMethod | undefined): Body {
    const sdp = this.#open(path, demanded);
    this.forgetEarly();
    return sdp.offer();
  }

  /**
   * Incoming: makes what our 200 will say.
   * @returns an error that says how to refuse an offer that cannot be met
   * @throws as CallStream.open
   */
  prepare(offer: Body | undefined, path: MediaPath): Result<PreparedAnswer, Refusal> {
    return this.#prepareWith(this.#open(path), offer);
  }

  #prepareWith(sdp: OfferAnswer, offer: Body | undefined): Result<PreparedAnswer, Refusal> {
    if (offer === undefined) {
      this.#prepared = { body: sdp.offer(), agreed: undefined };
      return ok(this.#prepared);
    }
    const answer = sdp.answer(offer);
    if (answer.ok) this.#prepared = answer.value;
    return answer;
  }

  /** Incoming, without an offer: what a reliable response says before the 200, where the caller asks for it (RFC 3262 §5). */
  sayEarly(): Body | undefined {
    this.#saidEarly = true;
    return this.#prepared?.body;
  }

  /** What a phone said before its answer is of no account any more. */
  forgetEarly(): void {
    this.#early.forget();
  }

  /** Outgoing: an early answer. One that is of no use spoils nothing yet: the one in the 2xx counts. */
  progressed({ body, branch }: SessionMessage): void {
    if (body === undefined) return;
    const applied = this.#read(body, branch, (agreed) => this.#early.agree(branch, agreed));
    if (!applied.ok)
      this.services.log.debug('call.early-media-unusable', { call: this.call.id, reason: applied.error });
  }

  /**
   * Outgoing: the 2xx. RFC 3261 §13.2.1 wants the answer in it; a peer that gave it in a 1xx only is understood
   * nevertheless.
   */
  accepted({ body, branch }: SessionMessage): Result<void, string> {
    // That of another branch is none: its phone rings on, or has stopped, and must not hear the door.
    const early = this.#early.agreedWith(branch);
    if (body === undefined && early === undefined) return err('the phone answered without saying what it speaks');
    const common = this.#sdp;
    const answered = (agreed: AgreedMedia): void => {
      this.#sdp = common && this.#early.sdpOf(branch, common);
      this.#early.answered(branch, agreed);
    };
    if (body !== undefined) return this.#read(body, branch, answered);
    return early === undefined ? ok(undefined) : attempt(() => answered(early));
  }

  /** Outgoing: a branch has ended. */
  branchEnded(branch: string): void {
    this.#early.ended(branch);
  }

  /** Outgoing, unanswered: nothing comes from who is heard. */
  earlySilence(): void {
    this.#early.silent();
  }

  /** Reads an answer to our offer, and puts it into force. */
  apply(body: Body): Result<void, string> {
    if (this.#sdp === undefined) return err('there is no offer to answer');
    const agreed = this.#sdp.readAnswer(body);
    if (!agreed.ok) return agreed;
    return attempt(() => {
      if (agreed.value !== this.stream.agreed) this.stream.configure(agreed.value);
    });
  }

  /** Outgoing: reads the answer of one branch. */
  #read(body: Body, branch: string | undefined, agree: (agreed: AgreedMedia) => void): Result<void, string> {
    if (this.#sdp === undefined) return err('there is no offer to answer');
    const agreed = this.#early.sdpOf(branch, this.#sdp).readAnswer(body);
    return agreed.ok ? attempt(() => agree(agreed.value)) : agreed;
  }

  /** A re-INVITE (RFC 3261 §14.2, RFC 3264 §8). What cannot be met is refused, and the call goes on as it was. */
  renegotiate(negotiation: Negotiation): void {
    const sdp = this.#sdpFor(negotiation);
    if (sdp === undefined) {
      negotiation.reject({ status: 488 });
      return;
    }
    try {
      const answer = negotiation.offer === undefined ? undefined : sdp.answer(negotiation.offer);
      if (answer === undefined) negotiation.accept(sdp.offer());
      else if (answer.ok) {
        if (this.#isForked) this.#early.agree(negotiation.branch, answer.value.agreed);
        else this.stream.configure(answer.value.agreed);
        negotiation.accept(answer.value.body);
      } else negotiation.reject(answer.error);
    } catch (thrown) {
      this.services.log.error('call.renegotiation-failed', { call: this.call.id, reason: describeError(thrown) });
      negotiation.reject({ status: 500 });
    }
  }

  /** Our wish to hold, or to hold no more: at once as far as it is ours, then offered to the peer. */
  offerHold(session: Session | undefined, held: boolean): void {
    const sdp = this.#sdp;
    if (!this.stream.wantHold(held) || sdp === undefined || this.stream.agreed === undefined) return;
    try {
      this.stream.again();
      this.#reoffer(session, sdp);
    } catch (thrown) {
      this.services.log.error('call.hold-failed', { call: this.call.id, reason: describeError(thrown) });
    }
  }

  /**
   * We are reached at another address from now on: the sound moves there (RFC 3264 §8.3.1, RFC 6141 §4). Where no port is to
   * be had there, the call goes on as it is.
   */
  move(session: Session, path: MediaPath): void {
    const sdp = this.#sdp;
    if (sdp === undefined) return;
    try {
      const { keepsHandshake } = this.stream;
      sdp.moveTo(this.stream.move(path), keepsHandshake);
      const isSaid = this.call.state === 'talking' || this.#saidEarly;
      if (isSaid) this.#reoffer(session, sdp);
      else this.#prepareWith(sdp, session.offer);
    } catch (thrown) {
      const reason = describeError(thrown);
      this.services.log.warn('call.move-failed', { call: this.call.id, address: path.local, reason });
    }
  }

  /** Our offer was refused. */
  offerRefused(status: number): void {
    this.services.log.warn('call.offer-refused', { call: this.call.id, status });
    this.stream.moveRefused(this.services.clock.now());
  }

  /** What we offered was taken back after it had been agreed on, or something else inside of it: see `outOfStep` of Session. */
  resynchronise(session: Session, offered: boolean): void {
    const sdp = this.#sdp;
    // Once: a peer that does the same to that is not to be asked for ever.
    if (sdp === undefined || this.#resynchronises) return;
    this.#resynchronises = true;
    session.reoffer(() => (offered ? sdp.offerAsBefore() : sdp.offer()));
  }

  /** What is offered is made when it is sent, of all that we want by then: a newer offer takes the place of one that waits. */
  #reoffer(session: Session | undefined, sdp: OfferAnswer): void {
    this.#resynchronises = false;
    session?.reoffer(() => sdp.offer({ direction: this.stream.holds ? 'inactive' : 'sendrecv' }));
  }

  /** Opens the RTP ports; what is offered and answered from now on names them. */
  #open(path: MediaPath, demanded?: KeyingMethod): OfferAnswer {
    const { engine, random, settings } = this.services;
    const place = this.stream.open(path);
    const { fingerprint } = engine;
    this.#sdp = new OfferAnswer({ ...place, random, settings, fingerprint, demanded });
    return this.#sdp;
  }

  /** Before the answer whoever has agreed on something may change it, as far as it is theirs (RFC 6337 §3). */
  #sdpFor({ branch }: Negotiation): OfferAnswer | undefined {
    const sdp = this.#sdp;
    const { state } = this.call;
    if (sdp === undefined || state === 'ended' || state === 'new') return undefined;
    if (this.#isForked) return this.#early.agreedWith(branch) && this.#early.sdpOf(branch, sdp);
    return state === 'talking' || this.stream.agreed !== undefined ? sdp : undefined;
  }

  /** Several phones may speak with us. */
  get #isForked(): boolean {
    return this.call.direction === 'outgoing' && this.call.state === 'ringing';
  }
}

/** Puts something into force; what the engine throws comes as a sentence. */
function attempt(act: () => void): Result<void, string> {
  try {
    act();
    return ok(undefined);
  } catch (thrown) {
    return err(describeError(thrown));
  }
}
