// A session that we began: INVITE, its answers from one peer or from several (forking), CANCEL and what may cross it
// (RFC 3261 §9.1, §13.2). What is done when is in lifecycle.ts.
// Where a 3xx leads is in redirection.ts.

import { millis } from '../../base/units.ts';
import { Dialog, type Routing } from '../dialog/index.ts';
import { type CallCredentials, ClientExchange, type SentRequest } from '../exchange/index.ts';
import { COMPLETED_ELSEWHERE, formatReason } from '../identity/index.ts';
import type { Endpoint, NameAddress, SipRequest, SipResponse } from '../message/types.ts';
import { step } from '../transaction/machine.ts';
import { BaseSession, type RoutedSession, reasonHeader } from './base-session.ts';
import { sessionBodyOf } from './bodies.ts';
import { DialogUsage } from './dialog-usage.ts';
import { type DialogView, halfDialog, viewOf } from './dialog-view.ts';
import type { Said } from './invite-answers.ts';
import { type InviteParts, InviteRequests } from './invite-requests.ts';
import { type OutgoingAction, type OutgoingEvent, outgoingLifecycle } from './lifecycle.ts';
import { LocalTarget } from './local-target.ts';
import { reasonsOf, warningsOf } from './reasons.ts';
import { Redirection, type RedirectTarget } from './redirection.ts';
import { readRSeq } from './rseq.ts';
import type { Body, HangupOptions, SessionEnd, SessionMessage, SessionState, Signalling } from './types.ts';

type HeaderList = readonly (readonly [name: string, value: string])[];

/** By which way the INVITE goes, and who answers challenges on it. */
export interface Way {
  readonly routing: Routing;
  readonly credentials: CallCredentials | undefined;
}

export interface OutgoingSessionOptions extends InviteParts {
  readonly credentials: CallCredentials | undefined;
  /** The way to where a 3xx leads; undefined: no way of ours leads there. Left out: redirections are not followed. */
  readonly redirect?: (target: RedirectTarget) => Way | undefined;
  /** Called when the session may be forgotten. */
  readonly quieted: (session: RoutedSession) => void;
}

/** What an event of the lifecycle brings along. */
interface Occasion {
  readonly response?: SipResponse;
  readonly usage?: DialogUsage;
  /** The description in the response. */
  readonly body?: Body | undefined;
  readonly end?: SessionEnd;
  /** Of the request that ends it. */
  readonly headers?: HeaderList;
}

/** RFC 6228. */
const EARLY_DIALOG_TERMINATED = 199;

/** More branches than a door's call has; further ones make no early dialog. A 2xx always does. */
const MAXIMUM_EARLY_DIALOGS = 16;

/** For the phone of a forked call that answered second. */
const TAKEN_ELSEWHERE: HeaderList = [['Reason', formatReason(COMPLETED_ELSEWHERE)]];

/** One INVITE of ours and what becomes of it. */
export class OutgoingSession extends BaseSession {
  readonly id: string;
  readonly localTag: string;
  readonly direction = 'outgoing' as const;
  readonly local: NameAddress;
  readonly peer: NameAddress;
  readonly source = undefined;
  readonly offer = undefined;
  readonly ringNeedsOffer = false;
  #state: SessionState = 'calling';
  #exchange: ClientExchange | undefined;
  #way: Way;
  readonly #redirection: Redirection;
  readonly #requests: InviteRequests;
  #inviteOpen = true;
  /** By the peer's tag: one a branch that has answered. */
  readonly #usages = new Map<string, DialogUsage>();

  constructor(private readonly options: OutgoingSessionOptions) {
    super(options.environment.keepWays(), options.quieted);
    const { random } = options.environment;
    this.id = random.hex(16);
    this.localTag = random.hex(8);
    this.#requests = new InviteRequests(options, this.id, this.localTag);
    this.#way = options;
    this.#redirection = new Redirection(options.routing.requestUri);
    this.local = options.from;
    this.peer = { displayName: undefined, uri: options.target, parameters: new Map() };
  }

  get state(): SessionState {
    return this.#state;
  }

