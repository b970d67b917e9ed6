// What sessions of both directions have in common: events, the dialog that is theirs, and from whom requests count.

import { Emitter } from '../../base/emitter.ts';
import { HeardFrom, isSips } from '../dialog/index.ts';
import type { KeptWays } from '../exchange/index.ts';
import { formatNameAddress } from '../message/index.ts';
import type { Endpoint, NameAddress, SipRequest } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import type { DialogUsage, DialogUser } from './dialog-usage.ts';
import type { DialogView } from './dialog-view.ts';
import { formatReferTo } from './transfer/refer-request.ts';
import type {
  Body,
  HangupOptions,
  Offer,
  Referral,
  ReferUser,
  Refusal,
  Session,
  SessionDialog,
  SessionEnd,
  SessionEvents,
  SessionState,
  Signalling,
} from './types.ts';

/** A session as the user agent holds it: `Session` with the side that faces the network. */
export interface RoutedSession extends Session {
  /** Our tag: with the Call-ID it finds the session of a request. */
  readonly localTag: string;
  /** Our side, as From (outgoing) or To (incoming) names it. */
  readonly local: NameAddress;
  /** Its dialogs as watchers see them: until it ends there is one at least, be it half of one. */
  readonly dialogs: readonly DialogView[];
  /** Over, and nothing of it is under way any more. */
  readonly isQuiet: boolean;
  /** Whether a request is in a dialog of this session's, and comes from where that lives. */
  takes(request: SipRequest, source: Endpoint): boolean;
  /** A request in a dialog of this session's. False: see `takes`; 481. */
  receive(transaction: ServerTransaction): boolean;
  receiveAck(ack: SipRequest, source: Endpoint): void;
  /** Whether requests of the call's from there count. */
  countsFrom(source: Endpoint): boolean;
  /** A REFER of the peer's about this call, in a dialog of its own (RFC 4538). */
  referred(referral: Referral): void;
  /** An address of ours may have changed. */
  networkChanged(): void;
  /** Waits for nothing any longer: the agent ends. */
  close(): void;
}

/** Shared by OutgoingSession and IncomingSession. */
export abstract class BaseSession implements RoutedSession {
  abstract readonly id: string;
  abstract readonly localTag: string;
  abstract readonly local: NameAddress;
  abstract readonly dialogs: readonly DialogView[];
  abstract readonly direction: 'outgoing' | 'incoming';
  abstract readonly peer: NameAddress;
  abstract readonly source: Endpoint | undefined;
  abstract readonly offer: Body | undefined;
  abstract readonly ringNeedsOffer: boolean;
  abstract readonly state: SessionState;
  abstract readonly isQuiet: boolean;
  abstract readonly signalling: Signalling | undefined;
  /** The dialog that the user talks in. */
  protected primary: DialogUsage | undefined;
  readonly #events = new Emitter<SessionEvents>();
  readonly #heardFrom = new HeardFrom();
  /** Whether everything so far came over TLS. */
  #onlyOverTls = true;
  #lastHeard: Endpoint | undefined;

  /**
   * @param ways keeps the connections that it lives by
   * @param quieted called when the session may be forgotten
   */
  constructor(
    private readonly ways: KeptWays,
    private readonly quieted: (session: RoutedSession) => void,
  ) {}

