// A terminal, an environment and a service for commands under test.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandRegistry } from '../../../src/api/commands.ts';
import { Journal } from '../../../src/api/journal.ts';
import { silentLog } from '../../../src/base/log.ts';
import { runCommandLine } from '../../../src/cli/command-line.ts';
import type { Output, PublishTally, Surroundings } from '../../../src/cli/io.ts';
import { ControlServer } from '../../../src/control/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';

export class KeptOutput implements Output {
  text = '';
  closed = false;
  readonly #listeners: (() => void)[] = [];
  readonly #waiting: { readonly lines: number; readonly done: () => void }[] = [];

  write(text: string): void {
    this.text += text;
    const lines = this.text.split('\n').length - 1;
    for (const waiting of [...this.#waiting]) if (lines >= waiting.lines) waiting.done();
  }

  onClose(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** The reader goes away. */
  close(): void {
    this.closed = true;
    for (const listener of this.#listeners) listener();
  }

  linesWritten(lines: number): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ lines, done });
      this.write('');
    });
  }
}

export interface Outcome {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** A folder of its own, and what was loaded in it. */
export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), 'doorphone-cli-'));
  readonly socket = join(this.folder, 'control.sock');
  readonly clock = new FakeClock();
  readonly registry = new CommandRegistry();
  readonly journal = new Journal(this.clock, silentLog);
  readonly started: unknown[] = [];
  environment: { [name: string]: string | undefined } = { DOORPHONE_SOCKET: this.socket };
  programs: Surroundings['programs'] = {
    runService: (options) => this.#start('run', options),
    runDemo: (options) => this.#start('demo', options),
    runProvisionServer: (options) => this.#start('provision-server', options),
    testBoard: ({ found, ...options }) => {
      this.started.push({ program: 'board test', ...options });
      for (const { line } of this.board.findings) found(line);
      return Promise.resolve(this.board);
    },
    publishProfiles: (options) => {
      this.started.push(['publish', options]);
      return Promise.resolve(this.tally);
    },
    informByDhcp: ({ file = 'the usual file', warn }) => {
      warn('port 67 at eth1 is not to be had');
      return Promise.resolve({ file, answered: this.answered });
    },
    releaseRelays: ({ configFile }) =>
      Promise.resolve({ released: ['relay'], message: `released relay of ${configFile}` }),
  };
  /** Interfaces at which a DHCP server has answered. */
  answered: string[] = ['eth0'];
  /** What a trial of the board comes to. */
  board: { board: string; title: string; findings: { line: string }[]; ok: boolean } = {
    board: 'test',
    title: 'Test',
    findings: [{ line: 'ok   GPIO: a chip' }],
    ok: true,
  };
  /** What a round of publishing comes to. */
  tally: PublishTally = { changed: 1, refreshed: 0, removed: 0, unchanged: 2, failed: 0 };
  #server: ControlServer | undefined;

  async serve(path = this.socket): Promise<void> {
    this.#server = new ControlServer({ path, registry: this.registry, journal: this.journal, log: silentLog });
    await this.#server.start();
  }

  surroundings(out: Output, err: Output): Surroundings {
    const { clock, environment, programs } = this;
    return { out, err, environment, clock, version: '1.2.3', programs };
  }

  async run(...args: string[]): Promise<Outcome> {
    const [out, err] = [new KeptOutput(), new KeptOutput()];
    const exitCode = await runCommandLine(args, this.surroundings(out, err));
    return { exitCode, out: out.text, err: err.text };
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    rmSync(this.folder, { recursive: true });
  }

  #start(program: string, options: object): Promise<number> {
    this.started.push({ program, ...options });
    return Promise.resolve(0);
  }
}
