// RFC 3261 §18: messages to and from sockets and connections. It knows the wire and no transaction. What arrives is read
// in inbound.ts, connections are kept in connections.ts, the places where we listen in listeners.ts. Left out: multicast.

import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { Millis } from '../../base/units.ts';
import { serialize } from '../message/index.ts';
import type { Endpoint, SipMessage, SipRequest, SipResponse, Via } from '../message/types.ts';
import type { Connection } from './connection.ts';
import { Connections } from './connections.ts';
import { Datagrams } from './datagrams.ts';
import type { DropCounts } from './drop-report.ts';
import type { Flow, FlowEvents } from './flow.ts';
import { Flows } from './flows.ts';
import { type Arrival, Inbound } from './inbound.ts';
import { KeptWays } from './kept-ways.ts';
import { isLarge } from './large-requests.ts';
import { Listeners } from './listeners.ts';
import { isWildcard } from './local-addresses.ts';
import type { DatagramNetwork, DatagramSocket, Place, SendFailure, StreamNetwork } from './network.ts';
import { SeenAddresses } from './seen-addresses.ts';
import { SentByMemory } from './sent-by.ts';
import { SocketEndpoint } from './socket-endpoint.ts';
import type { Frame } from './stream-framer.ts';
import { defaultPort, responseAddress } from './via-rules.ts';

/** One message as it went over a socket. */
export interface WireObservation {
  readonly direction: 'in' | 'out';
  /** Monotonic, taken right at the socket. */
  readonly at: Millis;
  readonly message: SipMessage;
  readonly peer: Endpoint;
}

export interface TransportLayerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** UDP. */
  readonly network: DatagramNetwork;
  /** TCP and TLS; left out: there is none. */
  readonly streams?: StreamNetwork;
  /** Gets every well-formed message that is for us. */
  readonly receive: (message: SipMessage, source: Endpoint) => void;
  /**
   * Whether somebody there is spoken with; default: yes. Who sends what cannot be read is told so only then, and its
   * connections stay when there are too many. Scanners get silence.
   */
  readonly mayReply?: (source: Endpoint) => boolean;
  /** Sees every message on the wire, repetitions included. */
  readonly wire?: (observation: WireObservation) => void;
  /** Hears of broken sockets, refused certificates and of what was dropped: now and then, never once a message. */
  readonly fault?: (what: string, mend: string) => void;
}

/** What came and went no further, and the keep-alives that were taken in silence. */
export interface TransportCounters extends DropCounts {
  readonly keepAlive: number;
}

/** The sockets of a user agent. It is what transactions send by. */
export class TransportLayer {
  readonly #listeners: Listeners;
  readonly #datagrams: Datagrams;
  readonly #connections: Connections;
  readonly #flows: Flows;
  readonly #inbound: Inbound;
  readonly #sentBy = new SentByMemory();
  readonly #seen = new SeenAddresses();
  /** Which connection an endpoint's message came by: its response leaves by it (§18.2.2); for sockets see `SocketEndpoint`. */
  readonly #ways = new WeakMap<Endpoint, Connection>();

