// The keys of a keypad: the configuration names them, drivers tell them, codes are made of them.

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
