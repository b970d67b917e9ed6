// A provisioned profile over the board's own file: merged key by key, checked as one, each fault in the text that it comes
// from. What a profile may not do is refused here, before anything else is looked at.

import type { Millis } from '../base/units.ts';
import { complaint } from './complaint.ts';
import { formatPath, type Path } from './document.ts';
import { type FirmwareOffer, readFirmware } from './firmware.ts';
import { holds, type PlacedLayer, parseLayer } from './layer.ts';
import { mergeLayers } from './merge.ts';
import { checkDocument } from './parse.ts';
import { NO_PROOF_TIME, readProofTime } from './proof.ts';
import { isTable } from './structure.ts';
import type { Fault, ParseOptions, ParseOutcome } from './types.ts';

/** What a profile says of itself, below its key `profile`. */
export interface ProfileConditions {
  /** Counts up with each change; undefined: it has none. */
  readonly serial?: number;
  /** From when on it no longer counts. */
  readonly notAfter?: Date;
  /** How long it may take to prove itself; undefined: as the board's own file says. */
  readonly proveWithin?: Millis;
  /** The version that the board is to run. */
  readonly firmware?: FirmwareOffer;
}

/** A text and its name in faults. */
export interface LayerText {
  readonly text: string;
  readonly file: string;
}

/** Where a value comes from. */
export type Layer = 'default' | 'file' | 'profile';

export interface LayeredOutcome extends ParseOutcome {
  readonly conditions: ProfileConditions;
  /** Every value that a file or a profile gives, and which of them: `doors.main.openFor`. No values: they may be secret. */
  readonly origins: readonly { readonly key: string; readonly layer: Layer }[];
}

/** Who decides what the board takes from whom decides that at the board. */
const FORBIDDEN = 'provisioning';

/**
 * Checks the two together. Never throws.
 * @param own the board's file; undefined: there is none, which is a board with nothing but defaults
 * @param keep keys that the board's file keeps for itself
 * @param options the profile's own references to files and variables are refused; those of the board's file are read
 */
export function parseWithProfile(
  own: LayerText | undefined,
  profile: LayerText,
  keep: readonly string[],
  options: ParseOptions,
): LayeredOutcome {
  const below = own === undefined ? EMPTY : parseLayer(own.text, own.file);
  const above = parseLayer(profile.text, profile.file);
  const unreadable = [...faultsIn(below), ...faultsIn(above)];
  if (!('value' in below) || !('value' in above))
    return { faults: unreadable, warnings: [], conditions: {}, origins: [] };
  const faults: Fault[] = [];
  const warnings: Fault[] = [];
  const { profile: stated, ...values } = isTable(above.value) ? above.value : {};
  const say = (into: Fault[], path: Path, what: string, mend: string): void => {
    into.push({ file: profile.file, ...above.placeOfKey(path), key: formatPath(path), ...complaint(what, mend) });
  };
  const conditions = readConditions(stated, (path, what, mend) => say(faults, path, what, mend));
  if (Object.hasOwn(values, FORBIDDEN)) {
    say(faults, [FORBIDDEN], 'is decided at the board, and no profile may change it', 'take it out of the profile');
  }
  for (const path of foreignReferences(values, [])) {
    say(faults, path, 'names a file or variable of the board, which no profile may read', 'write the secret itself');
  }
  const kept = keep.map((key) => key.split('.')).filter((path) => above.has(path));
  for (const path of kept) {
    say(warnings, path, 'is kept by the board’s own file', 'take it out of the profile, or of provisioning.keep');
  }
  const allowed = kept.reduce<unknown>((rest, path) => without(rest, path), values);
  const value = mergeLayers(below.value ?? {}, allowed);
  const isAbove = (path: Path): boolean => holds(allowed, path);
  const owner = (path: Path): PlacedLayer => (isAbove(path) || !below.has(path) ? above : below);
  const document = {
    value,
    place: (path: Path) => owner(path).place(path),
    placeOfKey: (path: Path) => owner(path).placeOfKey(path),
    fileOf: (path: Path) => (owner(path) === above ? profile.file : (own?.file ?? profile.file)),
  };
  const outcome = checkDocument(document, faults, options);
  const origins = leaves(value, []).map((path) => ({
    key: formatPath(path),
    layer: isAbove(path) ? ('profile' as const) : ('file' as const),
  }));
  return { ...outcome, warnings: [...warnings, ...outcome.warnings], conditions, origins };
}

