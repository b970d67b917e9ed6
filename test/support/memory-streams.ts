// TCP and TLS in memory, on the test's clock: connections that are cut into pieces, refused, reset, stuck or silent. TLS is
// a handshake that takes a turn, and certificates that are lists of names.

import type { Clock } from '../../src/base/clock.ts';
import { DoorphoneError } from '../../src/base/errors.ts';
import { millis } from '../../src/base/units.ts';
import type { Endpoint } from '../../src/sip/message/types.ts';
import type {
  Origin,
  Place,
  SendFailure,
  StreamEvents,
  StreamListener,
  StreamNetwork,
  StreamSocket,
} from '../../src/sip/transport/network.ts';

type Accept = (socket: StreamSocket) => StreamEvents;

const ANY = '0.0.0.0';
const FIRST_FREE_PORT = 50_000;

/** The wire between the hosts. */
export class MemoryStreams {
  /** Milliseconds that everything takes. */
  delay = 0;
  /** Cuts what is written into the pieces that arrive. */
  pieces: (bytes: Buffer) => readonly Buffer[] = (bytes) => [bytes];
  /** Addresses where nothing answers, not even with a refusal. */
  readonly silent = new Set<string>();
  /** Addresses where TLS never gets on behind TCP. */
  readonly dumb = new Set<string>();
  /** Every connection that was asked for. */
  readonly asked: Endpoint[] = [];
  readonly #listeners = new Map<string, Accept>();
  #nextPort = FIRST_FREE_PORT;

  constructor(readonly clock: Clock) {}

  /** @param identities what the host's certificate proves to those who ask */
  host(address: string, identities: readonly string[] = []): MemoryStreamHost {
    return new MemoryStreamHost(this, address, identities);
  }

  freePort(): number {
    this.#nextPort += 1;
    return this.#nextPort;
  }

  listen(place: Endpoint, accept: Accept): () => void {
    const key = keyOf(place);
    if (this.#listeners.has(key)) throw new DoorphoneError('port-in-use', `${key} is used by another program`);
    this.#listeners.set(key, accept);
    return () => this.#listeners.delete(key);
  }

  find(place: Endpoint): Accept | undefined {
    return this.#listeners.get(keyOf(place));
  }

  later(run: () => void): void {
    this.clock.after(millis(this.delay), 'stream', run);
  }
}

/** One machine. */
export class MemoryStreamHost implements StreamNetwork {
  /** Its ends of connections, closed ones included. */
  readonly sockets: MemoryStreamSocket[] = [];

  constructor(
    private readonly wire: MemoryStreams,
    /** Where connections come from; a test may change it. */
    public address: string,
    readonly identities: readonly string[],
  ) {}

  listen({ protocol, address, port }: Endpoint, accept: Accept): Promise<StreamListener> {
    const chosen = port === 0 ? this.wire.freePort() : port;
    const close = this.wire.listen({ protocol, address: this.address, port: chosen }, (socket) => {
      if (socket instanceof MemoryStreamSocket) this.sockets.push(socket);
      return accept(socket);
    });
    return Promise.resolve({ address: address === ANY ? ANY : this.address, port: chosen, close });
  }

  connect(target: Endpoint, { port }: Partial<Origin>, events: StreamEvents): MemoryStreamSocket {
    this.wire.asked.push(target);
    const local = { address: this.address, port: port ?? this.wire.freePort() };
    const near = new MemoryStreamSocket(this.wire, target, local);
    near.events = events;
    this.sockets.push(near);
    if (!this.wire.silent.has(target.address)) this.wire.later(() => this.#reach(target, near, local));
    return near;
  }

  #reach(target: Endpoint, near: MemoryStreamSocket, local: Place): void {
    const accept = this.wire.find(target);
    if (accept === undefined) {
      near.fail({ code: 'ECONNREFUSED', message: 'nobody listens there' });
      return;
    }
    const far = new MemoryStreamSocket(this.wire, local, target);
    far.peer = near;
    near.peer = far;
    far.events = accept(far);
    const tls = target.protocol === 'tls';
    if (tls) near.events?.reached();
    if (tls && this.wire.dumb.has(target.address)) return;
    far.identities = this.identities;
    this.wire.later(() => {
      near.events?.opened();
      far.events?.opened();
    });
  }
}

/** One end of a connection. */
export class MemoryStreamSocket implements StreamSocket {
  identities: readonly string[] = [];
  events: StreamEvents | undefined;
  peer: MemoryStreamSocket | undefined;
  /** Whether it takes what is sent to it. */
  reads = true;
  over = false;
  #queued: Buffer[] = [];

  constructor(
    private readonly wire: MemoryStreams,
    readonly remote: Place,
    readonly local: Place,
  ) {}

  get queued(): number {
    return this.#queued.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  write(bytes: Buffer): void {
    const { peer } = this;
    if (this.over || peer === undefined) return;
    const copy = Buffer.from(bytes);
    if (!peer.reads) this.#queued.push(copy);
    else for (const piece of this.wire.pieces(copy)) this.wire.later(() => peer.events?.data(piece));
  }

  close(): void {
    this.#leave({ code: 'failed', message: 'the other side has closed the connection' });
  }

  cut(): void {
    this.#leave({ code: 'ECONNRESET', message: 'the connection is broken' });
  }

  /** It breaks. */
  fail(failure: SendFailure): void {
    const { events } = this;
    this.over = true;
    this.events = undefined;
    events?.closed(failure);
  }

  /** Takes what is queued for it, and what comes. */
  readAgain(): void {
    this.reads = true;
    const { peer } = this;
    const queued = peer === undefined ? [] : peer.#queued.splice(0);
    for (const bytes of queued) this.events?.data(bytes);
    peer?.events?.drained();
  }

  /** Its machine has lost power: nothing is said, and what comes is answered with a reset. */
  vanish(): void {
    const { peer } = this;
    this.over = true;
    this.events = { ...nobody, data: () => peer?.fail({ code: 'ECONNRESET', message: 'the connection is broken' }) };
  }

  #leave(failure: SendFailure): void {
    if (this.over) return;
    this.over = true;
    this.events = undefined;
    const { peer } = this;
    if (peer !== undefined && !peer.over) this.wire.later(() => peer.fail(failure));
  }
}

const nothing = (): void => undefined;
const nobody: StreamEvents = { reached: nothing, opened: nothing, data: nothing, drained: nothing, closed: nothing };

const keyOf = ({ protocol, address, port }: Endpoint): string => `${protocol} ${address} ${port}`;
