// A session that a peer began: its INVITE, our answers, CANCEL, the 2xx until its ACK (RFC 3261 §9.2, §13.3). What is
// done when is in lifecycle.ts. Whether the peer may call at all was decided before.

import type { Timer } from '../../base/clock.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { seconds } from '../../base/units.ts';
import { Dialog } from '../dialog/index.ts';
import type { CallCredentials } from '../exchange/index.ts';
import {
  type AnswerMode,
  type Caller,
  type Diversion,
  readAnswerMode,
  readCaller,
  readDiversions,
} from '../identity/index.ts';
import { createResponse } from '../message/index.ts';
import type { Endpoint, NameAddress, SipRequest, SipResponse } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import { step } from '../transaction/machine.ts';
import { BaseSession, type RoutedSession, reasonHeader } from './base-session.ts';
import { sessionBodyOf } from './bodies.ts';
import { CAPABILITY_HEADERS } from './capabilities.ts';
import { DialogUsage } from './dialog-usage.ts';
import { type DialogView, viewOf } from './dialog-view.ts';
import type { SessionEnvironment } from './environment.ts';
import { type IncomingAction, type IncomingEvent, incomingLifecycle } from './lifecycle.ts';
import { LocalTarget } from './local-target.ts';
import type { OwnAnswers } from './own-answers.ts';
import { reasonsOf } from './reasons.ts';
import { signallingOfIncoming } from './signalling.ts';
import type { Body, HangupOptions, Refusal, Session, SessionEnd, SessionState, Signalling } from './types.ts';

type HeaderList = readonly (readonly [name: string, value: string])[];

export interface IncomingSessionOptions {
  readonly environment: SessionEnvironment;
  /** For challenges to our requests in the dialog. */
  readonly credentials: CallCredentials | undefined;
  /** User of Contact. */
  readonly contactUser: string | undefined;
  /** That of the INVITE. */
  readonly transaction: ServerTransaction;
  /** The session whose place it is to take (RFC 3891). */
  readonly replaces?: Session | undefined;
  /** Whose password the INVITE has shown. */
  readonly authenticatedAs?: string | undefined;
  /** Whether it came from a server of our accounts, which may vouch for the caller (RFC 3325 §8). */
  readonly trusted?: boolean;
  /** Called when the session may be forgotten. */
  readonly quieted: (session: RoutedSession) => void;
}

/** What an event of the lifecycle brings along. */
interface Occasion {
  readonly status?: number;
  readonly refusal?: Refusal;
  readonly body?: Body | undefined;
  readonly end?: SessionEnd;
  /** Of the BYE. */
  readonly headers?: HeaderList;
}

/** One INVITE of a peer's and what becomes of it. */
export class IncomingSession extends BaseSession {
  readonly id: string;
  readonly direction = 'incoming' as const;
  readonly local: NameAddress;
  readonly peer: NameAddress;
  readonly source: Endpoint;
  readonly signalling: Signalling;
  readonly authenticatedAs: string | undefined;
  readonly replaces: Session | undefined;
  readonly caller: Caller;
  readonly diversions: readonly Diversion[];
  readonly answerMode: AnswerMode | undefined;
  readonly offer: Body | undefined;
  #state: SessionState = 'calling';
  readonly #usage: DialogUsage;
  readonly #answers: OwnAnswers;
  readonly #localTarget: LocalTarget;
  /** What is accepted with, as long as a PRACK keeps the 2xx back. */
  #accepting: Body | undefined;
  #expiry: Timer | undefined;

