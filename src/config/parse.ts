// A configuration file's text to a Configuration, or to every fault in it with line, column, key and mend.

import { dirname, resolve } from 'node:path';
import * as v from 'valibot';
import { checkBoardNames } from './board-names.ts';
import { readCertificates, readProvisioningCertificates } from './certificates.ts';
import { type Complaint, complaint } from './complaint.ts';
import { formatPath, type Path, type PlacedDocument, parsePlaced } from './document.ts';
import { describeIssue, faultsInside, isMissingKey, issuePath, isUnknownKey } from './issues.ts';
import { reportKeysInTheClear } from './key-exposure.ts';
import { reportNotCarriedOut } from './not-carried-out.ts';
import { checkReferences } from './references.ts';
import { checkRelayLimit } from './relay-limit.ts';
import { resolveConfiguration } from './resolve.ts';
import { configurationSchema } from './schema.ts';
import { NAME_PATTERN } from './schema-door.ts';
import { readSecrets } from './secrets.ts';
import { reportSoundHere } from './sound-here.ts';
import { checkStructure, type Report } from './structure.ts';
import type { Fault, ParseOptions, ParseOutcome } from './types.ts';

/** One line for a person: `file:line:column: key: what is wrong; the mend`. */
export function formatFault({ file, line, column, key, what, mend }: Fault): string {
  return `${file}:${line}:${column}: ${key === '' ? '' : `${key}: `}${what}; ${mend}`;
}

/** Reads a whole file. Never throws, whatever the text; all faults at once, in the order of the file. */
export function parseConfiguration(text: string, options: ParseOptions): ParseOutcome {
  const { document, faults: syntax } = parsePlaced(text);
  const faults: Fault[] = syntax.map((fault) => ({ file: options.file, ...fault }));
  if (document === undefined) return { faults: inOrder(faults), warnings: [] };
  if (document.value === null || document.value === undefined) {
    const empty = complaint('holds no configuration', 'write at least name, board, accounts and buttons');
    return { faults: [...faults, { file: options.file, line: 1, column: 1, key: '', ...empty }], warnings: [] };
  }
  return checkDocument({ ...document, fileOf: () => options.file }, faults, options);
}

/** Checks values that were put together, and stand in no file: the key alone says where a fault is. Never throws. */
export function checkValues(value: unknown, options: ParseOptions): ParseOutcome {
  return checkDocument({ value, place: () => START, placeOfKey: () => START, fileOf: () => options.file }, [], options);
}

const START = { line: 1, column: 1 };

/** A value tree, and in which file and line each value stands. */
export interface SourcedDocument extends PlacedDocument {
  fileOf(path: Path): string;
}

/** Checks what a text, or several one over the other, say. Never throws. @param faults those that are known already */
export function checkDocument(document: SourcedDocument, faults: Fault[], options: ParseOptions): ParseOutcome {
  const warnings: Fault[] = [];
  const reporter =
    (into: Fault[]): Report =>
    (path, found, on) =>
      into.push(placeFault(document, path, found, on));
  const fault = reporter(faults);
  const parsed = checkSchema(document.value, fault);
  const folder = dirname(resolve(options.file));
  const secrets = readSecrets(parsed.output, folder, options);
  for (const { path, found } of secrets.faults) fault(path, found, 'value');
  const reports = { fault, warning: reporter(warnings) };
  for (const { path, found } of secrets.warnings) reports.warning(path, found, 'value');
  const certificates = readCertificates(parsed.output, folder, options.readFile, reports);
  const provisioningCertificates = readProvisioningCertificates(parsed.output, folder, options.readFile, reports);
  checkReferences(parsed.output, secrets.values, reports);
  if (options.unknownBoard !== undefined) checkBoardNames(parsed.output, folder, options.unknownBoard, fault);
  if (options.relayLimit !== undefined) checkRelayLimit(parsed.output, folder, options.relayLimit, fault);
  reportNotCarriedOut(parsed.output, reports);

  if (!parsed.success || faults.length > 0) return { faults: inOrder(faults), warnings: inOrder(warnings) };
  const configuration = resolveConfiguration(parsed.output, {
    secrets: secrets.values,
    folder,
    certificates,
    provisioningCertificates,
  });
  reportKeysInTheClear(configuration, reports.warning);
  reportSoundHere(configuration, options, reports.warning);
  return { faults: [], warnings: inOrder(warnings), configuration };
}

function checkSchema(value: unknown, fault: Report): v.SafeParseResult<typeof configurationSchema> {
  const misshapen: Path[] = [];
  checkStructure(value, configurationSchema, NAME_PATTERN, (path, found, on) => {
    misshapen.push(path);
    fault(path, found, on);
  });
  const parsed = v.safeParse(configurationSchema, value);
  for (const issue of parsed.issues ?? []) {
    const path = issuePath(issue);
    const inside = faultsInside(issue);
    for (const { path: inner, found, on } of inside) fault(inner, found, on);
    if (inside.length > 0 || isUnknownKey(issue) || misshapen.some((above) => isWithin(path, above))) continue;
    fault(path, describeIssue(issue, configurationSchema), isMissingKey(issue) ? 'key' : 'value');
  }
  return parsed;
}

function placeFault(document: SourcedDocument, path: Path, found: Complaint, on: 'key' | 'value'): Fault {
  const place = on === 'key' ? document.placeOfKey(path) : document.place(path);
  return { file: document.fileOf(path), ...place, key: formatPath(path), ...found };
}

/** Whether `path` is `above` or lies below it. */
function isWithin(path: Path, above: Path): boolean {
  return above.length <= path.length && above.every((step, at) => String(step) === String(path[at]));
}

function inOrder(faults: readonly Fault[]): Fault[] {
  return faults.toSorted((a, b) => a.line - b.line || a.column - b.column);
}
