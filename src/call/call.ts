// One conversation: a SIP session, its offers and answers, and its RTP session, made into one thing that rings, talks
// and ends. The media session is closed exactly once; the SIP session cleans up after itself, so that a call is over for
// its user at once, whatever the peer still owes (a final response to CANCEL, a 200 to BYE).
// Offers and answers are in call-negotiation.ts, its sound in call-stream.ts, transfers in transfer.ts.

import { Emitter } from '../base/emitter.ts';
import { describeError } from '../base/errors.ts';
import { millis } from '../base/units.ts';
import type { HandshakeFailure, MediaPath, PortSource } from '../media/types.ts';
import type {
  Body,
  Refusal,
  Session,
  SessionDialog,
  SessionEnd,
  SessionEvents,
  SessionMessage,
  Signalling,
} from '../sip/index.ts';
import { CallNegotiation, type PreparedAnswer } from './call-negotiation.ts';
import { CallStream } from './call-stream.ts';
import { callerOf } from './caller.ts';
import { DigitMerger } from './digit-merger.ts';
import { EncryptionDemand, type InsistentTargets } from './encryption-demand.ts';
import { meaningOfEnd, meaningOfStatus } from './end-reason.ts';
import { describeHandshakeFailure } from './handshake.ts';
import { ANSWERED_ELSEWHERE, CALLED_ANEW, reasonOfHangup } from './hangup-reason.ts';
import { InfoDigitSender } from './info-digit-sender.ts';
import { readInfoDigit } from './info-digits.ts';
import { peerAddress } from './peer-address.ts';
import { ReferredTransfer } from './transfer.ts';
import type {
  CallCaller,
  CallDigit,
  CallEnd,
  CallEvents,
  CallFormat,
  CallQuality,
  CallServices,
  CallSettings,
  CallState,
  DialOptions,
  HangupReason,
  TransferRequest,
} from './types.ts';

/** What a call needs of whoever keeps the calls. */
export interface CallContext extends CallServices {
  readonly ports: PortSource;
  readonly settings: CallSettings;
  /** Who does not take encryption as an option. */
  readonly insistent: InsistentTargets;
  /** Calls somebody else. */
  readonly dial: (options: DialOptions) => Call;
  /** The call is over; nothing of it is left to serve. */
  readonly over: (call: Call) => void;
}

/** Event → arguments. */
type AllCallEvents = CallEvents & {
  /** The peer hands the call over to somebody else. */
  transfer: [request: TransferRequest<Call>];
};

/** One call. Made by Calls. */
export class Call {
  /** Names the call in events and commands; chosen here, since a call can fail before it has a Call-ID. */
  readonly id: string;
  readonly since: Date;
  readonly peer: string;
  /** Incoming: who calls. */
  readonly caller: CallCaller | undefined;
  readonly direction: 'outgoing' | 'incoming';
  /** Incoming: the call whose place it takes when it is answered (RFC 3891). */
  readonly replaces: Call | undefined;
  #state: CallState;
  #session: Session | undefined;
  /** Incoming: the ACK is there. Only who received our 200 can send it, which a forged source address cannot. */
  #acknowledged = false;
  #rang = false;
  /** Outgoing: whom we call, and as who. */
  #dialled: DialOptions | undefined;
  #demand: EncryptionDemand | undefined;
  readonly #startsSaid = new Set<'in' | 'out'>();
  /** Why we end it ourselves, from before the session hears of it. */
  #ownEnd: CallEnd | undefined;
  readonly #statusesSaid = new Set<number>();
  readonly #stream: CallStream;
  readonly #negotiation: CallNegotiation;
  readonly #digits: DigitMerger;
  readonly #info: InfoDigitSender;
  readonly #events = new Emitter<AllCallEvents>();

