// The product's own provisioning server on a machine of the test's network.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Host } from './network.ts';
import type { Program } from './program.ts';

const BIN = new URL('../../../bin/doorphone', import.meta.url).pathname;

export class ProvisionServer {
  readonly #base: string;
  #program: Program | undefined;

  /** @param texts the files of its folder, by path */
  constructor(
    private readonly host: Host,
    private readonly folder: string,
    texts: Readonly<Record<string, string>>,
  ) {
    this.#base = `${folder}/provision`;
    for (const [path, text] of Object.entries(texts)) this.write(path, text);
  }

  write(path: string, text: string): void {
    const file = `${this.#base}/profiles/${path}`;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  async start(): Promise<void> {
    this.#program = this.host.start({
      name: 'provision-server',
      logFolder: this.folder,
      command: [
        process.execPath,
        BIN,
        'provision-server',
        ...['--profiles', `${this.#base}/profiles`, '--state', `${this.#base}/state`],
      ],
    });
    await this.said(/fleet\.ready/);
  }

  /** A line of its log, that is there or comes. */
  async said(pattern: RegExp, from = 0): Promise<string> {
    if (this.#program === undefined) throw new Error('the provisioning server was not started');
    return await this.#program.lines.find(`line like ${pattern}`, (line) => pattern.test(line), { from });
  }

  get mark(): number {
    return this.#program?.lines.mark ?? 0;
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }
}
