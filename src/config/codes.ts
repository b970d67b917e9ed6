// Codes: such as a telephone can dial and a keypad can type, and each its own.

import type { Secret } from '../base/secret.ts';
import { complaint } from './complaint.ts';
import type { Path } from './document.ts';
import { type ReferenceReports, tables } from './named-tables.ts';
import { SecretReference } from './values.ts';

/** At 16 digits a try ends, and at `#`: a longer code, or one with `#` inside, could never open (DTMF: RFC 4733 §3.2). */
const LONGEST_CODE = 16;
const SHORTEST_SAFE_CODE = 3;

/** The codes of doors. */
export function checkCodes(
  value: Readonly<Record<string, unknown>>,
  secrets: ReadonlyMap<SecretReference, Secret>,
  reports: ReferenceReports,
): void {
  const known: { readonly door: string; readonly code: string }[] = [];
  for (const [door, entry] of tables(value, 'doors')) {
    const reference = entry.code;
    const code = reference instanceof SecretReference ? secrets.get(reference)?.reveal() : undefined;
    if (code === undefined) continue;
    const path = ['doors', door, 'code'];
    checkCode(path, code, reports);
    for (const other of known) compareCodes(path, code, other, reports);
    known.push({ door, code });
  }
}

/** One code. */
export function checkCode(path: Path, code: string, reports: ReferenceReports): void {
  if (!/^[0-9*#A-D]+$/.test(code)) {
    reports.fault(
      path,
      complaint('has a character that no telephone can send', 'use 0-9, *, A-D, and # as the last'),
      'value',
    );
  } else if (code.slice(0, -1).includes('#')) {
    reports.fault(
      path,
      complaint('has # before its end, where a try is over', 'use # as the last digit only'),
      'value',
    );
  } else if (code.length > LONGEST_CODE) {
    reports.fault(path, complaint(`is longer than ${LONGEST_CODE} digits`, `use ${LONGEST_CODE} at most`), 'value');
  } else if (code.length < SHORTEST_SAFE_CODE) {
    reports.warning(path, complaint('is shorter than three digits and soon guessed', 'use four or more'), 'value');
  }
}

function compareCodes(
  path: Path,
  code: string,
  other: { readonly door: string; readonly code: string },
  reports: ReferenceReports,
): void {
  if (code === other.code) {
    reports.fault(path, complaint(`is the code of doors.${other.door} too`, 'give each door its own'), 'value');
  } else if (code.includes(other.code) || other.code.includes(code)) {
    const what = `and the code of doors.${other.door} contain one another: dialling the longer one opens both doors`;
    reports.warning(path, complaint(what, 'choose codes that do not'), 'value');
  }
}
