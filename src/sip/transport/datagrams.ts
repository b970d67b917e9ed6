// UDP: what comes to our sockets, told apart (RFC 5626 §8): SIP, STUN, keep-alives; and what leaves by them.

import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import type { Endpoint } from '../message/types.ts';
import { DatagramPeers } from './datagram-peers.ts';
import type { DatagramSocket } from './network.ts';
import type { Outgoing } from './outbox.ts';
import { SocketEndpoint } from './socket-endpoint.ts';
import { bindingResponse, isStun, parseStun, type StunMessage } from './stun.ts';

export interface DatagramsOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** The socket that reaches a target. */
  readonly towards: (target: Endpoint) => DatagramSocket | undefined;
  /** The address that the system sends from to a target. */
  readonly localAddress: (target: Endpoint) => string;
  /** Takes what may be SIP. */
  readonly received: (socket: DatagramSocket, bytes: Buffer, source: Endpoint, at: Millis) => void;
  /** Takes the answer to a STUN request of ours. */
  readonly stunAnswered: (answer: StunMessage, source: Endpoint) => void;
  readonly mayReply: (source: Endpoint) => boolean;
  readonly fault: (what: string, mend: string) => void;
}

/** Answers to STUN requests: so many at once, then one each interval. */
const STUN_BURST = 20;
const STUN_INTERVAL = seconds(0.1);

const CR = 0x0d;
const LF = 0x0a;

/** The UDP sockets at work. */
export class Datagrams {
  readonly #peers: DatagramPeers;
  readonly #stunAnswers: TokenBucket;
  #keepAlives = 0;

  constructor(private readonly options: DatagramsOptions) {
    const { clock, log, localAddress } = options;
    this.#peers = new DatagramPeers({
      clock,
      log,
      localAddress,
      received: (socket, bytes, address, port) => this.#arrived(socket, bytes, address, port),
    });
    this.#stunAnswers = new TokenBucket(clock, STUN_BURST, STUN_INTERVAL);
  }

  /** Keep-alives that were taken in silence. */
  get keepAlives(): number {
    return this.#keepAlives;
  }

  /** Takes what comes to a socket from now on. */
  serve(socket: DatagramSocket): void {
    const { log, fault } = this.options;
    socket.onMessage((bytes, address, port) => this.#arrived(socket, bytes, address, port));
    socket.onError(({ code, message }) => {
      log.error('transport.socket-failed', { port: socket.port, code, message });
      fault(`the SIP socket on port ${socket.port} failed: ${message}`, 'restart the service');
    });
  }

  /**
   * Sends one datagram before it returns: what waits for an answer by a socket of the peer's own, where there can be one.
   * @param by the socket that it must leave by; undefined: the one that reaches the target
   * @returns false when there is none; `failed` is called later
   */
  send(outgoing: Outgoing, target: Endpoint, by: DatagramSocket | undefined): boolean {
    const { bytes, awaits, failed } = outgoing;
    const socket = by ?? this.options.towards(target);
    if (socket === undefined) {
      const failure = { code: 'no-socket', message: `no udp socket reaches ${target.address}` };
      this.options.clock.after(millis(0), 'transport failure', () => failed(failure));
      return false;
    }
    if (awaits !== undefined && this.#peers.send(outgoing, target, socket)) return true;
    socket.send(bytes, target.port, target.address, failed);
    return true;
  }

  /** Makes ready for requests to `target`. */
  prepare(target: Endpoint): void {
    const socket = this.options.towards(target);
    if (socket !== undefined) this.#peers.prepare(target, socket);
  }

  /** The answer to what was sent with `awaits` is there. */
  answered(awaits: string, source: Endpoint): void {
    this.#peers.answered(awaits, source);
  }

  /** The network is another one, or it is all over: sockets of single peers are closed. */
  forgetPeers(): void {
    this.#peers.close();
  }

  #arrived(socket: DatagramSocket, bytes: Buffer, address: string, port: number): void {
    this.#receive(socket, bytes, new SocketEndpoint(socket, address, port), this.options.clock.now());
  }

  #receive(socket: DatagramSocket, bytes: Buffer, source: Endpoint, at: Millis): void {
    if (isKeepAlive(bytes)) this.#keepAlives += 1;
    else if (isStun(bytes)) this.#receiveStun(socket, bytes, source);
    else this.options.received(socket, bytes, source, at);
  }

  /** RFC 5626 §8: who sends SIP to a port may ask there whether it is reached. Strangers are told nothing. */
  #receiveStun(socket: DatagramSocket, bytes: Buffer, source: Endpoint): void {
    const message = parseStun(bytes);
    if (message === undefined) return;
    if (message.kind === 'success' || message.kind === 'error') {
      this.options.stunAnswered(message, source);
      return;
    }
    this.#keepAlives += 1;
    if (message.kind === 'indication' || !this.options.mayReply(source) || !this.#stunAnswers.take()) return;
    const answer = bindingResponse(message, source);
    if (answer === undefined) return;
    socket.send(answer, source.port, source.address, ({ code }) => {
      this.options.log.debug('transport.reply-not-sent', { code });
    });
  }
}

/** Line ends alone, or nothing at all, or zero bytes: they keep a NAT's binding alive (RFC 5626 §4.4.1 and older habits). */
function isKeepAlive(bytes: Buffer): boolean {
  return bytes.length <= 8 && bytes.every((byte) => byte === CR || byte === LF || byte === 0);
}
