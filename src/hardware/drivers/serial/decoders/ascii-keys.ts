// Keypads that send the character that is printed on the key.

import { err, ok } from '../../../../base/result.ts';
import { millis } from '../../../../base/units.ts';
import type { KeypadKey } from '../../../ports/index.ts';
import type { Decoded, Decoder } from './decoder.ts';

const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;

/** Enter is `#`, the end of a code; backspace, escape and delete take back what was typed. */
const KEYS: ReadonlyMap<number, KeypadKey> = new Map<number, KeypadKey>([
  ...(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'] as const).map(
    (key) => [key.charCodeAt(0), key] as const,
  ),
  ...(['A', 'B', 'C', 'D'] as const).map((key) => [key.toLowerCase().charCodeAt(0), key] as const),
  [CARRIAGE_RETURN, '#'],
  [LINE_FEED, '#'],
  [0x08, 'clear'],
  [0x1b, 'clear'],
  [0x7f, 'clear'],
]);

/** A byte a key. */
export class AsciiKeys implements Decoder<KeypadKey> {
  readonly gap = millis(100);
  #afterReturn = false;

  take(bytes: Uint8Array): readonly Decoded<KeypadKey>[] {
    return [...bytes].flatMap((byte) => this.#take(byte));
  }

  pause(): readonly Decoded<KeypadKey>[] {
    this.#afterReturn = false;
    return [];
  }

  #take(byte: number): readonly Decoded<KeypadKey>[] {
    // Both are one press of Enter.
    const isSecondHalf = byte === LINE_FEED && this.#afterReturn;
    this.#afterReturn = byte === CARRIAGE_RETURN;
    if (isSecondHalf) return [];
    const key = KEYS.get(byte);
    return [key === undefined ? err('a byte that is no key') : ok(key)];
  }
}
