// What all decoders have in common: bytes in, whatever they mean out. They are pure, keep a few bytes at the most, and
// take what a broken wire or a wrong baud rate makes of a message for what it is: nothing.

import type { Result } from '../../../../base/result.ts';
import type { Millis } from '../../../../base/units.ts';

/** What was said, or why it makes no sense. The reason never holds what was sent: it may be most of a code. */
export type Decoded<Value> = Result<Value, string>;

export interface Decoder<Value> {
  /** A message has no silence inside that is so long. */
  readonly gap: Millis;
  /** Takes what has come. */
  take(bytes: Uint8Array): readonly Decoded<Value>[];
  /** There was a silence of `gap`: what was begun is over. */
  pause(): readonly Decoded<Value>[];
}

/** `0` to `9`, `A` to `F`, `a` to `f`. */
export const isHexDigit = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
