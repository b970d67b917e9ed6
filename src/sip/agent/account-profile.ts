// What follows from an account's configuration, and from what its registrar has granted: who we say we are, by which way
// requests leave, whom we trust to be our server.

import { ok, type Result } from '../../base/result.ts';
import type { DigestClient } from '../auth/index.ts';
import { asSips, isSips, type Routing, routeRequest } from '../dialog/index.ts';
import { placeOf, samePlace, targetOf } from '../locate/index.ts';
import { formatUri, parseTel, parseUri, telToSip } from '../message/index.ts';
import type { NameAddress, Protocol, SipUri } from '../message/types.ts';
import type { LiveFlow } from '../register/index.ts';
import type { Account } from './types.ts';

const SIP_PORT = 5060;
const NO_PARAMETERS = new Map<string, string | true>();

/** An account, read. */
export class AccountProfile {
  readonly from: NameAddress;
  /** Whose bindings: the user of our Contact, the same as long as the account is. */
  readonly contactUser: string | undefined;
  /**
   * Answer challenges; undefined without a password. Two of them: credentials for REGISTER need not go along with every
   * INVITE, on which a proxy would hand them to whoever is called.
   */
  readonly registerDigest: DigestClient | undefined;
  readonly callDigest: DigestClient | undefined;
  /** By group, the best first: URIs without a user, as Request-URIs of REGISTER (RFC 3261 §10.2). */
  readonly registrars: readonly (readonly string[])[];
  /** The proxies to go by, the preferred first. */
  readonly proxies: readonly string[];
  /** Where the account is registered now; undefined while it is not. */
  live: () => LiveFlow | undefined = () => undefined;

  private constructor(
    readonly account: Account,
    private readonly identity: SipUri,
    digest: () => DigestClient | undefined,
  ) {
    this.from = { displayName: account.displayName, uri: account.uri, parameters: NO_PARAMETERS };
    this.contactUser = identity.user;
    this.registerDigest = digest();
    this.callDigest = digest();
    this.registrars = account.registrars ?? [[account.registrar ?? serverOf(identity)]];
    this.proxies = account.outboundProxies ?? (account.outboundProxy === undefined ? [] : [account.outboundProxy]);
  }

  /** Reads an account; the error is a sentence that names what cannot be used. */
  static of(
    account: Account,
    transports: readonly Protocol[],
    digest: (username: string) => DigestClient | undefined,
  ): Result<AccountProfile, string> {
    const identity = parseUri(account.uri);
    if (!identity.ok) return { ok: false, error: `${account.uri} is not a SIP URI` };
    const username = account.username ?? identity.value.user ?? '';
    const profile = new AccountProfile(account, identity.value, () => digest(username));
    for (const uri of [account.uri, ...profile.registrars.flat(), ...profile.proxies]) {
      const place = placeOf(uri, transports);
      if (!place.ok) return place;
    }
    return ok(profile);
  }

  /**
   * The URIs of the account's servers: what they are located at counts as ours. Its registrar names some of them: who
   * serves the account's requests (RFC 3608 §1) serves the account.
   */
  get servers(): readonly string[] {
    return [...this.#named, ...this.#serviceRoute.map(({ uri }) => uri)];
  }

  /** Those that the configuration names. */
  get #named(): readonly string[] {
    const { register, registrar, registrars } = this.account;
    const named = register || registrar !== undefined || registrars !== undefined;
    return [...this.proxies, ...(named ? this.registrars.flat() : [])];
  }

