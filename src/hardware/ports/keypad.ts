// What the door asks of a keypad: which keys are pressed, in their order. How they travel is the driver's.

import { KEYPAD_KEYS, type KeypadKey } from '../../base/keypad-keys.ts';
import type { Millis } from '../../base/units.ts';

export { KEYPAD_KEYS, type KeypadKey };

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
