// The owner's folder of layers, and the profile that a device gets of them: common, then its model, its site, itself.
// A layer is a configuration file in parts; a device is told of a change only when all of them make sense together.

import { createHash } from 'node:crypto';
import {
  checkValues,
  formatFault,
  isTable,
  mergeLayers,
  type PlacedLayer,
  type ProfileType,
  parseLayer,
  parseWithProfiles,
} from '../../config/index.ts';
import { finish, type Work } from './work.ts';

/** The texts of the folder, by path within it: `common.yaml`, `models/door-one.yaml`, `devices/b827eb010203.yaml`. */
export type LayerTexts = ReadonlyMap<string, string>;

/** Which device a profile is for. */
export interface Rendering {
  /** Hardware address or UUID: the name of its file. */
  readonly id: string;
  readonly model: string;
}

/** A device's profile, but for its serial number. */
export interface Rendered {
  /** The configuration's own keys. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Of the values: the same means that nothing has changed. SHA-256, hexadecimal. */
  readonly fingerprint: string;
  /** From when on it does not count, and how long it may take to prove itself: as the owner wrote them. */
  readonly conditions: Readonly<Record<string, unknown>>;
}

/** A device's profile as it is kept: a text, but for its serial number. */
export interface KeptProfile {
  readonly fingerprint: string;
  /** RFC 6080 §6.2.3, as the owner wrote it. */
  readonly effectiveBy: unknown;
  /** JSON, which is YAML too: what is before the serial number, and what is behind. */
  readonly text: readonly [before: string, behind: string];
}

/** A profile of a user or of a network: one file, and nothing below it. */
export interface SharedLayer extends Rendered {
  readonly type: Exclude<ProfileType, 'device'>;
  /** `alice@example.com`, `lan.example.com`. */
  readonly name: string;
}

/** What `profile` may hold in a layer; the serial number is the server's. */
const CONDITIONS = ['notAfter', 'proveWithin', 'effectiveBy', 'firmware'];
/** The same of a user's or a network's, whose owner counts its changes, or does not. */
const SHARED_CONDITIONS = ['serial', 'notAfter', 'proveWithin', 'effectiveBy'];

/** Folders of the profiles that are no device's. */
const SHARED_FOLDERS = { user: 'users', 'local-network': 'networks' } as const;

/** Profiles that are kept put together: as texts, which are small beside all else that is known of a device. */
const MOST_KEPT = 200_000;

/** All layers, parsed. */
export class ProfileLayers {
  readonly #kept = new Map<string, KeptProfile>();

  private constructor(private readonly layers: ReadonlyMap<string, PlacedLayer>) {}

  /** @returns the layers, or every line that says what is wrong and where: `models/x.yaml:3:1: …` */
  static *reading(
    texts: LayerTexts,
    known: ReadonlyMap<string, PlacedLayer> = new Map(),
  ): Work<ProfileLayers | readonly string[]> {
    const layers = new Map<string, PlacedLayer>();
    const faults: string[] = [];
    for (const [path, text] of texts) {
      const before = known.get(path);
      const layer = before?.text === text ? before : parseLayer(text, path);
      if (Array.isArray(layer)) faults.push(...layer.map(formatFault));
      else if ('value' in layer) layers.set(path, layer);
      if (layer !== before) yield;
    }
    return faults.length > 0 ? faults : new ProfileLayers(layers);
  }

  /** All at once. @returns as `reading` */
  static read(texts: LayerTexts): ProfileLayers | readonly string[] {
    return finish(ProfileLayers.reading(texts));
  }

  /** The parsed layers, so that the next reading parses only what has changed. */
  get parsed(): ReadonlyMap<string, PlacedLayer> {
    return this.layers;
  }

  /** Every device that has a file of its own. */
  get devices(): readonly string[] {
    return [...this.layers.keys()].flatMap((path) => /^devices\/(.+)\.yaml$/.exec(path)?.[1] ?? []);
  }

  has(id: string): boolean {
    return this.layers.has(`devices/${id}.yaml`);
  }

  /** The profile of one device: what is checked, told, fetched and told again in one change is put together once. */
  profileOf(device: Rendering): KeptProfile {
    return this.#kept.get(this.#subjectOf(device)) ?? this.#keep(device, this.render(device));
  }

