// The folder of layers on the disk, read as a whole, and read again when something in it has changed. It is the owner's,
// under whatever version control; nothing is ever written to it.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Timer } from '../../base/clock.ts';
import { describeError, errorCode } from '../../base/errors.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import { type ParseOptions, readSmallFile } from '../../config/index.ts';
import { isDeviceId } from './device-identity.ts';
import { FolderNews } from './folder-news.ts';
import { type LayerTexts, ProfileLayers } from './layers.ts';
import { readSettings, SETTINGS_FILE, type SecretPlaces, type ServerSettings } from './settings.ts';
import { finish, type Work } from './work.ts';

/** Folders of layers below the common one. */
const FOLDERS = ['models', 'sites', 'devices', 'users', 'networks'] as const;
const LOOK_AGAIN = seconds(1);
/** A look at a folder of thousands takes its time: that many times as long it is left alone. */
const REST = 20;
/** The same where the kernel says when something has changed. */
const LONG_REST = 600;
/** So many changes of which it says nothing are no coincidence. */
const REMOTE = 2;
/** Who writes one file often writes the next. */
const SETTLED = millis(100);
/** A larger file is no layer. */
const LARGEST = 1024 * 1024;

/** What the folder says, if all of it makes sense. */
export type FolderContent =
  | { readonly ok: true; readonly settings: ServerSettings; readonly layers: ProfileLayers }
  | { readonly ok: false; readonly faults: readonly string[] };

/** One reading after another; files that have not changed are not read again. */
export class ProfileFolder {
  readonly #texts = new Map<string, { readonly version: string; readonly text: string }>();
  #layers: ProfileLayers | undefined;
  #timer: Timer | undefined;
  #version = '';
  #news: FolderNews | undefined;
  /** The kernel has said so since the last look. */
  #announced = false;
  /** Changes in a row of which it said nothing: the folder is on another machine. */
  #unannounced = 0;
  /** Until when a folder of thousands is left alone. */
  #rested: Millis = millis(0);

  constructor(
    private readonly path: string,
    private readonly clock: Clock,
    private readonly environment: ParseOptions['environment'] = {},
  ) {}

  /** Reads all of it, at once. */
  read(): FolderContent {
    return finish(this.reading());
  }

  /** Reads all of it. What devices without a file of their own get is looked at by who knows them. */
  *reading(): Work<FolderContent> {
    let texts: LayerTexts;
    try {
      texts = this.#readTexts();
    } catch (thrown) {
      return {
        ok: false,
        faults: [`${this.path}: cannot be read (${describeError(thrown)}); check the path and its permissions`],
      };
    }
    const settings = readSettings(texts.get(SETTINGS_FILE) ?? '', this.#places);
    const layers = yield* ProfileLayers.reading(
      new Map([...texts].filter(([path]) => path !== SETTINGS_FILE)),
      this.#layers?.parsed,
    );
    const faults = [
      ...('sip' in settings ? [] : settings),
      ...(layers instanceof ProfileLayers ? yield* this.#checking(layers, this.#layers) : layers),
    ];
    if (faults.length > 0 || !('sip' in settings) || !(layers instanceof ProfileLayers)) return { ok: false, faults };
    this.#layers = layers;
    return { ok: true, settings, layers };
  }

  /** Calls `changed` when the folder is not what it was at the last look. */
  watch(changed: () => void): void {
    this.#news = new FolderNews(() => {
      if (this.#announced) return;
      this.#announced = true;
      this.#lookAfter(millis(Math.max(SETTLED, this.#rested - this.clock.now())), changed);
    });
    this.#follow();
    this.#version = this.#look();
    this.#lookAfter(LOOK_AGAIN, changed);
  }

  close(): void {
    this.#timer?.cancel();
    this.#news?.close();
  }

  #lookAfter(rest: Millis, changed: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.clock.after(rest, 'folder of profiles', () => {
      const announced = this.#announced;
      // Before the look: what changes behind it is announced again.
      this.#announced = false;
      this.#follow();
      const begun = this.clock.now();
      const version = this.#look();
      const now = this.clock.now();
      const isChanged = version !== this.#version;
      this.#version = version;
      if (isChanged) this.#unannounced = announced ? 0 : this.#unannounced + 1;
      this.#rested = millis(now + REST * (now - begun));
      const rest = (this.#unannounced < REMOTE ? LONG_REST : REST) * (now - begun);
      this.#lookAfter(millis(Math.max(LOOK_AGAIN, rest)), changed);
      if (isChanged) changed();
    });
  }

  #follow(): void {
    this.#news?.follow([this.path, ...FOLDERS.map((folder) => join(this.path, folder))]);
  }

  /** Where the secrets of the settings are. */
  get #places(): SecretPlaces {
    const found = { folder: this.path, environment: this.environment, readFile: readSmallFile };
    try {
      return { ...found, mode: statSync(join(this.path, SETTINGS_FILE)).mode };
    } catch {
      return found;
    }
  }

  /** @param before what made sense at the last reading */
  *#checking(layers: ProfileLayers, before: ProfileLayers | undefined): Work<readonly string[]> {
    const faults = new Set<string>(layers.sharedFaults);
    for (const id of layers.devices) {
      if (!isDeviceId(id)) {
        faults.add(
          `devices/${id}.yaml:1:1: names no device; write 12 small hexadecimal digits (the hardware address) or a UUID`,
        );
      }
      const device = { id, model: '' };
      // Where one file of thousands has changed, the others need no second look.
      const isKnown = before !== undefined && layers.takesOver(device, before);
      if (!isKnown) for (const fault of layers.faultsOf(device)) faults.add(fault);
      yield;
    }
    return [...faults];
  }

  #readTexts(): LayerTexts {
    const found = new Map<string, string>();
    for (const [path, version] of this.#survey()) {
      const before = this.#texts.get(path);
      const text = before?.version === version ? before.text : readFileSync(join(this.path, path), 'utf8');
      this.#texts.set(path, { version, text });
      found.set(path, text);
    }
    return found;
  }

  /** The files that count, and what tells one state of a file from another. */
  #survey(): ReadonlyMap<string, string> {
    const isLayer = (name: string): boolean => name.endsWith('.yaml') && !name.startsWith('.');
    const inside = FOLDERS.flatMap((folder) =>
      list(join(this.path, folder))
        .filter(isLayer)
        .map((name) => `${folder}/${name}`),
    );
    // The folder itself must be there.
    const top = readdirSync(this.path).filter((name) => name === 'common.yaml' || name === SETTINGS_FILE);
    const found = new Map<string, string>();
    for (const path of [...top, ...inside]) {
      const { ino, size, mtimeMs } = statSync(join(this.path, path));
      if (size <= LARGEST) found.set(path, `${ino} ${size} ${mtimeMs}`);
    }
    return found;
  }

  #look(): string {
    try {
      return [...this.#survey()].map(([path, version]) => `${path} ${version}`).join('\n');
    } catch (thrown) {
      return describeError(thrown);
    }
  }
}

/** The names in a folder; none where it is missing. */
function list(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}
