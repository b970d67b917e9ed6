// How much is said to those whom nobody knows: seldom, and never more bytes than they brought, so that a forged source
// address turns us into no weapon.

import type { Clock } from '../../base/clock.ts';
import { type Millis, seconds } from '../../base/units.ts';
import { serialize } from '../message/index.ts';
import type { SipRequest, SipResponse } from '../message/types.ts';
import { TokenBucket } from '../transport/index.ts';

/** To one address: this many at once, then one every two seconds. */
const BURST = 5;
const INTERVAL: Millis = seconds(2);
/** To all of them together. */
const TOTAL_BURST = 20;
const TOTAL_INTERVAL: Millis = seconds(0.2);
const MAXIMUM_SOURCES = 512;

/** Counts what strangers got. */
export class StrangerLimit {
  readonly #sources = new Map<string, TokenBucket>();
  readonly #total: TokenBucket;

  constructor(private readonly clock: Clock) {
    this.#total = new TokenBucket(clock, TOTAL_BURST, TOTAL_INTERVAL);
  }

  /** Whether `address` may have one more; counts it. */
  take(address: string): boolean {
    return this.#bucket(address).take() && this.#total.take();
  }

  /** Whether a response is no larger than what asked for it. */
  fits(response: SipResponse, request: SipRequest): boolean {
    return serialize(response).length <= serialize(request).length - notedInVia(request);
  }

  #bucket(address: string): TokenBucket {
    const known = this.#sources.get(address);
    if (known !== undefined) return known;
    if (this.#sources.size >= MAXIMUM_SOURCES) {
      for (const oldest of this.#sources.keys()) {
        this.#sources.delete(oldest);
        break;
      }
    }
    const bucket = new TokenBucket(this.clock, BURST, INTERVAL);
    this.#sources.set(address, bucket);
    return bucket;
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