  get #serviceRoute(): readonly NameAddress[] {
    return this.live()?.grant.serviceRoute ?? [];
  }

  /**
   * What answers challenges on the way by `nextHop`: the account's credentials are for its servers. An account without
   * any speaks from peer to peer, and its password is for its peers.
   */
  digestFor(nextHop: string): DigestClient | undefined {
    return this.servers.length === 0 || this.servers.some((server) => sameHost(server, nextHop))
      ? this.callDigest
      : undefined;
  }

  /** Whether the account names the host of a URI as its own, or as one of its servers. */
  names(uri: string): boolean {
    return [this.account.uri, ...this.#named].some((own) => sameHost(own, uri));
  }

  /** Where a REGISTER goes (§10.2, §8.1.2): to a registrar without a user, by way of a proxy where there is one. */
  registerRouting(registrar: string, proxy: string | undefined): Routing {
    const uri = parseUri(registrar);
    return routeRequest(uri.ok ? serverOf(uri.value) : registrar, proxy === undefined ? [] : [looseRoute(proxy)]);
  }

  /**
   * Where a new request to `target` goes: by the outbound proxy and the service route; a target of our own domain to the
   * registrar of the account, which is where the domain's users are known; any other target to its own host.
   */
  routing(target: string): Routing {
    const preloaded = this.#preloadedRoute();
    const routing = routeRequest(target, preloaded);
    if (preloaded.length > 0 || this.servers.length === 0) return routing;
    const uri = parseUri(target);
    const own = uri.ok && uri.value.host === this.identity.host && portOf(uri.value) === portOf(this.identity);
    const nextHop = own ? (this.live()?.registrar ?? this.registrars[0]?.[0]) : undefined;
    if (nextHop === undefined) return routing;
    return { ...routing, nextHop: isSips(target) ? asSips(nextHop) : nextHop };
  }

  /**
   * The SIP URI to send to for `target`: a telephone number is known at our own domain, if anywhere (§19.1.6). Without a
   * server there is nobody who knows its way: the domain would be ourselves.
   */
  sipTarget(target: string): string {
    const tel = parseTel(target);
    return tel.ok && this.servers.length > 0 ? formatUri(telToSip(tel.value, this.identity)) : target;
  }

  /** A request to `target` by way of a proxy that the peer has named (RFC 3261 §21.3.4). */
  routingBy(target: string, proxy: string): Routing {
    return routeRequest(target, [...this.#preloadedRoute(), looseRoute(proxy)]);
  }

  /**
   * RFC 3608 §6.1: the service route behind the way that is configured; by the flow that is alive (RFC 5626 §4.3). A
   * service route that begins with the proxy that we go by would visit it twice.
   */
  #preloadedRoute(): readonly NameAddress[] {
    const proxy = this.live()?.proxy ?? this.proxies[0];
    const [first] = this.#serviceRoute;
    if (proxy === undefined || (first !== undefined && samePlace(first.uri, proxy))) return this.#serviceRoute;
    return [looseRoute(proxy), ...this.#serviceRoute];
  }

  /**
   * Our Contact in a dialog by way of the account's servers.
   * @param local the URI that we have where the request goes
   * @param anonymous whether it may tell who we are (RFC 3323)
   */
  contact(local: string, anonymous = false): string {
    const grant = this.live()?.grant;
    const uri = parseUri(local);
    if (grant === undefined || !uri.ok) return local;
    const gruu = anonymous ? grant.temporaryGruu : grant.publicGruu;
    if (this.account.gruu === true && gruu !== undefined) return gruu;
    // RFC 5626 §4.3: what comes later in the dialog shall come by the same flow.
    const parameters = new Map(uri.value.parameters).set('ob', true);
    return grant.outbound ? formatUri({ ...uri.value, parameters }) : local;
  }
}

/** The server of a URI: without its user, and without what a Request-URI must not have (§10.2, §19.1.1). */
function serverOf(uri: SipUri): string {
  const parameters = new Map(uri.parameters);
  parameters.delete('method');
  return formatUri({ ...uri, user: undefined, password: undefined, parameters, headers: new Map() });
}

/** Whether two URIs name the same server. */
export function sameHost(one: string, other: string): boolean {
  const [first, second] = [targetOf(one), targetOf(other)];
  return first !== undefined && first === second;
}

const portOf = (uri: SipUri): number => uri.port ?? SIP_PORT;

/**
 * The pre-loaded route. A proxy that is configured without `lr` is taken for one that was forgotten: strict routers have
 * been gone for twenty years, and the request would leave with a Request-URI that no proxy of today expects.
 */
export function looseRoute(uri: string): NameAddress {
  const parsed = parseUri(uri);
  if (!parsed.ok || parsed.value.parameters.has('lr'))
    return { displayName: undefined, uri, parameters: NO_PARAMETERS };
  const parameters = new Map(parsed.value.parameters).set('lr', true);
  return { displayName: undefined, uri: formatUri({ ...parsed.value, parameters }), parameters: NO_PARAMETERS };
}
