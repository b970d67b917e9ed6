// Who says what when, in the offers and answers of one call: the INVITE's, early ones of several phones, and those of the
// call that is up (RFC 3261 §13.2.1, §14; RFC 3264). The descriptions themselves are made in offer-answer.ts.

import { describeError } from '../base/errors.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { AgreedMedia } from '../sdp/index.ts';
import type { Body, Negotiation, Refusal, Session, SessionMessage } from '../sip/index.ts';
import type { CallStream } from './call-stream.ts';
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
  /** Outgoing: the branch of a forked call whose early answer is in force. */
  #earlyBranch: string | undefined;

  constructor(
    private readonly call: NegotiatingCall,
    private readonly services: CallServices & { readonly settings: CallSettings },
    private readonly stream: CallStream,
  ) {}

  /** Incoming: see PreparedAnswer. */
  get prepared(): PreparedAnswer | undefined {
    return this.#prepared;
  }

  /** Outgoing: the offer of the INVITE, and of a later one that takes its place. @throws as CallStream.open */
  offer(address: string): Body {
    const sdp = this.#open(address);
    this.forgetEarly();
    return sdp.offer();
  }

  /**
   * Incoming: makes what our 200 will say.
   * @returns an error that says how to refuse an offer that cannot be met
   * @throws as CallStream.open
   */
  prepare(offer: Body | undefined, address: string): Result<PreparedAnswer, Refusal> {
    return this.#prepareWith(this.#open(address), offer);
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
    this.#earlyBranch = undefined;
  }

  /** Outgoing: an early answer. One that is of no use spoils nothing yet: the one in the 2xx counts. */
  progressed({ body, branch }: SessionMessage): void {
    if (body === undefined) return;
    const applied = this.apply(body);
    if (applied.ok) this.#earlyBranch = branch;
    else this.services.log.debug('call.early-media-unusable', { call: this.call.id, reason: applied.error });
  }

  /**
   * Outgoing: the 2xx. RFC 3261 §13.2.1 wants the answer in it; a peer that gave it in a 1xx only is understood
   * nevertheless.
   */
  accepted({ body, branch }: SessionMessage): Result<void, string> {
    if (body !== undefined) return this.apply(body);
    // That of another branch is none: its phone rings on, or has stopped, and must not hear the door.
    const isIts = this.stream.agreed !== undefined && this.#earlyBranch === branch;
    return !isIts ? err('the phone answered without saying what it speaks') : ok(undefined);
  }

  /** Outgoing: a branch has ended (RFC 6228 §4). Where it was heard nothing is sent there any more, and nothing taken. */
  branchEnded(branch: string): void {
    const { agreed } = this.stream;
    if (agreed === undefined || branch !== this.#earlyBranch) return;
    this.#earlyBranch = undefined;
    this.stream.configure({ ...agreed, direction: 'inactive' });
  }

  /** Reads an answer to our offer, and puts it into force. */
  apply(body: Body): Result<void, string> {
    if (this.#sdp === undefined) return err('there is no offer to answer');
    const agreed = this.#sdp.readAnswer(body);
    if (!agreed.ok) return agreed;
    try {
      // The same answer again, in the next 18x or in the 2xx: the stream runs on undisturbed.
      if (agreed.value !== this.stream.agreed) this.stream.configure(agreed.value);
      return ok(undefined);
    } catch (thrown) {
      return err(describeError(thrown));
    }
  }

  /** A re-INVITE (RFC 3261 §14.2, RFC 3264 §8). What cannot be met is refused, and the call goes on as it was. */
  renegotiate(negotiation: Negotiation): void {
    const sdp = this.#sdp;
    if (sdp === undefined || !this.#mayNegotiate(negotiation)) {
      negotiation.reject({ status: 488 });
      return;
    }
    try {
      const answer = negotiation.offer === undefined ? undefined : sdp.answer(negotiation.offer);
      if (answer === undefined) negotiation.accept(sdp.offer());
      else if (answer.ok) {
        this.stream.configure(answer.value.agreed);
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
  move(session: Session, address: string): void {
    const sdp = this.#sdp;
    if (sdp === undefined) return;
    try {
      sdp.moveTo(this.stream.move(address));
      const isSaid = this.call.state === 'talking' || this.#saidEarly;
      if (isSaid) this.#reoffer(session, sdp);
      else this.#prepareWith(sdp, session.offer);
    } catch (thrown) {
      this.services.log.warn('call.move-failed', { call: this.call.id, address, reason: describeError(thrown) });
    }
  }

  /** Our offer was refused. */
  offerRefused(status: number): void {
    this.services.log.warn('call.offer-refused', { call: this.call.id, status });
    this.stream.moveRefused(this.services.clock.now());
  }

  /** What is offered is made when it is sent, of all that we want by then: a newer offer takes the place of one that waits. */
  #reoffer(session: Session | undefined, sdp: OfferAnswer): void {
    session?.reoffer(() => sdp.offer({ direction: this.stream.holds ? 'inactive' : 'sendrecv' }));
  }

  /** Opens the RTP ports; what is offered and answered from now on names them. */
  #open(address: string): OfferAnswer {
    const { engine, random, settings } = this.services;
    const place = this.stream.open(address);
    const { fingerprint } = engine;
    this.#sdp = new OfferAnswer({ ...place, random, settings, fingerprint });
    return this.#sdp;
  }

  /** Before the answer only who is heard may change what is: another branch would take its sound away. */
  #mayNegotiate({ branch }: Negotiation): boolean {
    const { direction, state } = this.call;
    if (state === 'talking') return true;
    const isHeard = direction === 'incoming' || this.#earlyBranch === branch;
    return state === 'ringing' && this.stream.agreed !== undefined && isHeard;
  }
}
