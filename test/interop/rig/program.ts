// One process of the rig: its lines, its end. It is ended by its process group's id, never by name.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { Stream } from './stream.ts';

export interface ProgramOptions {
  /** Shown in error texts; the log's file name. */
  readonly name: string;
  readonly logFolder: string;
  readonly command: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Standard output is data, for the taker alone: it is neither logged nor cut into lines. */
  readonly onOutput?: (chunk: Buffer) => void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How long a process may take over SIGTERM. */
const STOP_MS = 5_000;

// Colours, cursor movements and the like, which baresip writes into its log.
const CONTROL_SEQUENCES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*[A-Za-z]`, 'g');

/** A running process. */
export class Program {
  readonly name: string;
  readonly lines: Stream<string>;
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #log: WriteStream;
  #exit: Exit | undefined;

  constructor(options: ProgramOptions) {
    this.name = options.name;
    this.lines = new Stream<string>(options.name, (line) => line);
    this.#log = createWriteStream(`${options.logFolder}/${options.name}.log`, { flags: 'a' });
    const [file, ...args] = options.command;
    this.#child = spawn(file, args, { cwd: options.cwd, env: options.env ?? process.env, detached: true });
    this.#child.stdin.on('error', () => this.#log.write('(its standard input is closed)\n'));
    if (options.onOutput === undefined) this.#readLines('stdout');
    else this.#child.stdout.on('data', options.onOutput);
    this.#readLines('stderr');
    this.exited = new Promise((resolve) => {
      this.#child.on('error', (error) => this.lines.push(`cannot start ${file}: ${error.message}`));
      this.#child.on('close', (code, signal) => {
        this.#exit = { code, signal };
        this.lines.end(`ended with ${signal ?? code}`);
        this.#log.end();
        resolve(this.#exit);
      });
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.name} did not start`);
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#exit === undefined && this.#child.pid !== undefined;
  }

  /** What it has printed. */
  get text(): string {
    return this.lines.items.join('\n');
  }

  write(data: string | Buffer): void {
    this.#child.stdin.write(data);
  }

  closeInput(): void {
    this.#child.stdin.end();
  }

  /** Sends a signal to the process alone. */
  signal(signal: NodeJS.Signals): void {
    if (this.running) process.kill(this.pid, signal);
  }

  /** Takes it and its children away at once, as a power cut does. */
  async kill(): Promise<Exit> {
    this.#signalGroup('SIGKILL');
    return await this.exited;
  }

  /** Asks it to end, and insists when it does not. */
  async stop(): Promise<Exit> {
    if (!this.running) return await this.exited;
    this.signal('SIGTERM');
    const insist = setTimeout(() => this.#signalGroup('SIGKILL'), STOP_MS);
    const exit = await this.exited;
    clearTimeout(insist);
    return exit;
  }

  #signalGroup(signal: NodeJS.Signals): void {
    if (!this.running) return;
    try {
      process.kill(-this.pid, signal);
    } catch (thrown) {
      this.lines.push(`(${signal}: ${String(thrown)})`);
    }
  }

  #readLines(name: 'stdout' | 'stderr'): void {
    let rest = '';
    this.#child[name].setEncoding('utf8');
    this.#child[name].on('data', (chunk: string) => {
      this.#log.write(chunk);
      const parts = (rest + chunk).replace(CONTROL_SEQUENCES, '').split(/[\r\n]+/);
      rest = parts.pop() ?? '';
      for (const part of parts) if (part.trim() !== '') this.lines.push(part);
    });
    this.#child[name].on('end', () => {
      if (rest.trim() !== '') this.lines.push(rest);
    });
  }
}
