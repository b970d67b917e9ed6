// The reference server for profiles: a presence agent for `ua-profile`, a responder to multicast, and the files. Sockets,
// clock and memory come from outside.

import type { Clock } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { seconds } from '../../base/units.ts';
import { bracketHost, type DatagramNetwork, SipAgent, type StreamNetwork } from '../../sip/index.ts';
import { Backlog } from './backlog.ts';
import { DevicePasswords } from './device-passwords.ts';
import { DeviceStore } from './device-store.ts';
import { type FileRequest, type FileResponse, FileService, profilePath } from './file-service.ts';
import { Fleet } from './fleet.ts';
import type { ProfileLayers } from './layers.ts';
import type { StoreFile } from './line-file.ts';
import { LoadGuard } from './load-guard.ts';
import { type MulticastSocket, PnpResponder } from './pnp-responder.ts';
import type { FolderContent, ProfileFolder } from './profile-folder.ts';
import { ProfilePackage } from './profile-package.ts';
import type { ServerSettings } from './settings.ts';
import { SharedProfiles } from './shared-profiles.ts';
import { SlicedWork, type Work } from './work.ts';

export interface ProvisionServerParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly version: string;
  readonly folder: Pick<ProfileFolder, 'reading' | 'watch' | 'close'>;
  readonly content: Extract<FolderContent, { ok: true }>;
  readonly storeFile: StoreFile;
  readonly network: DatagramNetwork;
  /** How many datagrams have been received and not been looked at; left out: none. */
  readonly waiting?: () => number;
  /** TCP and TLS; left out: there is none. */
  readonly streams?: StreamNetwork;
}

/** More than a server of this kind has; each costs memory. */
const WATCHERS = { most: 150_000, mostOfOneSource: 150_000 };
/** A SUBSCRIBE is remembered for 32 s: what is repeated must find its answer, and not seem to be another (RFC 3261 §17.2.2). */
const TRANSACTIONS = 20_000;
const FLUSH_EVERY = seconds(1);
const KEY_BYTES = 32;

/** The server at work. */
export class ProvisionServer {
  readonly fleet: Fleet;
  readonly files: FileService;
  readonly passwords: DevicePasswords;
  readonly #store: DeviceStore;
  readonly #shared: SharedProfiles;
  readonly #package: ProfilePackage;
  readonly #agent: SipAgent;
  readonly #work: SlicedWork;
  #stopped = false;
  /** The memory is being written. */
  #writing: Promise<void> | undefined;

