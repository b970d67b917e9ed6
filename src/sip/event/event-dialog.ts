// A dialog that a subscription lives in, from either side: requests of ours in it, and from where the peer's count.

import { type Dialog, HeardFrom, livesAt, type RequestContent } from '../dialog/index.ts';
import { type CallCredentials, ClientExchange, type KeptWays } from '../exchange/index.ts';
import { createResponse } from '../message/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import type { EventEnvironment } from './environment.ts';

export interface EventDialogOptions {
  readonly environment: EventEnvironment;
  /** Undefined where we have none for this peer. */
  readonly credentials: CallCredentials | undefined;
  /** User of Contact. */
  readonly contactUser: string | undefined;
  /** Where the request that made the dialog came from. */
  readonly source: Endpoint;
  /**
   * Whether requests of ours may go to an address; where none of the peer's may, they go to where it was heard from.
   * Who subscribes names the place that notifications go to, and that must not be somebody who never asked.
   */
  readonly mayGoTo: (address: string) => boolean;
  /**
   * Whether the connections that the peer is heard by stay until `release`: a NAT lets notifications in by no other.
   * Default: no.
   */
  readonly holdsWays?: boolean;
  /** What our Contact is to have more; default: nothing. */
  readonly contact?: (plain: string) => string;
}

export interface DialogRequestUser {
  answered(response: SipResponse): void;
  failed(reason: 'timeout' | 'unreachable'): void;
}

/**
 * Final responses that end a subscription, to SUBSCRIBE as to NOTIFY: RFC 6665 §4.1.2.2, §4.2.2. Others leave it as it
 * is.
 */
const ENDING = new Set([404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]);

/** Whether a response to a request in the dialog says that the subscription is no more. */
export const endsSubscription = (status: number): boolean => ENDING.has(status);

/** One dialog of RFC 6665. */
export class EventDialog {
  readonly #heardFrom = new HeardFrom();
  #lastHeard: Endpoint;
  /** Most live by UDP, and have none. */
  #ways: KeptWays | undefined;
  #released = false;

  constructor(
    readonly dialog: Dialog,
    private readonly options: EventDialogOptions,
  ) {
    this.#lastHeard = options.source;
    this.#heard(options.source);
  }

  /** Whether a request from there counts: from where the peer has been heard, or where the dialog lives. */
  counts(source: Endpoint): boolean {
    if (this.dialog.secure && source.protocol !== 'tls') return false;
    return this.#heardFrom.has(source.address) || livesAt(this.dialog, source, this.options.environment);
  }

  /**
   * Takes over a request of the peer's: its CSeq, its Contact (§4.4.1: SUBSCRIBE and NOTIFY refresh the target).
   * @returns the refusal of one that comes out of order (RFC 3261 §12.2.2)
   */
  accept(request: SipRequest, source: Endpoint): SipResponse | undefined {
    if (!this.dialog.isInOrder(request)) return createResponse(request, 500);
    this.dialog.acceptSequence(request);
    this.dialog.refreshTarget(request);
    this.#heard(source);
    return undefined;
  }

  /** Sends a request in the dialog. @returns gives it up: its user is told nothing more */
  send(method: string, content: RequestContent, user: DialogRequestUser): () => void {
    const { environment, credentials, contactUser, contact = (plain) => plain } = this.options;
    const { nextHop } = this.dialog;
    const headers = [['User-Agent', environment.userAgent] as const, ...(content.headers ?? [])];
    const plan = {
      nextHop,
      build: (): SipRequest => this.dialog.createRequest(method, { ...content, headers }).request,
      address: (request: SipRequest, target: Endpoint): void =>
        request.headers.set('Contact', contact(environment.contact(target, contactUser, this.dialog.sipsContact))),
    };
    const exchange = new ClientExchange(environment, credentials, plan, {
      final: (response) => {
        if (response.status < 300) this.dialog.refreshTarget(response);
        user.answered(response);
      },
      failed: (reason) => user.failed(reason),
      heard: (source) => this.#heard(source),
    });
    let wanted = true;
    environment.locate(nextHop, (located) => {
      if (!wanted) return;
      const allowed = located.ok ? located.value.filter(({ address }) => this.options.mayGoTo(address)) : [];
      exchange.beginTo(allowed.length > 0 ? allowed : [this.#lastHeard]);
    });
    return () => {
      wanted = false;
      exchange.abandon();
    };
  }

  /** It is over: its connections are held for it no longer. */
  release(): void {
    this.#released = true;
    this.#ways?.release();
  }

  #heard(source: Endpoint): void {
    this.#heardFrom.add(source.address);
    this.#lastHeard = source;
    if (this.options.holdsWays !== true || this.#released || source.protocol === 'udp') return;
    this.#ways ??= this.options.environment.keepWays();
    this.#ways.keep(source);
  }
}
