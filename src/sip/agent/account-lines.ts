// The accounts at work: each with its profile, its registration and the addresses of its servers. What an account's
// configuration means is in account-profile.ts; here is what has become of it.

import type { Clock } from '../../base/clock.ts';
import { DoorphoneError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { DigestClient } from '../auth/index.ts';
import { asSips, isSips } from '../dialog/index.ts';
import type { MessageSummary, Notification, Subscription } from '../event/index.ts';
import type { CallCredentials, ExchangeEnvironment } from '../exchange/index.ts';
import type { Locator } from '../locate/index.ts';
import { parseUri } from '../message/index.ts';
import type { Endpoint, Protocol, SipRequest } from '../message/types.ts';
import { type OpenFlow, Registration, type RegistrationReport } from '../register/index.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import { AccountProfile } from './account-profile.ts';
import { AccountSubscriptions } from './account-subscriptions.ts';
import type { SiblingProxy } from './sibling-proxies.ts';
import type { Account, RegistrationState, SubscribeOptions } from './types.ts';

export interface AccountLinesOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly accounts: readonly Account[];
  /** What we speak, the preferred first. */
  readonly protocols: readonly Protocol[];
  readonly locator: Locator;
  /** Finds servers, and the ways there, ahead of their use. */
  readonly prepare: (account: Account, servers: readonly string[]) => void;
  /** How REGISTER is sent. */
  readonly exchange: ExchangeEnvironment;
  readonly instance: string | undefined;
  readonly outbound: boolean;
  readonly userAgent: string;
  /** Event packages that are taken unasked. */
  readonly allowEvents: () => readonly string[];
  readonly openFlow: OpenFlow;
  /** The URI of a user of ours, as seen from an address. */
  readonly contact: (target: Endpoint, user: string | undefined) => string;
  readonly subscribe: (options: SubscribeOptions) => Subscription;
  /** Tells the account's server of its calls. */
  readonly publish: (account: Account) => void;
  /** Told of messages that wait for an account. */
  readonly waiting: (account: Account, summary: MessageSummary) => void;
  /** Told on every change of a registration. */
  readonly changed: (state: RegistrationState, cause: string | undefined) => void;
}

/** An account with what runs for it. */
interface Line {
  readonly profile: AccountProfile;
  readonly registration: Registration | undefined;
  /** What it watches at its server. */
  readonly subscriptions: AccountSubscriptions | undefined;
}

/** The accounts of a user agent. */
export class AccountLines {
  readonly #lines: readonly Line[];
  #servers: ReadonlySet<string> = new Set();
  #running = false;

  /** @throws DoorphoneError `bad-account` when an account's URIs cannot be used */
  constructor(private readonly options: AccountLinesOptions) {
    this.#lines = options.accounts.map((account) => this.#createLine(account));
    this.#locateServers();
  }

  get profiles(): readonly AccountProfile[] {
    return this.#lines.map(({ profile }) => profile);
  }

  get states(): readonly RegistrationState[] {
    return this.#lines.map(({ profile, registration }) => stateOf(profile.account, registration?.state));
  }

  /** The addresses of all servers. */
  get servers(): ReadonlySet<string> {
    return this.#servers;
  }

  /** The proxies of each account that has several, for those who need one that is alive. */
  get proxies(): readonly (readonly SiblingProxy[])[] {
    return this.#lines.length === 0 ? [] : this.#lines.flatMap(proxiesOf);
  }

  /** Looks for the servers and begins to register. */
  start(): void {
    this.#running = true;
    for (const { profile, registration } of this.#lines) {
      this.options.prepare(profile.account, profile.servers);
      registration?.start();
    }
  }

