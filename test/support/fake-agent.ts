// A SIP user agent without a network: the test plays the other side of each session by hand. It holds its users to the
// contract of src/sip: what may not be called in a state throws, so that a wrong call is a failing test.

import { Emitter } from '../../src/base/emitter.ts';
import { millis } from '../../src/base/units.ts';
import type { AgentEvents, InviteOptions, RegistrationState, UserAgent } from '../../src/sip/agent/types.ts';
import type { Endpoint, NameAddress } from '../../src/sip/message/types.ts';
import type {
  Body,
  Negotiation,
  Referral,
  ReferUser,
  Refusal,
  Session,
  SessionDialog,
  SessionEnd,
  SessionEvents,
  SessionMessage,
  SessionState,
  Signalling,
} from '../../src/sip/session/types.ts';

/** The body of an SDP text. */
export function sdpBody(text: string): Body {
  return { type: 'application/sdp', data: Buffer.from(text, 'latin1') };
}

function nameAddress(uri: string): NameAddress {
  return { displayName: undefined, uri, parameters: new Map() };
}

/** What our side did to a session, in order. */
export type SessionDeed =
  | { readonly did: 'ring'; readonly status: number; readonly body: Body | undefined }
  | { readonly did: 'accept'; readonly body: Body }
  | { readonly did: 'reject'; readonly refusal: Refusal }
  | { readonly did: 'reoffer'; readonly body: Body }
  | { readonly did: 'info'; readonly body: Body }
  | { readonly did: 'refer'; readonly target: string; readonly replaced: SessionDialog | undefined }
  | { readonly did: 'hangup' };

/** What our side did about a REFER of the peer's. */
export interface ReferralOutcome {
  accepted: boolean;
  refused: Refusal | undefined;
  /** What the peer was told, in order. */
  readonly told: number[];
}

/** What the agent found out about a caller. */
export type KnownOfCaller = Partial<Pick<Session, 'caller' | 'diversions' | 'answerMode' | 'authenticatedAs'>>;
/** A REFER of a peer's, and what our side did and does about it. `close` declines what nobody took. */
function askedToCall(target: string, more: Partial<Pick<Referral, 'replaces' | 'referredBy'>> = {}) {
  const outcome: ReferralOutcome = { accepted: false, refused: undefined, told: [] };
  const isOpen = (): boolean => !outcome.accepted && outcome.refused === undefined;
  const reject = (refusal: Refusal): void => {
    if (isOpen()) outcome.refused = refusal;
  };
  const referral: Referral = {
    target,
    replaces: more.replaces,
    referredBy: more.referredBy,
    accept: () => {
      if (isOpen()) outcome.accepted = true;
    },
    reject,
    // As the real one: said once for each status, and nothing behind the final one.
    tell: (status) => {
      const last = outcome.told.at(-1) ?? 100;
      if (outcome.accepted && last < 200 && last !== status) outcome.told.push(status);
    },
  };
  return { referral, outcome, close: () => reject({ status: 603 }) };
}

/** One session; `deeds` is what it was told, the `peer…` methods are what the other side does. */
export class FakeSession implements Session {
  readonly deeds: SessionDeed[] = [];
  readonly peer: NameAddress;
  readonly source: Endpoint | undefined;
  readonly offer: Body | undefined;
  lastHeard: Endpoint | undefined;
  state: SessionState = 'calling';
  signalling: Signalling | undefined = 'clear';
  /** The one whose place this one takes. */
  replaces: FakeSession | undefined;
  #referUser: ReferUser | undefined;
  /** Set by a test: the caller insists on reliable responses, and has no offer. */
  ringNeedsOffer = false;
  readonly #events = new Emitter<SessionEvents>();

  constructor(
    readonly id: string,
    readonly direction: 'outgoing' | 'incoming',
    from: { peer: string; source?: Endpoint; offer?: Body | undefined },
    /** What it was begun with, outgoing. */
    readonly invite?: InviteOptions,
  ) {
    this.peer = nameAddress(from.peer);
    this.source = from.source;
    this.offer = from.offer;
    this.lastHeard = from.source;
  }

