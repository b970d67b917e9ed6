// The demonstration's MQTT broker, on loopback only: what a house would have.

import { type AddressInfo, createServer, type Server } from 'node:net';
import { Aedes } from 'aedes';

/** MQTT's own port; another is taken when something listens there already. */
const USUAL_PORT = 1883;

export interface BrokerMessage {
  readonly topic: string;
  readonly payload: string;
  readonly retained: boolean;
}

/** A broker for this process's life. */
export class DemoBroker {
  private constructor(
    private readonly aedes: Aedes,
    private readonly server: Server,
  ) {}

  static async start(): Promise<DemoBroker> {
    const aedes = await Aedes.createBroker();
    const server = createServer((socket) => aedes.handle(socket));
    const usual = await listen(server, USUAL_PORT);
    if (!usual) await listen(server, 0);
    return new DemoBroker(aedes, server);
  }

  get port(): number {
    const address: AddressInfo | string | null = this.server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  }

  /** Every message that a client publishes, in order. */
  onMessage(listener: (message: BrokerMessage) => void): void {
    this.aedes.on('publish', (packet, client) => {
      if (client === null) return;
      listener({ topic: packet.topic, payload: packet.payload.toString(), retained: packet.retain });
    });
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((done) => this.server.close(() => done()));
    await new Promise<void>((done) => this.aedes.close(() => done()));
    await closed;
  }
}

/** False when the port is taken; any other failure rejects. */
function listen(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      server.off('listening', onListening);
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    };
    const onListening = (): void => {
      server.off('error', onError);
      resolve(true);
    };
    server.once('error', onError).once('listening', onListening);
    server.listen(port, '127.0.0.1');
  });
}
