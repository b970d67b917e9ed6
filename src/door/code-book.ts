// Which digits open which door. Codes are kept as keyed digests only, and compared in constant time.

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Random } from '../base/random.ts';
import type { Secret } from '../base/secret.ts';

interface Entry {
  readonly door: string;
  readonly length: number;
  readonly digest: Buffer;
}

/** The codes of all doors. */
export class CodeBook {
  readonly #key: Buffer;
  readonly #entries: readonly Entry[];

  /** @param codes door name → its code */
  constructor(codes: ReadonlyMap<string, Secret>, random: Random) {
    this.#key = random.bytes(32);
    this.#entries = [...codes].map(([door, code]) => {
      const digits = code.reveal().toUpperCase();
      return { door, length: digits.length, digest: this.#digest(digits) };
    });
  }

  /** Whether there is any code to try. */
  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** How many there are. */
  get size(): number {
    return this.#entries.length;
  }

  /** Digits of the shortest and of the longest code; 0: there is none. */
  get shortest(): number {
    return this.isEmpty ? 0 : Math.min(...this.#entries.map(({ length }) => length));
  }

  get longest(): number {
    return Math.max(0, ...this.#entries.map(({ length }) => length));
  }

  /** How many codes so many digits hold, one after another, of the length that there are most of: one at the least. */
  guessesIn(digits: number): number {
    return Math.max(1, ...this.#entries.map(({ length }) => digits - length + 1));
  }

  /**
   * The doors whose code `digits` ends with. Where one code is the end of another, the longer one is meant; doors that
   * share a code open together. Every code is compared, whatever the outcome, each over a digest of fixed size.
   */
  match(digits: string): readonly string[] {
    let doors: string[] = [];
    let longest = 0;
    for (const entry of this.#entries) {
      const equal = timingSafeEqual(this.#digest(digits.slice(-entry.length)), entry.digest);
      if (!equal || entry.length < longest) continue;
      if (entry.length > longest) doors = [];
      longest = entry.length;
      doors.push(entry.door);
    }
    return doors;
  }

  #digest(digits: string): Buffer {
    return createHmac('sha256', this.#key).update(digits).digest();
  }
}
