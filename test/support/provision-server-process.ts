// `doorphone provision-server` as its owner has it: a process with a folder of profiles, ended by its process id.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Stream } from '../interop/rig/stream.ts';
import { type CommandOutput, doorphone, type LogLine, readLogLines } from './service-process.ts';

const BIN = new URL('../../bin/doorphone', import.meta.url).pathname;

/** A running server. */
export class ProvisionServerProcess {
  readonly folder: string;
  readonly state: string;
  readonly log = new Stream<LogLine>('log of the provisioning server', ({ text }) => text);
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();

  /** @param texts the files of the folder, by path */
  constructor(texts: Readonly<Record<string, string>>) {
    const base = mkdtempSync(join(tmpdir(), 'doorphone-provision-'));
    this.folder = join(base, 'profiles');
    this.state = join(base, 'state');
    for (const [path, text] of Object.entries(texts)) this.write(path, text);
  }

  write(path: string, text: string): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** @throws Error with what it said when it ends instead */
  async start(): Promise<void> {
    const args = [BIN, 'provision-server', '--profiles', this.folder, '--state', this.state];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    this.#exited = new Promise((done) => child.on('close', () => done()));
    readLogLines(child.stderr, this.log);
    const from = this.log.mark;
    void this.#exited.then(() => this.log.end('the provisioning server ended'));
    await this.log.find('fleet.ready', ({ event }) => event === 'fleet.ready', { from });
  }

  command(...args: readonly string[]): Promise<CommandOutput> {
    return doorphone(['provision-server', ...args, '--state', this.state]);
  }

  /** Ends it; folder and state stay. */
  async end(): Promise<void> {
    this.#child?.kill('SIGTERM');
    await this.#exited;
  }

  /** Ends it and takes its folders away. */
  async stop(): Promise<void> {
    await this.end();
    rmSync(dirname(this.folder), { recursive: true, force: true });
  }
}
