// RFC 3261 §18 over UDP: messages to and from sockets, the topmost Via, what is dropped and how that is told. It knows
// the wire and no transaction. Left out: TCP and TLS, and with them the change of transport for large requests
// (§18.1.1), multicast, and ICMP errors.

import type { Clock } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import { createResponse, type ParseFailure, parseMessage, serialize } from '../message/index.ts';
import type { Endpoint, SipMessage, SipRequest, Via } from '../message/types.ts';
import { type DropCounts, type DropReason, DropReport } from './drop-report.ts';
import { Listeners } from './listeners.ts';
import type { DatagramNetwork, DatagramSocket, SendFailure } from './network.ts';
import { TokenBucket } from './token-bucket.ts';
import { defaultPort, markArrival, responseAddress } from './via-rules.ts';

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
  readonly log: Log;
  readonly network: DatagramNetwork;
  /** Gets every well-formed message that is for us. */
  readonly receive: (message: SipMessage, source: Endpoint) => void;
  /** Whether who sends what cannot be read may be told so; default: yes. Scanners get silence. */
  readonly mayReply?: (source: Endpoint) => boolean;
  /** Sees every message on the wire, repetitions included. */
  readonly wire?: (observation: WireObservation) => void;
  /** Hears of broken sockets and of what was dropped: now and then, never once a datagram. */
  readonly fault?: (what: string, mend: string) => void;
}

/** What came and went no further, and the keep-alives that were taken in silence. */
export interface TransportCounters extends DropCounts {
  readonly keepAlive: number;
}

/** Replies to malformed requests: this many at once, then one a second. */
const REPLY_BURST = 5;
const REPLY_INTERVAL = seconds(1);
/** Lines in the log about messages that a user of this layer failed at: so many at once, then one each interval. */
const FAILURE_LINES = 5;
const FAILURE_LINES_INTERVAL = seconds(10);
/** More than one machine has addresses and ports to listen on; the oldest is forgotten. */
const MAXIMUM_SENT_BY = 64;

const CR = 0x0d;
const LF = 0x0a;

/** The sockets of a user agent. It is what transactions send by. */
export class TransportLayer {
  readonly #listeners: Listeners;
  readonly #drops: DropReport;
  readonly #replies: TokenBucket;
  readonly #failureLines: TokenBucket;
  /** Which socket an endpoint's message came by: its response leaves from there (RFC 3581 §4). */
  readonly #flows = new WeakMap<Endpoint, DatagramSocket>();
  /** A repetition goes out byte by byte as the first time, and costs no second serialisation. */
  readonly #serialized = new WeakMap<SipMessage, Buffer>();
  /** What this layer has written as sent-by (§18.1.2). */
  readonly #sentBy = new Set<string>();
  #keepAlives = 0;

  constructor(private readonly options: TransportLayerOptions) {
    this.#listeners = new Listeners(options.clock, options.network);
    this.#drops = new DropReport(options.clock, (dropped, latest, from) => this.#reportDrops(dropped, latest, from));
    this.#replies = new TokenBucket(options.clock, REPLY_BURST, REPLY_INTERVAL);
    this.#failureLines = new TokenBucket(options.clock, FAILURE_LINES, FAILURE_LINES_INTERVAL);
  }

  /** The sockets in use, with the ports that the system gave. */
  get listening(): readonly Endpoint[] {
    return this.#listeners.endpoints;
  }

