// Which address a URI stands for: numeric hosts at once, names from a memory that is kept fresh ahead of its use, so
// that a call begins without waiting for a resolver (RFC 3263 §4 without NAPTR and SRV: the names that it would give
// are asked for by the function that is handed in).
// Left out: choosing the transport by NAPTR, the second address when the first does not answer.

import { isIPv6, SocketAddress } from 'node:net';
import type { Clock, Timer } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import { isIpAddress, parseUri } from '../message/index.ts';
import type { Endpoint, Protocol } from '../message/types.ts';

export type LocatedHandler = (located: Result<readonly Endpoint[], string>) => void;

export interface LocatorOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** The addresses of a name; rejects or gives none when there are none. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** Whether what we listen at, or can open, reaches that address. */
  readonly reaches: (target: Pick<Endpoint, 'protocol' | 'address'>) => boolean;
  /** Told when the addresses of a name became known or changed. */
  readonly changed: () => void;
}

interface Entry {
  addresses: readonly string[];
  until: Millis;
  /** Asked for again when its time is over, whether or not anybody wants it. */
  kept: boolean;
  asking: boolean;
  refresh: Timer | undefined;
  readonly waiting: { readonly place: Place; readonly done: LocatedHandler }[];
}

/** What a URI asks for: a host, and how it is spoken to. */
interface Place {
  readonly host: string;
  readonly port: number;
  readonly protocol: Protocol;
  /** The domain that TLS has to prove (RFC 5922 §7.3); undefined for a numeric host, whose address is proved. */
  readonly serverName: string | undefined;
}

/** How long an answer is good for; an older one still serves while a newer is asked for. */
const NAME_LIFE = seconds(60);
/** How soon a name that could not be resolved is asked for again, where it is kept. */
const RETRY_INTERVAL = seconds(5);
const MAXIMUM_NAMES = 256;
const SIP_PORT = 5060;
const SIPS_PORT = 5061;

/** Reads what a URI asks for; the error is a sentence: another scheme, a transport that is not carried. */
export function placeOf(uri: string): Result<Place, string> {
  const parsed = parseUri(uri);
  if (!parsed.ok) return err(`${uri} is not a SIP URI`);
  const { scheme, host, port, parameters } = parsed.value;
  const transport = parameters.get('transport');
  const protocol = protocolOf(scheme, transport);
  if (protocol === undefined) return err(`${uri} asks for ${String(transport)}, which is not carried`);
  const maddr = parameters.get('maddr');
  return ok({
    host: typeof maddr === 'string' ? maddr.toLowerCase() : host,
    port: port ?? (protocol === 'tls' ? SIPS_PORT : SIP_PORT),
    protocol,
    serverName: protocol === 'tls' && !isIpAddress(host) ? host : undefined,
  });
}

/** RFC 3263 §4.1 without NAPTR; `sips` is TLS over TCP, whatever of the two `transport` names (RFC 3261 §26.2.2). */
function protocolOf(scheme: string, transport: string | true | undefined): Protocol | undefined {
  const named = typeof transport === 'string' ? transport.toLowerCase() : undefined;
  if (scheme === 'sips') return named === undefined || named === 'tcp' || named === 'tls' ? 'tls' : undefined;
  if (named === undefined) return 'udp';
  return named === 'udp' || named === 'tcp' || named === 'tls' ? named : undefined;
}

/** Names and their addresses. */
export class Locator {
  readonly #entries = new Map<string, Entry>();
  #closed = false;

  constructor(private readonly options: LocatorOptions) {}

  /** Resolves a URI's host now, and again and again until `close`. */
  keep(uri: string): void {
    const place = placeOf(uri);
    if (!place.ok || isIpAddress(place.value.host)) return;
    const entry = this.#entry(place.value.host);
    entry.kept = true;
    this.#ask(place.value.host, entry);
  }

