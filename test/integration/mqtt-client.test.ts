// The bridge's client against a real broker on loopback: what the package does, not what we believe it does.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openClientLink } from '../../src/mqtt/client-link.ts';
import type { LinkListener } from '../../src/mqtt/link.ts';

class Recorder implements LinkListener {
  readonly seen: string[] = [];
  #waiting: { pattern: RegExp; done: () => void }[] = [];
  connected(): void {
    this.#add('connected');
  }
  disconnected(reason: string): void {
    this.#add(`disconnected ${reason}`);
  }
  message(topic: string, payload: Buffer, retained: boolean): void {
    this.#add(`${topic} ${payload} ${retained ? 'retained' : 'live'}`);
  }
  /** Resolves when a line that matches has come since the last `clear`. */
  until(pattern: RegExp): Promise<void> {
    if (this.seen.some((line) => pattern.test(line))) return Promise.resolve();
    return new Promise((done) => this.#waiting.push({ pattern, done }));
  }
  clear(): void {
    this.seen.length = 0;
  }
  #add(line: string): void {
    this.seen.push(line);
    for (const { pattern, done } of this.#waiting.filter((one) => one.pattern.test(line))) {
      this.#waiting = this.#waiting.filter((one) => one.pattern !== pattern);
      done();
    }
  }
}

class Broker {
  readonly #sockets = new Set<Socket>();
  readonly #clients = new Map<string, { destroy(): void }>();
  readonly #server: Server;
  port = 0;
  private constructor(readonly aedes: Aedes) {
    aedes.on('client', (client) => this.#clients.set(client.id, client.conn));
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      aedes.handle(socket);
    });
  }
  static async start(port = 0): Promise<Broker> {
    const broker = new Broker(await Aedes.createBroker());
    await new Promise<void>((done) => broker.#server.listen(port, '127.0.0.1', done));
    broker.port = (broker.#server.address() as AddressInfo).port;
    return broker;
  }
  /** Ends a client's connection as a pulled cable would. */
  cut(name: string): void {
    this.#clients.get(name)?.destroy();
  }
  async kill(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((done) => this.#server.close(() => done()));
    await new Promise<void>((done) => this.aedes.close(done));
  }
}

const link = (port: number, listener: LinkListener, name: string) =>
  openClientLink(
    {
      url: `mqtt://127.0.0.1:${port}`,
      clientId: name,
      will: { topic: 'p/availability', payload: 'offline' },
    },
    listener,
  );

let broker: Broker;
beforeEach(async () => {
  broker = await Broker.start();
});
afterEach(async () => {
  await broker.kill();
});

describe('the client', () => {
  it('carries messages both ways, knows retained from live, and leaves its will when it is cut off', async () => {
    const [house, door] = [new Recorder(), new Recorder()];
    const watcher = link(broker.port, house, 'house');
    watcher.connect();
    await house.until(/^connected/);
    watcher.publish('p/command/open', 'main', true);
    const client = link(broker.port, door, 'door');
    client.connect();
    await door.until(/^connected/);
    client.publish('p/availability', 'online', true);
    client.subscribe('p/command/+');
    await door.until(/command\/open main retained/);
    watcher.subscribe('p/availability');
    await house.until(/availability online retained/);
    watcher.publish('p/command/press', 'front', false);
    await door.until(/command\/press front live/);
    house.clear();
    broker.cut('door');
    await house.until(/availability offline live/);
    await watcher.close();
    expect(house.seen).toContain('p/availability offline live');
  });

  it('tells a refused attempt and connects when the broker is back', async () => {
    const door = new Recorder();
    const { port } = broker;
    const client = link(port, door, 'door');
    client.connect();
    await door.until(/^connected/);
    await broker.kill();
    await door.until(/^disconnected/);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      door.clear();
      client.connect();
      await door.until(/^disconnected .*ECONNREFUSED/);
    }
    broker = await Broker.start(port);
    door.clear();
    client.connect();
    await door.until(/^connected/);
    await client.close();
    expect(door.seen[0]).toBe('connected');
  });

  it('sends nothing of an earlier connection over a later one', async () => {
    const [deaf, door] = [createServer(), new Recorder()];
    // Takes the connection and what is published (MQTT 3.1.1 §3.2: CONNACK), confirms nothing.
    deaf.on('connection', (socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', () => socket.write(Buffer.from([0x20, 2, 0, 0])));
      socket.on('data', (bytes) => {
        if (bytes.includes('stale')) socket.destroy();
      });
    });
    await new Promise<void>((done) => deaf.listen(0, '127.0.0.1', done));
    const { port } = deaf.address() as AddressInfo;
    const client = link(port, door, 'door');
    client.connect();
    await door.until(/^connected/);
    let delivered = false;
    client.publish('p/state', 'stale', true, () => {
      delivered = true;
    });
    await door.until(/^disconnected/);
    await new Promise<void>((done) => deaf.close(() => done()));
    await broker.kill();
    broker = await Broker.start(port);
    const said: string[] = [];
    broker.aedes.on('publish', ({ topic, payload }) => {
      if (topic === 'p/state') said.push(payload.toString());
    });
    door.clear();
    client.connect();
    await door.until(/^connected/);
    await new Promise<void>((done) => client.publish('p/state', 'fresh', true, done));
    await client.close();
    expect({ said, delivered }).toEqual({ said: ['fresh'], delivered: false });
  });

  it('closes within its second when the broker has never answered', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    const door = new Recorder();
    const client = link((silent.address() as AddressInfo).port, door, 'door');
    client.connect();
    await client.close();
    expect(door.seen).not.toContain('connected');
    silent.close();
  });
});