  constructor(private readonly options: TransportLayerOptions) {
    const { clock, random, log, network, streams } = options;
    const mayReply = (source: Endpoint): boolean => options.mayReply?.(source) !== false;
    const fault = (what: string, mend: string): void => options.fault?.(what, mend);
    this.#inbound = new Inbound({ clock, log, mayReply, fault, isOurs: (via) => this.#sentBy.has(via) });
    this.#datagrams = new Datagrams({
      clock,
      log,
      mayReply,
      fault,
      towards: (target) => this.#listeners.towards(target)?.socket,
      localAddress: ({ address }) => this.#listeners.localAddress(address),
      received: (socket, bytes, source, at) => this.#receiveDatagram(socket, bytes, source, at),
      stunAnswered: (answer, source) => this.#flows.receive(answer, source),
    });
    this.#connections = new Connections({
      clock,
      random,
      log,
      network: streams,
      trusts: mayReply,
      localAddress: (target) => this.#boundAddress(target),
      received: (connection, frame, at) => this.#receiveFrame(connection, frame, at),
      fault,
    });
    this.#flows = new Flows({
      clock,
      random,
      connection: (target) => this.#connections.obtain(target),
      datagramPlace: (target) => this.#datagramPlace(target),
      sendDatagram: (outgoing, target) => this.#datagrams.send(outgoing, target, undefined),
      datagramAnswered: (awaited, source) => this.#datagrams.answered(awaited, source),
    });
    this.#listeners = new Listeners({
      clock,
      datagrams: network,
      streams,
      accept: (protocol, socket) => this.#connections.accept(protocol, socket),
    });
  }

  /** The places where we listen, with the ports that the system gave. */
  get listening(): readonly Endpoint[] {
    return this.#listeners.endpoints;
  }

  get counters(): TransportCounters {
    return { ...this.#inbound.dropped, keepAlive: this.#datagrams.keepAlives };
  }

  /** How many TCP and TLS connections there are. */
  get connections(): { readonly accepted: number; readonly opened: number } {
    return this.#connections.counts;
  }

  /**
   * Listens at each place; at all, or at none of them.
   * @throws (rejects with) DoorphoneError: `port-in-use`, `address-not-available`, `port-not-permitted`,
   * `cannot-listen`, `no-certificate`, `transport-not-supported`
   */
  async listen(places: readonly Endpoint[]): Promise<void> {
    for (const { socket } of await this.#listeners.open(places))
      if (socket !== undefined) this.#datagrams.serve(socket);
  }

  /** Closes everything. Nothing is received afterwards; what is sent fails with `no-socket`. */
  close(): void {
    this.#flows.close();
    this.#datagrams.forgetPeers();
    this.#listeners.close();
    this.#connections.close();
  }

  /**
   * Sends one message, over UDP before it returns; the first send of a message settles its bytes for all later ones.
   * @param failed called at most once, later, whenever it is learnt that the message, or over TCP and TLS the answer to a
   * request, will not arrive: `no-socket`, `connection-timeout`, `closed`, or the system's code (`ECONNREFUSED` …)
   */
  send(message: SipMessage, target: Endpoint, failed: (failure: SendFailure) => void): void {
    message.sentAs ??= serialize(message);
    const outgoing = { bytes: message.sentAs, awaits: awaits(message), failed };
    const at = this.options.clock.now();
    let peer: Endpoint | undefined;
    if (target.protocol !== 'udp') peer = this.#connections.send(outgoing, target, this.#ways.get(target))?.remote;
    else if (this.#datagrams.send(outgoing, target, SocketEndpoint.socketOf(target))) peer = target;
    if (peer !== undefined) this.options.wire?.({ direction: 'out', at, message, peer });
  }

  /**
   * The ways by which a request, to which a Via is still added, goes to `target`: a large one by TCP before UDP, unless
   * TCP was refused a while ago (§18.1.1).
   */
  ways(request: SipRequest, target: Endpoint): readonly Endpoint[] {
    if (target.protocol !== 'udp' || this.options.streams === undefined || !isLarge(request)) return [target];
    const stream: Endpoint = { ...target, protocol: 'tcp' };
    return this.#connections.refuses(stream) ? [target] : [stream, target];
  }

  /** Protocol and sent-by of a request to `target` (§18.1.1). */
  via(target: Endpoint): Pick<Via, 'protocol' | 'host' | 'port'> {
    const { protocol, address } = target;
    const host = this.#listeners.localAddress(address, protocol);
    const port = this.#listeners.towards(target)?.port ?? this.#portTowards(target);
    const via = { protocol, host, port };
    this.#sentBy.remember(via);
    return via;
  }

  /** Where the response to a request goes (§18.2.2, RFC 3581 §4): by the socket or the connection that the request came by. */
  responseTarget(request: SipRequest, source: Endpoint): Endpoint {
    const target = responseAddress(request, source);
    if (target === source) return source;
    const socket = SocketEndpoint.socketOf(source);
    if (socket !== undefined) return new SocketEndpoint(socket, target.address, target.port);
    const connection = this.#ways.get(source);
    if (connection !== undefined) this.#ways.set(target, connection);
    return target;
  }

  /** Whether `target` can be sent to: by a socket that is open, or by a connection that can be opened. */
  reaches({ protocol, address }: Pick<Endpoint, 'protocol' | 'address'>): boolean {
    if (protocol === 'udp') return this.#listeners.towards({ protocol, address, port: 0 }) !== undefined;
    return this.options.streams !== undefined && this.#listeners.reaches(address);
  }

  /** The local address that reaches `target` as the system routes; numeric. */
  localAddress(target: string): string {
    return this.#listeners.localAddress(target);
  }

  /**
   * Begins to keep a way to `target` (RFC 5626): over TCP and TLS the connection that is there, or a new one. It is given
   * back by `close`, or ends by itself; then another is begun by whoever needs one.
   */
  flow(target: Endpoint, events: FlowEvents): Flow {
    return this.#flows.open(target, events);
  }

  /**
   * Keeps the connections that the messages of a dialog come by, however silent, until it is released.
   * @returns `keep` takes the source of each message
   */
  keepWays(): { keep(source: Endpoint): void; release(): void } {
    const kept = new KeptWays(this.options.clock, this.options.random);
    return {
      keep: (source) => {
        const connection = this.#ways.get(source);
        if (connection !== undefined) kept.keep(connection);
      },
      release: () => kept.release(),
    };
  }

  /**
   * Makes ready for requests to `target`, so that the first of them waits for nothing: over UDP a socket of its own, over
   * TCP and TLS a connection.
   */
  prepare(target: Endpoint): void {
    if (target.protocol === 'udp') this.#datagrams.prepare(target);
    else this.#connections.obtain(target);
  }

  /** Where `target` sees us, behind any NAT, by the Via of its latest response (RFC 3581 §4); undefined: it has not said. */
  seenBy(target: Endpoint): Place | undefined {
    return this.#seen.by(target);
  }

  /** A link, a route or an address has changed: what was learnt of our addresses is asked for anew. */
  networkChanged(): void {
    this.#listeners.forgetRoutes();
    this.#seen.forget();
    this.#connections.forgetRefusals();
    this.#connections.leave((address) => this.#isOurs(address));
    this.#datagrams.forgetPeers();
  }

  /** What is sent to an address of one's own comes from there. Without a route, as without a cable, nothing is known. */
  #isOurs(address: string): boolean {
    return (this.options.network.addressTowards(address) ?? address) === address;
  }

  #receiveDatagram(socket: DatagramSocket, bytes: Buffer, source: Endpoint, at: Millis): void {
    this.#inbound.receive(bytes, {
      source,
      at,
      take: (message) => {
        if (message.kind === 'response') this.#settle(message, source);
        this.#handUp(message, source, at);
      },
      reply: (reply, response, request) => {
        const target = responseAddress(request, source);
        socket.send(reply, target.port, target.address, (failure) => this.#replyFailed(failure));
        this.#observeSent(response, target);
      },
    });
  }

  #receiveFrame(connection: Connection, frame: Exclude<Frame, { kind: 'lineEnd' }>, at: Millis): void {
    const source = connection.remote;
    const arrival: Arrival = {
      source,
      at,
      take: (message) => {
        if (message.kind === 'response') this.#settle(message, source, connection);
        else this.#noteAlias(connection, message.topVia);
        this.#ways.set(source, connection);
        this.#handUp(message, source, at);
      },
      reply: (bytes, response) => {
        connection.send({ bytes, awaits: undefined, failed: (failure) => this.#replyFailed(failure) });
        this.#observeSent(response, source);
      },
    };
    if (frame.kind === 'fault') this.#inbound.misframed(frame.fault, frame.head, arrival);
    else if (!this.#inbound.receive(frame.bytes, arrival)) connection.close();
  }

  /** What a response answers needs not be told any more when the way to its sender breaks. */
  #settle({ status, topVia, cseq }: SipResponse, source: Endpoint, connection?: Connection): void {
    const settled = status >= 200 || cseq.method === 'INVITE' ? answerKey(topVia.branch, cseq.method) : undefined;
    if (connection === undefined && settled !== undefined) this.#datagrams.answered(settled, source);
    else if (settled !== undefined) connection?.answered(settled);
    connection?.trust();
    this.#seen.learn(source, topVia);
  }

  /** RFC 5923 §8.2: the port of sent-by, or the default. */
  #noteAlias(connection: Connection, { protocol, port, parameters }: Via): void {
    if (connection.accepted && parameters.has('alias')) connection.alias(port ?? defaultPort(protocol));
  }

  #handUp(message: SipMessage, source: Endpoint, at: Millis): void {
    this.options.wire?.({ direction: 'in', at, message, peer: source });
    this.options.receive(message, source);
  }

  /** Connections come from where we listen, if that is one address: what is behind a firewall may ask for it. */
  #boundAddress(target: Endpoint): string | undefined {
    const listener = this.#listeners.towards(target);
    return listener === undefined || isWildcard(listener.address) ? undefined : listener.address;
  }

  /** Where we do not listen, what comes for us can only come by the connection that we open. */
  #portTowards(target: Endpoint): number | undefined {
    return target.protocol === 'udp' ? undefined : this.#connections.localPort(target);
  }

  #datagramPlace(target: Endpoint): Place | undefined {
    const listener = this.#listeners.towards(target);
    return listener && { address: this.#listeners.localAddress(target.address), port: listener.port };
  }

  #replyFailed({ code }: SendFailure): void {
    this.options.log.debug('transport.reply-not-sent', { code });
  }

  #observeSent(message: SipMessage, peer: Endpoint): void {
    this.options.wire?.({ direction: 'out', at: this.options.clock.now(), message, peer });
  }
}

/** What the answer to a request is known by; undefined for what is not answered. */
function awaits(message: SipMessage): string | undefined {
  if (message.kind === 'response' || message.method === 'ACK') return undefined;
  return answerKey(message.topVia.branch, message.method);
}

const answerKey = (branch: string | undefined, method: string): string => `${branch ?? ''} ${method}`;
