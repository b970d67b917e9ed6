// How long a board's relays bear to be on: a longer opening time is a fault of the file, found before a strike burns.

import { complaint } from './complaint.ts';
import { formatDuration } from './duration.ts';
import { absolutePath } from './secrets.ts';
import { isTable, type Report } from './structure.ts';
import type { RelayLimit } from './types.ts';

/** A board's name as it is, the path of one relative to the file that names it. */
export function boardOf(board: string, folder: string): string {
  return board.includes('/') ? absolutePath(board, folder) : board;
}

/**
 * @param value what the schema yielded, faulty or not
 * @param limitOf what the board of a name allows; undefined: nothing is known of it
 */
export function checkRelayLimit(
  value: unknown,
  folder: string,
  limitOf: (board: string) => RelayLimit | undefined,
  fault: Report,
): void {
  if (!isTable(value) || typeof value.board !== 'string' || !isTable(value.doors)) return;
  const doors = Object.entries(value.doors);
  const found = doors.length === 0 ? undefined : limitOf(boardOf(value.board, folder));
  if (found === undefined) return;
  for (const [name, door] of doors) {
    const openFor = isTable(door) ? door.openFor : undefined;
    if (typeof openFor !== 'number' || openFor <= found.limit) continue;
    const longest = formatDuration(found.limit);
    const what = `is longer than the relays of ${found.board} may be on (${longest})`;
    fault(['doors', name, 'openFor'], complaint(what, `write ${longest} or less`), 'value');
  }
}
