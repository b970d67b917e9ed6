// The house's MQTT broker: in this process, on loopback, killed and brought back on the same port.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { Stream } from '../interop/rig/stream.ts';

export interface Published {
  readonly topic: string;
  readonly payload: string;
  readonly retained: boolean;
}

export interface BrokerOptions {
  readonly port?: number;
  /** Whoever says something else is refused. */
  readonly password?: string;
}

export class HouseBroker {
  /** All that clients have published, and the wills of those that were lost. */
  readonly published = new Stream<Published>('broker', ({ topic, payload }) => `${topic} ${payload}`);
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly aedes: Aedes,
    private readonly server: Server,
  ) {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      aedes.handle(socket);
    });
    aedes.on('publish', ({ topic, payload, retain }) => {
      if (!topic.startsWith('$SYS')) this.published.push({ topic, payload: payload.toString(), retained: retain });
    });
  }

  static async start({ port, password }: BrokerOptions = {}): Promise<HouseBroker> {
    const aedes = await Aedes.createBroker({
      ...(password === undefined
        ? {}
        : { authenticate: (_client, _user, given, done) => done(null, given?.toString() === password) }),
    });
    const server = createServer();
    if (port === undefined) await listenSomewhere(server);
    else await listen(server, port);
    return new HouseBroker(aedes, server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  /** As another program in the house. */
  async publish(topic: string, payload: string, retain = false): Promise<void> {
    await new Promise<void>((done, failed) => {
      const packet = { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, retain, dup: false } as const;
      this.aedes.publish(packet, (error) => (error ? failed(error) : done()));
    });
  }

  /** The next message on a topic that fits. */
  said(topic: string, fits: (payload: string) => boolean = () => true, from = 0): Promise<Published> {
    return this.published.find(topic, (one) => one.topic === topic && fits(one.payload), { from });
  }

  async kill(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = new Promise<void>((done) => this.server.close(() => done()));
    await new Promise<void>((done) => this.aedes.close(() => done()));
    await closed;
  }
}

/** Below the ports that the system gives to outgoing connections: a dead broker's port stays free for its return. */
const FIRST_PORT = 24_000;
const PORTS = 1_000;

async function listenSomewhere(server: Server): Promise<void> {
  for (let attempt = 0; attempt < PORTS; attempt += 1) {
    const free = await listen(server, FIRST_PORT + ((process.pid + attempt) % PORTS)).then(
      () => true,
      () => false,
    );
    if (free) return;
  }
  throw new Error('no port is free for a broker');
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((done, failed) => {
    const onError = (error: Error): void => {
      server.off('listening', onListening);
      failed(error);
    };
    const onListening = (): void => {
      server.off('error', onError);
      done();
    };
    server.once('error', onError).once('listening', onListening);
    server.listen(port, '127.0.0.1');
  });
}
