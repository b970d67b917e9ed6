// The server that a board's profile comes from: found, listened to, and exchanged for another where it is of no use.

import { millis, seconds } from '../base/units.ts';
import type { ProvisioningConfiguration, SourceKind } from '../config/index.ts';
import { dhcpServers } from '../provisioning/client/dhcp/configuration-service.ts';
import { readLeases } from '../provisioning/client/dhcp/lease-files.ts';
import { nodeLeaseDisk } from '../provisioning/client/dhcp/node-lease-disk.ts';
import { ServerFinder, type ServerSource } from '../provisioning/client/discovery/server-finder.ts';
import { type EnrolledDevice, Enrollment } from '../provisioning/client/enrollment/enrollment.ts';
import { FilePoll } from '../provisioning/client/file-poll.ts';
import { NodePnpNetwork } from '../provisioning/client/pnp/node-pnp-network.ts';
import { PnpSearch } from '../provisioning/client/pnp/pnp-search.ts';
import type { ProfileOffer, ServerFound } from '../provisioning/client/types.ts';
import { urnOfMac } from '../provisioning/event/index.ts';
import { type Account, formatUri, type PinnedServer, parseUri, type SipAgent } from '../sip/index.ts';
import type { ServiceContext } from './door-service.ts';
import type { Profiles } from './profiles.ts';

/** A domain name that is nobody else's (RFC 6080 §6.2.2). */
export const VENDOR = 'doorphone';
export const MODEL = 'doorphone';

export interface ProfileServersOptions {
  readonly context: ServiceContext;
  readonly profiles: Profiles;
  readonly settings: ProvisioningConfiguration;
  readonly agent: SipAgent;
  /** Which server has to show one of certain keys by TLS. */
  readonly pin: (server: PinnedServer | undefined) => void;
  /** Twelve hexadecimal digits; undefined: the machine has none. */
  readonly mac: string | undefined;
  /** Whether the service has begun just now; else its configuration has changed. */
  readonly switchedOn: boolean;
}

/** One server that is listened to. */
interface Listening {
  refresh(): void;
  /** Left out: it hears of it with the next fetch. */
  report?(): void;
  networkChanged?(): void;
  stop(): void;
}

/** Ten thousand boards of a server are back within it: four hundred a second, as chance would have it five at the most. */
const FLEET_SPREAD = seconds(25);
const FAULT = 'provisioning-server';
const WORDS: Readonly<Record<SourceKind, string>> = {
  configured: 'the configuration',
  remembered: 'the last time',
  dhcp: 'DHCP',
  pnp: 'multicast',
  registrar: 'the registrar',
};

/** Where a board looks for its server, and how it stands there. */
export class ProfileServers {
  readonly #finder: ServerFinder;
  #listening: Listening | undefined;
  #search: PnpSearch | undefined;

