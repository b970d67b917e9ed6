// How long a board's relays bear to be on: a longer opening time is a fault of the file, found before a strike burns.

import { complaint } from './complaint.ts';
import type { Path } from './document.ts';
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
  if (!isTable(value) || typeof value.board !== 'string') return;
  const times = timesOf(value);
  const found = times.length === 0 ? undefined : limitOf(boardOf(value.board, folder));
  if (found === undefined) return;
  for (const { path, time } of times) {
    if (typeof time !== 'number' || time <= found.limit) continue;
    const longest = formatDuration(found.limit);
    const what = `is longer than the relays of ${found.board} may be on (${longest})`;
    fault(path, complaint(what, `write ${longest} or less`), 'value');
  }
}

/** How long outputs are to be on. */
function timesOf({ doors, buttons }: Readonly<Record<string, unknown>>): readonly { path: Path; time: unknown }[] {
  const opened = Object.entries(isTable(doors) ? doors : {}).map(([name, door]) => {
    return { path: ['doors', name, 'openFor'], time: isTable(door) ? door.openFor : undefined };
  });
  const switched = Object.entries(isTable(buttons) ? buttons : {}).map(([name, button]) => {
    const held = isTable(button) && isTable(button.held) ? button.held : {};
    return {
      path: ['buttons', name, 'held', 'switchFor'],
      time: held.switch === undefined ? undefined : held.switchFor,
    };
  });
  return [...opened, ...switched].filter(({ time }) => time !== undefined);
}
