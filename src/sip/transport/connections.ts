// All connections: which one a message goes by, when one is opened, and how many there may be (RFC 3261 §18, RFC 5923).

import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import { type Millis, millis, minutes, seconds } from '../../base/units.ts';
import { hostsEqual } from '../message/index.ts';
import type { Endpoint } from '../message/types.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import { FaultMemory } from './fault-memory.ts';
import type { SendFailure, StreamEvents, StreamNetwork, StreamSocket } from './network.ts';
import type { Outgoing } from './outbox.ts';
import { PlannedPorts } from './planned-ports.ts';
import { formatEndpoint } from './socket-errors.ts';
import type { Frame } from './stream-framer.ts';

export interface ConnectionsOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined: there is no TCP here. */
  readonly network: StreamNetwork | undefined;
  /** The local address that connections to `target` come from; undefined: as the system routes. */
  readonly localAddress: (target: Endpoint) => string | undefined;
  readonly random: Random;
  /** Whether somebody whom we speak with is there. */
  readonly trusts: (source: Endpoint) => boolean;
  readonly received: (connection: Connection, frame: Exclude<Frame, { kind: 'lineEnd' }>, at: Millis) => void;
  /** A fault that a person can mend: a certificate that is refused. Once in a while for each endpoint. */
  readonly fault: (what: string, mend: string) => void;
}

/** Accepted connections: of all peers together, and of one address. */
const MAXIMUM_ACCEPTED = 64;
const MAXIMUM_OF_ONE = 16;
/** Connections that we opened. */
const MAXIMUM_OPENED = 64;
/** How long somebody who takes no connections is asked for none that can be done without. */
const REFUSAL_LIFE = minutes(10);
const MAXIMUM_REFUSING = 64;
/** Lines in the log about connections that found no room: so many at once, then one each interval. */
const REFUSAL_LINES = 5;
const REFUSAL_INTERVAL = seconds(10);

/** The connections of a user agent. */
export class Connections implements ConnectionOwner {
  readonly clock: Clock;
  readonly #connections = new Set<Connection>();
  readonly #refusals: TokenBucket;
  readonly #faults: FaultMemory;
  readonly #ports: PlannedPorts;
  /** Who has refused connections, and until when that counts. */
  readonly #refusing = new Map<string, Millis>();
  #closed = false;

  constructor(private readonly options: ConnectionsOptions) {
    this.clock = options.clock;
    this.#refusals = new TokenBucket(options.clock, REFUSAL_LINES, REFUSAL_INTERVAL);
    this.#faults = new FaultMemory(options.clock);
    this.#ports = new PlannedPorts(options.random);
  }

