// What a trial of a board has found.

import { DoorphoneError, describeError } from '../../base/errors.ts';

/** `untried`: nobody said yes, or nobody is there to ask. */
export type FindingResult = 'good' | 'warning' | 'bad' | 'untried';

/** One thing of the board, and how it is. */
export interface Finding {
  /** `button front`, `sound`. */
  readonly subject: string;
  readonly result: FindingResult;
  readonly what: string;
  /** Of what is not good. */
  readonly mend?: string;
}

export const good = (subject: string, what: string): Finding => ({ subject, result: 'good', what });

export const untried = (subject: string, what: string): Finding => ({ subject, result: 'untried', what });

export function bad(subject: string, what: string, mend: string): Finding {
  return { subject, result: 'bad', what, mend };
}

export function warning(subject: string, what: string, mend: string): Finding {
  return { subject, result: 'warning', what, mend };
}

/** What was thrown, as a finding. @param mend where the error has none of its own */
export function thrownFinding(subject: string, thrown: unknown, mend: string): Finding {
  const what = thrown instanceof Error ? thrown.message : describeError(thrown);
  return bad(subject, what, (thrown instanceof DoorphoneError && thrown.mend) || mend);
}

const MARKS: Readonly<Record<FindingResult, string>> = { good: 'ok ', warning: '!  ', bad: 'BAD', untried: '–  ' };

/** One line for eyes. */
export function formatFinding({ subject, result, what, mend }: Finding): string {
  return `${MARKS[result]}  ${subject}: ${what}${mend === undefined ? '' : `; ${mend}`}`;
}
