// The user agent: wires sockets, transactions, registrations and sessions to each other, and is what the rest of the
// program sees of SIP. The rules for what comes in are in request-handler.ts, the accounts in account-lines.ts.

import { isPublic } from '../../base/address.ts';
import type { Clock } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import { DoorphoneError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { Secret } from '../../base/secret.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import type { CallerAlgorithm } from '../auth/index.ts';
import { asSips } from '../dialog/index.ts';
import {
  type DialogDetail,
  type EventPackage,
  MESSAGE_SUMMARY_TYPE,
  type Subscription,
  type SubscriptionRecord,
  type WatchedIdentity,
  type WatcherLimits,
} from '../event/index.ts';
import { type Locator, placeOf, type ServerPlace, type ServiceQuery } from '../locate/index.ts';
import { createResponse, formatNameAddress, formatUri, isIpAddress, parseUri } from '../message/index.ts';
import type { Endpoint, Protocol, SipRequest, SipResponse } from '../message/types.ts';
import {
  IncomingSession,
  OutgoingSession,
  type RedirectTarget,
  type RoutedSession,
  type SessionEnvironment,
  type Way,
} from '../session/index.ts';
import type { Session } from '../session/types.ts';
import { defaultTimers, type ServerTransaction, type TimerSettings, TransactionLayer } from '../transaction/index.ts';
import { type DatagramNetwork, type StreamNetwork, TransportLayer } from '../transport/index.ts';
import { AccountLines } from './account-lines.ts';
import type { AccountProfile } from './account-profile.ts';
import { EventHub } from './event-hub.ts';
import { GuardedClock } from './guarded-clock.ts';
import { createLocator, type DnsOptions, protocolsOf } from './locating.ts';
import { createReception } from './reception.ts';
import type { RequestHandler } from './request-handler.ts';
import type { Sender } from './sender.ts';
import { SessionTable } from './session-table.ts';
import { SiblingProxies } from './sibling-proxies.ts';
import type {
  Account,
  Admission,
  AgentEvents,
  EventAgent,
  InviteOptions,
  MessageOptions,
  MessageOutcome,
  PublishOptions,
  PublishOutcome,
  RegistrationState,
  SubscribeOptions,
  UserAgent,
} from './types.ts';
import type { UnaskedHandler, UnaskedPolicy } from './unasked-notifications.ts';

export interface SipAgentOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** UDP. */
  readonly network: DatagramNetwork;
  /** TCP and TLS; left out: there is none. */
  readonly streams?: StreamNetwork;
  /** Where to listen; with port 0 the system chooses. */
  readonly listen: readonly Endpoint[];
  readonly accounts: readonly Account[];
  /** The URN of this device, the same after every start (RFC 5626 §4.1); left out: none is shown, and no flow asked for. */
  readonly instance?: string;
  /** Whether registrars are asked for flows (RFC 5626); default: they are. */
  readonly outbound?: boolean;
  /** Who may call in, and who is answered at all. A refusal of status 0 is silence. */
  readonly admit: Admission;
  /** User name → password of those who may call in from anywhere, as of now; default: nobody. */
  readonly callers?: () => ReadonlyMap<string, Secret>;
  /** By which digests they are asked for it, the first preferred; default: SHA-256, MD5. */
  readonly callerAlgorithms?: () => readonly CallerAlgorithm[];
  /** The system's own lookup: the addresses of a name; rejects where it has none. Never asked for a numeric host. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** How servers are found by DNS (RFC 3263); without it, `resolve` is asked for every name. */
  readonly dns?: DnsOptions;
  /** The session interval that we ask for (RFC 4028); default: none, but one that somebody else asks for is kept. */
  readonly sessionExpires?: Millis | undefined;
  /** Value of User-Agent and Server. */
  readonly userAgent: string;
  /** How much watchers of the event package `dialog` are told; default: every call. */
  readonly dialogDetail?: () => DialogDetail;
  /** Event packages that are notified of beside the door's own (RFC 6665 §4.2), and how many may watch. */
  readonly packages?: readonly EventPackage[];
  readonly watchers?: WatcherLimits;
  /** How many requests may be remembered at once, each for up to 32 s; default: what a door has. */
  readonly maximumServerTransactions?: number;
  /**
   * The refusal of a request outside of any dialog that is too much now. It costs no transaction, so it is to be the same
   * for a repetition (RFC 3261 §8.2.7).
   */
  readonly overload?: (request: SipRequest, source: Endpoint) => SipResponse | undefined;
  /** Default: those of RFC 3261. */
  readonly timers?: TimerSettings;
}

