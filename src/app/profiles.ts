// The configuration of a board that is provisioned: its own file, if there is one, and the profile over it. What became of
// profiles, and what is to be shown of them, is asked here.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ProvisioningReport } from '../api/provisioning.ts';
import { DoorphoneError } from '../base/errors.ts';
import {
  type Configuration,
  defaultProvisioning,
  type FileContent,
  type FirmwareOffer,
  isTable,
  type LayeredOutcome,
  type LayersOutcome,
  type LayerText,
  type ParseOptions,
  type ParseOutcome,
  type ProvisioningConfiguration,
  parseConfiguration,
  parseLayer,
  parseWithProfiles,
  readConfigurationFile,
  readSmallFile,
} from '../config/index.ts';
import { placeOfServer } from '../provisioning/client/discovery/server-finder.ts';
import {
  DEVICE,
  KeeperSet,
  nameOfSlot,
  type PlacedProfile,
  type ProfileSlot,
} from '../provisioning/client/keeper-set.ts';
import { ProfileKeeper } from '../provisioning/client/profile-keeper.ts';
import { type MemoryFile, ProfileStore } from '../provisioning/client/profile-store.ts';
import type { SealedSecrets } from '../provisioning/client/sealed/index.ts';
import type { ServerFound } from '../provisioning/client/types.ts';
import { type Machine, relayLimits, unknownBoards } from './boards.ts';
import { readDeviceKey } from './device-key.ts';
import type { ServiceContext } from './door-service.ts';
import { storeFileAt } from './store-file.ts';

export interface ProfilesParts {
  readonly configFile: string;
  /** Whether the file was named: then it must be there. */
  readonly configGiven: boolean;
  readonly stateFolder: string;
  readonly context: Pick<ServiceContext, 'clock' | 'log' | 'journal'>;
  readonly putIntoForce: (configuration: Configuration) => Promise<boolean>;
  readonly works: () => boolean;
  /** Whose boards there are; left out: this one. */
  readonly machine?: Machine;
}

const FILE = 'profile.json';
const USER_FILE = 'profile-user-';
/** Begins every secret that is encrypted to a device (https://age-encryption.org). */
const AGE_FILE = '-----BEGIN AGE ENCRYPTED FILE-----';

/** Where packages of newer versions are kept, and what is written to the helper that installs them. */
export const firmwareFolder = (stateFolder: string): string => join(stateFolder, 'firmware');

/** A board's file and its profiles. */
export class Profiles {
  /** All of them; the device's own is there from the beginning. */
  readonly keepers: KeeperSet;
  /** What is remembered of the device's own profile. */
  readonly store: ProfileStore;
  readonly #unconfigured = defaultProvisioning();
  readonly #relayLimit: NonNullable<ParseOptions['relayLimit']>;
  readonly #unknownBoard: NonNullable<ParseOptions['unknownBoard']>;
  #proveWithin = this.#unconfigured.proveWithin;
  #sealed: SealedSecrets | undefined;

