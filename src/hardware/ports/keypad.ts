// What the door asks of a keypad: which keys are pressed, in their order. How they travel is the driver's.

import type { Millis } from '../../base/units.ts';

/** The keys that codes are made of (those of RFC 4733 §3.2); `clear`: what was typed before does not count. */
export const KEYPAD_KEYS = [
  '0',
  '1',
  '2',
  '3',
  '4',
  '5',
  '6',
  '7',
  '8',
  '9',
  '*',
  '#',
  'A',
  'B',
  'C',
  'D',
  'clear',
] as const;
export type KeypadKey = (typeof KEYPAD_KEYS)[number];

/** One press. `at` is on the Clock's scale. */
export interface KeyPress {
  /** One of KEYPAD_KEYS. */
  readonly key: KeypadKey;
  readonly at: Millis;
}

/** A keypad. */
export interface Keypad {
  readonly name: string;
  /** Calls `listener` for every press; the returned function ends it. */
  onKey(listener: (press: KeyPress) => void): () => void;
  /** Lets go of the device. Safe to call again. */
  close(): void;
}
