// Converters from Wiegand to a serial line, in the three forms that they have:
// - `hex`: the whole frame as hexadecimal digits, filled up with zeros in front to 7 or 8 digits (26 bits), 9 or 10 (34),
//   10 (37); behind it CR, LF or ETX, before it STX or nothing.
// - `bytes`: the same frame as bytes, the highest first: 4 bytes (26 bits) or 5; a silence before and after.
// - `number`: the number alone, whose parity the converter has checked: 6, 8 or 9 hexadecimal digits (or 10 for 37 bits),
//   ended as `hex`, or by a silence.

import { err } from '../../../../base/result.ts';
import { millis } from '../../../../base/units.ts';
import type { Card } from '../../../ports/index.ts';
import { type Decoded, type Decoder, isHexDigit } from './decoder.ts';
import { cardOf, numberBits, readFrame, type WiegandBits } from './wiegand.ts';

export type WiegandFraming = 'hex' | 'bytes' | 'number';

const GAP = millis(50);
const STX = 0x02;
const ENDS = new Set([0x0d, 0x0a, 0x03]);

/** How many digits there may be. */
const FRAME_DIGITS: Readonly<Record<WiegandBits, readonly number[]>> = { 26: [7, 8], 34: [9, 10], 37: [10] };
const NUMBER_DIGITS: Readonly<Record<WiegandBits, readonly number[]>> = { 26: [6], 34: [8], 37: [9, 10] };
const LONGEST = 10;

/** The decoder of a form. */
export function wiegandDecoder(bits: WiegandBits, framing: WiegandFraming): Decoder<Card> {
  return framing === 'bytes' ? new WiegandBytes(bits) : new WiegandDigits(bits, framing);
}

class WiegandDigits implements Decoder<Card> {
  readonly gap = GAP;
  #digits = '';
  /** Whether what comes until the next end is passed over. */
  #spoilt = false;

  constructor(
    private readonly bits: WiegandBits,
    private readonly form: 'hex' | 'number',
  ) {}

  take(bytes: Uint8Array): readonly Decoded<Card>[] {
    return [...bytes].flatMap((byte) => this.#take(byte));
  }

  pause(): readonly Decoded<Card>[] {
    const isWhole = this.form === 'number' && NUMBER_DIGITS[this.bits].includes(this.#digits.length);
    if (isWhole && !this.#spoilt) return this.#end();
    const isHalf = this.#digits !== '';
    this.#reset();
    return isHalf ? [err('half a card')] : [];
  }

  #take(byte: number): readonly Decoded<Card>[] {
    if (ENDS.has(byte)) return this.#end();
    if (byte === STX) {
      const isHalf = this.#digits !== '';
      this.#reset();
      return isHalf ? [err('half a card')] : [];
    }
    if (this.#spoilt) return [];
    if (isHexDigit(byte) && this.#digits.length < LONGEST) {
      this.#digits += String.fromCharCode(byte);
      return [];
    }
    this.#reset();
    this.#spoilt = true;
    return [err('bytes that are no card')];
  }

  #end(): readonly Decoded<Card>[] {
    const digits = this.#digits;
    const isSpoilt = this.#spoilt;
    this.#reset();
    if (digits === '' || isSpoilt) return [];
    const lengths = this.form === 'hex' ? FRAME_DIGITS : NUMBER_DIGITS;
    if (!lengths[this.bits].includes(digits.length)) return [err(`a card that has not ${this.bits} bits`)];
    const value = BigInt(`0x${digits}`);
    return [this.form === 'hex' ? readFrame(this.bits, value) : cardOf(numberBits(this.bits), value)];
  }

  #reset(): void {
    this.#digits = '';
    this.#spoilt = false;
  }
}

class WiegandBytes implements Decoder<Card> {
  readonly gap = GAP;
  readonly #length: number;
  #bytes: number[] = [];

  constructor(private readonly bits: WiegandBits) {
    this.#length = Math.ceil(bits / 8);
  }

  take(bytes: Uint8Array): readonly Decoded<Card>[] {
    // One more than a frame has is enough to know that it is none.
    this.#bytes.push(...bytes.subarray(0, Math.max(0, this.#length + 1 - this.#bytes.length)));
    return [];
  }

  pause(): readonly Decoded<Card>[] {
    const bytes = this.#bytes;
    this.#bytes = [];
    if (bytes.length === 0) return [];
    if (bytes.length < this.#length) return [err('half a card')];
    if (bytes.length > this.#length) return [err('bytes that are no card')];
    return [readFrame(this.bits, BigInt(`0x${Buffer.from(bytes).toString('hex')}`))];
  }
}