  /** @throws Error when the state folder cannot be read */
  constructor(private readonly parts: ProfilesParts) {
    this.#relayLimit = relayLimits(parts.machine);
    this.#unknownBoard = unknownBoards(parts.machine);
    this.store = new ProfileStore(memoryFor(DEVICE, parts.stateFolder));
    this.keepers = new KeeperSet((slot) => this.#keeperFor(slot));
    this.keepers.keeper(DEVICE);
    for (const user of usersIn(parts.stateFolder)) this.keepers.keeper({ type: 'user', user });
  }

  /** The keeper of the device's own profile. */
  get keeper(): ProfileKeeper {
    return this.keepers.keeper(DEVICE);
  }

  /** To be waited for before `begin`: reads what in the profiles is encrypted to this board. */
  async prepare(): Promise<void> {
    await this.#unseal(this.keepers.texts);
  }

  /** What to start with. @throws DoorphoneError when the board's file cannot be read */
  begin(): ParseOutcome {
    return this.keepers.begin();
  }

  /**
   * Looks, and changes nothing: what the file says with its profiles, and alone.
   * @throws DoorphoneError when the file cannot be read
   */
  look(): readonly ParseOutcome[] {
    return [this.#parsed(this.keepers.remembered), this.#parsed([])];
  }

  /** What the file says now. @throws DoorphoneError when it cannot be read */
  reload(): ParseOutcome {
    this.keepers.reconsider();
    const outcome = this.#parsed(this.keepers.layers());
    this.keepers.adopt(outcome.configuration);
    return outcome;
  }

  /** The board is in another network: what the one before said no longer counts. */
  leaveNetwork(): void {
    this.keepers.keeper({ type: 'local-network' }).forget();
    const { configuration } = this.reload();
    if (configuration !== undefined) void this.parts.putIntoForce(configuration);
  }

  inForce(configuration: Configuration): void {
    this.#proveWithin = configuration.provisioning?.proveWithin ?? this.#unconfigured.proveWithin;
    this.keepers.inForce(configuration);
  }

  /** A configuration was to be in force, and could not. */
  notInForce(configuration: Configuration): void {
    this.keepers.notInForce(configuration);
  }

  /** From whom profiles are taken; undefined: from nobody. */
  settings(configuration: Configuration): ProvisioningConfiguration | undefined {
    const { provisioning } = configuration;
    if (provisioning === undefined) return this.#own() === undefined ? this.#unconfigured : undefined;
    return provisioning.server === 'off' ? undefined : provisioning;
  }

  /** Whether a profile names a version, or the one that runs is on trial. */
  get hasFirmware(): boolean {
    const trial = join(firmwareFolder(this.parts.stateFolder), 'trial.json');
    return this.firmware() !== undefined || existsSync(trial);
  }

  /** The version that the profile which has proved itself wants, and whose profile it is. */
  firmware(): { readonly offer: FirmwareOffer; readonly server: ServerFound } | undefined {
    const { good } = this.store.memory;
    if (good === undefined) return undefined;
    const { firmware: offer } = this.#checked(DEVICE, good).conditions;
    return offer === undefined ? undefined : { offer, server: good.server };
  }

  /** What `doorphone provision` shows. */
  describe(): ProvisioningReport {
    const { good, proving, past, server } = this.store.memory;
    const current = proving ?? good;
    return {
      state: this.keeper.state,
      profile:
        current === undefined
          ? null
          : { where: current.where, serial: current.serial ?? null, received: current.received },
      server: server === undefined ? null : placeOfServer(server.uri),
      past: past.map(({ where, serial, received, verdict, faults }) => ({
        where,
        serial: serial ?? null,
        received,
        verdict,
        faults,
      })),
      further: this.keepers.slots.flatMap((slot) => this.#describeFurther(slot)),
      values: this.#describeValues(),
    };
  }

  #describeValues(): ProvisioningReport['values'] {
    const placed = this.keepers.layers();
    return this.#layered(placed).origins.map(({ key, layer, profile }) => {
      const slot = profile === undefined ? undefined : placed[profile]?.slot;
      const from = slot === undefined ? undefined : this.keepers.keeper(slot).layer;
      if (from === undefined) return { key, layer };
      return { key, layer, ...(from.serial === undefined ? {} : { serial: from.serial }), received: from.received };
    });
  }

  /** The library is loaded only where there is something for it. */
  async #unseal(texts: readonly string[]): Promise<void> {
    if (this.#sealed === undefined && !texts.some((text) => text.includes(AGE_FILE))) return;
    const { SealedSecrets } = await import('../provisioning/client/sealed/index.ts');
    const { stateFolder, context } = this.parts;
    this.#sealed ??= new SealedSecrets(() => readDeviceKey(stateFolder), context.log);
    await this.#sealed.prepare(texts);
  }

