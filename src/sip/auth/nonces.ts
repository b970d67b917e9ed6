// Nonces that need no memory: the time, chance, and a seal over both that only we can make (RFC 7616 §3.3, §5.4). The
// seal holds the address that was challenged and the algorithm too: what somebody else has overheard is of no use, and
// an answer by another algorithm than was offered is none.

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { type Millis, millis } from '../../base/units.ts';

/** In bytes. The whole is a multiple of three, and short: a challenge must fit into what asked for it. */
const TIME = 6;
const CHANCE = 3;
const SEAL = 12;
const LENGTH = TIME + CHANCE + SEAL;

/** Makes nonces, and knows its own. A new start of the service makes all of them strangers. */
export class Nonces {
  readonly #key: Buffer;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
  ) {
    this.#key = random.bytes(32);
  }

  /** @param source the address that is challenged @param algorithm as the challenge names it */
  make(source: string, algorithm: string): string {
    const time = Buffer.alloc(TIME);
    time.writeUIntBE(Math.max(0, Math.floor(this.clock.now())), 0, TIME);
    const open = Buffer.concat([time, this.random.bytes(CHANCE)]);
    return Buffer.concat([open, this.#seal(open, source, algorithm)]).toString('base64url');
  }

  /** When it was made, on the clock; undefined where it is none of ours, or was made for somebody else. */
  madeAt(nonce: string, source: string, algorithm: string): Millis | undefined {
    const bytes = Buffer.from(nonce, 'base64url');
    // Text that decodes to the same bytes in another spelling would be another nonce to whoever counts its uses.
    if (bytes.length !== LENGTH || bytes.toString('base64url') !== nonce) return undefined;
    const open = bytes.subarray(0, TIME + CHANCE);
    if (!timingSafeEqual(bytes.subarray(TIME + CHANCE), this.#seal(open, source, algorithm))) return undefined;
    return millis(bytes.readUIntBE(0, TIME));
  }

  #seal(open: Buffer, source: string, algorithm: string): Buffer {
    const seal = createHmac('sha256', this.#key).update(open).update(`${algorithm.toLowerCase()} ${source}`);
    return seal.digest().subarray(0, SEAL);
  }
}
