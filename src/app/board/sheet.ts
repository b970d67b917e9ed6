// All that is known of a board, for `doorphone board` and the pages of its wiring: its lines with their places, its header,
// what else it has.

import { type BoardData, readModulePlace } from '../../config/index.ts';
import { placeIn } from '../../hardware/drivers/index.ts';
import { chipLabel, wire } from '../boards.ts';
import { drawHeader, headerPins } from './header.ts';
import type { LineUse } from './line-uses.ts';

/** A line that is wired usually, or by the configuration. */
export interface SheetLine {
  readonly name: string;
  /** The header's name for its pin, `GPIO17`, or its place; null: wherever the kernel has a line of that name. */
  readonly at: string | null;
  /** Of the header. */
  readonly pin: number | null;
  readonly active: 'low' | 'high' | null;
  /** What of the configuration hangs on it. */
  readonly uses: readonly string[];
}

/** A board as it is shown; what a board does not say is null or empty. */
export interface BoardSheet {
  readonly name: string;
  readonly title: string;
  readonly compatible: readonly string[];
  readonly chip: string | null;
  readonly pins: readonly { readonly name: string; readonly pin: number | null; readonly note: string | null }[];
  readonly lines: readonly SheetLine[];
  /** The header's rows as text. */
  readonly header: readonly string[];
  readonly sound: string | null;
  readonly serial: readonly string[];
  readonly watchdog: string | null;
  readonly overlays: readonly string[];
  readonly relayLimitMs: number | null;
  readonly notes: readonly string[];
}

/**
 * @param own `lines` of the configuration
 * @param uses what of the configuration hangs on lines; empty: the board's usual lines are drawn
 */
export function boardSheet(data: BoardData, own: BoardData['lines'] = {}, uses: readonly LineUse[] = []): BoardSheet {
  const lines = sheetLines(data, own, uses);
  const drawn = new Map<string, readonly string[]>();
  for (const { name, at, uses: hanging } of lines) {
    const named = uses.length === 0 ? [name] : hanging;
    if (at !== null && named.length > 0) drawn.set(at, [...(drawn.get(at) ?? []), ...named]);
  }
  return {
    name: data.name,
    title: data.title,
    compatible: data.compatible,
    chip: data.chip ?? null,
    pins: Object.entries(data.pins).map(([name, { pin, note }]) => ({ name, pin: pin ?? null, note: note ?? null })),
    lines,
    header: drawHeader(headerPins(data, drawn)),
    sound: data.sound ?? null,
    serial: data.serial,
    watchdog: data.watchdog ?? null,
    overlays: data.overlays,
    relayLimitMs: data.relayLimit ?? null,
    notes: data.notes,
  };
}

/** The names that lines go by, those of the configuration beside the board's. */
function sheetLines(data: BoardData, own: BoardData['lines'], uses: readonly LineUse[]): readonly SheetLine[] {
  const wired = wire(data, own).lines;
  const names = [...Object.keys(data.lines), ...Object.keys(own), ...uses.map(({ line }) => line)];
  return [...new Set(names)].map((name): SheetLine => {
    const known = wired.get(name);
    const place = known?.place ?? placeIn(name);
    const found = Object.entries(data.pins).find(
      ([, { chip = data.chip, offset }]) => chipLabel(chip) === place?.chip && offset === place?.offset,
    );
    const other = known?.kernelName ?? (readModulePlace(name) === undefined ? null : name);
    const elsewhere = place === undefined ? other : `${place.chip}:${place.offset}`;
    const activeLow = known?.settings?.activeLow;
    return {
      name,
      at: found?.[0] ?? elsewhere,
      pin: found?.[1].pin ?? null,
      active: activeLow === undefined ? null : activeLow ? 'low' : 'high',
      uses: uses.filter(({ line }) => line === name).map(({ what }) => what),
    };
  });
}
