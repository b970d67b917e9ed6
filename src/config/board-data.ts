// A board as data (`board/<name>/board.yaml`): what it is recognised by, where its lines are, what is wired to them usually.

import * as v from 'valibot';
import { err, ok, type Result } from '../base/result.ts';
import { minutes, seconds } from '../base/units.ts';
import { complaint, decodeComplaint } from './complaint.ts';
import { formatPath, type Path } from './document.ts';
import { type PlacedLayer, parseLayer } from './layer.ts';
import { mergeLayers } from './merge.ts';
import { line } from './schema-lines.ts';
import { isTable } from './structure.ts';
import type { Fault, LineConfiguration } from './types.ts';
import { duration, lineOfText } from './values.ts';

const pin = v.strictObject({
  /** Number within the chip. */
  offset: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1023)),
  /** Of the header. */
  pin: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(80))),
  /** In place of the board's own chip. */
  chip: v.exactOptional(lineOfText(32)),
  /** What else it is good for, and what that takes: `I2C of the HAT`. */
  note: v.exactOptional(lineOfText(120)),
});

const controlNames = v.array(lineOfText(44));
const controls = v.strictObject({
  speaker: v.exactOptional(controlNames),
  microphone: v.exactOptional(controlNames),
});

const schema = v.strictObject({
  title: lineOfText(80),
  compatible: v.optional(v.array(lineOfText(80)), []),
  chip: v.exactOptional(lineOfText(32)),
  pins: v.optional(v.record(v.string(), pin), {}),
  /** What the header's other pins are, by number: `5 V`. */
  header: v.optional(v.record(v.pipe(v.string(), v.regex(/^[1-9][0-9]?$/)), lineOfText(16)), {}),
  lines: v.optional(v.record(v.string(), line), {}),
  /** As `audio.device` has it. */
  sound: v.exactOptional(lineOfText(80)),
  /** Of the sound card's mixer: names of controls, the best first. */
  controls: v.optional(controls, {}),
  serial: v.optional(v.array(lineOfText(80)), []),
  watchdog: v.exactOptional(lineOfText(80)),
  /** For config.txt or its like. */
  overlays: v.optional(v.array(lineOfText(120)), []),
  /** The longest that a relay may be on. */
  relayLimit: v.exactOptional(duration(seconds(1), minutes(60))),
  notes: v.optional(v.array(lineOfText(240)), []),
});

/** A header pin, or any other line of a chip. */
export type BoardPin = v.InferOutput<typeof pin>;

/** A board. */
export interface BoardData extends Omit<v.InferOutput<typeof schema>, 'lines'> {
  /** The folder's name. */
  readonly name: string;
  readonly lines: Readonly<Record<string, LineConfiguration>>;
}

export interface FileText {
  readonly text: string;
  readonly file: string;
}

interface BoardFile {
  readonly file: string;
  readonly layer: PlacedLayer;
}

/** How many boards may be like one another. */
const MOST_LIKE = 4;

/**
 * Reads a board. One that says `like: OTHER` is that one but for what it says itself.
 * @param read the text of the board of a name; undefined: there is none
 * @returns the board, or every fault in its file
 */
export function parseBoard(
  name: string,
  read: (name: string) => FileText | undefined,
): Result<BoardData, readonly Fault[]> {
  const files: BoardFile[] = [];
  let merged: unknown = {};
  for (let next: string | undefined = name; next !== undefined; ) {
    const found = read(next);
    if (found === undefined || files.length > MOST_LIKE) {
      const file = files.at(-1)?.file ?? name;
      return err([
        { file, line: 1, column: 1, key: 'like', ...complaint(`there is no board "${next}"`, 'name another') },
      ]);
    }
    const layer = parseLayer(found.text, found.file);
    if (!('value' in layer)) return err(layer);
    files.push({ file: found.file, layer });
    const { like, ...own } = isTable(layer.value) ? layer.value : {};
    merged = mergeLayers(own, merged);
    next = typeof like === 'string' ? like : undefined;
  }
  const parsed = v.safeParse(schema, merged);
  if (parsed.success) return ok({ ...parsed.output, name });
  return err(parsed.issues.map((issue) => faultOf(issue, files)));
}

const addonSchema = v.strictObject({
  title: lineOfText(80),
  lines: v.optional(v.record(v.string(), line), {}),
  /** What it takes of the header: a note by the name of a pin. */
  uses: v.optional(v.record(v.string(), lineOfText(120)), {}),
  sound: v.exactOptional(lineOfText(80)),
  controls: v.optional(controls, {}),
  serial: v.optional(v.array(lineOfText(80)), []),
  overlays: v.optional(v.array(lineOfText(120)), []),
  notes: v.optional(v.array(lineOfText(240)), []),
});

/** What is put on a board, or plugged into it. */
export interface AddonData extends Omit<v.InferOutput<typeof addonSchema>, 'lines'> {
  readonly name: string;
  readonly lines: Readonly<Record<string, LineConfiguration>>;
}

/** @returns the add-on, or every fault in its file */
export function parseAddon(name: string, { text, file }: FileText): Result<AddonData, readonly Fault[]> {
  const layer = parseLayer(text, file);
  if (!('value' in layer)) return err(layer);
  const parsed = v.safeParse(addonSchema, layer.value);
  return parsed.success
    ? ok({ ...parsed.output, name })
    : err(parsed.issues.map((issue) => faultOf(issue, [{ file, layer }])));
}

/** The board with what is put on it; of two that say the same, the later one counts. */
export function withAddons(board: BoardData, addons: readonly AddonData[]): BoardData {
  let all = board;
  for (const addon of addons) all = withAddon(all, addon);
  return all;
}

function withAddon(board: BoardData, addon: AddonData): BoardData {
  const { sound, controls: own } = addon;
  const pins = Object.entries(board.pins).map(([name, one]) => {
    const note = addon.uses[name];
    return [name, note === undefined ? one : { ...one, note }] as const;
  });
  return {
    ...board,
    pins: Object.fromEntries(pins),
    lines: { ...board.lines, ...addon.lines },
    ...(sound === undefined ? {} : { sound, controls: own }),
    serial: [...board.serial, ...addon.serial],
    overlays: [...board.overlays, ...addon.overlays],
    notes: [...board.notes, ...addon.notes],
  };
}

type Issue = v.InferIssue<typeof schema> | v.InferIssue<typeof addonSchema>;

/** Where the file that says it last says it. */
function faultOf(issue: Issue, files: readonly BoardFile[]): Fault {
  const path: Path = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
  const found = decodeComplaint(issue.message) ?? complaint(issue.message.toLowerCase(), 'see board/README.md');
  const said = files.find(({ layer }) => layer.has(path)) ?? files[0];
  const place = said?.layer.place(path) ?? { line: 1, column: 1 };
  return { file: said?.file ?? '', ...place, key: formatPath(path), ...found };
}
