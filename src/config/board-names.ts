// Whether there is a board and add-ons by the names that a file has: what is known of them stands outside of it.

import { complaint } from './complaint.ts';
import { boardOf } from './relay-limit.ts';
import { isTable, type Report } from './structure.ts';
import type { BoardKind, UnknownName } from './types.ts';

/**
 * @param value what the schema yielded, faulty or not
 * @param folder of the file: paths are relative to it
 */
export function checkBoardNames(
  value: unknown,
  folder: string,
  unknown: (named: string, kind: BoardKind) => UnknownName | undefined,
  fault: Report,
): void {
  if (!isTable(value)) return;
  const addons = Array.isArray(value.addons) ? value.addons : [];
  const names = [
    { path: ['board'], named: value.board, kind: 'board' as const },
    ...addons.map((named: unknown, at) => ({ path: ['addons', at], named, kind: 'add-on' as const })),
  ];
  for (const { path, named, kind } of names) {
    const found = typeof named === 'string' ? unknown(boardOf(named, folder), kind) : undefined;
    if (found !== undefined) fault(path, complaint(found.what, found.mend), 'value');
  }
}