  /** Registers every account at once: the network has changed. */
  renew(): void {
    for (const { registration } of this.#lines) registration?.renew();
  }

  /** Removes the bindings. @param done called once, when the last answer is there, or can come no more */
  stop(done: () => void): void {
    this.#running = false;
    const registrations = this.#lines.flatMap(({ registration }) => registration ?? []);
    let left = registrations.length;
    if (left === 0) done();
    for (const registration of registrations) {
      registration.stop(() => {
        left -= 1;
        if (left === 0) done();
      });
    }
  }

  /** Ends without another word. */
  close(): void {
    for (const { registration } of this.#lines) registration?.close();
  }

  /** @throws DoorphoneError `bad-account` when the account is none of ours and its URIs cannot be used */
  profileOf(account: Account): AccountProfile {
    return this.profiles.find((profile) => profile.account.uri === account.uri) ?? this.#read(account);
  }

  /** The account that a call came in on: the one that is named in its Request-URI, else the first whose server sent it. */
  profileOfCall({ request, source }: ServerTransaction): AccountProfile | undefined {
    const uri = parseUri(request.requestUri);
    const named = this.profiles.find((profile) => uri.ok && profile.contactUser === uri.value.user);
    return named ?? this.profiles.find((profile) => this.#isServerOf(profile, source.address)) ?? this.profiles[0];
  }

  /**
   * A server tells an account of waiting messages, which has not subscribed to them: the one that it names, else its only
   * one. @returns the status of the answer
   */
  waiting({ source, body }: Notification, { requestUri, to }: SipRequest): number {
    const served = this.#lines.filter(({ profile }) => this.#isServerOf(profile, source.address));
    const names = (uri: string, { profile }: Line): boolean => {
      const parsed = parseUri(uri);
      return parsed.ok && parsed.value.user === profile.contactUser;
    };
    const named = [requestUri, to.uri].flatMap((uri) => served.find((line) => names(uri, line)) ?? [])[0];
    const subscriptions = (named ?? (served.length === 1 ? served[0] : undefined))?.subscriptions;
    if (subscriptions === undefined) return 481;
    return subscriptions.unasked(body?.data);
  }

  /** For who answers a call: credentials only where the account's server has sent it. */
  credentialsFor(profile: AccountProfile | undefined, { source }: ServerTransaction): CallCredentials | undefined {
    if (profile === undefined || !this.#isServerOf(profile, source.address)) return undefined;
    return this.credentials(profile, profile.callDigest);
  }

  /** For the account's servers, and not for whoever is called or calls; see `AccountProfile.digestFor`. */
  credentials(profile: AccountProfile, digest: DigestClient | undefined): CallCredentials | undefined {
    if (digest === undefined) return undefined;
    return { digest, mayGoTo: (address) => profile.servers.length === 0 || this.#isServerOf(profile, address) };
  }

  /** Our Contact in a dialog: as the account's registrar would have it, where its servers are on the way. */
  dialogContact(target: Endpoint, user: string | undefined): string {
    const local = this.options.contact(target, user);
    const profile = this.profiles.find((one) => one.contactUser === user && this.#isServerOf(one, target.address));
    return profile?.contact(local) ?? local;
  }

  /** Names lead elsewhere now: a server that could not be reached may be reached where it is. */
  serversMoved(): void {
    this.#locateServers();
    if (!this.#running) return;
    for (const { registration } of this.#lines) if (registration?.state.registered === false) registration.renew();
  }

  #isServerOf(profile: AccountProfile, address: string): boolean {
    return this.#addressesOf(profile).includes(address);
  }

  #addressesOf(profile: AccountProfile): readonly string[] {
    return profile.servers.flatMap((uri) => this.options.locator.known(uri));
  }

  #locateServers(): void {
    this.#servers = new Set(this.profiles.flatMap((profile) => this.#addressesOf(profile)));
  }

  #createLine(account: Account): Line {
    const profile = this.#read(account);
    if (!account.register) return { profile, registration: undefined, subscriptions: undefined };
    const { clock, random, log, exchange, instance, outbound, userAgent, allowEvents, openFlow, contact } =
      this.options;
    const registration = new Registration({
      clock,
      random,
      log,
      exchange,
      identity: profile.from,
      registrars: profile.registrars,
      proxies: profile.proxies,
      expires: account.expires,
      instance,
      preference: account.preference,
      outbound,
      digest: profile.registerDigest,
      userAgent,
      allowEvents,
      openFlow,
      contact: (target) => registeredContact(account, target, contact(target, profile.contactUser)),
      names: (uri) => profile.names(uri),
      route: (registrar, proxy) => profile.registerRouting(registrar, proxy),
      changed: (report, cause) => this.#changed(profile, report, cause),
      rerouted: () => this.#lookForServers(profile),
    });
    profile.live = () => registration.live;
    const subscriptions = new AccountSubscriptions({
      clock,
      log,
      account,
      subscribe: this.options.subscribe,
      contacts: () => registration.contacts,
      renew: () => registration.renew(),
      waiting: (summary) => this.options.waiting(account, summary),
      publish: () => this.options.publish(account),
    });
    return { profile, registration, subscriptions };
  }

  /** The servers that a registrar names are ours as long as we are registered. */
  #lookForServers(profile: AccountProfile): void {
    this.options.prepare(profile.account, profile.servers);
    this.#locateServers();
  }

  #changed(profile: AccountProfile, report: RegistrationReport, cause: string | undefined): void {
    const { registered, reason, status, registrar } = report;
    this.#lookForServers(profile);
    const fields = { account: profile.account.uri, registrar, registered, reason: reason ?? cause ?? null, status };
    if (registered || !this.#running) this.options.log.info('sip.registration', fields);
    else this.options.log.warn('sip.registration', fields);
    if (registered && this.#running) this.#lines.find((line) => line.profile === profile)?.subscriptions?.begin();
    this.options.changed(stateOf(profile.account, report), cause);
  }

  #read(account: Account): AccountProfile {
    const { random, protocols } = this.options;
    const { password, credentials = [] } = account;
    const byRealm = new Map(credentials.map(({ realm, ...own }) => [realm, own]));
    const profile = AccountProfile.of(account, protocols, (username) =>
      password === undefined && byRealm.size === 0
        ? undefined
        : new DigestClient({ random, credentials: password && { username, password }, byRealm }),
    );
    if (profile.ok) return profile.value;
    throw new DoorphoneError('bad-account', profile.error, { mend: 'correct the account in the configuration' });
  }
}

function proxiesOf({ profile, registration }: Line): readonly (readonly SiblingProxy[])[] {
  const { proxies } = profile;
  if (proxies.length < 2) return [];
  const flows = registration?.state.flows ?? [];
  return [proxies.map((uri) => ({ uri, live: flows.some((flow) => flow.registered && flow.proxy === uri) }))];
}

function stateOf(account: Account, report: RegistrationReport | undefined): RegistrationState {
  if (report === undefined) return { account, registered: false, reason: null };
  const { registered, reason, status, ...details } = report;
  return { account, registered, reason, ...(status === undefined ? {} : { status }), details };
}

/**
 * What is bound to an account. A sips Contact has us reached by sips as well as by sip; with it From and To have to be sips
 * (RFC 5630 §5.1.1.1): it is for the accounts that are.
 */
function registeredContact({ uri }: Account, { protocol }: Endpoint, contact: string): string {
  return isSips(uri) && protocol === 'tls' ? asSips(contact) : contact;
}
