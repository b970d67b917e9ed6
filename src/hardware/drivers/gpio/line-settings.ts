// How a line is wired: what makes it active, what holds it while nobody touches it, how long a contact bounces.

import { type Millis, millis } from '../../../base/units.ts';

export type Bias = 'as-is' | 'pull-up' | 'pull-down' | 'none';
export type Drive = 'push-pull' | 'open-drain' | 'open-source';

/** The wiring of one line. */
export interface LineSettings {
  /** Active is the low level. */
  readonly activeLow: boolean;
  readonly bias: Bias;
  /** Of an output. */
  readonly drive: Drive;
  /** Of an input: how long a level must stand to count; 0: not at all. */
  readonly debounce: Millis;
}

/** An input of which no more is said than this: a contact to ground, held by the chip's own resistor. */
export function contact(said: Partial<LineSettings> = {}): LineSettings {
  const { activeLow = true } = said;
  return { activeLow, bias: activeLow ? 'pull-up' : 'pull-down', drive: 'push-pull', debounce: millis(20), ...said };
}

/** An output of which no more is said than this: a relay board that switches with the high level. */
export function relay(said: Partial<LineSettings> = {}): LineSettings {
  return { activeLow: false, bias: 'as-is', drive: 'push-pull', debounce: millis(0), ...said };
}