  on<Name extends keyof SessionEvents>(name: Name, listener: (...args: SessionEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  abstract ring(status?: 180 | 181 | 182 | 183, body?: Body): void;
  abstract accept(body: Body): void;
  abstract reject(refusal: Refusal): void;
  abstract hangup(how?: HangupOptions): void;

  close(): void {
    this.ways.release();
    for (const usage of this.usages) usage.close();
  }

  reoffer(offer: Offer, branch?: string): void {
    this.usageOfBranch(branch)?.offers.reoffer(offer);
  }

  get dialog(): SessionDialog | undefined {
    const dialog = this.primary?.dialog;
    if (this.state !== 'confirmed' || dialog === undefined) return undefined;
    return { id: dialog.id, remoteTarget: dialog.remoteTarget };
  }

  refer(target: string, user: ReferUser, replaced?: SessionDialog): void {
    if (this.state !== 'confirmed') return;
    const referTo = formatReferTo(target, replaced?.id);
    // RFC 3892 §2.1: as whom the peer knows us.
    const referredBy = formatNameAddress({ uri: this.local.uri });
    this.primary?.referrals.send({ referTo, referredBy }, user);
  }

  sendInfo(body: Body): void {
    if (this.state === 'confirmed') this.primary?.sendInfo(body);
  }

  takes(request: SipRequest, source: Endpoint): boolean {
    const usage = this.usageOf(request);
    return usage !== undefined && this.#counts(usage, source);
  }

  receive(transaction: ServerTransaction): boolean {
    const usage = this.usageOf(transaction.request);
    if (usage === undefined || !this.#counts(usage, transaction.source)) return false;
    this.ways.keep(transaction.source);
    usage.receive(transaction);
    return true;
  }

  countsFrom(source: Endpoint): boolean {
    return this.primary !== undefined && this.#counts(this.primary, source);
  }

  referred(referral: Referral): void {
    // RFC 5630 §5.1.1: who is called by sips does not lead us on to sip. What nobody takes up is declined.
    const isDowngrade = this.primary?.dialog.secure === true && !isSips(referral.target);
    if (this.state === 'confirmed' && !isDowngrade) this.emit('refer', referral);
  }

  networkChanged(): void {
    // Who talks may offer another address for its media from within, which tells the peer of us as well.
    if (this.state !== 'terminated') this.emit('networkChanged');
    for (const usage of this.usages) usage.networkChanged(this.#isHeard(usage));
  }

  receiveAck(ack: SipRequest, source: Endpoint): void {
    const usage = this.usageOf(ack);
    if (usage !== undefined && this.#counts(usage, source)) usage.receiveAck(ack);
  }

  protected abstract get usages(): readonly DialogUsage[];

  /** The dialog that offers of ours go to: that which the user talks in or, before the answer, that of the branch. */
  protected abstract usageOfBranch(branch: string | undefined): DialogUsage | undefined;

  /** The dialog that a request is in, by the peer's tag. */
  protected abstract usageOf(request: SipRequest): DialogUsage | undefined;

  /** The dialog is over, by the peer or by its silence. */
  protected abstract dialogEnded(usage: DialogUsage, end: SessionEnd): void;

  /** An address that has answered us, or that the INVITE came from, counts as the peer's. */
  protected heard(source: Endpoint): void {
    this.#heardFrom.add(source.address);
    this.#onlyOverTls &&= source.protocol === 'tls';
    this.#lastHeard = source;
    this.ways.keep(source);
  }

  /** Where the peer was heard from last. */
  get lastHeard(): Endpoint | undefined {
    return this.#lastHeard;
  }

  protected emit<Name extends keyof SessionEvents>(name: Name, ...args: SessionEvents[Name]): void {
    this.#events.emit(name, ...args);
  }

  /** To be called whenever something may have become quiet. */
  protected checkQuiet(): void {
    if (!this.isQuiet) return;
    this.ways.release();
    this.quieted(this);
  }

  /**
   * Passes on what happens in the session's own dialog, and as long as there is none in every branch's. What another
   * branch offers then is refused: nobody is interested, and it must not wait.
   */
  protected dialogUser(self: () => DialogUsage | undefined): DialogUser {
    const isHeard = (): boolean => this.#isHeard(self());
    const pass = (tell: () => void): void => {
      if (isHeard()) tell();
    };
    const branch = (): string | undefined => self()?.dialog.id.remoteTag;
    return {
      negotiation: (negotiation) => {
        if (isHeard()) this.emit('negotiation', { ...negotiation, branch: branch() });
        else negotiation.reject({ status: 488 });
      },
      answer: (body) => pass(() => this.emit('answer', body, branch())),
      offerRefused: (status) => pass(() => this.emit('offerRefused', status)),
      outOfStep: (offered) => pass(() => this.emit('outOfStep', offered)),
      acknowledged: () => pass(() => this.emit('acknowledged')),
      refer: (referral) => pass(() => this.referred(referral)),
      info: (body) => pass(() => this.state === 'confirmed' && this.emit('info', body)),
      ended: (end) => {
        const usage = self();
        if (usage !== undefined) this.dialogEnded(usage, end);
      },
      quiet: () => this.checkQuiet(),
    };
  }

  #isHeard(usage: DialogUsage | undefined): boolean {
    return this.state !== 'terminated' && (this.state !== 'confirmed' || usage === this.primary);
  }

  /** A source address in UDP can be forged: a dialog that has lived over TLS alone counts nothing that comes without. */
  #counts(usage: DialogUsage, source: Endpoint): boolean {
    const isHeard = this.#heardFrom.size > 0;
    if (isHeard && this.#onlyOverTls && source.protocol !== 'tls') return false;
    return this.#heardFrom.has(source.address) || usage.livesAt(source);
  }
}

/** RFC 3326 §2: what a CANCEL or BYE of ours says of its reason. */
export function reasonHeader({ reason }: HangupOptions): readonly (readonly [name: string, value: string])[] {
  return reason === undefined ? [] : [['Reason', reason]];
}
