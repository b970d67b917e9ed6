// A dialog: who talks to whom, which request comes next, where it goes (RFC 3261 §12). It sends nothing: requests are
// built here and sent by the usage that holds the dialog. Forked calls make one dialog a To tag.
// A secure dialog (§12.1) is one that began with a sips Request-URI. All of its targets are sips: a Contact that says sip
// is read as sips, so that the peer is reached at the same place by TLS, or not at all (RFC 5630 §5.1.1).

import { err, ok, type Result } from '../../base/result.ts';
import { createRequest, formatNameAddress, parseNameAddress, parseUri } from '../message/index.ts';
import type { NameAddress, SipMessage, SipRequest, SipResponse } from '../message/types.ts';
import { routeRequest } from './route-set.ts';
import { asksForSips, asSips, isSips, wantsSips } from './sips.ts';

/** The three parts of a dialog's identity (§12). A peer of RFC 2543 has the empty tag. */
export interface DialogId {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
}

type HeaderList = readonly (readonly [name: string, value: string])[];

/** What a request has beside that which the dialog knows. */
export interface RequestContent {
  readonly headers?: HeaderList;
  readonly body?: { readonly type: string; readonly data: Buffer } | undefined;
}

/** A request, and the URI whose host it is sent to (§8.1.2). */
export interface RoutedRequest {
  readonly request: SipRequest;
  readonly nextHop: string;
}

interface DialogParts {
  readonly id: DialogId;
  readonly local: NameAddress;
  readonly remote: NameAddress;
  readonly remoteTarget: string;
  readonly routeSet: readonly NameAddress[];
  readonly localSequence: number;
  readonly remoteSequence: number | undefined;
  readonly state: 'early' | 'confirmed';
  readonly secure: boolean;
  readonly sipsContact: boolean;
}

/** A confirmed dialog as it can be written down and read again; the addresses as header fields have them. */
export interface DialogRecord {
  readonly id: DialogId;
  readonly local: string;
  readonly remote: string;
  readonly remoteTarget: string;
  readonly routeSet: readonly string[];
  readonly localSequence: number;
  readonly remoteSequence?: number;
  readonly secure: boolean;
  readonly sipsContact: boolean;
}

/**
 * Requests that may have gone after a record was written: CSeq begins above them in the dialog's next life (§12.2.1.1
 * wants it to grow, by one or by more).
 */
export const SEQUENCE_GAP = 1000;

/** One dialog, from our side. */
export class Dialog {
  readonly id: DialogId;
  /** It began with a sips Request-URI, which goes by TLS or not at all (§12.1.1, §12.1.2). */
  readonly secure: boolean;
  /** Whether our Contact is sips, now and in whatever refreshes it (§12.1.1, RFC 5630 §5.1.2). */
  readonly sipsContact: boolean;
  readonly #local: NameAddress;
  readonly #remote: NameAddress;
  /** From and To of our requests, once there was one: as they are written, and what that says. */
  #parties: { readonly from: Party; readonly to: Party } | undefined;
  #state: 'early' | 'confirmed';
  #remoteTarget: string;
  #routeSet: readonly NameAddress[];
  #localSequence: number;
  #remoteSequence: number | undefined;

  private constructor(parts: DialogParts) {
    this.id = parts.id;
    this.secure = parts.secure;
    this.sipsContact = parts.sipsContact;
    this.#local = parts.local;
    this.#remote = parts.remote;
    this.#state = parts.state;
    this.#remoteTarget = this.#held(parts.remoteTarget);
    this.#routeSet = this.#heldRoute(parts.routeSet);
    this.#localSequence = parts.localSequence;
    this.#remoteSequence = parts.remoteSequence;
  }

