// A STUN server on the Internet: coturn, with everything but Binding switched off.

import type { Host } from './network.ts';
import type { Program } from './program.ts';
import { until } from './stream.ts';

const PORT = 3478;

/** A coturn that can be killed. */
export class StunServer {
  #program: Program | undefined;

  constructor(
    private readonly host: Host,
    private readonly folder: string,
  ) {}

  /** As it stands in `media.stun`. */
  get place(): string {
    return `${this.host.internet}:${PORT}`;
  }

  async start(): Promise<void> {
    const name = `turnserver-${this.host.name}`;
    const program = this.host.start({
      name,
      logFolder: this.folder,
      command: [
        ...(['turnserver', '-n', '--stun-only', '--no-tls', '--no-dtls', '--no-tcp', '--no-cli'] as const),
        ...[
          `--listening-ip=${this.host.internet}`,
          `--listening-port=${PORT}`,
          '--log-file=stdout',
          '--relay-threads=1',
        ],
        ...[`--pidfile=${this.folder}/${name}.pid`, `--userdb=${this.folder}/${name}.db`],
      ],
    });
    this.#program = program;
    await until('the STUN server listens', () => {
      if (!program.running) throw new Error(`coturn ended:\n${program.text}`);
      return this.host.listensOnUdp(program.pid, PORT);
    });
  }

  async kill(): Promise<void> {
    await this.#program?.kill();
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }
}
