// The one source of chance, handed in like the clock, so that a test can repeat what it saw.

import { randomBytes, randomInt } from 'node:crypto';

/** Unpredictable values: branches, tags, keys, jitter. */
export interface Random {
  /** @param length bytes */
  bytes(length: number): Buffer;
  /** Lower-case hexadecimal of `length` random bytes. */
  hex(length: number): string;
  /** Evenly distributed in [0, 1). */
  uniform(): number;
}

/** Chance from the system's cryptographic generator. */
export class SystemRandom implements Random {
  bytes(length: number): Buffer {
    return randomBytes(length);
  }

  hex(length: number): string {
    return randomBytes(length).toString('hex');
  }

  uniform(): number {
    return randomInt(2 ** 32) / 2 ** 32;
  }
}
