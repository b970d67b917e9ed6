// A NOTIFY as its subscriber reads it (RFC 6665 §4.1.3).

import { err, ok, type Result } from '../../base/result.ts';
import {
  createResponse,
  type EventType,
  eventOf,
  parseSubscriptionState,
  type SubscriptionState,
} from '../message/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import type { EventBody } from './environment.ts';

/** What a notifier tells. */
export interface Notification {
  readonly event: EventType;
  readonly subscription: SubscriptionState;
  readonly body: EventBody | undefined;
  /** Value of Content-Type with its parameters: some bodies are in them (RFC 4483 §5). */
  readonly contentType: string | undefined;
  /** The notifier's tag: which branch of a forked SUBSCRIBE says it. */
  readonly branch: string;
  readonly source: Endpoint;
}

/**
 * Reads a NOTIFY; the error is the response that refuses it. One without Subscription-State is taken for active: such
 * notifiers are older than RFC 3265.
 */
export function readNotification(request: SipRequest, source: Endpoint): Result<Notification, SipResponse> {
  const event = eventOf(request);
  if (!event.ok) return err(createResponse(request, 489, { reason: `Bad Event: ${event.error}` }));
  const text = request.headers.get('Subscription-State');
  const subscription = text === undefined ? ok({ state: 'active' as const }) : parseSubscriptionState(text);
  if (!subscription.ok) return err(createResponse(request, 400, { reason: 'Bad Subscription-State' }));
  const { contentType: type, body: data } = request;
  const body = data.length === 0 || type === undefined ? undefined : { type, data };
  const branch = request.fromTag ?? '';
  const contentType = request.headers.get('Content-Type');
  return ok({ event: event.value, subscription: subscription.value, body, contentType, branch, source });
}

/** The 415 for a body that was not asked for: its type is none of `accept`, or it is encoded (RFC 3261 §8.2.3). */
export function refuseEventBody(request: SipRequest, accept: readonly string[]): SipResponse | undefined {
  if (request.body.length === 0) return undefined;
  const encoding = request.headers.get('Content-Encoding')?.toLowerCase();
  if (encoding !== undefined && encoding !== 'identity') {
    return createResponse(request, 415, { headers: [['Accept-Encoding', 'identity']] });
  }
  if (accept.includes(request.contentType ?? '')) return undefined;
  return createResponse(request, 415, { headers: [['Accept', accept.join(', ')]] });
}
