// The tables of a file that have names of their own, and what else names them.

import { nearestName } from '../base/nearest-name.ts';
import { complaint } from './complaint.ts';
import type { Path } from './document.ts';
import { isTable, type Report } from './structure.ts';

export interface ReferenceReports {
  readonly fault: Report;
  readonly warning: Report;
}

/** The tables below `value[section]`, by name. */
export function tables(
  value: Readonly<Record<string, unknown>>,
  section: string,
): [string, Readonly<Record<string, unknown>>][] {
  const inside = value[section];
  return Object.entries(isTable(inside) ? inside : {}).flatMap(([name, entry]) =>
    isTable(entry) ? [[name, entry]] : [],
  );
}

/** Whether there is what is named. */
export function checkName(
  path: Path,
  named: unknown,
  kind: string,
  known: readonly (readonly [string, unknown])[],
  fault: Report,
): void {
  if (typeof named !== 'string' || known.some(([name]) => name === named)) return;
  const nearest = nearestName(
    named,
    known.map(([name]) => name),
  );
  const mend = nearest === undefined ? 'name one that there is' : `did you mean "${nearest}"?`;
  fault(path, complaint(`there is no ${kind} "${named}"`, mend), 'value');
}
