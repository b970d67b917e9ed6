// What the answer of one server is worth when there are others: pure decisions.

import { type Millis, seconds } from '../../base/units.ts';
import type { SipResponse } from '../message/types.ts';
import type { SentRequest } from './types.ts';

/** How an attempt ended, or what it said. */
export type Conclusion =
  | { readonly kind: 'final'; readonly response: SipResponse; readonly sent: SentRequest }
  | { readonly kind: 'failed'; readonly reason: 'timeout' | 'unreachable'; readonly phrase: string };

/** The server is overloaded or in maintenance. */
const SERVICE_UNAVAILABLE = 503;
/** The request has arrived by another way already (RFC 3261 §8.2.2.2). */
const LOOP_DETECTED = 482;

/** RFC 3263 §4.3: what makes the client go on to the next server. */
export function isFailure(conclusion: Conclusion): boolean {
  return conclusion.kind === 'failed' || conclusion.response.status === SERVICE_UNAVAILABLE;
}

/**
 * Whether servers that have said nothing yet may still save it: they are all that is left, or one of them has let the
 * request through and its answer is under way. Any other answer is an answer, and nobody is kept waiting for the dead.
 */
export function waitsForSilent(conclusion: Conclusion): boolean {
  return isFailure(conclusion) || (conclusion.kind === 'final' && conclusion.response.status === LOOP_DETECTED);
}

/** Which of two is told: a refusal before the statement that there is no service, and anything before silence. */
export function preferred(held: Conclusion | undefined, other: Conclusion): Conclusion {
  return held === undefined || rank(other) <= rank(held) ? other : held;
}

function rank(conclusion: Conclusion): number {
  if (conclusion.kind === 'failed') return 3;
  if (conclusion.response.status === LOOP_DETECTED) return 2;
  return conclusion.response.status === SERVICE_UNAVAILABLE ? 1 : 0;
}

/** For how long a server wants to be spared (RFC 3261 §20.33); comment and parameters are for people. */
export function retryAfterOf(response: SipResponse): Millis | undefined {
  const digits = /^\d{1,9}(?=[\s;(]|$)/.exec(response.headers.get('Retry-After') ?? '')?.[0];
  return digits === undefined ? undefined : seconds(Number(digits));
}
