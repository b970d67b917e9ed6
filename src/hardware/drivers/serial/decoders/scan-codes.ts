// Keypads that send scan codes: those of a PC's keyboard, set 2, or numbers of the maker's own, as the configuration maps
// them. Set 2: a code when a key goes down, again and again while it is down, and F0 with the code when it comes up; keys
// that the first keyboards did not have begin with E0.

import { err, ok } from '../../../../base/result.ts';
import { millis } from '../../../../base/units.ts';
import type { KeypadKey } from '../../../ports/index.ts';
import type { Decoded, Decoder } from './decoder.ts';

const RELEASED = 0xf0;
const EXTENDED = 0xe0;

/** Set 2: the row of digits, the block of digits, A to D, Enter (twice), backspace, escape. */
const SET_2: ReadonlyMap<number, KeypadKey> = new Map<number, KeypadKey>([
  [0x45, '0'],
  [0x16, '1'],
  [0x1e, '2'],
  [0x26, '3'],
  [0x25, '4'],
  [0x2e, '5'],
  [0x36, '6'],
  [0x3d, '7'],
  [0x3e, '8'],
  [0x46, '9'],
  [0x70, '0'],
  [0x69, '1'],
  [0x72, '2'],
  [0x7a, '3'],
  [0x6b, '4'],
  [0x73, '5'],
  [0x74, '6'],
  [0x6c, '7'],
  [0x75, '8'],
  [0x7d, '9'],
  [0x7c, '*'],
  [0x1c, 'A'],
  [0x32, 'B'],
  [0x21, 'C'],
  [0x23, 'D'],
  [0x5a, '#'],
  [0x66, 'clear'],
  [0x76, 'clear'],
]);
/** Behind E0: Enter of the block of digits. */
const SET_2_EXTENDED: ReadonlyMap<number, KeypadKey> = new Map([[0x5a, '#']]);

/** Scan codes. */
export class ScanCodes implements Decoder<KeypadKey> {
  readonly gap = millis(100);
  readonly #keys: ReadonlyMap<number, KeypadKey>;
  readonly #ownCodes: boolean;
  #extended = false;
  #released = false;
  /** The key that is down; a keypad that never says that one comes up has none. */
  #down: number | undefined;
  #saysReleases = false;

  /** @param own the maker's own codes; empty: set 2 */
  constructor(own: ReadonlyMap<number, KeypadKey> = new Map()) {
    this.#ownCodes = own.size > 0;
    this.#keys = this.#ownCodes ? own : SET_2;
  }

  take(bytes: Uint8Array): readonly Decoded<KeypadKey>[] {
    return [...bytes].flatMap((byte) => (this.#ownCodes ? this.#key(byte) : this.#take(byte)));
  }

  pause(): readonly Decoded<KeypadKey>[] {
    const isHalf = this.#extended || this.#released;
    this.#extended = false;
    this.#released = false;
    return isHalf ? [err('half a scan code')] : [];
  }

  #take(byte: number): readonly Decoded<KeypadKey>[] {
    if (byte === EXTENDED) {
      this.#extended = true;
      return [];
    }
    if (byte === RELEASED) {
      this.#released = true;
      return [];
    }
    const { isExtended, isReleased } = { isExtended: this.#extended, isReleased: this.#released };
    this.#extended = false;
    this.#released = false;
    if (isReleased) {
      this.#saysReleases = true;
      this.#down = undefined;
      return [];
    }
    const isRepeated = this.#down === byte;
    if (this.#saysReleases) this.#down = byte;
    if (isRepeated) return [];
    return isExtended ? this.#key(byte, SET_2_EXTENDED) : this.#key(byte);
  }

  #key(code: number, keys = this.#keys): readonly Decoded<KeypadKey>[] {
    const key = keys.get(code);
    return [key === undefined ? err('a scan code that no key has') : ok(key)];
  }
}