  get dialogs(): readonly DialogView[] {
    if (this.#state === 'terminated') return [];
    const views = [...this.#usages.values()].flatMap((usage, index) => {
      const isTheirs = this.primary === undefined || usage === this.primary;
      return isTheirs && !usage.isOver ? [viewOf(usage.dialog, index, this.#requests.contact)] : [];
    });
    if (views.length > 0) return views;
    return [halfDialog(this.#state === 'calling' ? 'trying' : 'proceeding', this.#requests.contact)];
  }

  get signalling(): Signalling | undefined {
    return this.#requests.signalling;
  }

  get isQuiet(): boolean {
    // A branch that has only rung has nothing to end: there is no session in it (§12.3).
    const usages = [...this.#usages.values()].filter((usage) => usage.dialog.state === 'confirmed');
    return this.#state === 'terminated' && !this.#inviteOpen && usages.every((usage) => usage.isQuiet);
  }

  /** Sends the INVITE: before this returns, where the address is known. Failures come as `ended`, later. */
  begin(): void {
    const { environment } = this.options;
    environment.locate(this.#way.routing.nextHop, (located) => {
      if (located.ok) this.#invite(located.value);
      else environment.clock.after(millis(0), 'INVITE to nowhere', () => this.#missed('unreachable', located.error));
    });
  }

  ring(): void {
    this.options.environment.log.debug('session.not-incoming', { did: 'ring' });
  }

  accept(): void {
    this.options.environment.log.debug('session.not-incoming', { did: 'accept' });
  }

  reject(): void {
    this.options.environment.log.debug('session.not-incoming', { did: 'reject' });
  }

  hangup(how: HangupOptions = {}): void {
    const end = { reason: this.#state === 'confirmed' ? 'local-hangup' : 'cancelled' } as const;
    this.#handle('hangup', { end, headers: reasonHeader(how) });
    this.checkQuiet();
  }

  protected get usages(): readonly DialogUsage[] {
    return [...this.#usages.values()];
  }

  protected usageOfBranch(branch: string | undefined): DialogUsage | undefined {
    if (this.#state === 'confirmed') return this.primary;
    if (this.#state === 'terminated') return undefined;
    return branch === undefined ? [...this.#usages.values()].at(-1) : this.#usages.get(branch);
  }

  protected usageOf(request: SipRequest): DialogUsage | undefined {
    return this.#usages.get(request.fromTag ?? '');
  }

  protected dialogEnded(usage: DialogUsage, end: SessionEnd): void {
    if (usage === this.primary) this.#handle('dialog ended', { end });
  }

  #invite(targets: readonly Endpoint[]): void {
    if (this.#state === 'terminated') {
      // Hung up while the address was being looked up: nothing was sent, nothing needs an end.
      this.#inviteOpen = false;
      this.checkQuiet();
      return;
    }
    const { environment } = this.options;
    const { routing, credentials } = this.#way;
    const plan = {
      nextHop: routing.nextHop,
      build: () => this.#requests.build(),
      address: (request: SipRequest, target: Endpoint) => this.#requests.address(request, target),
    };
    const exchange = new ClientExchange(environment, credentials, plan, {
      provisional: (response, sent) => this.#provisional(response, sent),
      final: (response, sent) => this.#final(response, sent),
      failed: (reason, phrase) => this.#missed(reason, phrase),
      heard: (source) => this.heard(source),
    });
    this.#exchange = exchange;
    exchange.beginTo(targets);
  }

  /** §13.2.2.1: with a To tag it makes an early dialog. */
  #provisional(response: SipResponse, sent: SentRequest): void {
    const { toTag } = response;
    const known = this.#usages.get(toTag ?? '');
    if (response.status === EARLY_DIALOG_TERMINATED && known === undefined && readRSeq(response) === undefined) return;
    const hasRoom = toTag !== undefined && this.#usages.size < MAXIMUM_EARLY_DIALOGS;
    const usage = known ?? (hasRoom ? this.#addUsage(Dialog.ofResponse(sent.request, response)) : undefined);
    const said = usage === undefined ? this.#saidOutside(response) : usage.receiveProvisional(response);
    if (said === undefined) return;
    if (response.status !== EARLY_DIALOG_TERMINATED) this.#handle('provisional', { response, body: said.body });
    else if (usage !== undefined) this.#branchEnded(usage);
  }

  /** Without a tag there is no dialog, and no PRACK (RFC 3262 §4); but a gateway may have said what it plays. */
  #saidOutside(response: SipResponse): Said {
    return { body: this.options.offer && sessionBodyOf(response) };
  }

  /** RFC 6228 §4: the branch has ended by itself. */
  #branchEnded(usage: DialogUsage): void {
    const { remoteTag } = usage.dialog.id;
    if (usage.dialog.state !== 'early') return;
    usage.drop();
    this.#usages.delete(remoteTag);
    if (this.#state === 'calling' || this.#state === 'early') this.emit('branchEnded', remoteTag);
  }

  #final(response: SipResponse, sent: SentRequest): void {
    if (response.status >= 300) {
      const { status, reason } = response;
      if (status === 422 && this.#requests.least.refused(response)) {
        this.#inviteAgain(sent.target);
        return;
      }
      if (status < 400) this.#redirection.take(response);
      // §21.6: whoever answers with 6xx speaks for all the places that there are.
      if (status < 600 && this.#goesOn()) return;
      const why = { ...reasonsOf(response), ...warningsOf(response) };
      this.#inviteOver('refusal', { reason: 'rejected', status, phrase: reason, ...why });
      return;
    }
    const known = this.#usages.get(response.toTag ?? '');
    const usage = known ?? this.#addUsage(Dialog.ofResponse(sent.request, response));
    // Acknowledged whatever becomes of it, and before anybody is told (§13.2.2.4).
    usage.receiveAccepted(response, sent, ({ body }) => {
      this.#inviteOpen = false;
      this.#handle('2xx', { response, usage, body });
      this.checkQuiet();
    });
  }

  /** RFC 4028 §7.3: the same call, with a longer session interval. */
  #inviteAgain(target: Endpoint): void {
    this.#forgetBranches();
    this.#invite([target]);
  }

  #forgetBranches(): void {
    for (const usage of this.#usages.values()) usage.drop();
    this.#usages.clear();
  }

  #missed(reason: 'timeout' | 'unreachable', phrase: string): void {
    if (this.#goesOn()) return;
    this.#inviteOver(reason, reason === 'timeout' ? { reason: 'timeout' } : { reason: 'unreachable', phrase });
  }

  /** Whether the call goes on at the next place that a 3xx has named (§8.1.3.4): as the same call, with the next CSeq. */
  #goesOn(): boolean {
    if (this.#state === 'terminated') return false;
    for (let next = this.#redirection.next(); next !== undefined; next = this.#redirection.next()) {
      const way = this.options.redirect?.(next);
      if (way === undefined) continue;
      this.#way = way;
      this.#requests.redirect(way.routing, next.headers);
      this.#forgetBranches();
      this.emit('redirected', next.uri);
      this.begin();
      return true;
    }
    return false;
  }

  #inviteOver(event: OutgoingEvent, end: SessionEnd): void {
    this.#inviteOpen = false;
    for (const usage of this.#usages.values()) if (usage.dialog.state === 'early') usage.drop();
    this.#handle(event, { end });
    this.checkQuiet();
  }

  #addUsage(dialog: Dialog): DialogUsage {
    const { environment, contactUser } = this.options;
    const context = {
      environment,
      credentials: this.#way.credentials,
      localTarget: new LocalTarget(
        (target) => environment.contact(target, contactUser, dialog.sipsContact),
        this.#requests.contact,
      ),
      began: 'ours' as const,
      heard: (source: Endpoint) => this.heard(source),
      lastHeard: () => this.lastHeard,
    };
    const usage: DialogUsage = new DialogUsage(
      dialog,
      context,
      this.dialogUser(() => usage),
      this.options.offer,
    );
    this.#usages.set(dialog.id.remoteTag, usage);
    return usage;
  }

  #handle(event: OutgoingEvent, occasion: Occasion): void {
    const { state, actions } = step(outgoingLifecycle, this.#state, event);
    this.#state = state;
    for (const action of actions) this.#perform(action, occasion);
    this.emit('changed');
  }

  #perform(action: OutgoingAction, { response, usage, body, end, headers }: Occasion): void {
    switch (action) {
      case 'report progress':
        if (response !== undefined) this.emit('progress', this.#message(response, body));
        return;
      case 'take dialog':
        this.primary = usage;
        if (response !== undefined) this.emit('accepted', this.#message(response, body));
        return;
      case 'refuse dialog':
        usage?.hangUp(this.#state === 'confirmed' ? TAKEN_ELSEWHERE : []);
        return;
      case 'send CANCEL':
        this.#exchange?.cancel(headers);
        return;
      case 'send BYE':
        this.primary?.hangUp(headers);
        return;
      case 'report end':
        if (end !== undefined) this.emit('ended', end);
        return;
    }
  }

  #message(response: SipResponse, body: Body | undefined): SessionMessage {
    const { status, reason } = response;
    const at = this.options.environment.clock.now();
    return { at, status, phrase: reason, body, branch: response.toTag };
  }
}
