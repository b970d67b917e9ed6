// Keypads of rows and columns, at lines of the board.

import type { Clock } from '../base/clock.ts';
import { DoorphoneError, describeError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { millis } from '../base/units.ts';
import type { Configuration, LineConfiguration } from '../config/index.ts';
import { MatrixKeypad } from '../hardware/drivers/index.ts';
import { type Board, KEYPAD_KEYS, type Keypad, type KeypadKey } from '../hardware/ports/index.ts';
import type { Faults } from './faults.ts';

export interface MatrixKeypadsServices {
  readonly clock: Clock;
  readonly log: Log;
  readonly faults: Faults;
  readonly board: Board;
}

/** Takes their lines. One whose lines cannot be had is a fault; the others work. */
export function openMatrixKeypads(
  { keypads }: Pick<Configuration, 'keypads'>,
  services: MatrixKeypadsServices,
): readonly Keypad[] {
  const { faults, board } = services;
  return Object.entries(keypads).flatMap(([name, { matrix }]): Keypad[] => {
    if (matrix === undefined) return [];
    try {
      const rows = matrix.rows.map((line) => board.output(line));
      const columns = matrix.columns.map((line) => board.input(line));
      return [new MatrixKeypad(name, { rows, columns, keys: matrix.keys.map(keysOf) }, services)];
    } catch (thrown) {
      const mend = (thrown instanceof DoorphoneError && thrown.mend) || `check keypads.${name}.matrix`;
      const what = thrown instanceof DoorphoneError ? thrown.message : describeError(thrown);
      faults.begin(`keypad ${name}`, `keypad ${name} has no lines: ${what}`, mend);
      return [];
    }
  });
}

/** `123A`: a key each; `.`: none. */
function keysOf(row: string): readonly (KeypadKey | undefined)[] {
  return [...row].map((text) => KEYPAD_KEYS.find((key) => key === text));
}

/**
 * How the lines of matrix keypads are wired, where the configuration does not say it: rows float while they are not driven,
 * and columns are waited for by the keypad itself.
 */
export function wiringOf({ lines, keypads }: Pick<Configuration, 'lines' | 'keypads'>): Configuration['lines'] {
  const matrices = Object.values(keypads).flatMap(({ matrix }) => matrix ?? []);
  const wired = (names: readonly string[], usual: LineConfiguration, always: LineConfiguration = {}) =>
    names.map((name) => [name, { ...usual, ...lines[name], ...always }] as const);
  return {
    ...lines,
    ...Object.fromEntries(
      matrices.flatMap(({ rows, columns }) => [
        ...wired(rows, { active: 'low', drive: 'open-drain' }),
        ...wired(columns, { active: 'low', bias: 'pull-up' }, { debounce: millis(0) }),
      ]),
    ),
  };
}
