// What a file may ask for and this version does not do: said plainly, never passed over in silence.
// A feature that arrives takes its lines out of here.

import { complaint } from './complaint.ts';
import type { Path } from './document.ts';
import { isTable, type Report } from './structure.ts';

const MEND = 'leave it out, or keep it for a later version';

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inside, step) => {
    if (Array.isArray(inside) && typeof step === 'number') return inside[step];
    return isTable(inside) ? inside[step] : undefined;
  }, value);
}

/** Key, the value that is carried out (undefined: none is), and what is said. */
const KEYS: readonly {
  readonly path: Path;
  readonly carriedOut: unknown;
  readonly what: string;
  readonly mend?: string;
}[] = [
  {
    path: ['mqtt', 'homeAssistant'],
    carriedOut: false,
    what: 'Home Assistant discovery is not carried out by this version',
  },
];

/** @param value what the schema yielded, defaults filled in */
export function reportNotCarriedOut(
  value: unknown,
  reports: { readonly fault: Report; readonly warning: Report },
): void {
  if (!isTable(value)) return;
  for (const { path, carriedOut, what, mend } of KEYS) {
    const asked = at(value, path);
    if (asked !== undefined && asked !== carriedOut) reports.warning(path, complaint(what, mend ?? MEND), 'value');
  }
}