  #keep(device: Rendering, { values, conditions, fingerprint }: Rendered): KeptProfile {
    const { effectiveBy, ...shown } = conditions;
    const text = JSON.stringify({ profile: { serial: 0, ...shown }, ...values }, null, 2);
    // What a profile may hold is checked: nothing comes before `profile` in it, and nothing in that before the serial number.
    const kept = {
      fingerprint,
      effectiveBy,
      text: [BEFORE_SERIAL, `${text.slice(BEFORE_SERIAL.length + 1)}\n`],
    } as const;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size < MOST_KEPT) break;
      this.#kept.delete(oldest);
    }
    this.#kept.set(this.#subjectOf(device), kept);
    return kept;
  }

  /** What tells one profile from another: devices without files of their own share that of their model. */
  #subjectOf({ id, model }: Rendering): string {
    return `${this.has(id) ? id : ''} ${this.layers.has(`models/${model}.yaml`) ? model : ''}`;
  }

  /** The profile of one device, to be looked into. */
  render(device: Rendering): Rendered {
    const merged = this.#pathsFor(device).reduce<unknown>(
      (below, path) => mergeLayers(below, this.layers.get(path)?.value),
      {},
    );
    return renderedOf(merged, CONDITIONS);
  }

  /**
   * Takes over the profile of a device, where `before`, which made sense, had the same layers for it.
   * @returns false: it is another now
   */
  takesOver(device: Rendering, before: ProfileLayers): boolean {
    const [own, former] = [this.#pathsFor(device), before.#pathsFor(device)];
    const isSame = (path: string, at: number): boolean =>
      path === former[at] && this.layers.get(path) === before.layers.get(path);
    if (own.length !== former.length || !own.every(isSame)) return false;
    const kept = before.#kept.get(before.#subjectOf(device));
    if (kept !== undefined) this.#kept.set(this.#subjectOf(device), kept);
    return true;
  }

  /** The profiles of users and of networks. */
  get shared(): readonly SharedLayer[] {
    const { user, 'local-network': network } = SHARED_FOLDERS;
    return [...this.#sharedIn('user', user), ...this.#sharedIn('local-network', network)];
  }

  /** What is wrong with them: what they may not say, and what would make no sense in any device. */
  get sharedFaults(): readonly string[] {
    return this.shared.flatMap(({ type, name }) => {
      const file = `${SHARED_FOLDERS[type]}/${name}.yaml`;
      const layer = this.layers.get(file);
      if (layer === undefined) return [];
      const known = /^[^@/]+@[^@/]+$/.test(name) === (type === 'user');
      const mend = type === 'user' ? 'name it alice@example.com.yaml' : 'name it by the domain: example.com.yaml';
      const misnamed = known ? [] : [`${file}:1:1: names no ${type}; ${mend}`];
      const { faults } = parseWithProfiles(undefined, [{ type, text: layer.text, file }], [], {
        file,
        readFile: refuseFile,
        environment: {},
      });
      // What is missing in it, the device's own profile may say.
      return [...misnamed, ...faults.filter(({ key }) => layer.has(stepsOf(key))).map(formatFault)];
    });
  }

  /** What is wrong with one device's profile, each where the layer says it. */
  faultsOf(device: Rendering): readonly string[] {
    const rendered = this.render(device);
    this.#keep(device, rendered);
    const own = this.#pathsFor(device);
    const { faults } = checkValues(rendered.values, {
      file: own.at(-1) ?? 'common.yaml',
      readFile: refuseFile,
      environment: {},
    });
    return faults.map((fault) => formatFault({ ...fault, ...this.#placeOf(fault.key, own) }));
  }

  #sharedIn(type: SharedLayer['type'], folder: string): readonly SharedLayer[] {
    const prefix = `${folder}/`;
    return [...this.layers].flatMap(([path, { value }]) => {
      if (!path.startsWith(prefix)) return [];
      const name = path.slice(prefix.length, -'.yaml'.length);
      return [{ type, name, ...renderedOf(value, SHARED_CONDITIONS) }];
    });
  }

  /** The layers of a device, the strongest last. */
  #pathsFor({ id, model }: Rendering): readonly string[] {
    const site = this.#siteOf(id);
    const paths = ['common.yaml', `models/${model}.yaml`, `sites/${site}.yaml`, `devices/${id}.yaml`];
    return paths.filter((path) => this.layers.has(path));
  }

  #siteOf(id: string): string | undefined {
    const value = this.layers.get(`devices/${id}.yaml`)?.value;
    const profile = isTable(value) ? value.profile : undefined;
    return isTable(profile) && typeof profile.site === 'string' ? profile.site : undefined;
  }

  /** The strongest layer that says something of a key. */
  #placeOf(
    key: string,
    paths: readonly string[],
  ): { readonly file: string; readonly line: number; readonly column: number } {
    const steps = stepsOf(key);
    for (let length = steps.length; length > 0; length -= 1) {
      const path = steps.slice(0, length);
      const file = paths.findLast((one) => this.layers.get(one)?.has(path) === true);
      const layer = file === undefined ? undefined : this.layers.get(file);
      if (file !== undefined && layer !== undefined) return { file, ...layer.place(path) };
    }
    return { file: paths.at(-1) ?? 'common.yaml', line: 1, column: 1 };
  }
}

/** As JSON.stringify writes it. */
const BEFORE_SERIAL = '{\n  "profile": {\n    "serial": ';

function renderedOf(merged: unknown, known: readonly string[]): Rendered {
  const { profile, ...values } = isTable(merged) ? merged : {};
  const conditions = isTable(profile)
    ? Object.fromEntries(Object.entries(profile).filter(([key]) => known.includes(key)))
    : {};
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([values, conditions]))
    .digest('hex');
  return { values, conditions, fingerprint };
}

/** `accounts[0].uri` as a path. */
function stepsOf(key: string): readonly (string | number)[] {
  return key
    .split(/[.[\]]+/)
    .filter((step) => step !== '')
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

/** A device has not the server's files: what a profile says, it says itself. */
function refuseFile(path: string): never {
  throw Object.assign(new Error(`${path} is a file of this machine`), { code: 'EACCES' });
}