  get counters(): TransportCounters {
    return { ...this.#drops.counts, keepAlive: this.#keepAlives };
  }

  /**
   * Opens a socket for each place; all, or none of them.
   * @throws (rejects with) DoorphoneError: `port-in-use`, `address-not-available`, `port-not-permitted`,
   * `cannot-listen`, `transport-not-supported`
   */
  async listen(places: readonly Endpoint[]): Promise<void> {
    for (const socket of await this.#listeners.open(places)) {
      socket.onMessage((bytes, address, port) => {
        const at = this.options.clock.now();
        this.#receive(socket, bytes, { protocol: 'udp', address, port }, at);
      });
      socket.onError(({ code, message }) => {
        this.options.log.error('transport.socket-failed', { port: socket.port, code, message });
        this.options.fault?.(`the SIP socket on port ${socket.port} failed: ${message}`, 'restart the service');
      });
    }
  }

  /** Closes the sockets. Nothing is received afterwards; what is sent fails with `no-socket`. */
  close(): void {
    this.#listeners.close();
  }

  /**
   * Sends one message before it returns; the first send of a message settles its bytes for all later ones.
   * @param failed called at most once, later: `no-socket`, or the system's code (`EHOSTUNREACH`, `EMSGSIZE` …)
   */
  send(message: SipMessage, target: Endpoint, failed: (failure: SendFailure) => void): void {
    const socket = this.#flows.get(target) ?? this.#listeners.towards(target);
    if (socket === undefined) {
      const failure = { code: 'no-socket', message: `no ${target.protocol} socket reaches ${target.address}` };
      this.options.clock.after(millis(0), 'transport failure', () => failed(failure));
      return;
    }
    let bytes = this.#serialized.get(message);
    if (bytes === undefined) {
      bytes = serialize(message);
      this.#serialized.set(message, bytes);
    }
    const at = this.options.clock.now();
    socket.send(bytes, target.port, target.address, failed);
    this.options.wire?.({ direction: 'out', at, message, peer: target });
  }

  /** Protocol and sent-by of a request to `target` (§18.1.1). */
  via(target: Endpoint): Pick<Via, 'protocol' | 'host' | 'port'> {
    const host = this.localAddress(target.address);
    const port = this.#listeners.towards(target)?.port;
    this.#rememberSentBy(sentBy(host, port ?? defaultPort(target.protocol)));
    return { protocol: target.protocol, host, port };
  }

  /** Where the response to a request goes (§18.2.2, RFC 3581 §4). It leaves by the socket that the request came by. */
  responseTarget(request: SipRequest, source: Endpoint): Endpoint {
    const target = responseAddress(request, source);
    const socket = this.#flows.get(source);
    if (socket !== undefined) this.#flows.set(target, socket);
    return target;
  }

  /** The local address that reaches `target` as the system routes; numeric. */
  localAddress(target: string): string {
    return this.#listeners.localAddress(target);
  }

  /** A link, a route or an address has changed: what was learnt of local addresses is asked for anew. */
  networkChanged(): void {
    this.#listeners.forgetRoutes();
  }

  #receive(socket: DatagramSocket, bytes: Buffer, source: Endpoint, at: Millis): void {
    if (isKeepAlive(bytes)) {
      this.#keepAlives += 1;
      return;
    }
    const parsed = parseMessage(bytes);
    if (!parsed.ok) {
      this.#drops.count(dropReason(parsed.error), source.address);
      this.#replyToMalformed(socket, bytes, parsed.error, source);
      return;
    }
    const message = parsed.value;
    const acceptable = message.kind === 'request' ? markArrival(message, source) : this.#isOurs(message.topVia);
    if (!acceptable) {
      this.#drops.count('badVia', source.address);
      return;
    }
    this.#flows.set(source, socket);
    this.#handUp(message, source, at);
  }

  /** A message must not be able to end the service, whatever a user makes of it. */
  #handUp(message: SipMessage, source: Endpoint, at: Millis): void {
    try {
      this.options.wire?.({ direction: 'in', at, message, peer: source });
      this.options.receive(message, source);
    } catch (thrown) {
      if (!this.#failureLines.take()) return;
      const what = message.kind === 'request' ? message.method : `${message.status} to ${message.cseq.method}`;
      this.options.log.error('transport.handler-failed', { what, reason: describeError(thrown) });
    }
  }

  #isOurs(via: Via): boolean {
    return this.#sentBy.has(sentBy(via.host, via.port ?? defaultPort(via.protocol)));
  }

  #rememberSentBy(place: string): void {
    if (this.#sentBy.has(place)) return;
    this.#sentBy.add(place);
    if (this.#sentBy.size <= MAXIMUM_SENT_BY) return;
    for (const oldest of this.#sentBy) {
      this.#sentBy.delete(oldest);
      return;
    }
  }

  /** A 400, or a 505, where enough could be read to answer (§21.4.1, §21.5.6); seldom, and never more bytes than came. */
  #replyToMalformed(socket: DatagramSocket, bytes: Buffer, failure: ParseFailure, source: Endpoint): void {
    const request = failure.reply;
    if (request === undefined || request.method === 'ACK' || !markArrival(request, source)) return;
    const response = createResponse(request, failure.code === 'version' ? 505 : 400);
    const reply = serialize(response);
    if (reply.length > bytes.length || this.options.mayReply?.(source) === false || !this.#replies.take()) return;
    const target = responseAddress(request, source);
    const at = this.options.clock.now();
    socket.send(reply, target.port, target.address, ({ code }) =>
      this.options.log.debug('transport.reply-not-sent', { code }),
    );
    this.options.wire?.({ direction: 'out', at, message: response, peer: target });
  }

  #reportDrops(dropped: number, latest: DropReason, from: string): void {
    this.options.log.warn('transport.dropped', { dropped, latest, from });
    this.options.fault?.(
      `${dropped} datagrams at the SIP port were dropped, the latest from ${from} (${latest})`,
      'find out what sends them, or close the port to it',
    );
  }
}

const sentBy = (host: string, port: number): string => `${host.toLowerCase()} ${port}`;

/** Line ends alone, or nothing at all, or zero bytes: they keep a NAT's binding alive (RFC 5626 §4.4.1 and older habits). */
function isKeepAlive(bytes: Buffer): boolean {
  return bytes.length <= 8 && bytes.every((byte) => byte === CR || byte === LF || byte === 0);
}

function dropReason(failure: ParseFailure): DropReason {
  switch (failure.code) {
    case 'start-line':
      return 'notSip';
    case 'too-long':
    case 'line-too-long':
    case 'too-many-headers':
    case 'too-many-parameters':
      return 'tooLong';
    default:
      return 'malformed';
  }
}
