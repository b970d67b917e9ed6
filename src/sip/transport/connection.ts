// One TCP or TLS connection: what waits for it to open, what waits for an answer on it, how long it may be silent, and
// what becomes of all that when it breaks (RFC 3261 §18, §18.3, §18.4).

import type { Clock, Timer } from '../../base/clock.ts';
import { type Millis, millis, minutes, seconds } from '../../base/units.ts';
import type { Endpoint } from '../message/types.ts';
import type { Place, SendFailure, StreamEvents, StreamSocket } from './network.ts';
import { Outbox, type Outgoing } from './outbox.ts';
import { formatEndpoint } from './socket-errors.ts';
import { type Frame, StreamFramer } from './stream-framer.ts';

/** Who wants a connection to stay (RFC 5626 §3.1). */
export interface ConnectionHolder {
  /** It is open. Not told to whoever holds it after that. */
  opened(): void;
  /** It is over. */
  lost(failure: SendFailure): void;
}

/** Who has the connections. */
export interface ConnectionOwner {
  readonly clock: Clock;
  /** A message, or what ends the framing; after a fault the connection is closed. */
  received(connection: Connection, frame: Exclude<Frame, { kind: 'lineEnd' }>, at: Millis): void;
  /** The peer asks whether the connection lives (RFC 5626 §3.5.1); true: it is told so. */
  pinged(connection: Connection): boolean;
  opened(connection: Connection): void;
  /** It is over; nothing more comes of it. */
  ended(connection: Connection, failure: SendFailure, wasOpen: boolean): void;
}

/** Until TCP is there. A dead first server must not cost more (RFC 3263 §4.3). */
const CONNECT_TIME = seconds(2);
/** From TCP to the end of the TLS handshake. */
const HANDSHAKE_TIME = seconds(3);
/** From the first octet of a message to its last. */
const MESSAGE_TIME = seconds(10);
/** How long somebody may stay connected who has sent nothing that we take. */
const STRANGER_TIME = seconds(30);
/** Without a message either way. More than any transaction takes: §18 asks for 64*T1 at least. */
const IDLE_TIME = minutes(10);
/** Until the peer takes what is queued for it. */
const STALL_TIME = seconds(10);
/** Until a peer that we take leave of takes leave of us. */
const LINGER_TIME = seconds(2);
/** Octets that may be queued for a peer; one that does not read is cut off. */
const QUEUE_BYTES = 262_144;

const PING = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');

/** A connection that we opened, or that was accepted. */
export class Connection implements StreamEvents {
  readonly #outbox: Outbox;
  readonly #holders = new Set<ConnectionHolder>();
  readonly #framer = new StreamFramer();
  /** Who waits for an answer to a ping. */
  #pongs: (() => void)[] = [];
  /** Line ends since the last message: two of them are a ping. */
  #lineEnds = 0;
  /** Octets, from the first. */
  #written = 0;
  #socket: StreamSocket | undefined;
  #state: 'opening' | 'open' | 'over' = 'opening';
  #trusted: boolean;
  #aliasPort: number | undefined;
  #active: Millis;
  #opening: Timer | undefined;
  #message: Timer | undefined;
  #idle: Timer | undefined;
  #stalled: Timer | undefined;

  /** @param remote the other end; of a connection that we open with the name that its certificate must be good for */
  constructor(
    private readonly owner: ConnectionOwner,
    readonly remote: Endpoint,
    readonly accepted: boolean,
    /** The port that it is to come from, where that is settled before it is open. */
    readonly plannedPort?: number,
  ) {
    this.#outbox = new Outbox(owner.clock);
    this.#active = owner.clock.now();
    this.#trusted = !accepted;
  }

  /** To be called once, before any event. */
  attach(socket: StreamSocket): void {
    this.#socket = socket;
    const patience = this.accepted ? HANDSHAKE_TIME : CONNECT_TIME;
    this.#opening = this.#after(patience, 'connection opening', () => this.#end(tooSlow(this.remote)));
  }

  get open(): boolean {
    return this.#state === 'open';
  }

  /** Whether it can be sent by. */
  get usable(): boolean {
    return this.#state !== 'over';
  }

  /** When the last message went over it. */
  get lastActive(): Millis {
    return this.#active;
  }