const EMPTY: PlacedLayer = {
  text: '',
  value: {},
  place: () => ({ line: 1, column: 1 }),
  placeOfKey: () => ({ line: 1, column: 1 }),
  has: () => false,
};

const faultsIn = (layer: PlacedLayer | readonly Fault[]): readonly Fault[] => ('value' in layer ? [] : layer);

type Complain = (path: Path, what: string, mend: string) => void;

const KNOWN_CONDITIONS = ['serial', 'notAfter', 'proveWithin', 'firmware'];

function readConditions(stated: unknown, complain: Complain): ProfileConditions {
  if (stated === undefined) return {};
  if (!isTable(stated)) {
    complain(['profile'], 'is no table of keys', 'write profile: { serial: 1 }');
    return {};
  }
  for (const name of Object.keys(stated)) {
    if (!KNOWN_CONDITIONS.includes(name)) {
      complain(['profile', name], 'is not a known key', `known here: ${KNOWN_CONDITIONS.join(', ')}`);
    }
  }
  const { serial, notAfter } = stated;
  const isSerial = typeof serial === 'number' && Number.isSafeInteger(serial) && serial >= 0;
  if (serial !== undefined && !isSerial) complain(['profile', 'serial'], 'is no whole number', 'write one from 0 on');
  const date = typeof notAfter === 'string' ? new Date(notAfter) : undefined;
  const isDate = date !== undefined && !Number.isNaN(date.getTime());
  if (notAfter !== undefined && !isDate) {
    complain(['profile', 'notAfter'], 'is no date', 'write one like "2027-01-31T00:00:00Z"');
  }
  const proveWithin = readProofTime(stated.proveWithin);
  if (stated.proveWithin !== undefined && proveWithin === undefined) {
    complain(['profile', 'proveWithin'], NO_PROOF_TIME, 'write one like 60s');
  }
  const firmware =
    stated.firmware === undefined
      ? undefined
      : readFirmware(stated.firmware, (key, what, mend) =>
          complain(['profile', 'firmware', ...(key === undefined ? [] : [key])], what, mend),
        );
  return {
    ...(firmware === undefined ? {} : { firmware }),
    ...(isSerial ? { serial } : {}),
    ...(isDate ? { notAfter: date } : {}),
    ...(proveWithin === undefined ? {} : { proveWithin }),
  };
}

/** Tables that stand for a secret somewhere else. */
function foreignReferences(value: unknown, path: Path): readonly Path[] {
  if (Array.isArray(value)) return value.flatMap((item, at) => foreignReferences(item, [...path, at]));
  if (!isTable(value)) return [];
  const names = Object.keys(value);
  if (names.length === 1 && (names[0] === 'file' || names[0] === 'env')) return [path];
  return names.flatMap((name) => foreignReferences(value[name], [...path, name]));
}

/** The value but for what stands at `path`. */
function without(value: unknown, [name, ...rest]: Path): unknown {
  if (!isTable(value) || name === undefined || !Object.hasOwn(value, name)) return value;
  const others = Object.entries(value).filter(([key]) => key !== name);
  if (rest.length === 0) return Object.fromEntries(others);
  return Object.fromEntries([...others, [name, without(value[name], rest)]]);
}

/** Every value that is no table; lists count as one. */
function leaves(value: unknown, path: Path): readonly Path[] {
  if (!isTable(value)) return [path];
  return Object.keys(value).flatMap((name) => leaves(value[name], [...path, name]));
}
