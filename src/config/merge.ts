// One layer of configuration over another: key by key, lists and single values replaced. What a person reads in a layer is
// what counts, whatever lies below it.

import { isTable } from './structure.ts';

/** A value that is no mapping, or no value at all, gives way to what lies above it. Neither side is changed. */
export function mergeLayers(below: unknown, above: unknown): unknown {
  if (above === undefined) return below;
  if (!isTable(below) || !isTable(above) || isReference(below) || isReference(above)) return above;
  const merged = new Map(Object.entries(below));
  for (const [key, value] of Object.entries(above)) merged.set(key, mergeLayers(merged.get(key), value));
  // Not by assignment: a key named __proto__ is a key like any other.
  return Object.fromEntries(merged);
}

/** A secret that is somewhere else is one value, though it is written as a table: two of them do not make a third. */
function isReference(table: Readonly<Record<string, unknown>>): boolean {
  const [[name, value] = [], ...others] = Object.entries(table);
  return others.length === 0 && typeof value === 'string' && (name === 'file' || name === 'env' || name === 'age');
}