  /** Whether somebody holds it, or waits for what is to come by it. */
  get busy(): boolean {
    return this.#holders.size > 0 || this.#outbox.busy;
  }

  /** Whether a message has begun to arrive, and not ended. */
  get receiving(): boolean {
    return this.#framer.pending;
  }

  get local(): Place | undefined {
    return this.#socket?.local;
  }

  /** The port that it comes from, or will come from. */
  get localPort(): number | undefined {
    return this.local?.port ?? this.plannedPort;
  }

  /** See `StreamSocket.identities`. */
  get identities(): readonly string[] {
    return this.#socket?.identities ?? [];
  }

  /** See `StreamSocket.satisfies`. */
  satisfies(target: Endpoint): boolean {
    return this.#socket?.satisfies?.(target) ?? true;
  }

  /**
   * Its other end is reached by it under a port of its own too (RFC 5923 §8.2). Only a certificate makes that safe:
   * anybody could claim a port that is another's.
   */
  alias(port: number): void {
    if (this.remote.protocol === 'tls' && this.identities.length > 0) this.#aliasPort = port;
  }

  get aliasPort(): number | undefined {
    return this.#aliasPort;
  }

  /** Somebody whom we speak with is at its other end: it may stay, also when it is silent for a while. */
  trust(): void {
    this.#trusted = true;
  }

  get trusted(): boolean {
    return this.#trusted;
  }

