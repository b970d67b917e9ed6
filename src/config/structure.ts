// The structure of a file against the schema's: unknown keys with the nearest known one, tables and lists where they
// belong, nothing empty. The schema library stops at the first unknown key and takes a list for a table; this does not.

import { nearestName } from '../base/nearest-name.ts';
import { type Complaint, complaint } from './complaint.ts';
import { formatPath, type Path } from './document.ts';

/** What is needed of a schema to walk it. */
export interface SchemaShape {
  readonly type: string;
  readonly entries?: { readonly [key: string]: SchemaShape };
  readonly wrapped?: SchemaShape;
  readonly item?: SchemaShape;
  readonly value?: SchemaShape;
  readonly options?: readonly unknown[];
}

/** `on`: whether the key or the value is at fault. */
export type Report = (path: Path, found: Complaint, on: 'key' | 'value') => void;

/** The schema inside of `optional` and its like. */
export function unwrap(schema: SchemaShape): SchemaShape {
  return schema.wrapped === undefined ? schema : unwrap(schema.wrapped);
}

/** The schema of the value at `path`; undefined where none is known. */
export function schemaAt(root: SchemaShape, path: Path): SchemaShape | undefined {
  let schema: SchemaShape | undefined = root;
  for (const step of path) {
    const inside: SchemaShape | undefined = schema === undefined ? undefined : unwrap(schema);
    if (inside === undefined) return undefined;
    if (typeof step === 'number') schema = inside.item;
    else schema = inside.type === 'record' ? inside.value : ownEntry(inside, step);
  }
  return schema;
}

function ownEntry(schema: SchemaShape, key: string): SchemaShape | undefined {
  return schema.entries !== undefined && Object.hasOwn(schema.entries, key) ? schema.entries[key] : undefined;
}

/** A plain table of keys, as YAML's maps become. */
export function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Names that objects of the language have already; a table with such a key would not be read as it is written. */
const RESERVED_NAMES: readonly string[] = ['__proto__', 'constructor', 'prototype'];

interface Walk {
  readonly root: SchemaShape;
  readonly namePattern: RegExp;
  readonly report: Report;
}

/** Reports every structural fault below `root`. @param namePattern what names of buttons and doors must be like */
export function checkStructure(value: unknown, root: SchemaShape, namePattern: RegExp, report: Report): void {
  checkValue(value, root, [], { root, namePattern, report });
}

function checkValue(value: unknown, schema: SchemaShape, path: Path, walk: Walk): void {
  const inside = unwrap(schema);
  if (value === null || value === undefined) {
    const secretHint = inside.type === 'union' ? '; what begins with # must stand in quotes' : '';
    walk.report(path, complaint('is empty', `give it a value, or take the key out${secretHint}`), 'value');
  } else if (inside.type === 'strict_object' || inside.type === 'record') {
    if (isTable(value)) checkTable(value, inside, path, walk);
    else
      walk.report(
        path,
        complaint(`is ${describeKind(value)} where a table of keys belongs`, tableMend(inside)),
        'value',
      );
  } else if (inside.type === 'array') {
    if (Array.isArray(value)) checkList(value, inside, path, walk);
    else walk.report(path, complaint(`is ${describeKind(value)} where a list belongs`, 'write [ … ]'), 'value');
  } else if (inside.type !== 'union' && typeof value === 'object') {
    walk.report(path, complaint(`is ${describeKind(value)} where one value belongs`, 'write the value alone'), 'value');
  }
}

function tableMend(schema: SchemaShape): string {
  const keys = Object.keys(schema.entries ?? {});
  return keys.length === 0 ? 'write NAME: with its keys below' : `write its keys below it: ${keys.join(', ')}`;
}

/** What a person would call the kind of a YAML value. */
export function describeKind(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isTable(value)) return 'a table of keys';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'boolean') return 'true or false';
  return typeof value === 'number' || typeof value === 'bigint' ? 'a number' : 'a value';
}

function checkList(list: readonly unknown[], schema: SchemaShape, path: Path, walk: Walk): void {
  const item = schema.item;
  if (item === undefined) return;
  for (const [at, value] of list.entries()) checkValue(value, item, [...path, at], walk);
}

function checkTable(table: Readonly<Record<string, unknown>>, schema: SchemaShape, path: Path, walk: Walk): void {
  for (const name of Object.keys(table)) {
    const inside = [...path, name];
    if (schema.type !== 'record') {
      const entry = ownEntry(schema, name);
      if (entry === undefined) walk.report(inside, unknownKey(name, schema, walk.root), 'key');
      else checkValue(table[name], entry, inside, walk);
    } else if (RESERVED_NAMES.includes(name) || !walk.namePattern.test(name)) {
      walk.report(inside, complaint('is not a name', 'use letters, digits, - and _, 64 at most'), 'key');
    } else if (schema.value !== undefined) {
      checkValue(table[name], schema.value, inside, walk);
    }
  }
}

/** Longer names are slips of another kind; the comparison costs letters times letters. */
const LONGEST_COMPARED = 64;

/** Names the nearest key of the same table, or where a key of that very name belongs, or all that there are. */
function unknownKey(name: string, schema: SchemaShape, root: SchemaShape): Complaint {
  const known = Object.keys(schema.entries ?? {});
  const nearest = nearestName(name.slice(0, LONGEST_COMPARED), known);
  if (nearest !== undefined) return complaint('is not a known key', `the nearest known key is ${nearest}`);
  const elsewhere = findKey(name, root, [])[0];
  if (elsewhere !== undefined) return complaint('is not known here', `it belongs at ${formatPath(elsewhere)}`);
  return complaint('is not a known key', `known here: ${known.join(', ')}`);
}

/** Every path of the schema that ends with `name`; `NAME` stands for the names that a file gives. */
function findKey(name: string, schema: SchemaShape, path: Path): Path[] {
  const inside = unwrap(schema);
  if (inside.item !== undefined) return findKey(name, inside.item, [...path, 0]);
  if (inside.type === 'record' && inside.value !== undefined) return findKey(name, inside.value, [...path, 'NAME']);
  return Object.entries(inside.entries ?? {}).flatMap(([key, entry]) => [
    ...(key === name ? [[...path, key]] : []),
    ...findKey(name, entry, [...path, key]),
  ]);
}