  constructor(
    private readonly options: ProfileServersOptions,
    private readonly offered: (offer: ProfileOffer) => void,
  ) {
    const { clock, random, log, faults } = options.context;
    this.#finder = new ServerFinder({
      clock,
      random,
      log,
      order: orderOf(options),
      sources: this.#sources(),
      found: (server) => {
        faults.end(FAULT);
        this.#listening?.stop();
        this.#listening = this.#listen(server);
      },
      nothing: (tried) => {
        const asked = tried.map((kind) => WORDS[kind]).join(', ');
        faults.begin(FAULT, `no server for profiles is known; asked: ${asked}`, 'name one in provisioning.server');
      },
    });
  }

  /** A board that has a proved profile is in no hurry when it is switched on; what is to prove itself is. */
  start(): void {
    const { good, proving } = this.options.profiles.store.memory;
    const isSettled = good !== undefined && proving === undefined;
    this.#finder.start(this.options.switchedOn && isSettled ? FLEET_SPREAD : millis(0));
  }

  /** Where profiles are subscribed to: a server of files sends no SIP. */
  get subscribed(): readonly string[] {
    const { current } = this.#finder;
    return current !== undefined && /^sips?:/.test(current.uri) ? [current.uri] : [];
  }

  refresh(): void {
    if (this.#listening === undefined) this.#finder.now();
    else this.#listening.refresh();
  }

  /** @returns whether the server hears of it by itself */
  report(): boolean {
    if (this.#listening?.report === undefined) return false;
    this.#listening.report();
    return true;
  }

  /** A profile came from there, or did not. */
  answered(server: ServerFound, well: boolean): void {
    if (!well) this.#finder.useless(server);
    else if (server.uri === this.#finder.current?.uri) this.#finder.useful();
  }

  networkChanged(): void {
    this.#listening?.networkChanged?.();
    this.#finder.networkChanged();
  }

  stop(): void {
    this.options.context.faults.end(FAULT);
    this.#search?.stop();
    this.#finder.stop();
    this.#listening?.stop();
  }

  #sources(): ReadonlyMap<SourceKind, ServerSource> {
    const { settings, profiles, agent, mac } = this.options;
    const { server } = settings;
    const isNamed = /^(?:https?|sips?):/.test(server);
    const remembered = (): readonly ServerFound[] => {
      const { memory, current } = profiles.store;
      return [memory.server, current?.server].filter((known) => known !== undefined);
    };
    const registrars = (): readonly ServerFound[] =>
      agent.registrations.filter(({ account }) => account.register).map(({ account }) => registrarOf(account));
    return new Map<SourceKind, ServerSource>([
      ['configured', () => (isNamed ? [{ from: 'configured', uri: server, by: 'the configuration' }] : [])],
      ['remembered', remembered],
      ['dhcp', () => this.#askLeases()],
      ...(mac === undefined ? [] : [['pnp', () => this.#ask(mac)] as const]),
      ['registrar', registrars],
    ]);
  }

  async #askLeases(): Promise<readonly ServerFound[]> {
    const { settings, context, agent } = this.options;
    const { username: user } = settings;
    const device = {
      id: context.instance ?? '',
      vendor: VENDOR,
      model: MODEL,
      version: context.version,
      ...(user === undefined ? {} : { user }),
    };
    const urisOf = (domain: string, service: string): Promise<readonly string[]> => agent.urisOf(domain, service);
    const leases = readLeases(nodeLeaseDisk);
    return (
      await Promise.all(leases.map((lease) => dhcpServers(lease, settings.dhcpOptions, { device, urisOf })))
    ).flat();
  }

  /** By multicast anybody may answer: a board that has a profile does not ask so, unless it is told to. */
  async #ask(mac: string): Promise<readonly ServerFound[]> {
    const { settings, profiles, context } = this.options;
    if (settings.pnp !== 'always' && profiles.store.current !== undefined) return [];
    const { clock, random, log, version } = context;
    const device = { mac, vendor: VENDOR, model: MODEL, version };
    this.#search?.stop();
    this.#search = new PnpSearch({ clock, random, log, network: new NodePnpNetwork(), device });
    const found = await this.#search.run();
    return found === undefined ? [] : [found];
  }

  #listen(server: ServerFound): Listening {
    const { context, profiles, settings, agent } = this.options;
    const { clock, random, log } = context;
    const { offered } = this;
    if (!/^sips?:/.test(server.uri)) {
      const poll = new FilePoll(server, { clock, random, offered });
      poll.start();
      // The fetch itself is what the client does again.
      return { refresh: () => undefined, stop: () => poll.stop() };
    }
    const { username, password } = settings;
    this.options.pin(pinnedAt(server, settings));
    const enrollment = new Enrollment({
      clock,
      random,
      log,
      agent,
      server,
      device: enrolledDevice(this.options),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      offered,
      changed: (_, state, why) => {
        if (state === 'enrolled') this.answered(server, true);
        else if (state === 'refused' || (state === 'delaying' && why !== undefined)) this.answered(server, false);
      },
    });
    enrollment.start(profiles.keeper.report());
    return {
      refresh: () => enrollment.refresh(),
      report: () => enrollment.report(profiles.keeper.report()),
      networkChanged: () => enrollment.networkChanged(),
      stop: () => enrollment.stop(),
    };
  }
}

/** RFC 6080 §5.2.1: the server is authenticated by TLS; where keys are pinned, by one of these. */
function pinnedAt({ uri }: ServerFound, { tls }: ProvisioningConfiguration): PinnedServer | undefined {
  const parsed = parseUri(uri);
  if (tls === undefined || tls.pin.length === 0 || !parsed.ok) return undefined;
  return { host: parsed.value.host, keys: tls.pin, certified: tls.ca !== undefined };
}

/** What a board says of itself where it subscribes to a profile. */
export function enrolledDevice({ context, mac }: Pick<ProfileServersOptions, 'context' | 'mac'>): EnrolledDevice {
  const { version, instance } = context;
  const urn = mac === undefined ? instance : urnOfMac(mac);
  return { vendor: VENDOR, model: MODEL, version, instance: urn ?? '' };
}

/** A server that is named is the only one (RFC 6080 §5.1.1: then nothing is discovered). */
function orderOf({ settings: { server, order } }: ProfileServersOptions): readonly SourceKind[] {
  if (server === 'auto') return order;
  return server === 'pnp' ? ['remembered', 'pnp'] : ['configured'];
}

function registrarOf({ uri, registrar, registrars }: Account): ServerFound {
  const named = registrars?.[0]?.[0] ?? registrar ?? uri;
  const parsed = parseUri(named);
  const plain = parsed.ok ? formatUri({ ...parsed.value, user: undefined, password: undefined }) : named;
  return { from: 'registrar', uri: plain, by: `the registrar of ${uri}` };
}
