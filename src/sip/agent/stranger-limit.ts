// How much is said to those whom nobody knows: seldom, and never more bytes than they brought, so that a forged source
// address turns us into no weapon.

import type { Clock } from '../../base/clock.ts';
import { seconds } from '../../base/units.ts';
import { serialize } from '../message/index.ts';
import type { SipRequest, SipResponse } from '../message/types.ts';
import { type Rate, SourceLimit } from './source-limit.ts';

const EACH: Rate = { burst: 5, interval: seconds(2) };
const TOTAL: Rate = { burst: 20, interval: seconds(0.2) };

/** Counts what strangers got. */
export class StrangerLimit {
  readonly #limit: SourceLimit;

  constructor(clock: Clock) {
    this.#limit = new SourceLimit(clock, EACH, TOTAL);
  }

  /** Whether `address` may have one more; counts it. */
  take(address: string): boolean {
    return this.#limit.take(address);
  }

  /** Whether a response is no larger than what asked for it. */
  fits(response: SipResponse, request: SipRequest): boolean {
    return serialize(response).length <= serialize(request).length - notedInVia(request);
  }
}

/** What the transport has added to the request's Via since it came (RFC 3581 §4). */
function notedInVia(request: SipRequest): number {
  const { parameters } = request.topVia;
  const received = parameters.get('received');
  const port = parameters.get('rport');
  return (
    (typeof received === 'string' ? `;received=${received}`.length : 0) +
    (typeof port === 'string' ? `=${port}`.length : 0)
  );
}