  /** How many there are. */
  get counts(): { readonly accepted: number; readonly opened: number } {
    const accepted = [...this.#connections].filter((connection) => connection.accepted).length;
    return { accepted, opened: this.#connections.size - accepted };
  }

  /** Takes a connection that somebody has opened to us. */
  accept(protocol: 'tcp' | 'tls', socket: StreamSocket): StreamEvents {
    const connection = new Connection(this, { protocol, ...socket.remote }, true);
    if (this.options.trusts(connection.remote)) connection.trust();
    connection.attach(socket);
    if (this.#closed || !this.#makesRoomFor(connection)) connection.close();
    else this.#connections.add(connection);
    return connection;
  }

  /**
   * Sends by `way` while it lasts, else by a connection to `target` that is there, else by a new one. What is lost with a
   * connection that was there before, and that may have been dead for long, goes by a new one once (RFC 5923 §8.1).
   */
  send(outgoing: Outgoing, target: Endpoint, way: Connection | undefined): Connection | undefined {
    const known = way?.usable === true ? way : this.find(target);
    const connection = known ?? this.#open(target);
    if (connection === undefined) {
      this.clock.after(NOW, 'transport failure', () => outgoing.failed(noSocket(target)));
      return undefined;
    }
    const old = known?.open === true;
    connection.send({
      ...outgoing,
      failed: (failure) => {
        if (!this.#closed && (old || isPortTaken(failure))) this.#sendAnew(outgoing, target);
        else outgoing.failed(failure);
      },
    });
    return connection;
  }

  /** The connection to `target`, opened if it must be; undefined where there is no TCP. */
  obtain(target: Endpoint): Connection | undefined {
    return this.find(target) ?? this.#open(target);
  }

  /** The port that a connection to `target` comes from; settled here for one that is still to be opened. */
  localPort(target: Endpoint): number {
    return this.find(target)?.localPort ?? this.#ports.plan(target);
  }

  /** Whether no connection to `target` could be had, a while ago at most. */
  refuses(target: Endpoint): boolean {
    const until = this.#refusing.get(keyOf(target));
    return until !== undefined && this.clock.now() < until;
  }

  /** The network is another one: who refused connections there may take them now. */
  forgetRefusals(): void {
    this.#refusing.clear();
  }

  /** The connection that requests to `target` go by, if it is there. */
  find(target: Endpoint): Connection | undefined {
    for (const connection of this.#connections) if (leadsTo(connection, target)) return connection;
    return undefined;
  }

  /** Ends those that begin at an address which is not ours any more: what is sent by them arrives nowhere. */
  leave(isOurs: (address: string) => boolean): void {
    for (const connection of [...this.#connections]) {
      const { local } = connection;
      if (local === undefined || isOurs(local.address)) continue;
      connection.cut({ code: 'address-gone', message: `${local.address} is not our address any more` });
    }
  }

  /** Ends all of them; none is opened or accepted afterwards. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#connections) connection.cut();
  }

  pinged(connection: Connection): boolean {
    return this.options.trusts(connection.remote);
  }

  received(connection: Connection, frame: Exclude<Frame, { kind: 'lineEnd' }>, at: Millis): void {
    this.options.received(connection, frame, at);
  }

  opened({ remote }: Connection): void {
    this.#refusing.delete(keyOf(remote));
  }

  ended(connection: Connection, { code, message, mend }: SendFailure, wasOpen: boolean): void {
    this.#connections.delete(connection);
    if (!wasOpen && !connection.accepted) this.#noteRefusal(connection.remote);
    this.options.log.debug('transport.connection-over', { peer: formatEndpoint(connection.remote), code, message });
    if (mend !== undefined && this.#faults.isNew(message)) this.options.fault(message, mend);
  }

  #noteRefusal(target: Endpoint): void {
    const key = keyOf(target);
    this.#refusing.delete(key);
    for (const oldest of this.#refusing.keys()) {
      if (this.#refusing.size < MAXIMUM_REFUSING) break;
      this.#refusing.delete(oldest);
    }
    this.#refusing.set(key, millis(this.clock.now() + REFUSAL_LIFE));
  }

  #sendAnew(outgoing: Outgoing, target: Endpoint): void {
    const connection = this.#open(target);
    if (connection === undefined) outgoing.failed(noSocket(target));
    else connection.send(outgoing);
  }

  #open(target: Endpoint): Connection | undefined {
    const { network, localAddress } = this.options;
    if (network === undefined || this.#closed || target.protocol === 'udp') return undefined;
    const port = this.#ports.take(target);
    const connection = new Connection(this, target, false, port);
    this.#makesRoomFor(connection);
    this.#connections.add(connection);
    connection.attach(network.connect(target, { address: localAddress(target), port }, connection));
    return connection;
  }

  /**
   * Closes the one that is missed least: of strangers before others, and the one that has been silent the longest.
   * @returns false where a stranger would push out somebody whom we speak with
   */
  #makesRoomFor(coming: Connection): boolean {
    const all = [...this.#connections].filter(({ accepted }) => accepted === coming.accepted);
    const ofOne = all.filter(({ remote }) => remote.address === coming.remote.address);
    const crowded = coming.accepted && ofOne.length >= MAXIMUM_OF_ONE ? ofOne : undefined;
    const candidates = crowded ?? (all.length >= (coming.accepted ? MAXIMUM_ACCEPTED : MAXIMUM_OPENED) ? all : []);
    const [leaving] = candidates.toSorted(
      (one, other) =>
        Number(one.trusted) - Number(other.trusted) ||
        Number(one.busy) - Number(other.busy) ||
        one.lastActive - other.lastActive,
    );
    if (leaving === undefined) return true;
    const stays = leaving.trusted && !coming.trusted;
    if (this.#refusals.take()) {
      const closed = formatEndpoint((stays ? coming : leaving).remote);
      this.options.log.warn('transport.too-many-connections', { closed, for: formatEndpoint(coming.remote) });
    }
    if (!stays) leaving.close();
    return !stays;
  }
}

const NOW = seconds(0);
const keyOf = ({ protocol, address, port, serverName }: Endpoint): string =>
  `${protocol} ${address} ${port} ${serverName ?? ''}`;

/**
 * Whether a request to `target` may go by a connection. One that was accepted leads to the very endpoint that it came
 * from (§18), or that its certified other end has given as its own (`alias`, RFC 5923 §8.2).
 */
function leadsTo(connection: Connection, target: Endpoint): boolean {
  const { remote, aliasPort } = connection;
  if (!connection.usable || remote.protocol !== target.protocol) return false;
  if (remote.port !== target.port && aliasPort !== target.port) return false;
  if (!hostsEqual(remote.address, target.address)) return false;
  return target.protocol !== 'tls' || (proves(connection, target) && connection.satisfies(target));
}

/**
 * Over TLS: whether the other end is who is wanted (RFC 5923 §8.1, §8.2). A target without a name is whoever is at that
 * address: Contact and Record-Route are often numeric, and their certificates are not.
 */
function proves({ remote, accepted, identities }: Connection, { serverName }: Endpoint): boolean {
  if (serverName === undefined) return true;
  if (!accepted && remote.serverName !== undefined && hostsEqual(remote.serverName, serverName)) return true;
  return identities.some((identity) => hostsEqual(identity, serverName));
}

/** The port that was planned belongs to somebody else by now. */
const isPortTaken = ({ code }: SendFailure): boolean => code === 'EADDRINUSE';

const noSocket = (target: Endpoint): SendFailure => ({
  code: 'no-socket',
  message: `no ${target.protocol} socket reaches ${target.address}`,
});
