// One PUBLISH (RFC 3903 §4, Table 1): what it carries says whether it is the first, a refresh, a change or a removal.

import type { Millis } from '../../base/units.ts';
import type { Routing } from '../dialog/index.ts';
import { type CallCredentials, ClientExchange } from '../exchange/index.ts';
import { createRequest, formatNameAddress } from '../message/index.ts';
import type { NameAddress, SipRequest, SipResponse } from '../message/types.ts';
import type { EventBody, EventEnvironment, HeaderList } from './environment.ts';

/** Whose state, as whom, and by which way. */
export interface PublishPlan {
  readonly environment: EventEnvironment;
  readonly credentials: CallCredentials | undefined;
  /** Request-URI and To. */
  readonly target: string;
  /** From, without its tag. */
  readonly from: NameAddress;
  readonly routing: Routing;
  /** Value of Event. */
  readonly event: string;
}

/** What a request carries (Table 1). */
export interface PublishOperation {
  /** Zero removes it. */
  readonly expires: Millis;
  /** SIP-ETag of the last answer; undefined: it is the first. */
  readonly tag: string | undefined;
  /** Undefined: the server knows it. */
  readonly body: EventBody | undefined;
}

export interface PublishUser {
  final(response: SipResponse): void;
  failed(): void;
}

/** Sends it. @returns gives it up: its user is told nothing more */
export function sendPublish(plan: PublishPlan, operation: PublishOperation, user: PublishUser): () => void {
  const { environment, credentials, routing, from } = plan;
  const identity = { callId: environment.random.hex(16), tag: environment.random.hex(8) };
  let sequence = 0;
  const way = {
    nextHop: routing.nextHop,
    build: (): SipRequest => {
      sequence += 1;
      return buildPublish(plan, operation, [
        ['Call-ID', identity.callId],
        ['CSeq', `${sequence} PUBLISH`],
        ['From', formatNameAddress({ ...from, parameters: new Map([['tag', identity.tag]]) })],
      ]);
    },
  };
  const exchange = new ClientExchange(environment, credentials, way, {
    final: (response) => user.final(response),
    failed: () => user.failed(),
    heard: () => undefined,
  });
  exchange.begin();
  return () => exchange.abandon();
}

function buildPublish(plan: PublishPlan, { expires, tag, body }: PublishOperation, identity: HeaderList): SipRequest {
  const { environment, routing, target, event } = plan;
  return createRequest({
    method: 'PUBLISH',
    requestUri: routing.requestUri,
    headers: [
      ...routing.routes.map((route) => ['Route', route] as const),
      ['Max-Forwards', '70'],
      ['To', formatNameAddress({ uri: target })],
      ...identity,
      ['Event', event],
      ['Expires', String(Math.round(expires / 1000))],
      ...(tag === undefined ? [] : [['SIP-If-Match', tag] as const]),
      ['User-Agent', environment.userAgent],
    ],
    body,
  });
}
