// The registrar and proxy.

import { readFileSync, writeFileSync } from 'node:fs';
import type { Host } from './network.ts';
import type { Program } from './program.ts';

/** The digest users that kamailio.cfg knows. */
export const PASSWORDS = {
  door: "door's own password",
  101: 'password-101',
  102: 'password-102',
  103: 'password-103',
} as const;

export interface KamailioOptions {
  /** The longest registration that it grants, in seconds. */
  readonly maxExpires?: number;
  /** How long a nonce is good, in seconds; afterwards it is refused as stale. */
  readonly nonceExpires?: number;
}

/** A Kamailio that can be killed and started again. */
export class Kamailio {
  readonly #configuration: string;
  #program: Program | undefined;

  constructor(
    private readonly host: Host,
    private readonly folder: string,
    options: KamailioOptions = {},
  ) {
    this.#configuration = `${folder}/kamailio.cfg`;
    const template = readFileSync(new URL('kamailio.cfg', import.meta.url), 'utf8');
    const filled = template
      .replaceAll('@MAX_EXPIRES@', String(options.maxExpires ?? 120))
      .replaceAll('@NONCE_EXPIRE@', String(options.nonceExpires ?? 300));
    writeFileSync(this.#configuration, filled);
  }

  get address(): string {
    return this.host.address;
  }

  /** Starts it and waits until it takes requests. */
  async start(): Promise<void> {
    this.#program = this.host.start({
      name: 'kamailio',
      logFolder: this.folder,
      command: ['kamailio', '-DD', '-E', '-m', '32', '-M', '8', '-Y', this.folder, '-f', this.#configuration],
    });
    await this.#program.lines.find('start of Kamailio', (line) => line.includes('kamailio is ready'));
  }

  /** Takes it away without a farewell; its bindings are lost. */
  async kill(): Promise<void> {
    await this.#program?.kill();
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }
}
