// Readers of 125 kHz tags that speak as the RDM6300 does: STX, ten hexadecimal digits, their checksum in two more, ETX. The
// first two digits are the maker's, the other eight the number that is printed on the card. Some put CR and LF before ETX.

import { err, ok } from '../../../../base/result.ts';
import { millis } from '../../../../base/units.ts';
import { Card } from '../../../ports/index.ts';
import { type Decoded, type Decoder, isHexDigit } from './decoder.ts';

const STX = 0x02;
const ETX = 0x03;
const LINE_ENDS = new Set([0x0d, 0x0a]);
const DIGITS = 10;
const CHECKED_DIGITS = 12;
const BITS = 40;

/** One tag after another. */
export class Rdm6300 implements Decoder<Card> {
  readonly gap = millis(100);
  /** Undefined: no tag has begun. */
  #digits: string | undefined;

  take(bytes: Uint8Array): readonly Decoded<Card>[] {
    return [...bytes].flatMap((byte) => this.#take(byte));
  }

  pause(): readonly Decoded<Card>[] {
    return this.#end() === undefined ? [] : [err('half a tag')];
  }

  #take(byte: number): readonly Decoded<Card>[] {
    if (byte === STX) {
      const before = this.#end();
      this.#digits = '';
      return before === undefined ? [] : [err('half a tag')];
    }
    if (LINE_ENDS.has(byte)) return [];
    if (this.#digits === undefined) return [err('bytes outside of a tag')];
    if (byte === ETX) return [readTag(this.#end() ?? '')];
    if (isHexDigit(byte) && this.#digits.length < CHECKED_DIGITS) {
      this.#digits += String.fromCharCode(byte);
      return [];
    }
    this.#end();
    return [err('a tag with something else inside')];
  }

  #end(): string | undefined {
    const digits = this.#digits;
    this.#digits = undefined;
    return digits;
  }
}

/** The checksum is the exclusive or of the five bytes. */
function readTag(digits: string): Decoded<Card> {
  if (digits.length !== CHECKED_DIGITS) return err('half a tag');
  const bytes = Buffer.from(digits, 'hex');
  if (bytes.reduce((sum, byte) => sum ^ byte, 0) !== 0) return err('a tag with a wrong checksum');
  const number = BigInt(`0x${digits.slice(0, DIGITS)}`);
  return number === 0n ? err('a tag without a number') : ok(new Card(BITS, number));
}
