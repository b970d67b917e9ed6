// Numbers of cards as people write them, against what readers tell of the same card.

import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import { readCardNumber } from '../../../src/config/index.ts';
import { CardBook } from '../../../src/door/card-book.ts';
import { Card } from '../../../src/hardware/ports/index.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

function book(cards: Readonly<Record<string, readonly string[]>>): CardBook {
  const read = Object.entries(cards).map(([door, own]) => {
    return [door, own.flatMap((text) => readCardNumber(new Secret(text)) ?? [])] as const;
  });
  return new CardBook(new Map(read), new SeededRandom());
}

/** The card on which 0012345678 and 188,24910 are printed: 0xBC614E. */
const AT_READERS = [
  ['a Wiegand-26 reader', new Card(24, 0xbc614en)],
  ['a Wiegand-34 reader', new Card(32, 0x00bc614en)],
  ['an RDM6300', new Card(40, 0x0b00bc614en)],
] as const;

describe.each(AT_READERS)('a card at %s', (_, card) => {
  it.each(['188,24910', '188:24910', '0012345678', '12345678', '0xBC614E', '0x0b00bc614e'])('is that of %s', (text) => {
    expect(book({ main: [text] }).match(card)).toEqual(['main']);
  });

  it.each(['188,24911', '187,24910', '0012345679', '0xBC614F'])('is not that of %s', (text) => {
    expect(book({ main: [text] }).match(card)).toEqual([]);
  });
});

describe('cards', () => {
  it('are told apart by every bit that both know', () => {
    expect(book({ main: ['0012345678'] }).match(new Card(40, 0x0b01bc614en))).toEqual([]);
    expect(book({ main: ['0x0C00BC614E'] }).match(new Card(40, 0x0b00bc614en))).toEqual([]);
    expect(book({ main: ['0x0C00BC614E'] }).match(new Card(32, 0x00bc614en))).toEqual(['main']);
  });

  it('of 37 bits are larger than what 32 bits hold', () => {
    expect(book({ main: ['34359738366'] }).match(new Card(35, 34_359_738_366n))).toEqual(['main']);
  });

  it('may be named at several doors, and several at one', () => {
    const cards = book({ main: ['188,24910', '1,2'], garage: ['188,24910'], cellar: ['1,2'] });
    expect(cards.match(new Card(24, 0xbc614en))).toEqual(['main', 'garage']);
    expect(cards.doors).toBe(3);
  });

  it.each([
    '',
    '0',
    '0000000000',
    '256,1',
    '1,65536',
    '0x12',
    '0x12345678901234567',
    '34359738368',
    '-1',
    '1.5',
    'card',
  ])('%j is the number of none', (text) => {
    expect(readCardNumber(new Secret(text))).toBeUndefined();
  });
});
