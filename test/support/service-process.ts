// `doorphone run` as its users have it: a process of its own with a configuration of the test's, watched by its control
// socket and its standard error, told what to do by the command line or the socket, and ended by its process id.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { stringify } from 'yaml';
import type { CommandName, CommandParameters, CommandResult } from '../../src/api/commands.ts';
import type { DoorphoneEvent, EventType } from '../../src/api/events.ts';
import type { StateReport } from '../../src/api/state.ts';
import { ControlConnection } from '../interop/rig/control.ts';
import { Stream, until } from '../interop/rig/stream.ts';

const BIN = new URL('../../bin/doorphone', import.meta.url).pathname;
const GUARD = new URL('./service-guard.mjs', import.meta.url).pathname;

export type EventOf<Type extends EventType> = Extract<DoorphoneEvent, { type: Type }>;
export type Sections = { readonly [section: string]: unknown };

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What a command of the command line came to. */
export interface CommandOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One line of the service's log; a line that is no JSON stands under `text` alone. */
export type LogLine = { readonly text: string; readonly event?: unknown } & Readonly<Record<string, unknown>>;

export interface ServiceOptions {
  /** Sections in the place of the default ones; `undefined` leaves a section out. */
  readonly configuration?: Sections;
  readonly environment?: NodeJS.ProcessEnv;
  /** Arguments of Node itself, before the program. */
  readonly node?: readonly string[];
  /** `sleeps`: nobody ever reads what the service prints. */
  readonly reader?: 'reads' | 'sleeps';
}

/** The door's code where a test names no other. */
export const DOOR_CODE = '42#';

/** Ports of RTP for every service of these tests: the engine passes over those that are taken. */
export const RTP_PORTS = '23000-23198';

/** A folder that lasts for one service. */
export class ServiceFolder {
  readonly path: string = mkdtempSync(join(tmpdir(), 'doorphone-service-'));
  readonly configurationFile: string = this.file('doorphone.yaml');
  readonly socket: string = this.file('control.sock');

  file(name: string): string {
    return join(this.path, name);
  }

  /** A door on loopback whose SIP port the system chooses, changed by `sections`. */
  configure(sections: Sections): void {
    const whole: { [section: string]: unknown } = {
      name: 'Front door',
      board: 'virtual',
      sip: { listen: ['udp:127.0.0.1:0'] },
      media: { ports: RTP_PORTS },
      audio: { device: 'virtual' },
      buttons: { front: { line: 'button', call: ['sip:101@127.0.0.1:9'] } },
      doors: { main: { relay: 'relay', openFor: '300ms', code: DOOR_CODE } },
      ...sections,
    };
    for (const [section, value] of Object.entries(whole)) if (value === undefined) delete whole[section];
    writeFileSync(this.configurationFile, stringify(whole), { mode: 0o600 });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Runs the command to its end. */
export function doorphone(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<CommandOutput> {
  return new Promise((done) => {
    const env = { ...process.env, DOORPHONE_STATE: '', DOORPHONE_SOCKET: '', ...environment };
    const options = { env, timeout: 15_000 };
    execFile(process.execPath, [BIN, ...args], options, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr });
    });
  });
}

/** A running service. */
export class ServiceProcess {
  readonly events = new Stream<DoorphoneEvent>('doorphone events', (event) => JSON.stringify(event));
  readonly log = new Stream<LogLine>('doorphone log', (line) => line.text);
  readonly exited: Promise<Exit>;
  stdout = '';
  readonly #child: ChildProcess;
  #running = true;
  #control: ControlConnection | undefined;