  private constructor(
    private readonly options: IncomingSessionOptions,
    dialog: Dialog,
    readonly localTag: string,
  ) {
    super(options.environment.keepWays(), options.quieted);
    const { environment, credentials, transaction } = options;
    const { request, source } = transaction;
    this.id = request.callId;
    this.local = request.to;
    this.caller = readCaller(request, options.trusted === true);
    this.peer = this.caller.shown;
    this.diversions = readDiversions(request);
    this.answerMode = readAnswerMode(request);
    this.source = source;
    this.signalling = signallingOfIncoming(request, source);
    this.authenticatedAs = options.authenticatedAs;
    this.replaces = options.replaces;
    this.offer = sessionBodyOf(request);
    this.heard(source);
    const { contactUser } = options;
    const contact = (target: Endpoint): string => environment.contact(target, contactUser, dialog.sipsContact);
    const localTarget = new LocalTarget(contact, contact(source));
    this.#localTarget = localTarget;
    const context = {
      environment,
      credentials,
      localTarget,
      began: 'theirs' as const,
      heard: (from: Endpoint) => this.heard(from),
      lastHeard: () => this.lastHeard,
    };
    this.#usage = new DialogUsage(
      dialog,
      context,
      this.dialogUser(() => this.#usage),
      this.offer,
    );
    this.primary = this.#usage;
    this.#answers = this.#usage.answerInvite(transaction, {
      make: (status, body, headers) => this.#response(status, body, headers),
      ready: () => this.#acceptNow(),
      expired: () => this.#handle('reject', { refusal: { status: 504 }, end: { reason: 'no-ack', status: 504 } }),
    });
    this.#watch();
  }

  /** @returns a sentence when the INVITE cannot make a dialog: 400 */
  static of(options: IncomingSessionOptions): Result<IncomingSession, string> {
    const localTag = options.environment.random.hex(8);
    const dialog = Dialog.ofRequest(options.transaction.request, localTag, 0);
    return dialog.ok ? ok(new IncomingSession(options, dialog.value, localTag)) : err(dialog.error);
  }

  get state(): SessionState {
    return this.#state;
  }

  get dialogs(): readonly DialogView[] {
    if (this.#state === 'terminated') return [];
    const view = viewOf(this.#usage.dialog, 0, this.#localTarget.said);
    // Before a response of ours with a tag the peer knows of no dialog.
    return [this.#state === 'calling' ? { ...view, state: 'trying' } : view];
  }

  get isQuiet(): boolean {
    return this.#state === 'terminated' && this.#usage.isQuiet;
  }

  ring(status: 180 | 181 | 182 | 183 = 180, body?: Body): void {
    this.#handle('ring', { status, body });
  }

  get ringNeedsOffer(): boolean {
    return this.#answers.mustDescribe;
  }

  accept(body: Body): void {
    this.#accepting ??= body;
    if (!this.#answers.waits) this.#acceptNow();
  }

  reject(refusal: Refusal): void {
    const { status, reason } = refusal;
    const end: SessionEnd = { reason: 'rejected', status, ...(reason === undefined ? {} : { phrase: reason }) };
    this.#handle('reject', { refusal, end });
  }

  hangup(how: HangupOptions = {}): void {
    const end: SessionEnd =
      this.#state === 'confirmed' ? { reason: 'local-hangup' } : { reason: 'rejected', status: 603 };
    this.#handle('hangup', { end, headers: reasonHeader(how) });
  }

  override close(): void {
    this.#expiry?.cancel();
    super.close();
  }

  protected get usages(): readonly DialogUsage[] {
    return [this.#usage];
  }

  protected usageOfBranch(): DialogUsage | undefined {
    return this.#state === 'terminated' ? undefined : this.#usage;
  }

  protected usageOf(request: SipRequest): DialogUsage | undefined {
    return (request.fromTag ?? '') === this.#usage.dialog.id.remoteTag ? this.#usage : undefined;
  }

  protected dialogEnded(_usage: DialogUsage, end: SessionEnd): void {
    this.#handle(this.#state === 'confirmed' ? 'dialog ended' : 'early BYE', { end });
  }

  #acceptNow(): void {
    const body = this.#accepting;
    if (body !== undefined) this.#handle('accept', { body });
  }

  /** What may happen to the INVITE while our user makes up its mind. */
  #watch(): void {
    const { transaction, environment } = this.options;
    transaction.attach({
      cancelled: (cancel) => this.#handle('cancel', { end: { reason: 'cancelled', ...reasonsOf(cancel) } }),
      transportFailed: ({ code, message }) => environment.log.warn('session.response-not-sent', { code, message }),
    });
    const expires = transaction.request.integer('Expires');
    if (!expires.ok || expires.value === undefined) return;
    this.#expiry = environment.clock.after(seconds(expires.value), 'Expires of an INVITE', () =>
      this.#handle('expired', { end: { reason: 'cancelled' } }),
    );
  }

  #handle(event: IncomingEvent, occasion: Occasion): void {
    const before = this.#state;
    const { state, actions } = step(incomingLifecycle, before, event);
    this.#state = state;
    if (state === 'confirmed' || state === 'terminated') this.#expiry?.cancel();
    for (const action of actions) this.#perform(action, occasion);
    this.emit('changed');
    if (before !== state) this.checkQuiet();
  }

  #perform(action: IncomingAction, { status, refusal, body, end, headers }: Occasion): void {
    switch (action) {
      case 'send 1xx':
        this.#answers.progress(status ?? 180, body);
        return;
      case 'send 2xx':
        if (body !== undefined) this.#answers.accept(body);
        return;
      case 'send refusal':
        this.#refuse(refusal ?? { status: 603 });
        return;
      case 'send 603':
        this.#refuse({ status: 603 });
        return;
      case 'send 487':
        this.#refuse({ status: 487 });
        return;
      case 'send BYE':
        this.#usage.hangUp(headers);
        return;
      case 'report end':
        if (end !== undefined) this.emit('ended', end);
        return;
    }
  }

  #refuse({ status, reason, headers }: Refusal): void {
    const { transaction } = this.options;
    transaction.respond(createResponse(transaction.request, status, { reason, headers, toTag: this.localTag }));
    this.#usage.drop();
  }

  /** A response that makes or confirms the dialog (§12.1.1). */
  #response(status: number, body: Body | undefined, extra: HeaderList): SipResponse {
    return createResponse(this.options.transaction.request, status, {
      toTag: this.localTag,
      recordRoute: true,
      headers: [['Contact', this.#localTarget.say(this.source)], ...CAPABILITY_HEADERS, ...extra],
      body,
    });
  }
}
