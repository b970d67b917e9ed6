// Which addresses a URI stands for, the best first (RFC 3263): numeric hosts at once, names from a memory that is kept
// fresh ahead of its use, so that a call begins without waiting for a resolver.
//
// What is known stays known: while nobody can tell, the old addresses serve. Only when the DNS says for a while that
// there is nothing any more are they given up.
//
// Left out: §5, where responses go when the way that a request came by is gone. A name in a stranger's Via would make us
// look it up, and send to whom it leads.

import type { Clock, Timer } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { type Millis, millis, minutes, seconds } from '../../base/units.ts';
import type { Endpoint, Protocol } from '../message/types.ts';
import { canonicalAddress, type Family } from './address.ts';
import { AHEAD_SHARE } from './dns/client.ts';
import { Health } from './health.ts';
import type { Names } from './names.ts';
import { findServers, type ServerPlace, type ServiceQuery } from './other-service.ts';
import { type Place, placeOf } from './place.ts';
import { numericServer, type Server } from './procedure.ts';
import { type SearchOutcome, ServerSearch } from './server-search.ts';
import { endpointsOf, Targets } from './targets.ts';
import { urisIn } from './uri-naptr.ts';

export type LocatedHandler = (located: Result<readonly Endpoint[], string>) => void;

export interface LocatorOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly names: Names;
  /** The transports that we have, the preferred first. */
  readonly transports: readonly Protocol[];
  /** Whether what we listen at, or can open, reaches that address. */
  readonly reaches: (target: Pick<Endpoint, 'protocol' | 'address'>) => boolean;
  /** Told when the addresses of a name became known or changed. */
  readonly changed: () => void;
}

interface Entry {
  readonly place: Place;
  targets: Targets | undefined;
  /** Why there are none. */
  reason: string;
  until: Millis;
  /** When targets were last found. */
  found: Millis;
  /** How often in a row something could not be found out. */
  incomplete: number;
  /** Asked for again before its time is over, whether or not anybody wants it. */
  kept: boolean;
  asking: boolean;
  refresh: Timer | undefined;
  readonly waiting: LocatedHandler[];
}

/** A kept name is asked for again no sooner than this. */
const SHORTEST_REFRESH = seconds(1);
/** How soon a kept name is asked for again that could not be resolved. */
const RETRY_INTERVAL = seconds(5);
/**
 * How soon it is asked for again when some questions had no answer, doubled each time up to this: a resolver may come
 * back in a moment, and routers that swallow what they do not know never change.
 */
const LONGEST_INCOMPLETE = seconds(60);
/** How long a name's addresses outlive the DNS's word that there are none: zones break, and are mended. */
const DENIED_LIFE = minutes(10);
const MAXIMUM_NAMES = 256;
/** The families, with an address that stands for any of it. */
const FAMILIES = [
  { family: 'IPv4', address: '0.0.0.0' },
  { family: 'IPv6', address: '::' },
] as const;

/** Names and the servers that they lead to. */
export class Locator {
  readonly #entries = new Map<string, Entry>();
  readonly #health: Health;
  #closed = false;

  constructor(private readonly options: LocatorOptions) {
    this.#health = new Health(options.clock);
  }

  /** Resolves a URI's host now, and again and again until `close`. */
  keep(uri: string): void {
    const place = placeOf(uri, this.options.transports);
    if (!place.ok || place.value.numeric) return;
    const entry = this.#entry(place.value);
    entry.kept = true;
    this.#ask(entry);
  }

  /** Keeps no others than these any longer; what is known of them is forgotten in time. */
  keepOnly(uris: readonly string[]): void {
    const places = uris.map((uri) => placeOf(uri, this.options.transports));
    const keys = new Set(places.flatMap((place) => (place.ok ? [place.value.key] : [])));
    for (const [key, entry] of this.#entries) {
      if (keys.has(key)) continue;
      entry.kept = false;
      entry.refresh?.cancel();
    }
  }

