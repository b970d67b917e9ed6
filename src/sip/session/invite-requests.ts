// The INVITEs of a call that we begin: one, and one more after each challenge and each 422; every one has a CSeq number
// of its own in the same call (RFC 3261 §8.1.1, §13.2.1, §22.2; RFC 4028 §7.3).

import type { Routing } from '../dialog/index.ts';
import { createRequest, formatNameAddress } from '../message/index.ts';
import type { Endpoint, NameAddress, SipRequest } from '../message/types.ts';
import { CAPABILITY_HEADERS } from './capabilities.ts';
import type { SessionEnvironment } from './environment.ts';
import { LeastInterval } from './session-refresh.ts';
import { askTimer } from './session-timer.ts';
import type { Body } from './types.ts';

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
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export class InviteRequests {
  /** What 422s have asked for. */
  readonly least = new LeastInterval();
  #sequence = 0;
  #contact = '';

  constructor(
    private readonly parts: InviteParts,
    private readonly callId: string,
    private readonly localTag: string,
  ) {}

  /** As it was sent last. */
  get contact(): string {
    return this.#contact;
  }

  /** The next INVITE. */
  build(): SipRequest {
    const { routing, from, target, offer, headers, environment } = this.parts;
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
        ...CAPABILITY_HEADERS,
        ...askTimer({ wanted, terms: undefined, minimum: this.least.value }),
        ['User-Agent', environment.userAgent],
        ...headers,
      ],
      body: offer,
    });
  }

  /** Contact is how the peer reaches us, which depends on the way that the request goes (§8.1.1.8). */
  address(request: SipRequest, target: Endpoint): void {
    const { environment, contactUser } = this.parts;
    this.#contact = environment.contact(target, contactUser);
    request.headers.set('Contact', this.#contact);
  }
}
