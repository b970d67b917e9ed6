// Provisioned profiles over the board's own file: merged key by key, checked as one, each fault in the text that it comes
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
import type { Fault, ParseOptions, ParseOutcome, ProfileType } from './types.ts';

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

/** A profile's text, and whose it is. */
export interface ProfileLayer extends LayerText {
  readonly type: ProfileType;
  /** Of a user's: the address of the account, without which it does not count (RFC 6080 §5.3.2). */
  readonly user?: string;
}

/** Where a value comes from; `profile`: the device's. */
export type Layer = 'default' | 'file' | 'local-network' | 'profile' | 'user';

interface Layered extends ParseOutcome {
  /**
   * Every value that a file or a profile gives, and which of them: `doors.main.openFor`; `profile`: which one of those that
   * were handed in. No values: they may be secret.
   */
  readonly origins: readonly { readonly key: string; readonly layer: Layer; readonly profile?: number }[];
}

export interface LayeredOutcome extends Layered {
  readonly conditions: ProfileConditions;
}

export interface LayersOutcome extends Layered {
  /** Of each profile, in their order. */
  readonly conditions: readonly ProfileConditions[];
}

/** Who decides what the board takes from whom decides that at the board. */
const FORBIDDEN = 'provisioning';

/**
 * What profiles other than the device's may say. The network that a board stands in says how to get through it. A user's
 * provider says what the user wants of the door; who the door is, and who hears of it, stays with the device's.
 */
const ALLOWED: Readonly<Record<Exclude<ProfileType, 'device'>, readonly string[]>> = {
  'local-network': ['media.ports', 'media.packetTime', 'media.stun', 'sip.resolvers'],
  user: ['audio', 'buttons', 'calls', 'doors', 'name'],
};

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
  const outcome = parseWithProfiles(own, [{ ...profile, type: 'device' }], keep, options);
  return { ...outcome, conditions: outcome.conditions[0] ?? {} };
}

/**
 * Checks all of them together. Never throws. Parameters as above.
 * @param profiles the strongest last
 */
export function parseWithProfiles(
  own: LayerText | undefined,
  profiles: readonly ProfileLayer[],
  keep: readonly string[],
  options: ParseOptions,
): LayersOutcome {
  const below = own === undefined ? EMPTY : parseLayer(own.text, own.file);
  let value: unknown = ('value' in below ? below.value : undefined) ?? {};
  const above = profiles.map((profile) => {
    const read = readProfile(profile, keep);
    const counted = isOfAnAccount(profile, value) ? read : { ...read, ...NOTHING };
    value = mergeLayers(value, counted.allowed);
    return counted;
  });
  const unreadable = [...('value' in below ? [] : below), ...above.flatMap(({ unreadable: faults }) => faults)];
  const conditions = above.map((one) => one.conditions);
  if (!('value' in below) || unreadable.length > 0)
    return { faults: unreadable, warnings: [], conditions, origins: [] };
  const owner = (path: Path): ReadProfile | undefined =>
    above.findLast(({ allowed }) => holds(allowed, path)) ?? (below.has(path) ? undefined : above.at(-1));
  const layerAt = (path: Path): PlacedLayer => owner(path)?.layer ?? below;
  const file = (path: Path): string | undefined => owner(path)?.profile.file ?? own?.file;
  const document = {
    value,
    place: (path: Path) => layerAt(path).place(path),
    placeOfKey: (path: Path) => layerAt(path).placeOfKey(path),
    fileOf: (path: Path) => file(path) ?? options.file,
  };
  const outcome = checkDocument(
    document,
    above.flatMap((one) => one.faults),
    options,
  );
  const origins = leaves(value, []).map((path) => {
    const key = formatPath(path);
    const profile = above.findLastIndex(({ allowed }) => holds(allowed, path));
    const type = above[profile]?.profile.type;
    if (type === undefined) return { key, layer: 'file' } as const;
    return { key, layer: type === 'device' ? 'profile' : type, profile } as const;
  });
  const warnings = [...above.flatMap((one) => one.warnings), ...outcome.warnings];
  return { ...outcome, warnings, conditions, origins };
}

/** A profile by itself. */
interface ReadProfile {
  readonly profile: ProfileLayer;
  readonly layer: PlacedLayer;
  /** What of it counts. */
  readonly allowed: unknown;
  readonly conditions: ProfileConditions;
  readonly unreadable: readonly Fault[];
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
}

function readProfile(profile: ProfileLayer, keep: readonly string[]): ReadProfile {
  const layer = parseLayer(profile.text, profile.file);
  const faults: Fault[] = [];
  const warnings: Fault[] = [];
  const read = { ...NOTHING, profile, conditions: {}, faults, warnings };
  if (!('value' in layer)) return { ...read, unreadable: layer };
  const { profile: stated, ...values } = isTable(layer.value) ? layer.value : {};
  const say = (into: Fault[], path: Path, what: string, mend: string): void => {
    into.push({ file: profile.file, ...layer.placeOfKey(path), key: formatPath(path), ...complaint(what, mend) });
  };
  const conditions = readConditions(stated, (path, what, mend) => say(faults, path, what, mend));
  if (profile.type !== 'device' && conditions.firmware !== undefined) {
    say(faults, ['profile', 'firmware'], 'is the device’s matter', 'say it in the profile of the device');
  }
  if (Object.hasOwn(values, FORBIDDEN)) {
    say(faults, [FORBIDDEN], 'is decided at the board, and no profile may change it', 'take it out of the profile');
  }
  for (const path of foreignReferences(values, [])) {
    say(faults, path, 'names a file or variable of the board, which no profile may read', 'write the secret itself');
  }
  for (const path of beyond(values, profile.type)) {
    const mend = 'say it in the profile of the device';
    say(faults, path, `is nothing that a profile of the type ${profile.type} may say`, mend);
  }
  const kept = keep.map((key) => key.split('.')).filter((path) => layer.has(path));
  for (const path of kept) {
    say(warnings, path, 'is kept by the board’s own file', 'take it out of the profile, or of provisioning.keep');
  }
  const allowed = kept.reduce<unknown>((rest, path) => without(rest, path), values);
  return { ...read, layer, allowed, conditions };
}

/** A user without an account here is none: what there is of them waits. @param below what counts without it */
function isOfAnAccount({ user }: ProfileLayer, below: unknown): boolean {
  const accounts: unknown = isTable(below) ? below.accounts : undefined;
  return user === undefined || (Array.isArray(accounts) && accounts.some((one) => isTable(one) && one.uri === user));
}

/** Keys that a profile of its type may not have; of `provisioning` has been spoken already. */
function beyond(values: Readonly<Record<string, unknown>>, type: ProfileType): readonly Path[] {
  if (type === 'device') return [];
  const allowed = ALLOWED[type];
  const paths = Object.entries(values).flatMap(([name, value]): Path[] =>
    allowed.includes(name) || !isTable(value) ? [[name]] : Object.keys(value).map((inner) => [name, inner]),
  );
  return paths.filter((path) => path[0] !== FORBIDDEN && !allowed.includes(formatPath(path)));
}

const EMPTY: PlacedLayer = {
  text: '',
  value: {},
  place: () => ({ line: 1, column: 1 }),
  placeOfKey: () => ({ line: 1, column: 1 }),
  has: () => false,
};

/** Of a profile that does not count. */
const NOTHING = { layer: EMPTY, allowed: {}, unreadable: [], faults: [], warnings: [] };

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
