// The number of a card as people write it: as it is printed, or as a reader tells it.

import type { Secret } from '../base/secret.ts';

/** A number, and how many of its bits are known. A reader's `Card` is one. */
export interface CardNumber {
  readonly bits: number;
  reveal(): bigint;
}

const FACILITY_BITS = 8;
const NUMBER_BITS = 16;
const PRINTED_BITS = 32;
const LARGE_PRINTED_BITS = 35;
const PRINTED_MASK = (1n << BigInt(PRINTED_BITS)) - 1n;

/**
 * Reads a number: `188,24910` (facility and number, 24 bits), `0012345678` (decimal, 32 bits; from 4294967296 on 35, as
 * with 37-bit cards), or `0x0B00BC614E` (hexadecimal; each digit is four bits).
 * @returns undefined when it is none
 */
export function readCardNumber(secret: Secret): CardNumber | undefined {
  const text = secret.reveal().trim();
  const [, facility, number] = /^([0-9]{1,3})[,:]([0-9]{1,5})$/.exec(text) ?? [];
  if (facility !== undefined && number !== undefined) {
    const [high, low] = [BigInt(facility), BigInt(number)];
    const fits = high < 1n << BigInt(FACILITY_BITS) && low < 1n << BigInt(NUMBER_BITS);
    return fits ? cardNumber(FACILITY_BITS + NUMBER_BITS, (high << BigInt(NUMBER_BITS)) | low) : undefined;
  }
  if (/^0x[0-9a-f]{6,16}$/i.test(text)) return cardNumber((text.length - 2) * 4, BigInt(text));
  if (!/^[0-9]{1,11}$/.test(text)) return undefined;
  const value = BigInt(text);
  return cardNumber(value < 1n << BigInt(PRINTED_BITS) ? PRINTED_BITS : LARGE_PRINTED_BITS, value);
}

/** A number as it may stand on a terminal: its last three digits as they are printed on the card. */
export function maskedCard(card: CardNumber): string {
  return `a card of ${card.bits} bits, …${String(card.reveal() & PRINTED_MASK)
    .slice(-3)
    .padStart(3, '0')}`;
}

function cardNumber(bits: number, value: bigint): CardNumber | undefined {
  if (value === 0n || value >> BigInt(bits) !== 0n) return undefined;
  return { bits, reveal: () => value };
}
