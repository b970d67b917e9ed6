// The package `onoff`, which speaks to GPIO by sysfs: an optional one, as it is compiled where it is installed, and few kernels
// need it. Loaded when a board does.

import { createRequire } from 'node:module';
import { DoorphoneError, describeError } from '../../../base/errors.ts';

/** What we use of its `Gpio`. Levels are logical: 1 is active. It throws as node:fs does. */
export interface OnoffLine {
  readSync(): number;
  writeSync(value: 0 | 1): void;
  direction(): string;
  watch(told: (error: Error | null | undefined, value: number) => void): void;
  /** Lets go of it: an output keeps its level. */
  unexport(): void;
}

/** @param direction `high` and `low` are an output with that level on the wire from the moment in which it becomes one */
export type OnoffConstructor = new (
  number: number,
  direction: 'in' | 'high' | 'low',
  edge: 'both' | 'none',
  options: { readonly activeLow: boolean },
) => OnoffLine;

/** @throws DoorphoneError `no-onoff` */
export function loadOnoff(): OnoffConstructor {
  let loaded: unknown;
  try {
    loaded = createRequire(import.meta.url)('onoff');
  } catch (thrown) {
    throw new DoorphoneError('no-onoff', `GPIO by sysfs needs the package onoff: ${describeError(thrown)}`, {
      mend: 'npm install onoff, or take a kernel that has /dev/gpiochip*',
      cause: thrown,
    });
  }
  if (isOnoff(loaded)) return loaded.Gpio;
  throw new DoorphoneError('no-onoff', 'the package onoff has no Gpio', { mend: 'npm install onoff@6' });
}

function isOnoff(value: unknown): value is { readonly Gpio: OnoffConstructor } {
  return typeof value === 'object' && value !== null && 'Gpio' in value && typeof value.Gpio === 'function';
}
