// Causes of the telephone network (ITU-T Q.850), as gateways carry them in Reason (RFC 3326 §2): what they mean to the
// person who waits, by the statuses that RFC 3398 §7.2.4.1 gives them.

import type { CallEndReason } from './types.ts';

/** What an end means. */
export interface Meaning {
  readonly reason: CallEndReason;
  readonly cause: string;
}

/** Normal clearing (16) and "normal, unspecified" (31) say nothing beside that it is over; nor do causes without a row. */
const CAUSES: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [1, { reason: 'refused', cause: 'the number does not exist' }], // 404
  [2, { reason: 'unreachable', cause: 'the telephone network knows no way to the number' }], // 404
  [3, { reason: 'unreachable', cause: 'the telephone network knows no way to the number' }], // 404
  [17, { reason: 'busy', cause: 'the phone is busy' }], // 486
  [18, { reason: 'no-answer', cause: 'the phone does not respond' }], // 408
  [19, { reason: 'no-answer', cause: 'nobody answered' }], // 480
  [20, { reason: 'no-answer', cause: 'the phone is not available' }], // 480
  [21, { reason: 'refused', cause: 'the call was declined' }], // 403, 603
  [22, { reason: 'refused', cause: 'the number has changed' }], // 410
  [23, { reason: 'refused', cause: 'the number has changed' }], // 410
  [26, { reason: 'no-answer', cause: 'another phone took the call' }], // 404
  [27, { reason: 'unreachable', cause: 'the phone is out of order' }], // 502
  [28, { reason: 'refused', cause: 'the number is not complete' }], // 484
  [29, { reason: 'refused', cause: 'the telephone network refused the call' }], // 501
  [34, { reason: 'unreachable', cause: 'no line is free' }], // 503
  [38, { reason: 'unreachable', cause: 'the telephone network is out of order' }], // 503
  [41, { reason: 'unreachable', cause: 'the telephone network fails at the moment' }], // 503
  [42, { reason: 'unreachable', cause: 'the telephone network is overloaded' }], // 503
  [47, { reason: 'unreachable', cause: 'the telephone network has no room for the call' }], // 503
  [55, { reason: 'refused', cause: 'the telephone network does not allow this call' }], // 403
  [57, { reason: 'refused', cause: 'the telephone network does not allow this call' }], // 403
  [58, { reason: 'unreachable', cause: 'the telephone network has no room for the call' }], // 503
  [65, { reason: 'failed', cause: 'the telephone network does not carry such a call' }], // 488
  [70, { reason: 'failed', cause: 'the telephone network does not carry such a call' }], // 488
  [79, { reason: 'failed', cause: 'the telephone network does not carry such a call' }], // 501
  [87, { reason: 'refused', cause: 'the telephone network does not allow this call' }], // 403
  [88, { reason: 'failed', cause: 'the phone takes no such call' }], // 503
  [102, { reason: 'unreachable', cause: 'the telephone network did not respond in time' }], // 504
  [111, { reason: 'failed', cause: 'the telephone network did not understand the call' }], // 500
  [127, { reason: 'failed', cause: 'another network refused the call' }], // 500
]);

/** What a cause means; undefined where it says no more than that the call is over. */
export function meaningOfCause(cause: number): Meaning | undefined {
  return CAUSES.get(cause);
}
