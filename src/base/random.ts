// The one source of chance, handed in like the clock, so that a test can repeat what it saw.

import { randomBytes, randomFillSync } from 'node:crypto';

/** Unpredictable values: branches, tags, keys, jitter. */
export interface Random {
  /** @param length bytes */
  bytes(length: number): Buffer;
  /** Lower-case hexadecimal of `length` random bytes. */
  hex(length: number): string;
  /** Evenly distributed in [0, 1). */
  uniform(): number;
}

/** The generator is asked for this many bytes at once: a call to it costs more than what it gives. */
const POOL_BYTES = 2048;

/** Chance from the system's cryptographic generator. */
export class SystemRandom implements Random {
  readonly #pool = Buffer.alloc(POOL_BYTES);
  /** The same octets: an array of them is cleared without the checks that a Buffer makes. */
  readonly #octets = new Uint8Array(this.#pool.buffer, this.#pool.byteOffset, POOL_BYTES);
  #used = POOL_BYTES;

  bytes(length: number): Buffer {
    if (length > POOL_BYTES) return randomBytes(length);
    const start = this.#take(length);
    const bytes = Buffer.from(this.#pool.subarray(start, start + length));
    // What was given out may be a key: nothing of it stays here.
    this.#octets.fill(0, start, start + length);
    return bytes;
  }

  hex(length: number): string {
    if (length > POOL_BYTES) return randomBytes(length).toString('hex');
    const start = this.#take(length);
    const text = this.#pool.toString('hex', start, start + length);
    this.#octets.fill(0, start, start + length);
    return text;
  }

  uniform(): number {
    return this.#pool.readUInt32LE(this.#take(4)) / 2 ** 32;
  }

  /** The offset of `length` fresh bytes in the pool. */
  #take(length: number): number {
    if (this.#used + length > POOL_BYTES) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += length;
    return start;
  }
}
