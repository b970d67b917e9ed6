// Who may call in, by where the call comes from: names in a SIP message are claims, the address that a datagram came
// from is at least where the answer goes. And to whom a call that we made may open a door.

import { BlockList, isIP } from 'node:net';
import { describeError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Secret } from '../base/secret.ts';
import type { AcceptRule } from '../config/index.ts';
import { type Admission, parseTel } from '../sip/index.ts';
import { hostOf } from './account-choice.ts';

/** What the rules of admission are made of; all of it from the configuration. */
export interface AdmissionRules {
  /** `sip.accept`; undefined: the registrars and the hosts that buttons call. */
  readonly accept: readonly AcceptRule[] | undefined;
  /** Every URI that a button calls. */
  readonly targets: readonly string[];
  /** Addresses of record, registrars and outbound proxies of the accounts. */
  readonly accountUris: readonly string[];
}

export interface AdmissionServices {
  readonly log: Log;
  /** Where the accounts' servers were located, as of now. */
  readonly servers: () => ReadonlySet<string>;
  /** The addresses of a host name; rejects when there are none. */
  readonly lookup: (host: string) => Promise<readonly string[]>;
}

/** Decides who may call in. */
export class AdmissionPolicy {
  readonly #networks = new BlockList();
  readonly #takesRegistrars: boolean;
  /** Hosts that may call, by name → their addresses as last looked up: those of `sip.accept`, or whom buttons call. */
  readonly #hosts = new Map<string, readonly string[]>();
  readonly #knownHosts = new Set<string>();
  /** What buttons call that has no host: tel: URIs. */
  readonly #numbers: ReadonlySet<string>;
  /** User name → password of those who may call from anywhere. */
  readonly callers: ReadonlyMap<string, Secret>;
  /** Who may call in, in words for people. */
  readonly description: readonly string[];

  constructor(
    { accept, targets, accountUris }: AdmissionRules,
    private readonly services: AdmissionServices,
  ) {
    this.#takesRegistrars = accept === undefined || accept.some((rule) => rule.kind === 'registrar');
    for (const rule of accept ?? []) {
      if (rule.kind === 'network') this.#networks.addSubnet(rule.address, rule.prefixLength, familyOf(rule.address));
    }
    const named = (accept ?? []).flatMap((rule) => (rule.kind === 'host' ? [rule.name] : []));
    const called = hostsOf(targets);
    this.#numbers = new Set(targets.filter((target) => parseTel(target).ok));
    for (const host of [...called, ...named, ...hostsOf(accountUris)]) this.#knownHosts.add(host);
    for (const host of accept === undefined ? called : named) {
      this.#hosts.set(host, isIP(host) === 0 ? [] : [canonical(host)]);
    }
    this.callers = new Map(
      (accept ?? []).flatMap((rule) => (rule.kind === 'credentials' ? [[rule.username, rule.password] as const] : [])),
    );
    this.description = describe(accept, [...this.#hosts.keys()]);
  }

  /** The agent's question, for every request that is not in a dialog. Status 0: strangers get no answer at all. */
  readonly admit: Admission = ({ source }) =>
    this.#isAllowed(source.address) ? undefined : { status: 0, reason: 'not among those who may call in' };

  /** Whether digits from somebody whom we called open a door: only whom, or where, the configuration names. */
  mayOpen(target: string): boolean {
    const host = hostOf(target);
    // A telephone number has no host: it is named by a button, or it is not.
    if (host === undefined) return this.#numbers.has(target);
    return this.#knownHosts.has(host) || (isIP(host) !== 0 && this.#isAllowed(host));
  }

  /** Looks the host names up again; one that fails keeps the addresses that it had. */
  async refresh(): Promise<void> {
    const names = [...this.#hosts.keys()].filter((host) => isIP(host) === 0);
    await Promise.all(
      names.map(async (host) => {
        try {
          this.#hosts.set(host, (await this.services.lookup(host)).map(canonical));
        } catch (thrown) {
          this.services.log.debug('admission.lookup-failed', { host, reason: describeError(thrown) });
        }
      }),
    );
  }

  #isAllowed(address: string): boolean {
    const from = canonical(address);
    const family = isIP(from);
    if (family === 0) return false;
    if (this.#networks.check(from, family === 6 ? 'ipv6' : 'ipv4')) return true;
    for (const addresses of this.#hosts.values()) if (addresses.includes(from)) return true;
    if (!this.#takesRegistrars) return false;
    for (const server of this.services.servers()) if (canonical(server) === from) return true;
    return false;
  }
}

/** Says who may call in, one kind after another. */
function describe(accept: readonly AcceptRule[] | undefined, hosts: readonly string[]): readonly string[] {
  if (accept === undefined)
    return ['the servers of the accounts', ...hosts.map((host) => `${host} (a button calls it)`)];
  return accept.length === 0 ? ['nobody'] : accept.map(describeRule);
}

function describeRule(rule: AcceptRule): string {
  switch (rule.kind) {
    case 'registrar':
      return 'the servers of the accounts';
    case 'network':
      return `${rule.address}/${rule.prefixLength}`;
    case 'host':
      return rule.name;
    case 'credentials':
      return `${rule.username}, with a password`;
  }
}

function hostsOf(uris: readonly string[]): readonly string[] {
  return uris.flatMap((uri) => hostOf(uri) ?? []);
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/**
 * One spelling for each address: an IPv4 address that a dual-stack socket reports as IPv6 (RFC 4291 §2.5.5.2) is itself,
 * a zone is left out, IPv6 is written as RFC 5952 has it.
 */
function canonical(address: string): string {
  const bare = (address.split('%', 1)[0] ?? address).toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIP(bare) !== 6) return bare;
  return new URL(`http://[${bare}]/`).hostname.slice(1, -1);
}
