// A relay for sound, as providers have it before their registrar: rtpengine, told by Kamailio what to carry.

import type { Host } from './network.ts';
import type { Program } from './program.ts';

/** A running rtpengine. */
export class RtpEngine {
  #program: Program | undefined;

  constructor(
    private readonly host: Host,
    private readonly folder: string,
  ) {}

  async start(): Promise<void> {
    this.#program = this.host.start({
      name: 'rtpengine',
      logFolder: this.folder,
      command: [
        ...(['rtpengine', '--foreground', '--log-stderr', '--log-level=6', '--table=-1'] as const),
        ...[`--interface=${this.host.address}`, '--listen-ng=127.0.0.1:2223', '--config-file=none'],
        ...['--port-min=30000', '--port-max=30100', `--pidfile=${this.folder}/rtpengine.pid`, '--num-threads=1'],
      ],
    });
    await this.#program.lines.find('start of rtpengine', (line) => /Startup complete/i.test(line));
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }
}
