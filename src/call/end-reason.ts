// What a final response, or the want of one, means to the person who waits at the other end (RFC 3261 §21, §13.2.2).

import { causeOf, type Reason, type SessionEnd } from '../sip/index.ts';
import { type Meaning, meaningOfCause } from './release-causes.ts';
import type { CallEnd } from './types.ts';

/** By status. What is not here goes by its class, below. Sections are RFC 3261's. */
const MEANINGS: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [401, { reason: 'refused', cause: 'the server does not take our credentials' }], // §21.4.2
  [403, { reason: 'refused', cause: 'the server does not allow this call' }], // §21.4.4
  [404, { reason: 'refused', cause: 'the server does not know the number' }], // §21.4.5
  [407, { reason: 'refused', cause: 'the proxy does not take our credentials' }], // §21.4.8
  [408, { reason: 'no-answer', cause: 'the server could not reach the phone in time' }], // §21.4.9
  [410, { reason: 'refused', cause: 'the number is no longer in use' }], // §21.4.11
  [415, { reason: 'failed', cause: 'the phone does not understand our offer' }], // §21.4.13
  [480, { reason: 'no-answer', cause: 'the phone is not available' }], // §21.4.18
  [481, { reason: 'failed', cause: 'the server has lost the call' }], // §21.4.19
  [482, { reason: 'failed', cause: 'the call goes round in a loop' }], // §21.4.20
  [483, { reason: 'failed', cause: 'the call goes over too many servers' }], // §21.4.21
  [486, { reason: 'busy', cause: 'the phone is busy' }], // §21.4.24
  [487, { reason: 'no-answer', cause: 'the server gave up ringing' }], // §21.4.25
  [488, { reason: 'failed', cause: 'no codec or encryption in common' }], // §21.4.26
  [500, { reason: 'failed', cause: 'the server has failed' }], // §21.5.1
  [501, { reason: 'failed', cause: 'the server does not understand the request' }], // §21.5.2
  [505, { reason: 'failed', cause: 'the server speaks another version of SIP' }], // §21.5.6
  [513, { reason: 'failed', cause: 'the request is too long for the server' }], // §21.5.7
  [600, { reason: 'busy', cause: 'the phone is busy' }], // §21.6.1
  [603, { reason: 'refused', cause: 'the call was declined' }], // §21.6.2
  [604, { reason: 'refused', cause: 'the number exists nowhere' }], // §21.6.3
  [606, { reason: 'failed', cause: 'no codec or encryption in common' }], // §21.6.4
]);

/** By hundreds: RFC 3261 §8.1.3.2 has an unknown response treated as the x00 of its class. */
const CLASSES: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [3, { reason: 'refused', cause: 'the phone sends the call to where nobody can be reached' }],
  [4, { reason: 'refused', cause: 'the call was refused' }],
  [5, { reason: 'unreachable', cause: 'the server cannot serve at the moment' }],
  [6, { reason: 'refused', cause: 'the call was refused' }],
]);

/** What a final status of 300 and above means to whoever called. */
export function meaningOfStatus(status: number): CallEnd {
  const meaning = MEANINGS.get(status) ?? CLASSES.get(Math.floor(status / 100));
  return meaning === undefined
    ? { reason: 'failed', status, cause: 'the answer makes no sense' }
    : { status, ...meaning };
}

/**
 * The same, with what a gateway says beside it (RFC 3326): its cause is the one that the telephone network gave, where
 * the status is what was left of it on the way (RFC 3398 §7.2.4.1 has one status for many causes).
 */
function meaningOfRefusal(status: number, reasons: readonly Reason[]): CallEnd {
  const cause = causeOf(reasons, 'Q.850');
  const said = cause === undefined || CREDENTIALS_WANTED.has(status) ? undefined : meaningOfCause(cause);
  return said === undefined ? meaningOfStatus(status) : { status, ...said };
}

/** RFC 3261 §21.4.2, §21.4.8: there it is the server that speaks, and the account that is to be mended. */
const CREDENTIALS_WANTED = new Set([401, 407]);

/** Why somebody hung up, where that is more than that they were done (RFC 3326 §3.1). */
function causeOfHangup(reasons: readonly Reason[] = []): { readonly cause?: string } {
  if (causeOf(reasons, 'SIP') === 200) return { cause: 'somebody else answered' };
  const cause = causeOf(reasons, 'Q.850');
  const said = cause === undefined ? undefined : meaningOfCause(cause)?.cause;
  return said === undefined ? {} : { cause: said };
}

/** How far the call had come when its session ended. */
export interface Progress {
  readonly direction: 'outgoing' | 'incoming';
  readonly answered: boolean;
  /** The other side was heard of (outgoing: a provisional response above 100). */
  readonly rang: boolean;
}

/** What the end of a session that we did not end ourselves means. */
export function meaningOfEnd(end: SessionEnd, progress: Progress): CallEnd {
  const withStatus = end.status === undefined ? {} : { status: end.status };
  switch (end.reason) {
    case 'local-hangup':
      return { reason: 'hangup-local', ...withStatus };
    case 'remote-hangup':
      return { reason: 'hangup-remote', ...withStatus, ...causeOfHangup(end.reasons) };
    case 'cancelled':
      return { reason: 'cancelled', ...withStatus, ...causeOfHangup(end.reasons) };
    case 'rejected':
      if (progress.direction === 'incoming' || end.status === undefined) return { reason: 'refused', ...withStatus };
      return meaningOfRefusal(end.status, end.reasons ?? []);
    case 'timeout':
      if (progress.answered) return { reason: 'unreachable', ...withStatus, cause: 'the other side has gone' };
      if (progress.rang) return { reason: 'no-answer', ...withStatus, cause: 'nobody answered' };
      return { reason: 'unreachable', ...withStatus, cause: 'nothing at the other side answers' };
    case 'unreachable':
      return { reason: 'unreachable', ...withStatus, cause: end.phrase ?? 'the other side cannot be reached' };
    case 'no-ack':
      return { reason: 'failed', ...withStatus, cause: 'the caller never acknowledged our answer' };
  }
}
