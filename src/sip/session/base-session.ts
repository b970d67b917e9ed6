// What sessions of both directions have in common: events, the dialog that is theirs, and from whom requests count.

import { Emitter } from '../../base/emitter.ts';
import type { Endpoint, NameAddress, SipRequest } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import type { DialogUsage, DialogUser } from './dialog-usage.ts';
import type { Body, HangupOptions, Refusal, Session, SessionEnd, SessionEvents, SessionState } from './types.ts';

/** A session as the user agent holds it: `Session` with the side that faces the network. */
export interface RoutedSession extends Session {
  /** Our tag: with the Call-ID it finds the session of a request. */
  readonly localTag: string;
  /** Over, and nothing of it is under way any more. */
  readonly isQuiet: boolean;
  /** A request in a dialog of this session's. False: it is in none, or comes from where none lives; 481. */
  receive(transaction: ServerTransaction): boolean;
  receiveAck(ack: SipRequest, source: Endpoint): void;
  /** Waits for nothing any longer: the agent ends. */
  close(): void;
}

/** Shared by OutgoingSession and IncomingSession. */
export abstract class BaseSession implements RoutedSession {
  abstract readonly id: string;
  abstract readonly localTag: string;
  abstract readonly direction: 'outgoing' | 'incoming';
  abstract readonly peer: NameAddress;
  abstract readonly source: Endpoint | undefined;
  abstract readonly offer: Body | undefined;
  abstract readonly state: SessionState;
  abstract readonly isQuiet: boolean;
  /** The dialog that the user talks in. */
  protected primary: DialogUsage | undefined;
  readonly #events = new Emitter<SessionEvents>();
  readonly #heardFrom = new Set<string>();
  #lastHeard: Endpoint | undefined;

  /** @param quieted called when the session may be forgotten */
  constructor(private readonly quieted: (session: RoutedSession) => void) {}

  on<Name extends keyof SessionEvents>(name: Name, listener: (...args: SessionEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  abstract ring(status?: 180 | 181 | 182 | 183, body?: Body): void;
  abstract accept(body: Body): void;
  abstract reject(refusal: Refusal): void;
  abstract hangup(how?: HangupOptions): void;
  abstract close(): void;

  reoffer(body: Body): void {
    if (this.state === 'confirmed') this.primary?.renegotiation.reoffer(body);
  }

  sendInfo(body: Body): void {
    if (this.state === 'confirmed') this.primary?.sendInfo(body);
  }

  receive(transaction: ServerTransaction): boolean {
    const usage = this.usageOf(transaction.request);
    if (usage === undefined || !this.#counts(usage, transaction.source)) return false;
    usage.receive(transaction);
    return true;
  }

  receiveAck(ack: SipRequest, source: Endpoint): void {
    const usage = this.usageOf(ack);
    if (usage !== undefined && this.#counts(usage, source)) usage.receiveAck(ack);
  }

  /** The dialog that a request is in, by the peer's tag. */
  protected abstract usageOf(request: SipRequest): DialogUsage | undefined;

  /** The dialog is over, by the peer or by its silence. */
  protected abstract dialogEnded(usage: DialogUsage, end: SessionEnd): void;

  /** An address that has answered us, or that the INVITE came from, counts as the peer's. */
  protected heard(source: Endpoint): void {
    this.#heardFrom.add(source.address);
    this.#lastHeard = source;
  }

  /** Where the peer was heard from last. */
  protected get lastHeard(): Endpoint | undefined {
    return this.#lastHeard;
  }

  protected emit<Name extends keyof SessionEvents>(name: Name, ...args: SessionEvents[Name]): void {
    this.#events.emit(name, ...args);
  }

  /** To be called whenever something may have become quiet. */
  protected checkQuiet(): void {
    if (this.isQuiet) this.quieted(this);
  }

  /** Passes on what happens in the session's own dialog; in another branch's nobody is interested. */
  protected dialogUser(self: () => DialogUsage | undefined): DialogUser {
    const isPrimary = (): boolean => this.primary !== undefined && self() === this.primary;
    const pass = (tell: () => void): void => {
      if (isPrimary() && this.state === 'confirmed') tell();
    };
    return {
      negotiation: (negotiation) => pass(() => this.emit('negotiation', negotiation)),
      answer: (body) => pass(() => this.emit('answer', body)),
      offerRefused: (status) => pass(() => this.emit('offerRefused', status)),
      acknowledged: () => pass(() => this.emit('acknowledged')),
      info: (body) => pass(() => this.emit('info', body)),
      ended: (end) => {
        const usage = self();
        if (usage !== undefined) this.dialogEnded(usage, end);
      },
      quiet: () => this.checkQuiet(),
    };
  }

  #counts(usage: DialogUsage, source: Endpoint): boolean {
    return this.#heardFrom.has(source.address) || usage.livesAt(source);
  }
}

/** RFC 3326 §2: what a CANCEL or BYE of ours says of its reason. */
export function reasonHeader({ reason }: HangupOptions): readonly (readonly [name: string, value: string])[] {
  return reason === undefined ? [] : [['Reason', reason]];
}
