// Durations as people write them: `500ms`, `3s`, `2m`, `1h`.

import { err, ok, type Result } from '../base/result.ts';
import { type Millis, millis } from '../base/units.ts';
import { type Complaint, complaint } from './complaint.ts';

const MILLIS_PER_UNIT: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** What an editor can check before we do. */
export const DURATION_PATTERN = '^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$';

/** Reads one duration; the complaint shows how it is written. */
export function parseDuration(text: string): Result<Millis, Complaint> {
  const [, amount, unit] = /^([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([a-zA-Z]*)$/.exec(text.trim()) ?? [];
  if (amount === undefined || unit === undefined) {
    return err(complaint('is not a duration', 'write a number with its unit: 500ms, 30s, 2m or 1h'));
  }
  const factor = MILLIS_PER_UNIT[unit];
  if (factor !== undefined && Object.hasOwn(MILLIS_PER_UNIT, unit)) return ok(millis(Number(amount) * factor));
  return unit === ''
    ? err(complaint('has no unit', `write ${amount}s for seconds (units: ms, s, m, h)`))
    : err(
        complaint(`has the unknown unit "${unit.slice(0, 16)}"`, `write ${amount}s for seconds (units: ms, s, m, h)`),
      );
}

/** The shortest exact way to write a duration: `90s`, `2m`. */
export function formatDuration(duration: Millis): string {
  if (duration === 0) return '0s';
  for (const unit of ['h', 'm', 's']) {
    const factor = MILLIS_PER_UNIT[unit] ?? 1;
    if (duration % factor === 0) return `${duration / factor}${unit}`;
  }
  return `${duration}ms`;
}
