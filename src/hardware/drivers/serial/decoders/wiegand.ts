// Frames of Wiegand readers: a parity bit over the first half of the number, even, the number, and one over its second
// half, odd. 26 bits (H10301): 8 of the facility, 16 of the card. 34 bits: 32 in the same way. 37 bits (H10302 without a
// facility, H10304 with one of 16 bits): 35, of which the middle one counts in both halves.

import { err, ok } from '../../../../base/result.ts';
import { Card } from '../../../ports/index.ts';
import type { Decoded } from './decoder.ts';

/** Bits of a frame, both parity bits included. */
export type WiegandBits = 26 | 34 | 37;

/** How many bits of the number each parity bit is over: the first so many, the last so many. */
const HALVES: Readonly<Record<WiegandBits, number>> = { 26: 12, 34: 16, 37: 18 };

/** Bits of the number. */
export const numberBits = (bits: WiegandBits): number => bits - 2;

/** The card of a frame, whose first bit is the highest. */
export function readFrame(bits: WiegandBits, frame: bigint): Decoded<Card> {
  const width = numberBits(bits);
  if (frame >> BigInt(bits) !== 0n) return err(`more than ${bits} bits`);
  const half = HALVES[bits];
  const even = frame >> BigInt(bits - 1 - half);
  const odd = frame & ((1n << BigInt(half + 1)) - 1n);
  if (ones(even) % 2 !== 0 || ones(odd) % 2 !== 1) return err('a card with wrong parity');
  return cardOf(width, (frame >> 1n) & ((1n << BigInt(width)) - 1n));
}

/** A card by its number alone. A wire that is broken, or touches another, makes numbers of nothing but zeros or ones. */
export function cardOf(width: number, number: bigint): Decoded<Card> {
  if (number === 0n || number === (1n << BigInt(width)) - 1n) return err('a card without a number');
  return number >> BigInt(width) === 0n ? ok(new Card(width, number)) : err(`more than ${width} bits`);
}

function ones(value: bigint): number {
  return [...value.toString(2)].filter((bit) => bit === '1').length;
}
