// Which cards open which doors. Their numbers are kept as keyed digests only, and compared in constant time.
//
// Readers tell of one card more or less of its number: 24 bits by Wiegand-26, 40 as an RDM6300 does, the same lower ones
// in both. So as many are compared as reader and configuration both have; 24 is the least that there is.

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Random } from '../base/random.ts';
import type { CardNumber } from '../config/index.ts';

interface Entry {
  readonly door: string;
  readonly bits: number;
  /** Bits that are compared → digest. */
  readonly digests: ReadonlyMap<number, Buffer>;
}

/** How many bits readers tell: Wiegand-26, -34, -37, and those like the RDM6300. */
const READER_BITS = [24, 32, 35, 40];

/** The cards of all doors. */
export class CardBook {
  readonly #key: Buffer;
  readonly #entries: readonly Entry[];

  /** @param cards door name → its cards */
  constructor(cards: ReadonlyMap<string, readonly CardNumber[]>, random: Random) {
    this.#key = random.bytes(32);
    this.#entries = [...cards].flatMap(([door, own]) => own.map((card) => this.#entry(door, card)));
  }

  /** How many doors there are cards for. */
  get doors(): number {
    return new Set(this.#entries.map(({ door }) => door)).size;
  }

  /** The doors that a card opens. Every card is compared, whatever the outcome. */
  match(card: CardNumber): readonly string[] {
    const doors = new Set<string>();
    for (const { door, bits, digests } of this.#entries) {
      const compared = Math.min(bits, card.bits);
      const known = digests.get(compared);
      if (known !== undefined && timingSafeEqual(this.#digest(card, compared), known)) doors.add(door);
    }
    return [...doors];
  }

  /** The same for the same card as the same reader tells it; says nothing else of it. */
  tag(card: CardNumber): Buffer {
    return this.#digest(card, card.bits);
  }

  #entry(door: string, card: CardNumber): Entry {
    const widths = [...READER_BITS.filter((bits) => bits < card.bits), card.bits];
    return { door, bits: card.bits, digests: new Map(widths.map((bits) => [bits, this.#digest(card, bits)])) };
  }

  #digest(card: CardNumber, bits: number): Buffer {
    const compared = card.reveal() & ((1n << BigInt(bits)) - 1n);
    return createHmac('sha256', this.#key).update(`${bits} ${compared}`).digest();
  }
}
