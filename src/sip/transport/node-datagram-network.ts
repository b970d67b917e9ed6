// UDP by node:dgram. Only src/app and src/demo make one.

import { createSocket, type Socket } from 'node:dgram';
import { closeSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { DatagramBurst } from './datagram-burst.ts';
import { DatagramIntake } from './datagram-intake.ts';
import { isIpv6, isWildcard } from './local-addresses.ts';
import type { DatagramNetwork, DatagramPeer, DatagramSocket, SendFailure } from './network.ts';
import { bindError, sendFailure } from './socket-errors.ts';

type LookupCallback = (error: Error | null, address: string, family: number) => void;

/**
 * Stands in for the resolver: every address here is numeric already. It answers before it returns, so that binding,
 * connecting and sending happen at once and not in a later turn of the event loop.
 */
function numericLookup(address: string, _options: unknown, callback: LookupCallback): void {
  callback(null, address, isIpv6(address) ? 6 : 4);
}

/** Any port: nothing is sent when the route to it is asked for. */
const DISCARD_PORT = 9;

/** Octets; the system grants what it allows anybody (Linux: net.core.rmem_max). */
const LARGEST_BUFFER = 4 * 1024 * 1024;

/** No other socket. */
const ALONE = -1;

/** What the addon does and Node cannot: two sockets on one port that nobody else can take (native/system/datagram.h). */
export interface DatagramSystem {
  /** @returns a descriptor; below 0: -errno */
  open(address: string, port: number, beside: number): number;
  /** @returns 0, or -errno */
  seal(descriptor: number): number;
}

/** The machine's UDP. */
export class NodeDatagramNetwork implements DatagramNetwork {
  readonly #intakes: Intake[] = [];

  /**
   * @param system left out: sockets for one peer alone cannot be made
   * @param intake how many datagrams may wait to be looked at, for whom thousands write to at once; what it sends leaves
   * together, at the end of what is being done. Left out: datagrams wait with the system alone, and leave at once
   */
  constructor(
    private readonly system?: DatagramSystem,
    private readonly intake?: number,
  ) {}

  /** How many datagrams wait to be looked at. */
  get waiting(): number {
    return this.#intakes.reduce((sum, { length }) => sum + length, 0);
  }

  async bind(address: string, port: number): Promise<DatagramSocket> {
    if (this.system !== undefined) return openShareable(this.system, address, port);
    const socket = newSocket(address);
    await new Promise<void>((bound, refused) => {
      socket.once('error', (error) => {
        socket.close();
        refused(bindError(error, { protocol: 'udp', address, port }));
      });
      socket.bind({ address, port, exclusive: true }, bound);
    });
    if (this.intake === undefined) return new NodeDatagramSocket(socket, {});
    socket.setRecvBufferSize(LARGEST_BUFFER);
    const intake: Intake = new DatagramIntake(this.intake, setImmediate, ([receive, ...datagram]) =>
      receive(...datagram),
    );
    this.#intakes.push(intake);
    return new NodeDatagramSocket(socket, { intake });
  }

  addressTowards(target: string): string | undefined {
    const probe = newSocket(target);
    // Without a route the socket stays on the wildcard, and says so later by an error that nobody needs.
    probe.on('error', () => undefined);
    try {
      // Connecting a UDP socket asks the routing table and sends nothing.
      probe.connect(DISCARD_PORT, target);
      const { address } = probe.address();
      return isWildcard(address) ? undefined : address;
    } catch {
      return undefined;
    } finally {
      probe.close();
    }
  }
}

/** A socket whose descriptor is known, so that others can be put beside it. */
function openShareable(system: DatagramSystem, address: string, port: number): DatagramSocket {
  const descriptor = system.open(address, port, ALONE);
  if (descriptor < 0) throw bindError(systemError(descriptor), { protocol: 'udp', address, port });
  const socket = adopt(address, descriptor);
  system.seal(descriptor);
  return new NodeDatagramSocket(socket, { shared: { system, descriptor } });
}

/** Node's socket for a descriptor. */
function adopt(address: string, descriptor: number): Socket {
  const socket = newSocket(address);
  try {
    socket.bind({ fd: descriptor });
  } catch (thrown) {
    closeSync(descriptor);
    throw thrown;
  }
  return socket;
}

/** @param result -errno */
function systemError(result: number): Error {
  const code = getSystemErrorName(result);
  return Object.assign(new Error(`${code} (${-result})`), { code });
}

function newSocket(address: string): Socket {
  const type = isIpv6(address) ? 'udp6' : 'udp4';
  return createSocket({ type, ipv6Only: type === 'udp6', lookup: numericLookup });
}

type Receive = (bytes: Buffer, address: string, port: number) => void;
type Intake = DatagramIntake<readonly [receive: Receive, ...datagram: Parameters<Receive>]>;

class NodeDatagramSocket implements DatagramSocket {
  readonly address: string;
  readonly port: number;
  #closed = false;
  readonly #burst: DatagramBurst<Parameters<DatagramSocket['send']>> | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly options: {
      readonly shared?: { readonly system: DatagramSystem; readonly descriptor: number };
      readonly intake?: Intake;
    },
  ) {
    const { address, port } = socket.address();
    this.address = address;
    this.port = port;
    const { intake } = options;
    this.#burst = intake && new DatagramBurst(queueMicrotask, (datagram) => this.#send(...datagram));
    socket.removeAllListeners('error');
  }

  send(bytes: Buffer, port: number, address: string, failed: (failure: SendFailure) => void): void {
    if (this.#closed) {
      queueMicrotask(() => failed({ code: 'closed', message: 'the socket is closed' }));
      return;
    }
    if (this.#burst === undefined) this.#send(bytes, port, address, failed);
    else this.#burst.add([bytes, port, address, failed]);
  }

  #send(bytes: Buffer, port: number, address: string, failed: (failure: SendFailure) => void): void {
    try {
      this.socket.send(bytes, port, address, (error) => {
        if (error !== null) failed(sendFailure(error));
      });
    } catch (thrown) {
      queueMicrotask(() => failed(sendFailure(thrown)));
    }
  }

  onMessage(listener: (bytes: Buffer, address: string, port: number) => void): void {
    this.socket.removeAllListeners('message');
    const { intake } = this.options;
    const receive = (bytes: Buffer, address: string, port: number): void => {
      if (!this.#closed) listener(bytes, address, port);
    };
    this.socket.on('message', (bytes, { address, port }) => {
      if (intake === undefined) listener(bytes, address, port);
      else intake.add([receive, bytes, address, port]);
    });
  }

  onError(listener: (failure: SendFailure) => void): void {
    this.socket.removeAllListeners('error');
    this.socket.on('error', (error) => listener(sendFailure(error)));
  }

  connect(address: string, port: number): DatagramPeer | undefined {
    const { shared } = this.options;
    if (shared === undefined || this.#closed) return undefined;
    const { system, descriptor } = shared;
    const beside = system.open(this.address, this.port, descriptor);
    if (beside < 0) return undefined;
    const socket = adopt(address, beside);
    const peer = new NodeDatagramPeer(socket);
    try {
      socket.connect(port, address);
      // Without a route it is not connected, and what it says of it comes later.
      socket.remoteAddress();
      return peer;
    } catch {
      peer.close();
      return undefined;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#burst?.flush();
    this.socket.close();
  }
}

class NodeDatagramPeer implements DatagramPeer {
  #closed = false;
  #error: (failure: SendFailure) => void = () => undefined;

  constructor(private readonly socket: Socket) {
    socket.on('error', (error) => {
      if (!this.#closed) this.#error(sendFailure(error));
    });
  }

  send(bytes: Buffer, failed: (failure: SendFailure) => void): void {
    try {
      this.socket.send(bytes, (error) => {
        if (error !== null) failed(sendFailure(error));
      });
    } catch (thrown) {
      queueMicrotask(() => failed(sendFailure(thrown)));
    }
  }

  onMessage(listener: (bytes: Buffer, address: string, port: number) => void): void {
    this.socket.removeAllListeners('message');
    this.socket.on('message', (bytes, { address, port }) => listener(bytes, address, port));
  }

  onError(listener: (failure: SendFailure) => void): void {
    this.#error = listener;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.socket.close();
  }
}
