// The INVITEs of a call that we begin: one, and one more after each challenge and each 422; every one has a CSeq number
// of its own in the same call (RFC 3261 §8.1.1, §13.2.1, §22.2; RFC 4028 §7.3).

import { asksForSips, type Routing } from '../dialog/index.ts';
import { createRequest, formatNameAddress } from '../message/index.ts';
import type { Endpoint, NameAddress, SipRequest } from '../message/types.ts';
import { INVITE_HEADERS } from './capabilities.ts';
import type { SessionEnvironment } from './environment.ts';
import { LeastInterval } from './session-refresh.ts';
import { askTimer } from './session-timer.ts';
import { signallingOf } from './signalling.ts';
import type { Body, Signalling } from './types.ts';

/** What all INVITEs of a call have in common. */
export interface InviteParts {
  readonly environment: SessionEnvironment;
  /** To. */
  readonly target: string;
  /** From, without its tag. */
  readonly from: NameAddress;
  /** User of Contact. */
  readonly contactUser: string | undefined;
  readonly routing: Routing;
  /** Undefined: the peer is to offer, in the first response that it sends reliably (§13.2.1). */
  readonly offer: Body | undefined;
  readonly headers: HeaderList;
}

type HeaderList = readonly (readonly [name: string, value: string])[];

export class InviteRequests {
  /** What 422s have asked for. */
  readonly least = new LeastInterval();
  #sequence = 0;
  #contact = '';
  #signalling: Signalling | undefined;
  #routing: Routing;
  /** What a redirection has asked for (§19.1.5). */
  #wanted: HeaderList = [];

  constructor(
    private readonly parts: InviteParts,
    private readonly callId: string,
    private readonly localTag: string,
  ) {
    this.#routing = parts.routing;
  }

  /** Of the last; undefined before the first. */
  get signalling(): Signalling | undefined {
    return this.#signalling;
  }

  /** As it was sent last. */
  get contact(): string {
    return this.#contact;
  }

  /** From now on they go elsewhere: To, From and Call-ID stay (§8.1.3.4). */
  redirect(routing: Routing, headers: HeaderList): void {
    this.#routing = routing;
    this.#wanted = headers;
  }

  /** The next INVITE. */
  build(): SipRequest {
    const { from, target, offer, environment } = this.parts;
    const routing = this.#routing;
    const wanted = this.least.gaveUp ? undefined : environment.sessionExpires;
    this.#sequence += 1;
    return createRequest({
      method: 'INVITE',
      requestUri: routing.requestUri,
      headers: [
        ...routing.routes.map((route) => ['Route', route] as const),
        ['Max-Forwards', '70'],
        ['From', formatNameAddress({ ...from, parameters: new Map([['tag', this.localTag]]) })],
        ['To', formatNameAddress({ uri: target })],
        ['Call-ID', this.callId],
        ['CSeq', `${this.#sequence} INVITE`],
        ...INVITE_HEADERS,
        ...askTimer({ wanted, terms: undefined, minimum: this.least.value }),
        ['User-Agent', environment.userAgent],
        ...withWanted(this.parts.headers, this.#wanted),
      ],
      body: offer,
    });
  }

  /** Contact is how the peer reaches us, which depends on the way that the request goes (§8.1.1.8). */
  address(request: SipRequest, target: Endpoint): void {
    const { environment, contactUser } = this.parts;
    this.#contact = environment.contact(target, contactUser, asksForSips(request));
    this.#signalling = signallingOf(request, target);
    request.headers.set('Contact', this.#contact);
  }
}

/** §8.1.3.4: lists are added to, a single value is replaced. Of what a Contact may ask for, these two are single. */
function withWanted(own: HeaderList, wanted: HeaderList): HeaderList {
  const replaced = new Set(wanted.map(([name]) => name.toLowerCase()).filter((name) => SINGLE.has(name)));
  return [...own.filter(([name]) => !replaced.has(name.toLowerCase())), ...wanted];
}

const SINGLE = new Set(['subject', 'priority']);