  /** @throws Error when the store cannot be read */
  constructor(private readonly parts: ProvisionServerParts) {
    const { clock, random, log, version, content, storeFile, network, streams } = parts;
    const { settings, layers } = content;
    this.#store = new DeviceStore(storeFile);
    this.fleet = new Fleet({ clock, random, log, store: this.#store, layers, approve: settings.approve });
    const key = this.#store.key(() => random.hex(KEY_BYTES));
    this.#shared = new SharedProfiles(key, layers);
    const { rate, plainNames } = settings;
    this.passwords = new DevicePasswords({ ...settings, clock, random, log });
    const { fleet, passwords } = this;
    const kept = { fleet, passwords, shared: this.#shared, store: this.#store };
    const load = { clock, random, rate, backlog: new Backlog(clock, parts.waiting) };
    this.files = new FileService({ ...kept, log, plainNames, guard: new LoadGuard({ clock, random, rate }) });
    this.#work = new SlicedWork(clock);
    const urlFor = (token: string, id: string, near: string): string => this.#urlFor(token, id, near);
    this.#package = new ProfilePackage({ ...kept, ...load, urlFor });
    this.#agent = new SipAgent({
      clock,
      random,
      log,
      network,
      ...(streams === undefined ? {} : { streams }),
      listen: settings.sip,
      accounts: [],
      // Everybody may ask; who gets something is the fleet's matter.
      admit: () => undefined,
      resolve: () => Promise.reject(new Error('devices are reached by their addresses')),
      userAgent: `doorphone-provision/${version}`,
      dialogDetail: () => 'off',
      packages: [this.#package],
      watchers: WATCHERS,
      maximumServerTransactions: TRANSACTIONS,
      overload: (request, source) => this.#package.overload(request, source),
    });
    // Nobody is called here.
    this.#agent.on('invite', (session) => session.reject({ status: 488 }));
  }

  /** The sockets in use, with the ports that the system gave. */
  get listening(): SipAgent['listening'] {
    return this.#agent.listening;
  }

  get subscriptions(): number {
    return this.#store.subscriptions.size;
  }

  /** Opens the SIP sockets, and goes on with the subscriptions of the last run. @throws DoorphoneError `port-in-use` … */
  async start(): Promise<void> {
    const { folder, log } = this.parts;
    await this.#agent.start();
    const kept = [...this.#store.subscriptions];
    let resumed = 0;
    for (const [key, record] of kept) {
      if (this.#agent.restoreWatcher(record)) resumed += 1;
      else this.#store.keep(key, undefined);
    }
    log.info('fleet.resumed', { devices: this.fleet.devices.length, subscriptions: resumed });
    // What has changed while nobody served.
    this.#work.begin(this.#using(this.parts.content.layers));
    this.#shared.retell();
    folder.watch(() => this.reload());
    this.#flushLater();
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.parts.folder.close();
    this.#work.stop();
    this.#package.stop();
    await this.#agent.stop();
    await this.#writing;
    this.#flush();
  }

  /** Reads the folder again. Where anything in it is wrong, no device hears of any of it, and the log says what. */
  reload(): void {
    this.#work.begin(this.#reloading());
  }

  *#reloading(): Work<void> {
    const { folder, log } = this.parts;
    const content = yield* folder.reading();
    const faults = content.ok ? yield* this.fleet.faultsWith(content.layers) : content.faults;
    if (!content.ok || faults.length > 0) log.warn('fleet.not-applied', { faults });
    else {
      this.passwords.use(content.settings.users);
      yield* this.#using(content.layers);
    }
  }

  *#using(layers: ProfileLayers): Work<void> {
    const changed = yield* this.fleet.using(layers);
    this.#shared.use(layers);
    this.parts.log.info('fleet.changed', { devices: changed });
  }

  answerFile(request: FileRequest): FileResponse {
    return this.files.answer(request);
  }

  /** What answers the multicast group, by `socket`. */
  respondTo(socket: MulticastSocket): PnpResponder {
    const { random, log } = this.parts;
    return new PnpResponder({
      random,
      log,
      fleet: this.fleet,
      socket,
      addressFor: (near) => this.#agent.localAddress(near),
      urlFor: (token, id, near) => this.#urlFor(token, id, near),
    });
  }

  #urlFor(token: string, id: string, near: string): string {
    const { settings } = this.parts.content;
    return `${settings.url ?? baseUrl(settings, this.#agent.localAddress(near))}${profilePath(token, id)}`;
  }

  #flushLater(): void {
    this.parts.clock.after(FLUSH_EVERY, 'memory of the fleet', () => {
      if (this.#stopped) return;
      this.#flushLater();
      this.#writing ??= this.#flushAside();
    });
  }

  async #flushAside(): Promise<void> {
    try {
      await this.#store.flushAside();
    } catch (thrown) {
      this.#sayNotWritten(thrown);
    }
    this.#writing = undefined;
  }

  #flush(): void {
    try {
      this.#store.flush();
    } catch (thrown) {
      this.#sayNotWritten(thrown);
    }
  }

  /** A full disk must not stop the service: what is not written is written later. */
  #sayNotWritten(thrown: unknown): void {
    this.parts.log.error('fleet.not-written', { reason: describeError(thrown) });
  }
}

function baseUrl({ files }: ServerSettings, address: string): string {
  return `${files.protocol}://${bracketHost(address)}:${files.port}`;
}
