// MqttLink over the `mqtt` package. The package's own reconnecting is off: it waits the same time for ever and would
// bring a fleet back in step.

import { connect, type MqttClient } from 'mqtt';
import type { LinkListener, LinkOptions, MqttLink } from './link.ts';

/** A broker that says nothing for 1.5 times this is dead. */
const KEEP_ALIVE_SECONDS = 15;
const CONNECT_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 1_000;

/** Makes the client; nothing is sent before `connect`. */
export function openClientLink(options: LinkOptions, listener: LinkListener): MqttLink {
  return new ClientLink(options, listener);
}

class ClientLink implements MqttLink {
  /** One for each attempt: the package sends again what it has not seen acknowledged, however old that is. */
  #client: MqttClient | undefined;

  constructor(
    private readonly options: LinkOptions,
    private readonly listener: LinkListener,
  ) {}

  connect(): void {
    const { options, listener } = this;
    const client = connect(options.url, {
      manualConnect: true,
      reconnectPeriod: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepalive: KEEP_ALIVE_SECONDS,
      clean: true,
      clientId: options.clientId,
      queueQoSZero: false,
      resubscribe: false,
      ...(options.username === undefined ? {} : { username: options.username }),
      ...(options.password === undefined ? {} : { password: options.password.reveal() }),
      will: { topic: options.will.topic, payload: Buffer.from(options.will.payload), qos: 1, retain: true },
    });
    let reason = 'the connection was closed';
    let over = false;
    client.on('connect', () => listener.connected());
    client.on('message', (topic, payload, packet) => listener.message(topic, payload, packet.retain));
    client.on('error', (error) => {
      reason = describe(error);
    });
    client.on('close', () => {
      if (over) return;
      over = true;
      client.end(true);
      listener.disconnected(reason);
    });
    this.#client = client;
    client.connect();
  }

  publish(topic: string, payload: string, retain: boolean, delivered?: () => void): void {
    const client = this.#client;
    if (client?.connected !== true) return;
    client.publish(topic, payload, { qos: 1, retain }, (error) => {
      if (!error) delivered?.();
    });
  }

  subscribe(topic: string): void {
    this.#client?.subscribe(topic, { qos: 1 });
  }

  async close(): Promise<void> {
    const client = this.#client;
    if (client === undefined) return;
    const closed = client.endAsync(false);
    const deadline = AbortSignal.timeout(CLOSE_TIMEOUT_MS);
    const late = new Promise<void>((done) => deadline.addEventListener('abort', () => done()));
    await Promise.race([closed, late]);
    if (deadline.aborted) client.end(true);
  }
}

/** Node's connection errors have empty messages when several addresses failed; their code says what happened. */
function describe(error: Error & { code?: unknown }): string {
  const code = typeof error.code === 'string' ? error.code : undefined;
  return error.message === '' ? (code ?? 'the connection failed') : error.message;
}