  on<Name extends keyof SessionEvents>(name: Name, listener: (...args: SessionEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  ring(status: 180 | 181 | 182 | 183 = 180, body?: Body): void {
    this.#expect('ring', this.direction === 'incoming' && (this.state === 'calling' || this.state === 'early'));
    this.state = 'early';
    this.deeds.push({ did: 'ring', status, body });
  }

  accept(body: Body): void {
    this.#expect('accept', this.direction === 'incoming' && (this.state === 'calling' || this.state === 'early'));
    this.state = 'confirmed';
    this.deeds.push({ did: 'accept', body });
  }

  reject(refusal: Refusal): void {
    this.#expect('reject', this.direction === 'incoming' && (this.state === 'calling' || this.state === 'early'));
    this.deeds.push({ did: 'reject', refusal });
    this.#end({ reason: 'rejected', status: refusal.status });
  }

  reoffer(offer: Body | (() => Body)): void {
    this.#expect('reoffer', this.state === 'confirmed');
    this.deeds.push({ did: 'reoffer', body: typeof offer === 'function' ? offer() : offer });
  }

  sendInfo(body: Body): void {
    this.#expect('sendInfo', this.state === 'confirmed');
    this.deeds.push({ did: 'info', body });
  }

  get dialog(): SessionDialog | undefined {
    if (this.state !== 'confirmed') return undefined;
    const id = { callId: this.id, localTag: `${this.id}-ours`, remoteTag: `${this.id}-theirs` };
    return { id, remoteTarget: this.peer.uri };
  }

  refer(target: string, user: ReferUser, replaced?: SessionDialog): void {
    this.#expect('refer', this.state === 'confirmed');
    this.deeds.push({ did: 'refer', target, replaced });
    this.#referUser = user;
  }

  /** The peer tells what became of our REFER. */
  peerTells(status: number): void {
    if (status < 200) this.#referUser?.progress?.(status);
    else this.#referUser?.done(status);
  }

  /** The peer wants us to call somebody. Answers with what our side did and does about it. */
  peerRefers(target: string, more: Partial<Pick<Referral, 'replaces' | 'referredBy'>> = {}): ReferralOutcome {
    const { referral, outcome, close } = askedToCall(target, more);
    this.#events.emit('refer', referral);
    close();
    return outcome;
  }

  /** As the real one: a confirmed session is over at once, a CANCEL waits for the final response of the peer. */
  hangup(): void {
    if (this.state === 'terminated') return;
    this.deeds.push({ did: 'hangup' });
    if (this.state === 'confirmed') this.#end({ reason: 'local-hangup' });
    else if (this.direction === 'incoming') this.#end({ reason: 'rejected', status: 603 });
  }

  /** How often our side did this. */
  count(did: SessionDeed['did']): number {
    return this.deeds.filter((deed) => deed.did === did).length;
  }

  /** The refusal that we gave, if any. */
  get refusal(): Refusal | undefined {
    return this.deeds.flatMap((deed) => (deed.did === 'reject' ? [deed.refusal] : [])).at(-1);
  }

  /** The text of the SDP that we accepted with. */
  get acceptedWith(): string | undefined {
    return this.deeds.flatMap((deed) => (deed.did === 'accept' ? [deed.body.data.toString()] : [])).at(-1);
  }

  /** The peer sends a provisional response. */
  peerProgresses(status: number, sdp?: string, branch?: string): void {
    this.state = 'early';
    this.#events.emit('progress', this.#message(status, sdp, branch));
  }

  /** A branch of the call is over (199). */
  peerEndsBranch(branch: string): void {
    this.#events.emit('branchEnded', branch);
  }

  /** The peer sends 200. */
  peerAccepts(sdp?: string, branch?: string): void {
    this.state = 'confirmed';
    this.#events.emit('accepted', this.#message(200, sdp, branch));
  }

  /** The peer sends a final refusal. */
  /** The peer sends the call on. */
  peerRedirects(target: string): void {
    this.#events.emit('redirected', target);
  }

  peerRejects(status: number): void {
    this.#end(
      status === 487 && this.count('hangup') > 0 ? { reason: 'cancelled', status } : { reason: 'rejected', status },
    );
  }

  /** The peer sends ACK, with an answer where our 200 had the offer. */
  peerAcknowledges(sdp?: string): void {
    if (sdp !== undefined) this.#events.emit('answer', sdpBody(sdp));
    this.#events.emit('acknowledged');
  }

  /** The peer sends a re-INVITE, or a branch an UPDATE. Answers with what our side did about it. */
  peerOffers(sdp: string | undefined, branch?: string): { accepted: string | undefined; refused: Refusal | undefined } {
    const outcome: { accepted: string | undefined; refused: Refusal | undefined } = {
      accepted: undefined,
      refused: undefined,
    };
    let settled = false;
    const settle = (set: () => void): void => {
      if (!settled) set();
      settled = true;
    };
    const negotiation: Negotiation = {
      offer: sdp === undefined ? undefined : sdpBody(sdp),
      branch,
      accept: (body) => settle(() => (outcome.accepted = body.data.toString())),
      reject: (refusal) => settle(() => (outcome.refused = refusal)),
    };
    this.#events.emit('negotiation', negotiation);
    if (!settled) throw new Error('a negotiation was left without an answer');
    return outcome;
  }

  /** The peer answers an offer of ours, in the ACK of its re-INVITE. */
  peerAnswers(sdp: string): void {
    this.#events.emit('answer', sdpBody(sdp));
  }

  /** The peer refuses an offer of ours in the call. */
  peerRefusesOffer(status: number): void {
    this.#events.emit('offerRefused', status);
  }

  /** The peer refuses an offer of ours that it had answered, reliably, before. */
  peerTakesBack(status: number): void {
    this.#events.emit('offerRefused', status);
    this.#events.emit('outOfStep', true);
  }

  /** A refresh of ours fails after the peer had changed something inside of it. */
  peerRefusesRefresh(): void {
    this.#events.emit('outOfStep', false);
  }

  /** The machine has another address. */
  networkChanges(): void {
    this.#events.emit('networkChanged');
  }

  /** The peer sends INFO. */
  peerSendsInfo(type: string, text: string): void {
    this.#events.emit('info', { type, data: Buffer.from(text, 'latin1') });
  }

  /** The peer hangs up; or gives up calling, before our answer. */
  peerHangsUp(): void {
    this.#end({ reason: this.state === 'confirmed' ? 'remote-hangup' : 'cancelled' });
  }

  /** The session ends in any other way. */
  fails(end: SessionEnd): void {
    this.#end(end);
  }

  #message(status: number, sdp: string | undefined, branch: string | undefined): SessionMessage {
    return { at: millis(0), status, phrase: 'Test', body: sdp === undefined ? undefined : sdpBody(sdp), branch };
  }

