// What asks for profiles, made of the real parts: loaded only where a board is provisioned at all.

import { HttpClient, NodeHttpNetwork } from '../http/index.ts';
import { takeNudges } from '../provisioning/client/check-sync.ts';
import { DEVICE } from '../provisioning/client/keeper-set.ts';
import { ProvisioningClient } from '../provisioning/client/provisioning-client.ts';
import { type FetchingDevice, ProfileRetriever, userAgentOf } from '../provisioning/client/retrieval/index.ts';
import type { ProfileOffer } from '../provisioning/client/types.ts';
import { builtAt } from './build-date.ts';
import type { ServiceContext } from './door-service.ts';
import type { FirmwareParts, OpenFirmware } from './firmware.ts';
import { FurtherProfiles } from './further-profiles.ts';
import type { Profiles } from './profiles.ts';
import { enrolledDevice, MODEL, ProfileServers, type ProfileServersOptions, VENDOR } from './provisioning-servers.ts';

export interface ProvisioningParts {
  readonly context: ServiceContext;
  readonly profiles: Profiles;
  readonly stateFolder: string;
}

/** What asks for profiles; loaded only where any is to be asked for. */
export interface OpenClient {
  /** Asks again at once. */
  now(): void;
  /** Tells the server what became of its profile. */
  report(): void;
  networkChanged(): void;
  /** How often the server has answered since the client began. */
  readonly answers: number;
  stop(): void;
}

export interface ClientOptions extends ProvisioningParts, ProfileServersOptions {
  /** Starts the door anew as soon as nobody talks. */
  readonly restart: () => void;
  /** Whether what is in force works. */
  readonly works: () => boolean;
  /** Whether nobody talks and no door is open. */
  readonly isQuiet: () => boolean;
}

/** Begins to ask. */
export function openClient(options: ClientOptions): OpenClient {
  const { context, profiles, settings, mac } = options;
  const { clock, random, log, version, instance } = context;
  const device: FetchingDevice = {
    ...(mac === undefined ? {} : { mac }),
    ...(instance === undefined ? {} : { uuid: instance.replace(/^urn:uuid:/, '') }),
    vendor: VENDOR,
    model: MODEL,
    version,
    ...(arch === undefined ? {} : { arch }),
  };
  const { pin: pins = [], ...tls } = settings.tls ?? { pin: [] };
  const http = new HttpClient({
    clock,
    random,
    network: new NodeHttpNetwork(),
    tls: { ...tls, ...(pins.length === 0 ? {} : { pins }) },
    builtAt,
    userAgent: userAgentOf(device),
  });
  const retrieving = {
    clock,
    random,
    http,
    device,
    settings: { ...settings, trust: settings.trust ?? [] },
    builtAt,
  };
  const retriever = new ProfileRetriever({
    ...retrieving,
    known: () => profiles.store.current?.text,
    report: () => profiles.keeper.report(),
  });
  const firmware = new FirmwareLoader({ ...options, http, retriever });
  firmware.look();
  let answers = 0;
  const client = new ProvisioningClient({
    clock,
    random,
    log,
    retrieve: async (offer) => {
      const fetched = await retriever.retrieve(offer);
      if (fetched.ok) answers += 1;
      servers.answered(offer.server, fetched.ok);
      return fetched;
    },
    take: async (profile) => {
      const verdict = await profiles.keepers.take(DEVICE, profile);
      // What is in force or gone again, the journal tells; the server waits for a word of the rest, too. One of files hears
      // of it with the next fetch, which is also what a profile without an account proves itself by.
      if (!servers.report() && verdict.kind === 'applied') client.now();
      return verdict;
    },
    failed: (what, mend) => context.faults.begin('provisioning', what, mend),
    worked: () => context.faults.end('provisioning'),
  });
  const offered = (offer: ProfileOffer): void => {
    if (offer.kind === 'none') answers += 1;
    client.offered(offer);
  };
  const servers = new ProfileServers(options, offered);
  const further = new FurtherProfiles({
    context,
    profiles,
    settings,
    agent: options.agent,
    device: enrolledDevice(options),
    retriever: (known) => new ProfileRetriever({ ...retrieving, known }),
  });
  const look = (): void => {
    servers.refresh();
    client.now();
    further.refresh();
  };
  const endNudges = takeNudges({
    clock,
    log,
    agent: options.agent,
    servers: () => servers.subscribed,
    fetch: look,
    restart: options.restart,
  });
  servers.start();
  return {
    now: look,
    report: () => {
      firmware.look();
      if (!servers.report()) client.now();
    },
    networkChanged: () => {
      servers.networkChanged();
      client.networkChanged();
      further.networkChanged();
    },
    get answers() {
      return answers;
    },
    stop: () => {
      endNudges();
      firmware.stop();
      servers.stop();
      client.stop();
      further.stop();
      http.close();
    },
  };
}

/** As Debian names processors. */
const ARCHITECTURES: { readonly [name: string]: string } = { x64: 'amd64', arm64: 'arm64', arm: 'armhf', ia32: 'i386' };
const arch = ARCHITECTURES[process.arch];

/** Loads what brings new versions when there is one to bring. */
class FirmwareLoader {
  #open: OpenFirmware | undefined;
  #stopped = false;

  constructor(private readonly parts: FirmwareParts) {}

  /** At the start, and when a profile has proved itself. */
  look(): void {
    if (this.#open !== undefined || this.parts.profiles.hasFirmware) void this.#look();
  }

  stop(): void {
    this.#stopped = true;
    this.#open?.stop();
  }

  async #look(): Promise<void> {
    const { openFirmware } = await import('./firmware.ts');
    if (this.#stopped) return;
    this.#open ??= openFirmware(this.parts);
    this.#open.consider();
  }
}