  /** Finds the addresses of a URI, the best first: before this returns where they are known, however old the knowledge. */
  locate(uri: string, done: LocatedHandler): void {
    const place = placeOf(uri, this.options.transports);
    if (!place.ok) {
      done(place);
      return;
    }
    if (place.value.numeric) {
      done(this.#locateNumeric(place.value));
      return;
    }
    const entry = this.#entry(place.value);
    if (entry.targets === undefined) {
      entry.waiting.push(done);
      this.#ask(entry);
      return;
    }
    done(this.#result(entry));
    if (this.options.clock.now() >= entry.until) this.#ask(entry);
  }

  /** The network has changed, and perhaps with it what names stand for: those that are kept are asked for at once. */
  refresh(): void {
    this.#health.forget();
    this.options.names.expire();
    for (const entry of this.#entries.values()) {
      if (entry.kept) this.#ask(entry);
      else entry.until = millis(0);
    }
  }

  /** The addresses of a URI's host as far as they are known, those of every server; nothing is asked for. */
  known(uri: string): readonly string[] {
    const place = placeOf(uri, this.options.transports);
    if (!place.ok) return [];
    const { numeric, target, key } = place.value;
    return numeric ? [canonicalAddress(target)] : (this.#entries.get(key)?.targets?.addresses ?? []);
  }

  /**
   * The addresses of every server that a host name leads to, by whatever transport or port it is called; of none where
   * it is not known.
   */
  async everyAddressOf(host: string): Promise<readonly string[]> {
    const uris = [`sip:${host}`, `sip:${host}:5060`, `sips:${host}`];
    const all = uris.map(
      (uri) =>
        new Promise<readonly string[]>((done) => {
          this.locate(uri, (located) => done(located.ok ? located.value.map(({ address }) => address) : []));
        }),
    );
    return [...new Set((await Promise.all(all)).flat())];
  }

  /** Finds the servers of another service than SIP: see `findServers`. */
  findOthers(query: ServiceQuery, done: (places: readonly ServerPlace[]) => void): void {
    const { names, random } = this.options;
    findServers(query, { names, random, families: this.#families() }, done);
  }

  /** The URIs that a domain has for a service (RFC 4848), the best first. */
  urisOf(domain: string, service: string): Promise<readonly string[]> {
    return new Promise((done) => {
      this.options.names.records(domain, 'NAPTR', false, ({ items }) => done(urisIn(items, service)));
    });
  }

  /** That server has answered: it stays the one in use among its equals. */
  reached(target: Endpoint): void {
    if (this.#health.isPerfect) return;
    this.#health.answered(target);
    for (const { targets } of this.#entries.values()) targets?.prefer(target);
  }

  /**
   * That server did not answer, or cannot serve: others go before it for a while.
   * @param retryAfter for how long it wants to be spared
   */
  missed(target: Endpoint, retryAfter?: Millis): void {
    if (this.#health.failed(target, retryAfter)) {
      this.options.log.info('locate.server-failed', { ...target, retryAfter });
    }
  }

  /** Asks for nothing any more; who waits is not told. */
  close(): void {
    this.#closed = true;
    for (const entry of this.#entries.values()) entry.refresh?.cancel();
    this.#entries.clear();
    this.options.names.close();
  }

  #locateNumeric(place: Place): Result<readonly Endpoint[], string> {
    const server = numericServer(place, this.options.transports);
    if (server === undefined || !this.options.reaches({ protocol: server.protocol, address: place.target })) {
      return err(`no socket reaches ${place.target}`);
    }
    return ok(endpointsOf(server, place.domain));
  }

  #result({ targets, reason }: Entry): Result<readonly Endpoint[], string> {
    return targets === undefined ? err(reason) : ok(targets.inOrder(this.#health));
  }

  #entry(place: Place): Entry {
    const known = this.#entries.get(place.key);
    if (known !== undefined) return known;
    if (this.#entries.size >= MAXIMUM_NAMES) this.#forgetOne();
    const entry: Entry = {
      place,
      targets: undefined,
      reason: '',
      until: millis(0),
      found: millis(0),
      incomplete: 0,
      kept: false,
      asking: false,
      refresh: undefined,
      waiting: [],
    };
    this.#entries.set(place.key, entry);
    return entry;
  }

  #forgetOne(): void {
    for (const [key, entry] of this.#entries) {
      if (entry.kept || entry.asking) continue;
      this.#entries.delete(key);
      return;
    }
  }

  #ask(entry: Entry): void {
    if (entry.asking || this.#closed) return;
    entry.asking = true;
    entry.refresh?.cancel();
    const { names, transports } = this.options;
    const options = { names, families: this.#families(), transports, ahead: entry.kept };
    new ServerSearch(entry.place, options, (outcome) => this.#answered(entry, outcome)).begin();
  }

  /** Those that some socket of ours reaches. */
  #families(): readonly Family[] {
    const { reaches, transports } = this.options;
    const reached = FAMILIES.filter(({ address }) => transports.some((protocol) => reaches({ protocol, address })));
    return reached.map(({ family }) => family);
  }

  #answered(entry: Entry, outcome: SearchOutcome): void {
    entry.asking = false;
    if (this.#closed) return;
    const before = entry.targets;
    this.#learn(entry, outcome);
    if (entry.kept) this.#planRefresh(entry, outcome);
    const known = entry.targets;
    if (known === undefined ? before !== undefined : !known.sameAddresses(before)) this.options.changed();
    for (const tell of entry.waiting.splice(0)) this.#tell(tell, this.#result(entry));
  }

  #learn(entry: Entry, { servers: found, until, failed }: SearchOutcome): void {
    const { clock, log, random } = this.options;
    const { place } = entry;
    const servers = found.ok ? this.#withinReach(found.value, place) : found;
    entry.incomplete = failed && servers.ok ? entry.incomplete + 1 : 0;
    const patience =
      entry.incomplete > 0 ? Math.min(LONGEST_INCOMPLETE, RETRY_INTERVAL * 2 ** (entry.incomplete - 1)) : Infinity;
    entry.until = millis(Math.min(until, clock.now() + patience));
    if (servers.ok) {
      entry.found = clock.now();
      const before = entry.targets;
      entry.targets = Targets.of(servers.value, place.domain, random, before);
      // §7: records that forgers left out look like this. Who insists on TLS writes sips, or transport=tls.
      if (before?.secure === true && !entry.targets.secure) log.warn('locate.no-longer-tls', { target: place.target });
      return;
    }
    log.debug('locate.failed', { target: place.target, reason: servers.error });
    entry.reason = servers.error;
    if (!failed && clock.now() - entry.found > DENIED_LIFE) entry.targets = undefined;
  }

  /** The servers by those of their addresses that a socket reaches. */
  #withinReach(servers: readonly Server[], { target }: Place): Result<readonly Server[], string> {
    const { reaches } = this.options;
    const reached = servers.flatMap((server) => {
      const addresses = server.addresses.filter((address) => reaches({ protocol: server.protocol, address }));
      return addresses.length === 0 ? [] : [{ ...server, addresses }];
    });
    return reached.length > 0 ? ok(reached) : err(`no socket reaches ${target}`);
  }

  #planRefresh(entry: Entry, { servers }: SearchOutcome): void {
    const { clock } = this.options;
    const ahead = Math.max(SHORTEST_REFRESH, (entry.until - clock.now()) * (1 - AHEAD_SHARE));
    const wait = servers.ok ? millis(ahead) : RETRY_INTERVAL;
    entry.refresh = clock.after(wait, 'name', () => this.#ask(entry));
  }

  /** Who waited is told from a socket's or a promise's callback: what it throws would end the service. */
  #tell(tell: LocatedHandler, located: Result<readonly Endpoint[], string>): void {
    try {
      tell(located);
    } catch (thrown) {
      this.options.log.error('locate.user-failed', { reason: describeError(thrown) });
    }
  }
}
