// What differs between two configurations, and whether a running service can take it up: for reload.

import * as v from 'valibot';
import { Secret } from '../base/secret.ts';
import { formatPath, type Path } from './document.ts';
import { configurationSchema } from './schema.ts';
import { isTable, type SchemaShape, unwrap } from './structure.ts';
import type { Configuration } from './types.ts';

export interface Difference {
  /** `audio.device`, `buttons.front.call`. */
  readonly key: string;
  /** The schema says that a change is carried out at the next start only. */
  readonly requiresRestart: boolean;
}

/** Every key whose value differs; lists are compared as a whole. No values: they may be secret. */
export function compareConfigurations(before: Configuration, after: Configuration): readonly Difference[] {
  return compareValues(before, after, []).map((path) => ({
    key: formatPath(path),
    requiresRestart: needsRestart(path),
  }));
}

function compareValues(before: unknown, after: unknown, path: Path): Path[] {
  if (isPlainTable(before) && isPlainTable(after) && !('kind' in before)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => compareValues(before[key], after[key], [...path, key]));
  }
  return comparable(before) === comparable(after) ? [] : [path];
}

function isPlainTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return isTable(value) && !(value instanceof Secret);
}

/** A text that is equal for equal values. Secrets are revealed to be compared; the text leaves this file nowhere. */
function comparable(value: unknown): string {
  if (value instanceof Secret) return `secret ${value.reveal()}`;
  if (Array.isArray(value)) return `[${value.map(comparable).join(',')}]`;
  if (!isTable(value)) return JSON.stringify(value) ?? 'undefined';
  return `{${Object.entries(value)
    .map(([key, inside]) => `${JSON.stringify(key)}:${comparable(inside)}`)
    .join(',')}}`;
}

/** Whether the key, or a table that holds it, is marked so in the schema. */
function needsRestart(path: Path): boolean {
  let schema: SchemaShape | undefined = configurationSchema;
  for (const step of path) {
    const inside: SchemaShape = unwrap(schema);
    schema = inside.item ?? (inside.type === 'record' ? inside.value : inside.entries?.[String(step)]);
    if (schema === undefined) return false;
    if (isMarked(unwrap(schema))) return true;
  }
  return false;
}

function isMarked(schema: SchemaShape): boolean {
  const metadata: { readonly requiresRestart?: unknown } = v.getMetadata(schema as v.GenericSchema);
  return metadata.requiresRestart === true;
}
