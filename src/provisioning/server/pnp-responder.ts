// Answers devices that look for a server by multicast (224.0.1.75:5060): 200 OK, then a NOTIFY with the URL of the profile.
// Whoever asks is told where its file is, and no more: the file is guarded by the owner's approval.

import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import {
  createRequest,
  createResponse,
  eventOf,
  formatHostPort,
  parseMessage,
  parseUri,
  type SipRequest,
  serialize,
} from '../../sip/index.ts';
import { BARE_URL, macOfUser, PROFILE_EVENT, readProfileEvent } from '../event/index.ts';
import type { Fleet } from './fleet.ts';

/** A socket that has joined the group. */
export interface MulticastSocket {
  send(bytes: Buffer, address: string, port: number): void;
}

export interface PnpResponderOptions {
  readonly random: Random;
  readonly log: Log;
  readonly fleet: Fleet;
  readonly socket: MulticastSocket;
  /** The address by which a device at `near` reaches this machine. */
  readonly addressFor: (near: string) => string;
  readonly urlFor: (token: string, id: string, near: string) => string;
}

/** Requests that are under way, so that a repetition gets the same answer and no second NOTIFY. */
const MOST_RECENT = 256;

/** Takes what comes to the group. */
export class PnpResponder {
  readonly #answered = new Map<string, readonly Buffer[]>();

  constructor(private readonly options: PnpResponderOptions) {}

  receive(bytes: Buffer, address: string, port: number): void {
    const parsed = parseMessage(bytes);
    if (!parsed.ok || parsed.value.kind !== 'request') return;
    const request = parsed.value;
    const messages = this.#answered.get(keyOf(request)) ?? this.#answer(request, address, port);
    for (const message of messages) this.options.socket.send(message, address, port);
  }

  #answer(request: SipRequest, address: string, port: number): readonly Buffer[] {
    const { fleet, log, random, urlFor, addressFor } = this.options;
    const event = eventOf(request);
    if (request.method !== 'SUBSCRIBE' || !event.ok || event.value.name !== PROFILE_EVENT) return [];
    const uris = [request.requestUri, request.to.uri, request.from.uri].map((text) => parseUri(text));
    const id = uris
      .map((uri) => (uri.ok ? macOfUser(uri.value.user ?? '') : undefined))
      .find((mac) => mac !== undefined);
    if (id === undefined) return [];
    const device = fleet.see({ id, address, ...readProfileEvent(event.value.parameters) });
    if (device === undefined || !device.approved) {
      log.info('pnp.not-approved', { device: id, address });
      return [];
    }
    const tag = random.hex(8);
    const local = formatHostPort(addressFor(address), 5060);
    const accepted = createResponse(request, 200, {
      toTag: tag,
      headers: [
        ['Expires', '0'],
        ['Contact', `<sip:${local}>`],
      ],
    });
    const contacts = request.addresses('Contact');
    const target = contacts.ok ? contacts.value[0]?.uri : undefined;
    const notify = createRequest({
      method: 'NOTIFY',
      requestUri: target !== undefined && parseUri(target).ok ? target : request.from.uri,
      headers: [
        ['Via', `SIP/2.0/UDP ${local};branch=z9hG4bK${random.hex(8)};rport`],
        ['Max-Forwards', '70'],
        ['From', `<${request.to.uri}>;tag=${tag}`],
        ['To', `<${request.from.uri}>;tag=${request.fromTag ?? ''}`],
        ['Call-ID', request.callId],
        ['CSeq', `${request.cseq.number + 1} NOTIFY`],
        ['Contact', `<sip:${local}>`],
        ['Event', PROFILE_EVENT],
        ['Subscription-State', 'terminated;reason=timeout'],
      ],
      body: { type: BARE_URL, data: Buffer.from(urlFor(device.token, id, address)) },
    });
    log.info('pnp.answered', { device: id, address, port });
    return this.#remember(request, [serialize(accepted), serialize(notify)]);
  }

  #remember(request: SipRequest, messages: readonly Buffer[]): readonly Buffer[] {
    this.#answered.set(keyOf(request), messages);
    for (const oldest of this.#answered.keys()) {
      if (this.#answered.size <= MOST_RECENT) break;
      this.#answered.delete(oldest);
    }
    return messages;
  }
}

const keyOf = (request: SipRequest): string =>
  `${request.callId} ${request.cseq.number} ${request.topVia.branch ?? ''}`;