  /** Finds the addresses of a URI, the best first. `done` is called before this returns where it is known, however old the knowledge. */
  locate(uri: string, done: LocatedHandler): void {
    const place = placeOf(uri);
    if (!place.ok) {
      done(place);
      return;
    }
    const { host } = place.value;
    if (isIpAddress(host)) {
      done(this.#choose(place.value, [host]));
      return;
    }
    const entry = this.#entry(host);
    if (entry.addresses.length > 0) {
      done(this.#choose(place.value, entry.addresses));
      if (this.options.clock.now() < entry.until) return;
    } else {
      entry.waiting.push({ place: place.value, done });
    }
    this.#ask(host, entry);
  }

  /** The network has changed, and perhaps with it what names stand for: those that are kept are asked for at once. */
  refresh(): void {
    for (const [host, entry] of this.#entries) if (entry.kept) this.#ask(host, entry);
  }

  /** The addresses of a URI's host as far as they are known; nothing is asked for. */
  known(uri: string): readonly string[] {
    const place = placeOf(uri);
    if (!place.ok) return [];
    const { host } = place.value;
    return isIpAddress(host) ? [canonical(host)] : (this.#entries.get(host)?.addresses ?? []);
  }

  /** Asks for nothing any more; who waits is not told. */
  close(): void {
    this.#closed = true;
    for (const entry of this.#entries.values()) entry.refresh?.cancel();
    this.#entries.clear();
  }

  #entry(host: string): Entry {
    const known = this.#entries.get(host);
    if (known !== undefined) return known;
    if (this.#entries.size >= MAXIMUM_NAMES) this.#forgetOne();
    const entry: Entry = {
      addresses: [],
      until: millis(0),
      kept: false,
      asking: false,
      refresh: undefined,
      waiting: [],
    };
    this.#entries.set(host, entry);
    return entry;
  }

  #forgetOne(): void {
    for (const [host, entry] of this.#entries) {
      if (entry.kept || entry.asking) continue;
      this.#entries.delete(host);
      return;
    }
  }

  #ask(host: string, entry: Entry): void {
    if (entry.asking || this.#closed) return;
    entry.asking = true;
    entry.refresh?.cancel();
    this.options.resolve(host).then(
      (addresses) => this.#answered(host, entry, addresses.filter(isIpAddress)),
      (thrown: unknown) => {
        this.options.log.debug('locate.failed', { host, reason: describeError(thrown) });
        this.#answered(host, entry, []);
      },
    );
  }

  #answered(host: string, entry: Entry, addresses: readonly string[]): void {
    entry.asking = false;
    if (this.#closed) return;
    const found = addresses.length > 0;
    if (found) {
      const changed = !sameSet(addresses, entry.addresses);
      entry.addresses = stickingTo(entry.addresses[0], addresses);
      entry.until = millis(this.options.clock.now() + NAME_LIFE);
      if (changed) this.options.changed();
    }
    if (entry.kept) {
      entry.refresh = this.options.clock.after(found ? NAME_LIFE : RETRY_INTERVAL, 'name', () =>
        this.#ask(host, entry),
      );
    }
    for (const { place, done } of entry.waiting.splice(0)) this.#tell(done, this.#choose(place, entry.addresses));
  }

  /** Who waited is told from a promise: what it throws would end the service. */
  #tell(tell: LocatedHandler, located: Result<readonly Endpoint[], string>): void {
    try {
      tell(located);
    } catch (thrown) {
      this.options.log.error('locate.user-failed', { reason: describeError(thrown) });
    }
  }

  /** The addresses that can be reached from here. */
  #choose(place: Place, addresses: readonly string[]): Result<readonly Endpoint[], string> {
    const { host, port, protocol, serverName } = place;
    const reached = addresses.filter((address) => this.options.reaches({ protocol, address }));
    const name = serverName === undefined ? {} : { serverName };
    if (reached.length > 0) return ok(reached.map((address) => ({ protocol, address, port, ...name })));
    return err(addresses.length === 0 ? `${host} has no address` : `no socket reaches ${host}`);
  }
}

/**
 * The address in use first, as long as it is among them: servers rotate their answers, and a registration must not
 * wander with each.
 */
function stickingTo(used: string | undefined, addresses: readonly string[]): readonly string[] {
  if (used === undefined || !addresses.includes(used)) return addresses;
  return [used, ...addresses.filter((address) => address !== used)];
}

/** As the system writes it where a datagram came from (RFC 5952): IPv6 can be spelled in many ways. */
function canonical(address: string): string {
  return isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((address) => other.includes(address));
}