/** How long `stop` waits for answers to BYE, CANCEL and the removal of bindings. */
const STOP_PATIENCE = seconds(2);

/** SIP for one device. */
export class SipAgent implements UserAgent, EventAgent {
  private readonly options: SipAgentOptions;
  readonly #events = new Emitter<AgentEvents>();
  readonly #transport: TransportLayer;
  readonly #transactions: TransactionLayer;
  /** What we speak, the preferred first. */
  readonly #protocols: readonly Protocol[];
  readonly #locator: Locator;
  readonly #sessions: SessionTable;
  readonly #handler: RequestHandler;
  readonly #hub: EventHub;
  readonly #environment: SessionEnvironment;
  readonly #accounts: AccountLines;
  readonly #siblings = new SiblingProxies({
    sets: () => this.#accounts.proxies,
    locate: (uri, done) => this.#locator.locate(uri, done),
    known: (uri) => this.#locator.known(uri),
  });
  readonly #timers: TimerSettings;
  /** The URIs that are called often: those of our user, and each account's servers. */
  readonly #prepared = new Map<Account | 'targets', readonly string[]>();
  #quieted: () => void = nothing;
  #started = false;

  /** @throws DoorphoneError `bad-account` when an account's URIs cannot be used */
  constructor(options: SipAgentOptions) {
    const { random, log, network, streams, maximumServerTransactions } = options;
    const clock = new GuardedClock(options.clock, log);
    this.options = { ...options, clock };
    this.#timers = options.timers ?? defaultTimers;
    this.#sessions = new SessionTable(clock, log, millis(64 * this.#timers.t1));
    this.#transport = new TransportLayer({
      clock,
      random,
      log,
      network,
      ...(streams === undefined ? {} : { streams }),
      receive: (message, source) => this.#transactions.receive(message, source),
      // From cannot be relied on in what cannot be read.
      mayReply: (source) => options.admit({ uri: '', source }) === undefined,
      wire: (record) => this.#events.emit('wire', record),
      fault: (what, mend) => this.#events.emit('fault', what, mend),
    });
    this.#environment = this.#createEnvironment();
    this.#hub = this.#createHub();
    this.#protocols = protocolsOf(options);
    this.#handler = this.#createHandler();
    this.#transactions = new TransactionLayer({
      clock,
      random,
      log,
      transport: this.#transport,
      handler: this.#handler,
      timers: this.#timers,
      ...(maximumServerTransactions === undefined ? {} : { maximumServerTransactions }),
    });
    this.#locator = createLocator(this.options, this.#protocols, {
      reaches: (target) => this.#transport.reaches(target),
      changed: () => this.#serversMoved(),
    });
    this.#accounts = this.#createAccounts();
    this.#hub.onUnasked('message-summary', (told, request) => this.#accounts.waiting(told, request), WAITING_POLICY);
  }

  on<Name extends keyof AgentEvents>(name: Name, listener: (...args: AgentEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  get listening(): readonly Endpoint[] {
    return this.#transport.listening;
  }

  get registrations(): readonly RegistrationState[] {
    return this.#accounts.states;
  }

  get servers(): ReadonlySet<string> {
    return this.#accounts.servers;
  }

  async start(): Promise<void> {
    await this.#transport.listen(this.options.listen);
    this.#started = true;
    this.#accounts.start();
  }

  async stop(): Promise<void> {
    if (!this.#started) return;
    this.#started = false;
    this.#handler.stopping = true;
    this.#sessions.each((session) => session.hangup());
    await this.#quiet();
    this.#accounts.close();
    this.#sessions.close();
    this.#hub.close();
    this.#locator.close();
    this.#transactions.close();
    this.#transport.close();
  }

  /**
   * Finds the addresses of targets, and the ways there, ahead of their use: a call to them begins without waiting. They take
   * the place of those that were given before.
   */
  prepare(uris: readonly string[]): void {
    this.#prepareFor('targets', uris);
  }

  /** A registrar may name another server with each registration: the one before it is looked for no longer. */
  #prepareFor(whose: Account | 'targets', uris: readonly string[]): void {
    this.#prepared.set(whose, uris);
    this.#locator.keepOnly([...this.#prepared.values()].flat());
    for (const uri of uris) {
      this.#locator.keep(uri);
      this.#prepareWay(uri);
    }
  }

  #prepareWay(uri: string): void {
    if (!this.#started) return;
    this.#locator.locate(uri, (located) => {
      const target = located.ok ? located.value[0] : undefined;
      if (target !== undefined && this.#started) this.#transport.prepare(target);
    });
  }

  /** A link, a route or an address has changed: looks for the servers, registers every account and tells every peer at once. */
  networkChanged(): void {
    this.#transport.networkChanged();
    this.#locator.refresh();
    this.#accounts.renew();
    this.#hub.renew();
    this.#sessions.each((session) => session.networkChanged());
  }

  /**
   * @throws DoorphoneError `bad-target` when the target is no SIP URI, or asks for a transport that is not carried;
   * `bad-account` when the account's URIs cannot be used; `stopping` when `stop` was called: such a call would ring on
   * with nobody left to end it
   */
  invite({ target: asked, account, offer, headers = [] }: InviteOptions): Session {
    const target = this.#accounts.profileOf(account).sipTarget(asked);
    const session = new OutgoingSession({
      environment: this.#environment,
      ...this.#sender(target, account),
      target,
      offer,
      headers,
      redirect: (to) => this.#wayTo(to, this.#accounts.profileOf(account)),
      quieted: (over) => this.#forget(over),
    });
    this.#sessions.add(session);
    session.begin();
    this.#hub.watch(session);
    return session;
  }

  /** Where a redirection leads: to whatever host it names; but the account's credentials go to its own servers alone. */
  #wayTo({ uri, proxy }: RedirectTarget, profile: AccountProfile): Way | undefined {
    const routing = proxy === undefined ? profile.routing(uri) : profile.routingBy(uri, proxy);
    if (!placeOf(routing.nextHop, this.#protocols).ok) return undefined;
    return { routing, credentials: this.#accounts.credentials(profile, profile.digestFor(routing.nextHop)) };
  }

  /** @throws DoorphoneError as `invite` does */
  subscribe(options: SubscribeOptions): Subscription {
    return this.#hub.subscribe(options);
  }

  publish(options: PublishOptions): Promise<PublishOutcome> {
    return this.#hub.publishOnce(options);
  }

  message(options: MessageOptions): Promise<MessageOutcome> {
    return this.#hub.message(options);
  }

  onUnasked(name: string, handler: UnaskedHandler, policy?: UnaskedPolicy): () => void {
    return this.#hub.onUnasked(name, handler, policy);
  }

  /**
   * Goes on with a subscription that a watcher had in an earlier life of the process. After `start`.
   * @returns whether it could be taken up: its package is there, and its time is not over
   */
  restoreWatcher(record: SubscriptionRecord): boolean {
    return this.#hub.restore(record);
  }

  #sender(target: string, account: Account): Sender {
    const profile = this.#readyProfile(target, account);
    const { from, contactUser } = profile;
    const routing = profile.routing(target);
    return {
      from,
      contactUser,
      routing,
      credentials: this.#accounts.credentials(profile, profile.digestFor(routing.nextHop)),
    };
  }

  /** The account's profile, where a request to `target` can be sent at all. */
  #readyProfile(target: string, account: Account): AccountProfile {
    if (this.#handler.stopping) throw new DoorphoneError('stopping', 'the service is stopping');
    const place = placeOf(target, this.#protocols);
    if (!place.ok) {
      throw new DoorphoneError('bad-target', place.error, { mend: 'call a target like sip:101@example.com' });
    }
    return this.#accounts.profileOf(account);
  }

  localAddress(target: string): string {
    const candidates = isIpAddress(target) ? [target] : [...this.#knownAddresses(target), ...this.servers];
    return this.#transport.localAddress(candidates[0] ?? DOCUMENTATION_ADDRESS);
  }

  remoteAddress(asked: string, account: Account): string | undefined {
    const profile = this.#accounts.profileOf(account);
    const known = this.#locator.known(profile.routing(profile.sipTarget(asked)).nextHop);
    return known.find((address) => !isPublic(address)) ?? known[0];
  }

  /**
   * The addresses of every server that a host name leads to, by whatever transport or port it is called; of none where
   * it is not known. Nothing is sent to any.
   */
  addressesOf(host: string): Promise<readonly string[]> {
    return this.#locator.everyAddressOf(host);
  }

  /** Finds the servers of another service than SIP, the best first; calls back before this returns where they are known. */
  findServers(query: ServiceQuery, done: (places: readonly ServerPlace[]) => void): void {
    this.#locator.findOthers(query, done);
  }

  /** The URIs that the DNS has for a service of a domain (RFC 4848), the best first. */
  urisOf(domain: string, service: string): Promise<readonly string[]> {
    return this.#locator.urisOf(domain, service);
  }

  /** The addresses that requests to `target` go to; that is also by which way its media will most likely go. */
  #knownAddresses(target: string): readonly string[] {
    const uri = parseUri(target).ok ? target : `sip:${target}`;
    const own = this.#locator.known(uri);
    if (own.length > 0) return own;
    const hops = this.#accounts.profiles.map((profile) => profile.routing(uri).nextHop);
    return hops.flatMap((hop) => this.#locator.known(hop));
  }

  #createHandler(): RequestHandler {
    const { clock, random, log, admit, callers, callerAlgorithms, userAgent, overload } = this.options;
    return createReception({
      clock,
      random,
      log,
      sessions: this.#sessions,
      admit,
      callers,
      callerAlgorithms,
      names: () => this.#accounts.profiles.map(({ contactUser }) => contactUser),
      servers: () => this.servers,
      userAgent,
      speaksTls: this.#protocols.includes('tls'),
      begin: (transaction, authenticatedAs) => this.#receiveInvite(transaction, authenticatedAs),
      refused: (peer, source, why) => this.#events.emit('refused', peer, source, why),
      overload,
      usageOf: (request) => this.#hub.find(request),
      standingOf: (request, source) => this.#hub.standingOf(request, source),
      methods: this.#hub.methods,
    });
  }

  #createHub(): EventHub {
    const { log, admit, dialogDetail = () => 'calls', packages, watchers } = this.options;
    return new EventHub({
      ...(packages === undefined ? {} : { packages }),
      ...(watchers === undefined ? {} : { watchers }),
      log,
      environment: this.#environment,
      identityFor: (transaction) => this.#identityFor(transaction),
      mayGoTo: (address) =>
        this.servers.has(address) || admit({ uri: '', source: { protocol: 'udp', address, port: 0 } }) === undefined,
      dialogDetail,
      sessions: () => this.#sessions.all,
      asked: (referral, from, source) => this.#events.emit('refer', referral, from, source),
      sender: (target, account) => this.#sender(target, account),
      admit,
      isServer: ({ address }) => this.servers.has(address),
      received: (message) => this.#events.emit('message', message),
    });
  }

  #createEnvironment(): SessionEnvironment {
    const { clock, random, log, userAgent, sessionExpires } = this.options;
    const agent = this;
    return {
      clock,
      random,
      log,
      timers: this.#timers,
      sessionExpires: sessionExpires === undefined ? undefined : Math.round(sessionExpires / 1000),
      userAgent,
      request: (request, target, user) => {
        this.#siblings.reroute(request, target);
        return this.#transactions.request(request, target, user);
      },
      sendAck: (ack, target) => {
        this.#siblings.reroute(ack, target);
        const [way = target, ...others] = this.#transport.ways(ack, target);
        return this.#transactions.sendAck(ack, way, others);
      },
      ways: (request, target) => this.#transport.ways(request, target),
      keepWays: () => this.#transport.keepWays(),
      locate: (uri, done) => this.#siblings.locate(uri, done),
      reached: (target) => this.#locator.reached(target),
      missed: (target, retryAfter) => this.#locator.missed(target, retryAfter),
      knownAddresses: (uri) => this.#locator.known(uri),
      contact: (target, user, sips) => this.#dialogContact(target, user, sips),
      texted: (request, source) => this.#hub.texted(request, source),
      get servers() {
        return agent.servers;
      },
    };
  }

  #createAccounts(): AccountLines {
    const { clock, random, log, accounts, userAgent, instance, outbound = true } = this.options;
    return new AccountLines({
      clock,
      random,
      log,
      accounts,
      protocols: this.#protocols,
      locator: this.#locator,
      prepare: (account, servers) => this.#prepareFor(account, servers),
      // Each flow by its own proxy: no other may stand in for it.
      exchange: {
        clock,
        log,
        request: (request, target, user) => this.#transactions.request(request, target, user),
        ways: (request, target) => this.#transport.ways(request, target),
        locate: (uri, done) => this.#locator.locate(uri, done),
        reached: (target) => this.#locator.reached(target),
        missed: (target, retryAfter) => this.#locator.missed(target, retryAfter),
      },
      instance,
      outbound,
      userAgent,
      allowEvents: () => this.#hub.advertised,
      openFlow: (target, failed) => this.#transport.flow(target, { failed: ({ message }) => failed(message) }),
      contact: (target, user) => this.#contactUri(target, user),
      subscribe: (wanted) => this.#hub.subscribe(wanted),
      publish: (account) => this.#hub.publish(account),
      waiting: (account, summary) => this.#events.emit('messagesWaiting', account, summary),
      changed: (state, cause) => this.#events.emit('registration', state, ...(cause === undefined ? [] : [cause])),
    });
  }

  #receiveInvite(transaction: ServerTransaction, authenticatedAs: string | undefined): SipResponse | undefined {
    const replaced = this.#hub.findReplaced(transaction.request);
    if (!replaced.ok) return replaced.error;
    const session = IncomingSession.of({
      environment: this.#environment,
      ...this.#identityFor(transaction),
      transaction,
      authenticatedAs,
      replaces: replaced.value,
      trusted: this.servers.has(transaction.source.address),
      quieted: (over) => this.#forget(over),
    });
    if (!session.ok) return createResponse(transaction.request, 400, { reason: `Bad Request: ${session.error}` });
    this.#sessions.add(session.value);
    this.#hub.watch(session.value, replaced.value);
    this.#events.emit('invite', session.value);
    return undefined;
  }

  /** As whom we answer who asks: credentials only where the account's server asks. */
  #identityFor(transaction: ServerTransaction): WatchedIdentity {
    const profile = this.#accounts.profileOfCall(transaction);
    return {
      credentials: this.#accounts.credentialsFor(profile, transaction),
      contactUser: profile?.contactUser,
    };
  }

  /** Names lead elsewhere now. */
  #serversMoved(): void {
    this.#accounts.serversMoved();
    if (this.#started) for (const uri of [...this.#prepared.values()].flat()) this.#prepareWay(uri);
  }

  /** Where `target` reaches us: by the protocol that we reach it by (RFC 3261 §8.1.1.8, §19.1.1). */
  #contactUri(target: Endpoint, user: string | undefined): string {
    const { protocol, host, port } = this.#transport.via(target);
    return formatUri({
      scheme: 'sip',
      user,
      password: undefined,
      host,
      port,
      parameters: protocol === 'udp' ? NO_PARAMETERS : new Map([['transport', protocol]]),
      headers: NO_HEADERS,
    });
  }

  /** Our Contact in a dialog. Without TLS there is no sips URI that would reach us. */
  #dialogContact(target: Endpoint, user: string | undefined, sips: boolean): string {
    const isSecure = sips && this.#protocols.includes('tls');
    const uri = this.#accounts.dialogContact(isSecure ? { ...target, protocol: 'tls' } : target, user);
    return formatNameAddress({ uri: isSecure ? asSips(uri) : uri });
  }

  #forget(session: RoutedSession): void {
    this.#sessions.remove(session);
    this.#quieted();
  }

  /** Resolves when no session and no binding is left, or when the patience is over. */
  #quiet(): Promise<void> {
    return new Promise((done) => {
      let removing = 2;
      const over = this.options.clock.after(STOP_PATIENCE, 'stop', done);
      this.#quieted = () => {
        if (removing > 0 || this.#sessions.all.length > 0) return;
        over.cancel();
        done();
      };
      const removed = (): void => {
        removing -= 1;
        this.#quieted();
      };
      this.#accounts.stop(removed);
      this.#hub.stop(removed);
    });
  }
}

/** Stands for anywhere, where nothing is known: the default route leads there (RFC 5737). */
const DOCUMENTATION_ADDRESS = '192.0.2.1';

/** Message waiting is the word of an account's server. */
const WAITING_POLICY: UnaskedPolicy = { from: 'servers', types: [MESSAGE_SUMMARY_TYPE] };

const NO_PARAMETERS = new Map<string, string | true>();
const NO_HEADERS = new Map<string, string>();

function nothing(): void {
  return;
}