  #end(end: SessionEnd): void {
    if (this.state === 'terminated') return;
    this.state = 'terminated';
    this.#events.emit('ended', end);
  }

  #expect(what: string, allowed: boolean): void {
    if (!allowed) throw new Error(`${what} on an ${this.direction} session in state ${this.state}`);
  }
}

/** A UserAgent in memory. `sessions` holds every session ever begun, either way. */
export class FakeAgent implements UserAgent {
  readonly sessions: FakeSession[] = [];
  listening: readonly Endpoint[] = [{ protocol: 'udp', address: '192.0.2.10', port: 5060 }];
  registrations: RegistrationState[] = [];
  servers: ReadonlySet<string> = new Set<string>();
  /** What `localAddress` answers. */
  address = '192.0.2.10';
  /** What `remoteAddress` answers. */
  remote: string | undefined = '192.0.2.1';
  /** Set: `invite` throws it. */
  inviteFailure: Error | undefined;
  stopped: boolean = false;
  readonly #events = new Emitter<AgentEvents>();

  on<Name extends keyof AgentEvents>(name: Name, listener: (...args: AgentEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /** Says an event, as the real agent would. */
  emit<Name extends keyof AgentEvents>(name: Name, ...args: AgentEvents[Name]): void {
    this.#events.emit(name, ...args);
  }

  async start(): Promise<void> {
    return;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    for (const session of this.sessions) session.hangup();
  }

  invite(options: InviteOptions): FakeSession {
    if (this.inviteFailure !== undefined) throw this.inviteFailure;
    const session = new FakeSession(this.#nextId(), 'outgoing', { peer: options.target }, options);
    this.sessions.push(session);
    return session;
  }

  localAddress(): string {
    return this.address;
  }

  remoteAddress(): string | undefined {
    return this.remote;
  }

  /** The newest session. */
  get session(): FakeSession {
    const newest = this.sessions.at(-1);
    if (newest === undefined) throw new Error('no session was begun');
    return newest;
  }

  /** Whom we called, in order. */
  get dialled(): readonly string[] {
    return this.sessions.flatMap((session) => (session.invite === undefined ? [] : [session.invite.target]));
  }

  /** Somebody who was let in calls us. @param replaces the session whose place the call is to take */
  peerCalls(
    from: string,
    sdp?: string,
    address = '192.0.2.1',
    { replaces, ...known }: KnownOfCaller & { readonly replaces?: FakeSession } = {},
  ): FakeSession {
    const source: Endpoint = { protocol: 'udp', address, port: 5060 };
    const offer = sdp === undefined ? undefined : sdpBody(sdp);
    const session = new FakeSession(this.#nextId(), 'incoming', { peer: from, source, offer });
    session.replaces = replaces;
    Object.assign(session, known);
    this.sessions.push(session);
    this.#events.emit('invite', session);
    return session;
  }

  /** Somebody who may call in wants us to call somebody, outside of any call. */
  asksToCall(target: string): ReferralOutcome {
    const { referral, outcome, close } = askedToCall(target);
    const source: Endpoint = { protocol: 'udp', address: '192.0.2.1', port: 5060 };
    this.#events.emit('refer', referral, nameAddress('sip:pc@192.0.2.1'), source);
    close();
    return outcome;
  }

  #nextId(): string {
    return `call-${this.sessions.length + 1}@test`;
  }
}
