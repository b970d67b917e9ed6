// One layer of a configuration: part of a file's keys, with the place of each, for those who put several together.

import { type Path, type Place, parsePlaced } from './document.ts';
import { isTable } from './structure.ts';
import type { Fault } from './types.ts';

/** A layer's text, read. */
export interface PlacedLayer {
  readonly text: string;
  /** A mapping, or null where the text says nothing. */
  readonly value: unknown;
  place(path: Path): Place;
  /** Where the key of the value at `path` stands. */
  placeOfKey(path: Path): Place;
  /** Whether it says anything of `path`. */
  has(path: Path): boolean;
}

/** Reads one layer; what its keys mean is looked at when all are together. Never throws. @param file for faults */
export function parseLayer(text: string, file: string): PlacedLayer | readonly Fault[] {
  const { document, faults } = parsePlaced(text);
  if (faults.length > 0) return faults.map((fault) => ({ file, ...fault }));
  const value = document?.value ?? null;
  if (value !== null && !isTable(value)) {
    return [
      { file, line: 1, column: 1, key: '', what: 'is not a list of keys', mend: 'write keys like name: Front door' },
    ];
  }
  return {
    text,
    value,
    place: (path) => document?.place(path) ?? START,
    placeOfKey: (path) => document?.placeOfKey(path) ?? START,
    has: (path) => holds(value, path),
  };
}

const START: Place = { line: 1, column: 1 };

/** Whether there is a value at `path`, a null among them. */
export function holds(value: unknown, path: Path): boolean {
  let inside: unknown = value;
  for (const step of path) {
    if (Array.isArray(inside) && typeof step === 'number' && step < inside.length) inside = inside[step];
    else if (isTable(inside) && Object.hasOwn(inside, step)) inside = inside[step];
    else return false;
  }
  return true;
}