  /**
   * The dialog that a 101–299 response to our request makes (§12.1.2). A response without a usable Contact keeps the
   * Request-URI as its target: such a peer can still be acknowledged and hung up on.
   */
  static ofResponse(request: SipRequest, response: SipResponse): Dialog {
    return new Dialog({
      id: { callId: request.callId, localTag: request.fromTag ?? '', remoteTag: response.toTag ?? '' },
      local: request.from,
      // What we called is known; a To that names nobody could not be written in a request.
      remote: namesSomebody(response.to) ? response.to : request.to,
      remoteTarget: contactUri(response) ?? request.requestUri,
      routeSet: recordedRoute(response).reverse(),
      localSequence: request.cseq.number,
      remoteSequence: undefined,
      state: response.status < 200 ? 'early' : 'confirmed',
      secure: isSips(request.requestUri),
      sipsContact: asksForSips(request),
    });
  }

  /**
   * The dialog that our answer to a request makes (§12.1.1), early until `confirm`.
   * @param localSequence the CSeq number before our first own request
   * @returns a sentence when the request has no Contact to answer to (§8.1.1.8)
   */
  static ofRequest(request: SipRequest, localTag: string, localSequence: number): Result<Dialog, string> {
    const remoteTarget = contactUri(request);
    if (remoteTarget === undefined) return err('no usable Contact');
    const recorded = request.addresses('Record-Route');
    if (!recorded.ok || !recorded.value.every(namesSomebody)) return err('malformed Record-Route');
    if (!namesSomebody(request.from) || !namesSomebody(request.to)) return err('From or To names nobody');
    const parameters = new Map(request.to.parameters).set('tag', localTag);
    return ok(
      new Dialog({
        id: { callId: request.callId, localTag, remoteTag: request.fromTag ?? '' },
        local: { ...request.to, parameters },
        remote: request.from,
        remoteTarget,
        routeSet: recorded.value,
        localSequence,
        remoteSequence: request.cseq.number,
        state: 'early',
        secure: isSips(request.requestUri),
        sipsContact: wantsSips(request),
      }),
    );
  }

  /** @throws Error when the record holds an address that cannot be read */
  static restore(record: DialogRecord): Dialog {
    const { id, remoteTarget, localSequence, remoteSequence, secure, sipsContact } = record;
    return new Dialog({
      id,
      local: readAddress(record.local),
      remote: readAddress(record.remote),
      remoteTarget,
      routeSet: record.routeSet.map(readAddress),
      localSequence: localSequence + SEQUENCE_GAP,
      remoteSequence,
      state: 'confirmed',
      secure,
      sipsContact,
    });
  }