  #keeperFor(slot: ProfileSlot): ProfileKeeper {
    const { context, putIntoForce, works } = this.parts;
    return new ProfileKeeper({
      ...context,
      store: slot === DEVICE ? this.store : new ProfileStore(memoryFor(slot, this.parts.stateFolder)),
      check: (profile) => this.#checked(slot, profile && { text: profile.text, where: profile.file }),
      prepare: (texts) => this.#unseal([...this.keepers.texts, ...texts]),
      putIntoForce,
      works,
      proveWithin: () => this.#proveWithin,
      settled: () => this.keepers.settled(),
    });
  }

  /** All together, with the one that is looked at in its place. */
  #checked(slot: ProfileSlot, profile: PlacedProfile['profile'] | undefined): LayeredOutcome {
    const placed = this.keepers.layers(slot, profile);
    const outcome = this.#parsed(placed);
    const name = nameOfSlot(slot);
    return {
      ...outcome,
      conditions: outcome.conditions[placed.findIndex((one) => nameOfSlot(one.slot) === name)] ?? {},
    };
  }

  /** A file without profiles is read as on a board that nobody provisions. */
  #parsed(placed: readonly PlacedProfile[]): LayersOutcome {
    const own = this.#own();
    if (placed.length > 0 || own === undefined) return this.#layered(placed, own);
    const { text, mode } = own;
    const options = { ...this.#options, ...(mode === undefined ? {} : { mode }) };
    return { ...parseConfiguration(text, options), conditions: [], origins: [] };
  }

  #layered(placed: readonly PlacedProfile[], own = this.#own()): LayersOutcome {
    const below = own === undefined ? undefined : { text: own.text, file: this.parts.configFile };
    const unseal = this.#sealed?.open;
    const options = { ...this.#options, ...(unseal === undefined ? {} : { unseal }) };
    const layers = placed.map(({ slot, profile: { text, where } }) => ({ ...slot, text, file: where }));
    return parseWithProfiles(below, layers, keptKeys(below), options);
  }

  #describeFurther(slot: ProfileSlot): ProvisioningReport['further'] {
    const current = this.keepers.keeper(slot).layer;
    if (slot.type === 'device' || current === undefined) return [];
    const { where, serial, received } = current;
    const state = this.keepers.keeper(slot).state;
    return [{ of: nameOfSlot(slot), state, where, serial: serial ?? null, received }];
  }

  get #options(): ParseOptions {
    return {
      file: this.parts.configFile,
      environment: process.env,
      readFile: readSmallFile,
      relayLimit: this.#relayLimit,
      unknownBoard: this.#unknownBoard,
    };
  }

  /** Undefined where there is none at the default path: an unconfigured board. */
  #own(): FileContent | undefined {
    const { configFile, configGiven } = this.parts;
    try {
      return readConfigurationFile(configFile);
    } catch (thrown) {
      const missing = thrown instanceof DoorphoneError && thrown.code === 'configuration-missing';
      if (missing && !configGiven) return undefined;
      throw thrown;
    }
  }
}

/** Where a profile is kept. The network's is forgotten with the service: the next may begin elsewhere (RFC 6080 §5.1.4.1). */
function memoryFor({ type, user }: ProfileSlot, stateFolder: string): MemoryFile {
  if (type === 'local-network') return { read: () => '', replace: () => undefined };
  const name = user === undefined ? FILE : `${USER_FILE}${encodeURIComponent(user)}.json`;
  return storeFileAt(join(stateFolder, name));
}

/** Accounts whose users have had a profile here. @throws Error when the folder cannot be read */
function usersIn(stateFolder: string): readonly string[] {
  if (!existsSync(stateFolder)) return [];
  const names = readdirSync(stateFolder).filter((name) => name.startsWith(USER_FILE) && name.endsWith('.json'));
  return names.toSorted().map((name) => decodeURIComponent(name.slice(USER_FILE.length, -'.json'.length)));
}

/** The keys that the board's file keeps for itself: read before anything is merged. */
function keptKeys(own: LayerText | undefined): readonly string[] {
  const layer = own === undefined ? undefined : parseLayer(own.text, own.file);
  const value = layer !== undefined && 'value' in layer ? layer.value : undefined;
  const provisioning = isTable(value) ? value.provisioning : undefined;
  const keep = isTable(provisioning) ? provisioning.keep : undefined;
  return Array.isArray(keep) ? keep.filter((key) => typeof key === 'string') : [];
}
