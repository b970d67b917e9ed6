// Profiles beside the device's own, each with a subscription of its own (RFC 6080 §5.1.1): that of the network that the
// board is in, and those of the users whose accounts it has. They are asked for where the owner wants them.

import { readFileSync } from 'node:fs';
import type { ProvisioningConfiguration } from '../config/index.ts';
import { localDomainIn, searchDomainIn } from '../provisioning/client/dhcp/dhcp-options.ts';
import { readLeases } from '../provisioning/client/dhcp/lease-files.ts';
import { nodeLeaseDisk } from '../provisioning/client/dhcp/node-lease-disk.ts';
import { type EnrolledDevice, type EnrolledProfile, Enrollment } from '../provisioning/client/enrollment/enrollment.ts';
import { nameOfSlot, type ProfileSlot } from '../provisioning/client/keeper-set.ts';
import { ProvisioningClient } from '../provisioning/client/provisioning-client.ts';
import type { ProfileRetriever } from '../provisioning/client/retrieval/index.ts';
import type { ServerFound } from '../provisioning/client/types.ts';
import { localNetworkUri } from '../provisioning/event/index.ts';
import type { Account, SipAgent } from '../sip/index.ts';
import type { ServiceContext } from './door-service.ts';
import type { Profiles } from './profiles.ts';

export interface FurtherProfilesParts {
  readonly context: ServiceContext;
  readonly profiles: Profiles;
  readonly settings: ProvisioningConfiguration;
  readonly agent: SipAgent;
  readonly device: EnrolledDevice;
  /** One for each profile: it remembers what it fetched. @param known the text that is in force */
  readonly retriever: (known: () => string | undefined) => ProfileRetriever;
}

/** One that is asked for. */
interface Asked {
  readonly enrollment: Enrollment;
  readonly client: ProvisioningClient;
  readonly fault: string;
}

/** Accounts beyond these ask for nothing: each costs a subscription. */
const MOST_USERS = 8;

/** The profiles of the network and of the users. */
export class FurtherProfiles {
  readonly #users: readonly Asked[];
  #network: Asked | undefined;
  #domain: string | undefined;

  constructor(private readonly parts: FurtherProfilesParts) {
    const { settings, agent } = parts;
    const accounts = agent.registrations.map(({ account }) => account).filter(({ register }) => register);
    const wanted = settings.profiles.includes('user') ? accounts.slice(0, MOST_USERS) : [];
    this.#users = wanted.map((account) => this.#askUser(account));
    this.#askNetwork();
  }

  /** Asks again what there is. */
  refresh(): void {
    for (const { enrollment, client } of this.#all) {
      enrollment.refresh();
      client.now();
    }
  }

  /** A profile of another network does not count in this one (RFC 6080 §5.3.2). */
  networkChanged(): void {
    for (const { enrollment, client } of this.#all) {
      enrollment.networkChanged();
      client.networkChanged();
    }
    if (this.#domainNow() === this.#domain) return;
    if (this.#network !== undefined) {
      this.#stop(this.#network);
      this.#network = undefined;
      this.parts.profiles.leaveNetwork();
    }
    this.#askNetwork();
  }

  stop(): void {
    for (const asked of this.#all) this.#stop(asked);
  }

  get #all(): readonly Asked[] {
    return [...this.#users, ...(this.#network === undefined ? [] : [this.#network])];
  }

  #askNetwork(): void {
    this.#domain = this.#domainNow();
    if (this.#domain === undefined || !this.parts.settings.profiles.includes('local-network')) return;
    const server: ServerFound = { from: 'dhcp', uri: localNetworkUri(this.#domain), by: 'the domain of the network' };
    this.#network = this.#ask({ type: 'local-network' }, server, { type: 'local-network', domain: this.#domain });
  }

  #askUser(account: Account): Asked {
    const server: ServerFound = { from: 'registrar', uri: account.uri, by: `the registrar of ${account.uri}` };
    return this.#ask({ type: 'user', user: account.uri }, server, { type: 'user', account });
  }

  #ask(slot: ProfileSlot, server: ServerFound, profile: EnrolledProfile): Asked {
    const { context, profiles, agent, device, retriever: makeRetriever } = this.parts;
    const { clock, random, log, faults } = context;
    const fault = `provisioning ${nameOfSlot(slot)}`;
    const retriever = makeRetriever(() => profiles.keepers.keeper(slot).remembered?.text);
    const client = new ProvisioningClient({
      clock,
      random,
      log,
      retrieve: (offer) => retriever.retrieve(offer),
      take: (text) => profiles.keepers.take(slot, text),
      failed: (what, mend) => faults.begin(fault, what, mend),
      worked: () => faults.end(fault),
    });
    const offered = client.offered.bind(client);
    const enrollment = new Enrollment({ clock, random, log, agent, server, device, profile, offered });
    enrollment.start();
    return { enrollment, client, fault };
  }

  #stop({ enrollment, client, fault }: Asked): void {
    enrollment.stop();
    client.stop();
    this.parts.context.faults.end(fault);
  }

  /** RFC 6080 §5.1.4.1: as configured, else as the network says. */
  #domainNow(): string | undefined {
    const { localDomain } = this.parts.settings;
    if (localDomain !== undefined) return localDomain;
    const leased = readLeases(nodeLeaseDisk).map(localDomainIn);
    return leased.find((domain) => domain !== undefined) ?? searchDomainIn(resolverFile());
  }
}

/** What the system's DHCP client has told the resolver. */
function resolverFile(): string {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8');
  } catch {
    return '';
  }
}
