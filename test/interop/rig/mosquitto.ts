// The broker, and two clients that are not the product's.

import { writeFileSync } from 'node:fs';
import type { Host } from './network.ts';
import type { Program } from './program.ts';
import { Stream } from './stream.ts';

export interface Publication {
  readonly retained: boolean;
  readonly topic: string;
  readonly payload: string;
}

/** A broker that can be killed and started again, and what is published at it. */
export class Mosquitto {
  readonly published = new Stream<Publication>('mqtt', (message) => JSON.stringify(message));
  #broker: Program | undefined;
  #listener: Program | undefined;

  constructor(
    private readonly host: Host,
    private readonly folder: string,
  ) {
    const lines = [
      'listener 1883 0.0.0.0',
      'allow_anonymous true',
      'persistence false',
      'log_dest stderr',
      'user root',
    ];
    writeFileSync(`${folder}/mosquitto.conf`, `${lines.join('\n')}\n`);
  }

  get url(): string {
    return `mqtt://${this.host.address}:1883`;
  }

  /** Starts the broker and a client that listens to every topic. */
  async start(): Promise<void> {
    this.#broker = this.host.start({
      name: 'mosquitto',
      logFolder: this.folder,
      command: ['mosquitto', '-v', '-c', `${this.folder}/mosquitto.conf`],
    });
    await this.#broker.lines.find('start of Mosquitto', (line) => line.includes('running'));
    const listener = this.host.start({
      name: 'mosquitto-sub',
      logFolder: this.folder,
      command: ['mosquitto_sub', '-h', this.host.address, '-t', '#', '-F', 'MESSAGE %r %t %p'],
    });
    this.#listener = listener;
    listener.lines.watch((line) => {
      const [, retained, topic, payload] = /^MESSAGE ([01]) (\S+) (.*)$/.exec(line) ?? [];
      if (topic !== undefined) this.published.push({ retained: retained === '1', topic, payload: payload ?? '' });
    });
    // mosquitto_sub says nothing of its subscription; the broker does.
    await this.#broker.lines.find('subscription', (line) => line.includes('Sending SUBACK'));
  }

  /** The next message to a topic, one that is there counts when it is not before `from`. */
  async message(topic: string, fits: (payload: string) => boolean, options: { withinMs?: number; from?: number } = {}) {
    return await this.published.find(
      `message to ${topic}`,
      (message) => message.topic === topic && fits(message.payload),
      options,
    );
  }

  /** What lies retained at a topic, as a client sees it that comes now. @throws Error when nothing does */
  async retained(topic: string): Promise<string> {
    const client = this.host.start({
      name: 'mosquitto-retained',
      logFolder: this.folder,
      command: ['mosquitto_sub', '-h', this.host.address, '-t', topic, '--retained-only', '-C', '1', '-W', '3'],
    });
    const { code } = await client.exited;
    if (code !== 0) throw new Error(`nothing is retained at ${topic}`);
    return client.text;
  }

  /** Publishes from a client of its own. */
  async publish(topic: string, payload: string, options: { retain?: boolean } = {}): Promise<void> {
    const client = this.host.start({
      name: 'mosquitto-pub',
      logFolder: this.folder,
      command: [
        ...(['mosquitto_pub', '-h', this.host.address, '-q', '1', '-t', topic, '-m', payload] as const),
        ...(options.retain === true ? ['-r'] : []),
      ],
    });
    const { code } = await client.exited;
    if (code !== 0) throw new Error(`mosquitto_pub: ${client.text}`);
  }

  /** Takes the broker away without a farewell. */
  async kill(): Promise<void> {
    await this.#listener?.kill();
    await this.#broker?.kill();
  }

  async stop(): Promise<void> {
    await this.#listener?.stop();
    await this.#broker?.stop();
  }
}
