// The configuration of a board that is provisioned: its own file, if there is one, and the profile over it. What became of
// profiles, and what is to be shown of them, is asked here.

import { existsSync } from 'node:fs';
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
  type LayerText,
  type ParseOptions,
  type ParseOutcome,
  type ProvisioningConfiguration,
  parseConfiguration,
  parseLayer,
  parseWithProfile,
  readConfigurationFile,
  readSmallFile,
} from '../config/index.ts';
import { ProfileKeeper } from '../provisioning/client/profile-keeper.ts';
import { ProfileStore, type StoredProfile } from '../provisioning/client/profile-store.ts';
import type { SealedSecrets } from '../provisioning/client/sealed/index.ts';
import type { ServerFound } from '../provisioning/client/types.ts';
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
}

const FILE = 'profile.json';
/** Begins every secret that is encrypted to a device (https://age-encryption.org). */
const AGE_FILE = '-----BEGIN AGE ENCRYPTED FILE-----';

/** Where packages of newer versions are kept, and what is written to the helper that installs them. */
export const firmwareFolder = (stateFolder: string): string => join(stateFolder, 'firmware');

/** A board's file and its profiles. */
export class Profiles {
  readonly store: ProfileStore;
  readonly keeper: ProfileKeeper;
  readonly #unconfigured = defaultProvisioning();
  #proveWithin = this.#unconfigured.proveWithin;
  #sealed: SealedSecrets | undefined;

  /** @throws Error when the state folder cannot be read */
  constructor(private readonly parts: ProfilesParts) {
    const { context, putIntoForce, works, stateFolder } = parts;
    this.store = new ProfileStore(storeFileAt(join(stateFolder, FILE)));
    this.keeper = new ProfileKeeper({
      ...context,
      store: this.store,
      check: (profile) => this.#check(profile),
      prepare: (texts) => this.#unseal(texts),
      putIntoForce,
      works,
      proveWithin: () => this.#proveWithin,
    });
  }

  /** To be waited for before `begin`: reads what in the profiles is encrypted to this board. */
  async prepare(): Promise<void> {
    await this.#unseal(this.keeper.texts);
  }

  /** What to start with. @throws DoorphoneError when the board's file cannot be read */
  begin(): ParseOutcome {
    return this.keeper.begin();
  }

  /** What the file says now. @throws DoorphoneError when it cannot be read */
  reload(): ParseOutcome {
    return this.keeper.reread();
  }

  inForce(configuration: Configuration): void {
    this.#proveWithin = configuration.provisioning?.proveWithin ?? this.#unconfigured.proveWithin;
    this.keeper.inForce(configuration);
  }

  /** A configuration was to be in force, and could not. */
  notInForce(configuration: Configuration): void {
    this.keeper.notInForce(configuration);
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
    const { firmware: offer } = this.#layered(layerOf(good)).conditions;
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
      server: server?.uri ?? null,
      past: past.map(({ where, serial, received, verdict, faults }) => ({
        where,
        serial: serial ?? null,
        received,
        verdict,
        faults,
      })),
      values: this.#layered(current === undefined ? nothingOver(this.parts.configFile) : layerOf(current)).origins,
    };
  }

  /** The library is loaded only where there is something for it. */
  async #unseal(texts: readonly string[]): Promise<void> {
    if (this.#sealed === undefined && !texts.some((text) => text.includes(AGE_FILE))) return;
    const { SealedSecrets } = await import('../provisioning/client/sealed/index.ts');
    const { stateFolder, context } = this.parts;
    this.#sealed ??= new SealedSecrets(() => readDeviceKey(stateFolder), context.log);
    await this.#sealed.prepare(texts);
  }

  #check(profile: LayerText | undefined): LayeredOutcome {
    const { configFile } = this.parts;
    const own = this.#own();
    if (profile !== undefined || own === undefined) return this.#layered(profile ?? nothingOver(configFile), own);
    const { text, mode } = own;
    const options = { ...this.#options, ...(mode === undefined ? {} : { mode }) };
    return { ...parseConfiguration(text, options), conditions: {}, origins: [] };
  }

  #layered(profile: LayerText, own = this.#own()): LayeredOutcome {
    const below = own === undefined ? undefined : { text: own.text, file: this.parts.configFile };
    const unseal = this.#sealed?.open;
    const options = { ...this.#options, ...(unseal === undefined ? {} : { unseal }) };
    return parseWithProfile(below, profile, keptKeys(below), options);
  }

  get #options(): ParseOptions {
    return { file: this.parts.configFile, environment: process.env, readFile: readSmallFile };
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

const layerOf = ({ text, where }: StoredProfile): LayerText => ({ text, file: where });
const nothingOver = (file: string): LayerText => ({ text: '', file });

/** The keys that the board's file keeps for itself: read before anything is merged. */
function keptKeys(own: LayerText | undefined): readonly string[] {
  const layer = own === undefined ? undefined : parseLayer(own.text, own.file);
  const value = layer !== undefined && 'value' in layer ? layer.value : undefined;
  const provisioning = isTable(value) ? value.provisioning : undefined;
  const keep = isTable(provisioning) ? provisioning.keep : undefined;
  return Array.isArray(keep) ? keep.filter((key) => typeof key === 'string') : [];
}
