// The schema library's issues as complaints in our words.

import * as v from 'valibot';
import { nearestName } from '../base/nearest-name.ts';
import { type Complaint, complaint, decodeComplaint } from './complaint.ts';
import type { Path } from './document.ts';
import type { configurationSchema } from './schema.ts';
import { describeKind, isTable, type SchemaShape, schemaAt, unwrap } from './structure.ts';

export type SchemaIssue = v.InferIssue<typeof configurationSchema>;

type AnyIssue = v.BaseIssue<unknown>;

/** Where the issue is. */
export function issuePath(issue: AnyIssue): Path {
  return (issue.path ?? []).map((item) => (typeof item.key === 'number' ? item.key : String(item.key)));
}

/** Whether a key that must be there is not. */
export function isMissingKey(issue: AnyIssue): boolean {
  return issue.type === 'strict_object' && issue.expected !== 'never' && issue.path?.at(-1)?.origin === 'key';
}

/** An unknown key: `structure.ts` reports all of them; the library stops at one. */
export function isUnknownKey(issue: AnyIssue): boolean {
  return issue.type === 'strict_object' && issue.expected === 'never';
}

/** What is wrong with one of several forms that a value may have. */
export interface InnerFault {
  readonly path: Path;
  readonly found: Complaint;
  readonly on: 'key' | 'value';
}

/**
 * The faults inside a value that may have several forms: those of the form that was meant, by whether it is a table.
 * Empty for every other issue, and for forms that have a text of their own.
 */
export function faultsInside(issue: SchemaIssue): readonly InnerFault[] {
  if (issue.type !== 'union' || decodeComplaint(issue.message) !== undefined) return [];
  const inner = (issue.issues ?? []).filter(
    (each) => isTable(issue.input) || decodeComplaint(each.message) !== undefined,
  );
  return inner.flatMap((each): InnerFault[] => {
    const path = [...issuePath(issue), ...issuePath(each)];
    const own = decodeComplaint(each.message);
    if (own !== undefined) return [{ path, found: own, on: 'value' }];
    if (isUnknownKey(each)) {
      return [{ path, found: complaint('is not a known key', 'take it out'), on: 'key' }];
    }
    if (isMissingKey(each)) {
      return [{ path, found: complaint('is missing', `add ${String(path.at(-1))}`), on: 'key' }];
    }
    const isOtherForm = path.length === issuePath(issue).length;
    const found = complaint(`is ${describeKind(each.input)} where a text belongs`, 'put it in quotes');
    return isOtherForm ? [] : [{ path, found, on: 'value' }];
  });
}

interface Metadata {
  readonly unit?: unknown;
  readonly examples?: readonly unknown[];
}

function metadataAt(root: v.GenericSchema & SchemaShape, path: Path): Metadata {
  const schema = schemaAt(root, path);
  return schema === undefined ? {} : v.getMetadata(unwrap(schema) as v.GenericSchema);
}

/** What is wrong and how it is mended. Never quotes a secret: those have texts of their own. */
export function describeIssue(issue: SchemaIssue, root: v.GenericSchema & SchemaShape): Complaint {
  const own = decodeComplaint(issue.message);
  if (own !== undefined) return own;
  const path = issuePath(issue);
  const about = metadataAt(root, path);
  if (isMissingKey(issue)) {
    const name = String(path.at(-1));
    const example = about.examples?.[0];
    return complaint('is missing', example === undefined ? `add ${name}` : `add ${name}: ${writeValue(example)}`);
  }
  switch (issue.type) {
    case 'string':
      if (String(about.unit).startsWith('duration')) {
        return typeof issue.input === 'number'
          ? complaint('has no unit', `write ${issue.input}s for seconds (units: ms, s, m, h)`)
          : complaint('is not a duration', 'write a number with its unit: 500ms, 30s, 2m or 1h');
      }
      return complaint(`is ${describeKind(issue.input)} where a text belongs`, 'put it in quotes');
    case 'boolean':
      return complaint('is neither true nor false', 'write true or false');
    case 'number':
      return complaint('is not a number', 'write it without quotes or unit');
    case 'union':
      return complaint(`is ${describeKind(issue.input)} where a text or a table of keys belongs`, 'put it in quotes');
    case 'picklist':
      return describeChoice(issue.input, schemaAt(root, path));
    case 'min_length':
      return complaint('is empty', 'list at least one');
    case 'max_length':
      return complaint('lists too many', `list ${String(issue.requirement)} at most`);
    default:
      return complaint('is not allowed here', 'see docs/configuration.md');
  }
}

function describeChoice(input: unknown, schema: SchemaShape | undefined): Complaint {
  const choices = (schema === undefined ? [] : (unwrap(schema).options ?? [])).map(String);
  const nearest = typeof input === 'string' ? nearestName(input.slice(0, 64), choices) : undefined;
  const list = choices.join(', ');
  return complaint(
    `is not one of ${list}`,
    nearest === undefined ? `write one of ${list}` : `the nearest one is ${nearest}`,
  );
}

function writeValue(value: unknown): string {
  return Array.isArray(value) ? `[ ${value.map((item) => JSON.stringify(item)).join(', ')} ]` : String(value);
}