  constructor(
    private readonly context: CallContext,
    from: { readonly target: string } | { readonly session: Session; readonly replaces?: Call | undefined },
  ) {
    this.id = context.random.hex(6);
    this.since = context.clock.wall();
    this.#digits = new DigitMerger(context.clock);
    this.#info = new InfoDigitSender(context.clock, (body) => this.#session?.sendInfo(body));
    this.#stream = new CallStream(context.ports, context.settings, {
      peerIsReal: () => this.#peerIsReal,
      heardFrom: () => this.#session?.lastHeard?.address,
      held: (by, held) => this.#events.emit(held ? 'held' : 'resumed', by),
      formatChanged: (format) => this.#events.emit('formatChanged', format),
    });
    this.#negotiation = new CallNegotiation(this, context, this.#stream);
    if ('target' in from) {
      this.direction = 'outgoing';
      this.peer = peerAddress(from.target);
      this.caller = undefined;
      this.replaces = undefined;
      this.#state = 'ringing';
      return;
    }
    this.direction = 'incoming';
    this.replaces = from.replaces;
    this.peer = peerAddress(from.session.peer.uri);
    this.caller = callerOf(from.session);
    this.#state = 'new';
    this.#listen(from.session);
  }

  get state(): CallState {
    return this.#state;
  }

  /** What has been agreed on; undefined before. */
  get format(): CallFormat | undefined {
    return this.#stream.format;
  }

  /** How its sound fares; undefined before something has been agreed on. */
  get quality(): CallQuality | undefined {
    return this.#stream.quality;
  }

  /** How far TLS reaches in its signalling; undefined before our INVITE has been sent. */
  get signalling(): Signalling | undefined {
    return this.#session?.signalling;
  }

  /** Answered, and the peer is known to be where it says: an answer of ours has reached it, or its answer us. */
  get established(): boolean {
    return this.#state === 'talking' && this.#peerIsReal;
  }

  /** The address that an incoming call came from. */
  get sourceAddress(): string | undefined {
    return this.#session?.source?.address;
  }

  /** MediaSession.id, by which the engine's events find their call. */
  get mediaId(): number | undefined {
    return this.#stream.id;
  }

  on<Name extends keyof AllCallEvents>(name: Name, listener: (...args: AllCallEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /** Outgoing: offers, and sends the INVITE, as soon as our ports are known. What goes wrong comes as `ended`, a turn later. */
  begin(options: DialOptions): void {
    const { insistent, settings, ports } = this.context;
    this.#dialled = options;
    this.#demand = new EncryptionDemand(insistent, settings, options.target);
    ports.prepare(this.#path, () => this.#begin(options));
  }

  #begin(options: DialOptions): void {
    if (this.#state === 'ended') return;
    const { clock } = this.context;
    try {
      this.#invite(options, this.#offerFrom(this.#path));
    } catch (thrown) {
      const cause = describeError(thrown);
      clock.after(millis(0), 'call not begun', () => this.#finish({ reason: 'failed', cause }));
    }
  }

  #offerFrom(path: MediaPath): Body {
    return this.#negotiation.offer(path, this.#demand?.demanded);
  }

  /** Between which addresses its sound flows, as far as the signalling tells. */
  get #path(): MediaPath {
    const { agent } = this.context;
    if (this.#dialled === undefined) {
      const remote = this.#session?.source?.address;
      return { local: agent.localAddress(remote ?? this.peer), remote };
    }
    const { target, account } = this.#dialled;
    return {
      local: agent.localAddress(target),
      // Found out where it matters only: every press comes by here.
      get remote() {
        return attempt(() => agent.remoteAddress(target, account));
      },
    };
  }

  /** Incoming: calls `run` when our ports are known, unless the caller has given up by then. */
  whenPrepared(run: () => void): void {
    this.context.ports.prepare(this.#path, () => {
      if (this.#state === 'new') run();
    });
  }

  #invite({ target, account, headers = [] }: DialOptions, offer: Body): void {
    const { agent, log } = this.context;
    const session = agent.invite({ target, account, offer, headers });
    this.#listen(session);
    log.debug('call.dialled', { call: this.id, callId: session.id, peer: this.peer });
  }

  /** Incoming: lets the caller hear that it rings. An offer that cannot be met ends the call now, with 488. */
  ring(): void {
    const prepared = this.#state === 'new' ? this.#prepare() : undefined;
    if (prepared === undefined) return;
    this.#state = 'ringing';
    // Who insists on reliable responses and has no offer gets ours in the first of them (RFC 3262 §5).
    this.#session?.ring(180, this.#session.ringNeedsOffer ? this.#negotiation.sayEarly() : undefined);
    this.#events.emit('ringing', 180);
  }

  /** Incoming: answers. An offer that cannot be met ends the call, with 488. */
  answer(): void {
    if (this.direction !== 'incoming' || (this.#state !== 'new' && this.#state !== 'ringing')) return;
    const prepared = this.#prepare();
    const session = this.#session;
    if (prepared === undefined || session === undefined) return;
    try {
      // Without an offer in the INVITE, nothing is agreed before the answer in the ACK.
      if (prepared.agreed !== undefined) this.#stream.configure(prepared.agreed);
    } catch (thrown) {
      this.#refuseByFault(session, thrown);
      return;
    }
    this.#state = 'talking';
    session.accept(prepared.body);
    this.replaces?.makeWay(this.peer);
    this.#sayAnswered();
  }

  /** Whether it is the call of that session. */
  isOf(session: Session): boolean {
    return this.#session === session;
  }

  /** Another call has taken this one's place (RFC 3891 §3): it ends, as one that somebody else has answered. */
  makeWay(by: string): void {
    const reason = this.#state === 'talking' ? 'hangup-local' : 'cancelled';
    this.#endBy({ reason, cause: `taken over by ${by}` }, (session) => session.hangup(ANSWERED_ELSEWHERE));
  }

  /** Ends the sound, either way; the call itself goes on. */
  silence(): void {
    this.#stream.silence();
    if (this.#state === 'talking') this.#stream.again();
  }

  /**
   * Hands the peer over to somebody else (RFC 5589 §6.1); the call ends when they have answered, else it goes on.
   * @param told how it came out: a status of 200 and above
   */
  transfer(target: string, told: (status: number) => void): void {
    this.#refer(target, told);
  }

  /** As `transfer`, to whom we are in another call with, which the peer then takes over (RFC 5589 §7). */
  transferTo(other: Call, told: (status: number) => void): void {
    const dialog = other.#session?.dialog;
    if (dialog === undefined) told(481);
    else this.#refer(dialog.remoteTarget, told, dialog);
  }

  #refer(target: string, told: (status: number) => void, replaced?: SessionDialog): void {
    if (this.#state !== 'talking' || this.#session === undefined) {
      told(481);
      return;
    }
    const done = (status: number): void => {
      if (status < 300) this.hangup('hangup-local', 'transferred');
      told(status);
    };
    this.#session.refer(target, { done }, replaced);
  }

  /** Incoming: declines. */
  reject(refusal: Refusal): void {
    if (this.direction !== 'incoming' || (this.#state !== 'new' && this.#state !== 'ringing')) return;
    const { reason } = meaningOfStatus(refusal.status);
    this.#endBy({ reason, status: refusal.status }, (session) => session.reject(refusal));
  }

  /** Ends it in the way that its state asks for; its user is told before this returns. */
  hangup(reason?: HangupReason, cause?: string): void {
    const usual = this.#state === 'talking' ? 'hangup-local' : 'cancelled';
    const end = { reason: reason ?? usual, ...(cause === undefined ? {} : { cause }) };
    this.#endBy(end, (session) => session.hangup(reasonOfHangup(end.reason)));
  }

  /** Puts the peer on hold: no sound either way, from now on. Nothing happens unless it is answered. */
  hold(): void {
    if (this.#state === 'talking') this.#negotiation.offerHold(this.#session, true);
  }

  /** Takes the hold back. Sound flows when the peer has agreed. */
  resume(): void {
    if (this.#state === 'talking') this.#negotiation.offerHold(this.#session, false);
  }

  /** Sends digits (0-9 * # A-D) to the peer; nothing happens unless it is answered. */
  sendDigits(digits: string): void {
    if (this.#state === 'talking' && !this.#stream.sendDigits(digits)) this.#info.send(digits);
  }

  /** The engine's events of this call's media session. */
  mediaStarted(direction: 'in' | 'out', at: CallEvents['mediaStarted'][1]): void {
    if (this.#state === 'ended') return;
    if (direction === 'in') this.mediaReception(false);
    // Said once: the ports may be others later, which is nobody's business.
    if (this.#startsSaid.has(direction)) return;
    this.#startsSaid.add(direction);
    this.#events.emit('mediaStarted', direction, at);
    if (direction === 'in' && this.#state === 'ringing') this.#events.emit('earlyMedia');
  }

  mediaDigit(digit: string, at: CallDigit['at'], via: 'rtp' | 'inband' = 'rtp'): void {
    this.#digit({ digit, via, at });
  }

  mediaReception(silent: boolean): void {
    if (this.#state === 'ringing' && silent) this.#orEnd(() => this.#negotiation.earlySilence());
    if (this.#state === 'talking' && this.#stream.reception(silent)) this.#events.emit('reception', silent);
  }

  mediaSecured(association: number): void {
    this.#stream.secured(association);
  }

  /**
   * No keys, and so no sound. Nothing is said in the clear instead, whatever the configuration allows: what was agreed on
   * is encryption (RFC 8643 §3.3). While it rings the answer may still come from somebody else.
   */
  mediaUnsecured(association: number, failure: HandshakeFailure): void {
    if (!this.#stream.unsecured(association)) return;
    const cause = describeHandshakeFailure(failure);
    this.context.log.warn('call.handshake-failed', { call: this.id, reason: failure });
    this.#endUnheard(cause);
  }

  /**
   * The lifetime of the peer's key is over (RFC 4568 §6.1), and it has brought no other: nothing of it is accepted any more,
   * neither sound nor digits. An offer of ours would bring none: linphone and baresip answer with the key that they have.
   */
  mediaKeySpent(): void {
    this.#endUnheard('the other side goes on with a key whose lifetime is over, and has brought no other');
  }

  /** A conversation in which nothing can be heard any more. */
  #endUnheard(cause: string): void {
    if (this.#state === 'talking') this.#endBy({ reason: 'failed', cause }, (session) => session.hangup());
  }

  /** Follows a session, as long as it is the call's: there may be another in its place. */
  #listen(session: Session): void {
    this.#session = session;
    const on = <Name extends keyof SessionEvents>(
      name: Name,
      listener: (...args: SessionEvents[Name]) => void,
    ): void => {
      session.on(name, (...args) => {
        if (this.#session === session) listener(...args);
      });
    };
    on('progress', (message) => this.#progressed(message));
    on('redirected', (target) => this.#redirected(target));
    on('accepted', (message) => this.#accepted(message));
    on('acknowledged', () => this.#nowAcknowledged());
    on('branchEnded', (branch) => {
      if (this.#state === 'ringing') this.#orEnd(() => this.#negotiation.branchEnded(branch));
    });
    on('answer', (body) => this.#answered(body));
    on('offerRefused', (status) => this.#orEnd(() => this.#negotiation.offerRefused(status)));
    on('outOfStep', (offered) => this.#negotiation.resynchronise(session, offered));
    on('negotiation', (negotiation) => this.#negotiation.renegotiate(negotiation));
    on('networkChanged', () => this.#networkChanged(session));
    on('info', (body) => {
      const digit = readInfoDigit(body);
      if (digit !== undefined) this.#digit({ digit, via: 'info', at: this.context.clock.now() });
    });
    on('refer', (referral) => {
      if (this.established) this.#events.emit('transfer', new ReferredTransfer(this, referral, this.context));
    });
    on('ended', (end) => this.#sessionEnded(end));
  }

  #networkChanged(session: Session): void {
    const { log, ports } = this.context;
    const path = this.#path;
    const before = this.#stream.address;
    if (this.#state === 'ended' || before === undefined || path.local === before) return;
    log.info('call.moved', { call: this.id, from: before, to: path.local });
    ports.prepare(path, () => {
      if (this.#session === session && this.#state !== 'ended') this.#move(session, path);
    });
  }

  #move(session: Session, path: MediaPath): void {
    if (this.#dialled !== undefined && this.#state === 'ringing') this.#dialAgain(this.#dialled, session, path);
    else this.#negotiation.move(session, path);
  }

  /**
   * Outgoing, unanswered: the phones' answers go to where the INVITE came from (RFC 3261 §18.2.2), where nobody is any more.
   * It is taken back, and said anew from where we are.
   */
  #dialAgain(options: DialOptions, session: Session, path: MediaPath): void {
    let offer: Body;
    try {
      offer = this.#offerFrom(path);
    } catch (thrown) {
      const reason = describeError(thrown);
      this.context.log.warn('call.move-failed', { call: this.id, address: path.local, reason });
      return;
    }
    this.#session = undefined;
    session.hangup(CALLED_ANEW);
    this.#orEnd(() => this.#invite(options, offer));
  }

  /** What the first place has said is of no account any more: another will answer. */
  #redirected(target: string): void {
    if (this.#state !== 'ringing') return;
    this.#negotiation.forgetEarly();
    this.#events.emit('redirected', peerAddress(target));
  }

  #progressed(message: SessionMessage): void {
    if (this.#state !== 'ringing') return;
    this.#rang = true;
    if (!this.#statusesSaid.has(message.status)) {
      this.#statusesSaid.add(message.status);
      this.#events.emit('ringing', message.status);
    }
    this.#negotiation.progressed(message);
  }

  #accepted(message: SessionMessage): void {
    if (this.#state !== 'ringing') return;
    const applied = this.#negotiation.accepted(message);
    if (!applied.ok) {
      this.#endBy({ reason: 'failed', status: message.status, cause: applied.error }, (session) => session.hangup());
      return;
    }
    this.#state = 'talking';
    this.#demand?.answered();
    this.#sayAnswered();
    // One that failed while it rang: whoever answers now may be able to.
    this.#orEnd(() => this.#stream.handshakeAgain());
  }

  /** The answer to an offer of ours in a 2xx: it came with the ACK. */
  #answered(body: Body): void {
    const early = this.#state === 'ringing' && this.direction === 'incoming';
    if (this.#state !== 'talking' && !early) return;
    const applied = this.#negotiation.apply(body);
    if (applied.ok) {
      if (!early) this.#sayAnswered();
    } else if (this.#stream.agreed === undefined) {
      this.#endBy({ reason: 'failed', cause: applied.error }, (session) => session.hangup());
    } else this.context.log.warn('call.answer-unusable', { call: this.id, reason: applied.error });
  }

  /** Incoming: what our 200 will say; undefined when the offer cannot be met and the call is over. */
  #prepare(): PreparedAnswer | undefined {
    const session = this.#session;
    const { prepared } = this.#negotiation;
    if (prepared !== undefined || session === undefined) return prepared;
    try {
      const answer = this.#negotiation.prepare(session.offer, this.#path);
      if (answer.ok) return answer.value;
      const { status, headers } = answer.error;
      const cause = headers?.[0]?.[1] ?? 'no codec or encryption in common';
      this.#endBy({ reason: 'failed', status, cause }, () => session.reject(answer.error));
    } catch (thrown) {
      this.#refuseByFault(session, thrown);
    }
    return undefined;
  }

  /** Incoming: no free port, no way back, a dead engine: nothing that the caller's offer is to blame for. */
  #refuseByFault(session: Session, thrown: unknown): void {
    const refusal = { status: 500, reason: 'Server Internal Error' };
    this.#endBy({ reason: 'failed', cause: describeError(thrown) }, () => session.reject(refusal));
  }

  get #peerIsReal(): boolean {
    return this.direction === 'outgoing' || this.#acknowledged;
  }

  /**
   * Incoming: sound flows from now on. Before, an INVITE under a forged source address would have brought whoever is
   * named in its description the sound of the door, and a stranger's voice to it.
   */
  #nowAcknowledged(): void {
    this.#acknowledged = true;
    if (this.#state !== 'talking') return;
    if (this.#stream.agreed === undefined) {
      // Our 2xx had the offer, and the ACK has no answer to it: nobody will ever hear anything.
      const cause = 'the caller never said what it speaks';
      this.#endBy({ reason: 'failed', cause }, (session) => session.hangup());
      return;
    }
    this.#orEnd(() => this.#stream.again());
  }

  /** Does something with the sound; where the engine cannot, the call is of no use. */
  #orEnd(act: () => void): void {
    try {
      act();
    } catch (thrown) {
      this.#endBy({ reason: 'failed', cause: describeError(thrown) }, (session) => session.hangup());
    }
  }

  #sayAnswered(): void {
    this.#stream.announce((format) => this.#events.emit('answered', format));
  }

  /** Digits count in an established call only: from early media they could come from anybody on the way. */
  #digit(digit: CallDigit): void {
    if (this.established && this.#digits.isNew(digit)) this.#events.emit('digit', digit);
  }

  /** Ends it ourselves. */
  #endBy(end: CallEnd, tell: (session: Session) => void): void {
    if (this.#state === 'ended') return;
    this.#ownEnd = end;
    try {
      if (this.#session !== undefined) tell(this.#session);
    } catch (thrown) {
      this.context.log.error('call.end-failed', { call: this.id, reason: describeError(thrown) });
    }
    this.#finish(end);
  }

  #sessionEnded(end: SessionEnd): void {
    if (this.#ownEnd === undefined && this.#offersOtherwise(end)) return;
    const { direction } = this;
    const answered = this.#state === 'talking';
    this.#finish(this.#ownEnd ?? meaningOfEnd(end, { direction, answered, rang: this.#rang }));
  }

  /** A phone that takes encryption in some forms only is called again with the next. @returns whether it is */
  #offersOtherwise(end: SessionEnd): boolean {
    const dialled = this.#dialled;
    if (dialled === undefined || this.#state !== 'ringing' || this.#demand?.refused(end) !== true) return false;
    const { log } = this.context;
    const { demanded = 'none' } = this.#demand;
    log.info('call.encryption-otherwise', { call: this.id, peer: this.peer, status: end.status ?? 0, demanded });
    this.#session = undefined;
    this.#orEnd(() => this.#invite(dialled, this.#offerFrom(this.#path)));
    return true;
  }

  #finish(end: CallEnd): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#info.stop();
    const media = this.#stream.close();
    this.context.over(this);
    this.#events.emit('ended', media === undefined ? end : { ...end, media });
  }
}

/** What it gives; undefined where it throws, which is noticed elsewhere. */
function attempt<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch {
    return undefined;
  }
}
