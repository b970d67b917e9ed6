// What the door asks of a reader: which card is held before it.

import { inspect } from 'node:util';
import type { Millis } from '../../base/units.ts';

/** The number of a card, as its reader tells it. Whoever knows it can make such a card: it prints as nothing. */
export class Card {
  readonly #value: bigint;

  /** @param bits how many bits of its number the reader tells */
  constructor(
    readonly bits: number,
    value: bigint,
  ) {
    this.#value = value;
  }

  /** The number; for the one place that must have it. */
  reveal(): bigint {
    return this.#value;
  }

  toString(): string {
    return '[card]';
  }

  toJSON(): string {
    return '[card]';
  }

  [inspect.custom](): string {
    return '[card]';
  }
}

/** A card is held before the reader; most tell it again and again while it is there. */
export interface CardRead {
  readonly card: Card;
  /** On the Clock's scale. */
  readonly at: Millis;
}

/** A reader of cards. */
export interface Reader {
  readonly name: string;
  /** Calls `listener` for every card; the returned function ends it. */
  onCard(listener: (read: CardRead) => void): () => void;
  /** Lets go of the device. Safe to call again. */
  close(): void;
}