  send(outgoing: Outgoing): void {
    this.#active = this.owner.clock.now();
    if (this.#state === 'over') this.#later(() => outgoing.failed(closedByUs(this.remote)));
    else if (this.#state === 'open') this.#write(outgoing);
    else if (!this.#outbox.wait(outgoing)) this.#later(() => outgoing.failed(tooSlow(this.remote)));
  }

  /** It stays, however silent, until it breaks or nobody holds it any more. */
  hold(holder: ConnectionHolder): void {
    this.#holders.add(holder);
  }

  release(holder: ConnectionHolder): void {
    this.#holders.delete(holder);
    this.#active = this.owner.clock.now();
  }

  /**
   * Asks the peer whether the connection lives: a double CRLF, which it answers with one (RFC 5626 §4.4.1).
   * @param pong called when the answer is there
   */
  ping(pong: () => void): void {
    if (this.#state !== 'open') return;
    this.#pongs.push(pong);
    this.#put(PING);
  }

  /** Shows NATs on the way that it is in use, by a line end: every peer has to ignore it (RFC 3261 §7.5). */
  remind(): void {
    if (this.#state === 'open') this.#put(LINE_END);
  }

  /** The answer to what was sent with `awaits` is there. */
  answered(awaits: string): void {
    this.#outbox.answered(awaits);
  }

  /** Ends it; what waits for it fails. What is written already still goes out. */
  close(): void {
    this.#end(closedByUs(this.remote), 'gracefully');
  }

  /** Ends it now, whatever the peer makes of it. */
  cut(failure: SendFailure = closedByUs(this.remote)): void {
    this.#end(failure);
  }

  reached(): void {
    if (this.#state !== 'opening') return;
    this.#opening?.cancel();
    this.#opening = this.#after(HANDSHAKE_TIME, 'TLS handshake', () => this.#end(tooSlow(this.remote)));
  }

  opened(): void {
    if (this.#state !== 'opening') return;
    this.#opening?.cancel();
    this.#state = 'open';
    this.#active = this.owner.clock.now();
    this.#watchIdleness();
    this.owner.opened(this);
    for (const outgoing of this.#outbox.takeWaiting()) this.#write(outgoing);
    for (const holder of [...this.#holders]) holder.opened();
  }

  data(bytes: Buffer): void {
    if (this.#state !== 'open') return;
    const at = this.owner.clock.now();
    for (const frame of this.#framer.push(bytes)) {
      // What a message leads to may close the connection.
      if (!this.usable) return;
      this.#take(frame, at);
    }
    this.#watchMessage();
  }

  drained(): void {
    this.#stalled?.cancel();
    this.#stalled = undefined;
    this.#outbox.drained();
  }

  closed(failure: SendFailure): void {
    this.#end(failure);
  }

  #take(frame: Frame, at: Millis): void {
    if (frame.kind === 'lineEnd') this.#takeLineEnd();
    else {
      this.#lineEnds = 0;
      this.#message?.cancel();
      this.#message = undefined;
      this.owner.received(this, frame, at);
    }
    if (this.#trusted) this.#active = at;
    if (frame.kind === 'fault') this.close();
  }

  /** CRLF between messages: the answer to a ping of ours, or half a ping. It comes in one piece or in several. */
  #takeLineEnd(): void {
    if (this.#pongs.length > 0) {
      for (const pong of this.#pongs.splice(0)) pong();
      return;
    }
    this.#lineEnds += 1;
    if (this.#lineEnds < 2) return;
    this.#lineEnds = 0;
    if (this.owner.pinged(this)) this.#put(LINE_END);
  }

  #write(outgoing: Outgoing): void {
    const queued = this.#put(outgoing.bytes);
    this.#outbox.wrote(outgoing, this.#written, queued === 0);
  }

  /** @returns how much the system has not taken */
  #put(bytes: Buffer): number {
    const socket = this.#socket;
    if (socket === undefined) return 0;
    socket.write(bytes);
    this.#written += bytes.length;
    const { queued } = socket;
    if (queued > 0) {
      this.#stalled ??= this.#after(STALL_TIME, 'connection stalled', () => this.#end(stuck(this.remote)));
    }
    if (queued > QUEUE_BYTES) this.#later(() => this.#end(stuck(this.remote)));
    return queued;
  }

  /** A message that has begun must end: else somebody could hold connections with an octet now and then. */
  #watchMessage(): void {
    if (!this.usable) return;
    if (!this.#framer.pending) {
      this.#message?.cancel();
      this.#message = undefined;
    } else {
      this.#message ??= this.#after(MESSAGE_TIME, 'message on a connection', () => this.#end(tooSlow(this.remote)));
    }
  }

  #watchIdleness(): void {
    const rest = this.#active + this.#patience - this.owner.clock.now();
    this.#idle = this.#after(millis(rest), 'connection idle', () => {
      if (this.#holders.size > 0) this.#active = this.owner.clock.now();
      if (this.owner.clock.now() - this.#active >= this.#patience) this.close();
      else this.#watchIdleness();
    });
  }

  get #patience(): Millis {
    return this.#trusted ? IDLE_TIME : STRANGER_TIME;
  }

  /** The one way to its end: everybody who waits for something of it is told. */
  #end(failure: SendFailure, how: 'at once' | 'gracefully' = 'at once'): void {
    if (this.#state === 'over') return;
    const wasOpen = this.#state === 'open';
    this.#state = 'over';
    for (const timer of [this.#opening, this.#message, this.#idle, this.#stalled]) timer?.cancel();
    const lost = this.#outbox.lost(this.#written - (this.#socket?.queued ?? 0));
    this.#pongs = [];
    if (wasOpen && how === 'gracefully') this.#closeSocket();
    else this.#socket?.cut();
    this.owner.ended(this, failure, wasOpen);
    for (const holder of this.#holders) this.#later(() => holder.lost(failure));
    this.#holders.clear();
    for (const outgoing of lost) this.#later(() => outgoing.failed(failure));
  }

  /** What was written must arrive: a socket that is cut while the peer still sends takes it back. */
  #closeSocket(): void {
    this.#socket?.close();
    this.#after(LINGER_TIME, 'connection closing', () => this.#socket?.cut());
  }

  /** A failure comes from the event loop, never from within `send`. */
  #later(run: () => void): void {
    this.owner.clock.after(millis(0), 'transport failure', run);
  }

  #after(delay: Millis, name: string, run: () => void): Timer {
    return this.owner.clock.after(delay, name, run);
  }
}

const tooSlow = (remote: Endpoint): SendFailure => ({
  code: 'connection-timeout',
  message: `${formatEndpoint(remote)} does not answer`,
});
const stuck = (remote: Endpoint): SendFailure => ({
  code: 'connection-stuck',
  message: `${formatEndpoint(remote)} takes nothing any more`,
});
const closedByUs = (remote: Endpoint): SendFailure => ({
  code: 'closed',
  message: `the connection to ${formatEndpoint(remote)} is closed`,
});