  private constructor(
    readonly folder: ServiceFolder,
    { environment = {}, node = [], reader = 'reads' }: ServiceOptions,
  ) {
    const { configurationFile, path, socket } = folder;
    const args = [
      '--import',
      GUARD,
      ...node,
      BIN,
      'run',
      '--config',
      configurationFile,
      '--state',
      path,
      '--socket',
      socket,
    ];
    this.#child = spawn(process.execPath, args, {
      cwd: path,
      env: { ...process.env, ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    if (reader === 'reads') this.#read();
    this.exited = new Promise((done) => {
      this.#child.on('exit', (code, signal) => {
        this.#running = false;
        const why = `the service ended with ${signal ?? code}`;
        this.events.end(why);
        // What stands in the pipe is read before nothing more can come.
        if (reader === 'sleeps') done({ code, signal });
      });
      this.#child.on('close', (code, signal) => {
        this.log.end(`the service ended with ${signal ?? code}`);
        done({ code, signal });
      });
    });
  }

  /** Starts a service and waits until it is ready. @throws Error with what it said when it ends instead */
  static async start(options: ServiceOptions = {}): Promise<ServiceProcess> {
    const folder = new ServiceFolder();
    folder.configure(options.configuration ?? {});
    return await ServiceProcess.startIn(folder, options);
  }

  /** The same in a folder that is there, as after a crash. */
  static async startIn(folder: ServiceFolder, options: ServiceOptions = {}): Promise<ServiceProcess> {
    const service = new ServiceProcess(folder, options);
    await until('the control socket takes a connection', async () => {
      if (!service.running) throw new Error(`doorphone run ended:\n${service.stderr}`);
      service.#control = await ControlConnection.open(folder.socket).catch(() => undefined);
      return service.#control !== undefined;
    });
    service.#control?.followEvents((event) => service.events.push(event));
    await service.saw('service.started');
    return service;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get running(): boolean {
    return this.#running;
  }

  /** All that it has printed on standard error. */
  get stderr(): string {
    return this.log.items.map(({ text }) => text).join('\n');
  }

  /** The UDP port of SIP, as the service says it. */
  async sipPort(): Promise<number> {
    const line = await this.log.find('sip.listening', ({ event }) => event === 'sip.listening');
    const [first] = Array.isArray(line.addresses) ? line.addresses : [];
    return Number(/:(\d+)$/.exec(String(first))?.[1]);
  }

  /** The process's memory that is in use, in bytes (VmRSS of proc(5)). */
  residentBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  }

  /** A command of the command line, for this service. */
  command(...args: readonly string[]): Promise<CommandOutput> {
    return doorphone([...args, '--socket', this.folder.socket]);
  }

  /** A command by the control socket. @throws Error with the code of the refusal */
  async execute<Name extends CommandName>(
    name: Name,
    parameters: CommandParameters<Name>,
  ): Promise<CommandResult<Name>> {
    if (this.#control === undefined) throw new Error('the service has no control connection');
    return await this.#control.execute(name, parameters);
  }

  async status(): Promise<StateReport> {
    return await this.execute('status', {});
  }

  /** Waits for an event. */
  async saw<Type extends EventType>(
    type: Type,
    options: { fits?: (event: EventOf<Type>) => boolean; withinMs?: number; from?: number } = {},
  ): Promise<EventOf<Type>> {
    const fits = options.fits ?? (() => true);
    const found = await this.events.find(type, (event) => isOfType(event, type) && fits(event), options);
    if (!isOfType(found, type)) throw new Error(`${found.type} is not ${type}`);
    return found;
  }

  /** The events of one type so far. */
  allOf<Type extends EventType>(type: Type, from = 0): EventOf<Type>[] {
    return this.events.items.slice(from).filter((event): event is EventOf<Type> => isOfType(event, type));
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#running) process.kill(this.pid, signal);
  }

  /** Ends it and takes its folder away. @returns how it ended */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    const exit = await this.end(signal);
    this.folder.remove();
    return exit;
  }

  /** Ends it and leaves its folder. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.signal(signal);
    const exit = await this.exited;
    this.#control?.close();
    return exit;
  }

  #read(): void {
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    readLogLines(this.#child.stderr, this.log);
  }
}

/** Each line that a program of ours prints. */
export function readLogLines(output: Readable | null, log: Stream<LogLine>): void {
  let rest = '';
  output?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) log.push(readLine(line));
  });
}

function readLine(text: string): LogLine {
  try {
    return { ...JSON.parse(text), text };
  } catch {
    return { text };
  }
}

function isOfType<Type extends EventType>(event: DoorphoneEvent, type: Type): event is EventOf<Type> {
  return event.type === type;
}