  /** For `restore`. */
  get record(): DialogRecord {
    const { id, secure, sipsContact } = this;
    const remoteSequence = this.#remoteSequence;
    return {
      id,
      local: formatNameAddress(this.#local),
      remote: formatNameAddress(this.#remote),
      remoteTarget: this.#remoteTarget,
      routeSet: this.#routeSet.map(formatNameAddress),
      localSequence: this.#localSequence,
      ...(remoteSequence === undefined ? {} : { remoteSequence }),
      secure,
      sipsContact,
    };
  }

  get state(): 'early' | 'confirmed' {
    return this.#state;
  }

  /** Where requests are addressed to: the peer's latest Contact. */
  get remoteTarget(): string {
    return this.#remoteTarget;
  }

  /** The proxies between us and the peer, nearest first. */
  get routeSet(): readonly NameAddress[] {
    return this.#routeSet;
  }

  /** The URI whose host our next request goes to (§8.1.2). */
  get nextHop(): string {
    return routeRequest(this.#remoteTarget, this.#routeSet).nextHop;
  }

  /** The CSeq number of our last request. */
  get localSequence(): number {
    return this.#localSequence;
  }

  /** A 2xx was sent: the dialog is no longer early. */
  confirm(): void {
    this.#state = 'confirmed';
  }

  /** A 2xx to the INVITE came: the route set of an early dialog is computed anew from it (§13.2.2.4). */
  confirmBy(response: SipResponse): void {
    if (this.#state === 'early') this.#routeSet = this.#heldRoute(recordedRoute(response).reverse());
    this.#state = 'confirmed';
    this.refreshTarget(response);
  }

  /** Whether a request of the peer's comes in order (§12.2.2); out of order it is answered with 500. */
  isInOrder(request: SipRequest): boolean {
    return this.#remoteSequence === undefined || request.cseq.number >= this.#remoteSequence;
  }

  /** Takes over the CSeq of a request that is in order. */
  acceptSequence(request: SipRequest): void {
    this.#remoteSequence = request.cseq.number;
  }

  /** Takes over the Contact of a target refresh request that was accepted, or of the 2xx to ours (§12.2.1.2, §12.2.2). */
  refreshTarget(message: SipMessage): void {
    this.#remoteTarget = this.#held(contactUri(message) ?? this.#remoteTarget);
  }

  /** A route set as it may be used here. */
  #heldRoute(routeSet: readonly NameAddress[]): readonly NameAddress[] {
    return this.secure ? routeSet.map((route) => ({ ...route, uri: asSips(route.uri) })) : routeSet;
  }

  /** A target as it may be used here. */
  #held(target: string): string {
    return this.secure ? asSips(target) : target;
  }

  /** The next request of ours: its CSeq is one above the last (§12.2.1.1). */
  createRequest(method: string, content: RequestContent = {}): RoutedRequest {
    this.#localSequence += 1;
    return this.#create(method, this.#localSequence, content);
  }

  /**
   * The ACK of a 2xx: the CSeq number and the credentials are those of the INVITE (§13.2.2.4).
   * @param invite as it was sent
   */
  createAck(invite: SipRequest, content: RequestContent = {}): RoutedRequest {
    const credentials = ['Authorization', 'Proxy-Authorization'].flatMap((name) =>
      invite.headers.all(name).map((value) => [name, value] as const),
    );
    const headers = [...credentials, ...(content.headers ?? [])];
    return this.#create('ACK', invite.cseq.number, { ...content, headers });
  }

  #create(method: string, sequence: number, content: RequestContent): RoutedRequest {
    const { requestUri, routes, nextHop } = routeRequest(this.#remoteTarget, this.#routeSet);
    this.#parties ??= {
      from: partyOf(this.#local, this.id.localTag),
      to: partyOf(this.#remote, this.id.remoteTag),
    };
    const { from, to } = this.#parties;
    const { callId } = this.id;
    const headers = [
      ...routes.map((route) => ['Route', route] as const),
      ['Max-Forwards', '70'] as const,
      ['From', from.text] as const,
      ['To', to.text] as const,
      ['Call-ID', callId] as const,
      ['CSeq', `${sequence} ${method}`] as const,
      ...(content.headers ?? []),
    ];
    const known = { from: from.address, to: to.address, callId, cseq: { number: sequence, method } };
    return { request: createRequest({ method, requestUri, headers, body: content.body, known }), nextHop };
  }
}

/** One end of a dialog as From or To has it. */
interface Party {
  readonly text: string;
  readonly address: NameAddress;
}

/** From and To carry the tag alone: what other parameters the peer had are not part of the dialog (§12.2.1.1). */
function partyOf(known: NameAddress, tag: string): Party {
  const parameters = new Map<string, string | true>(tag === '' ? [] : [['tag', tag]]);
  const address = { ...known, parameters };
  return { text: formatNameAddress(address), address };
}

function readAddress(text: string): NameAddress {
  const address = parseNameAddress(text);
  if (!address.ok) throw new Error(`${text}: ${address.error.message}`);
  return address.value;
}

/** The first Contact that is a SIP URI. */
function contactUri(message: SipMessage): string | undefined {
  const contacts = message.addresses('Contact');
  const uri = contacts.ok ? contacts.value[0]?.uri : undefined;
  return uri !== undefined && parseUri(uri).ok ? uri : undefined;
}

function recordedRoute(message: SipMessage): NameAddress[] {
  const recorded = message.addresses('Record-Route');
  return recorded.ok ? recorded.value.filter(namesSomebody) : [];
}

/** `*` is an address by the grammar of Contact (§20.10), and no URI: nothing can be sent to it. */
function namesSomebody({ uri }: NameAddress): boolean {
  return uri !== '*';
}
