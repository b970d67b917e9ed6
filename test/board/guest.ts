// What runs inside of the emulated board: GPIO chips whose wires can be pulled and read, a sound card whose other end is
// ours, the service. What is found is told to the host a line at a time.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { CommandName, CommandParameters, CommandResult } from '../../src/api/commands.ts';
import { hertz } from '../../src/base/units.ts';
import { ControlConnection } from '../interop/rig/control.ts';
import { elapse, until } from '../interop/rig/stream.ts';
import { writeWav } from '../interop/rig/wav.ts';
import { loadSpeech, type Sound } from '../support/audio-analysis.ts';

export { elapse, until };

const BIN = new URL('../../bin/doorphone', import.meta.url).pathname;
const SABOTEUR = new URL('../support/service-saboteur.mjs', import.meta.url).pathname;
const CONFIGFS = '/sys/kernel/config/gpio-sim';
const FOLDER = process.env.TMPDIR ?? '/run/tmp';
/** A board's own time is slower than the host's. */
const PATIENCE_MS = 20_000;

/** Everything that is said of an event: its name stands under `event`. */
export type Entry = { readonly event?: unknown; readonly heardAt: number } & Readonly<Record<string, unknown>>;
export type Facts = Readonly<Record<string, unknown>>;

/** Says something to the host. */
export function tell(fact: Facts): void {
  process.stdout.write(`@@${JSON.stringify(fact)}\n`);
}

/** Milliseconds of the kernel's monotonic clock, which its time stamps of edges are of. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** A chip of gpio-sim whose lines have these names. */
export class Chip {
  /** Below /dev. */
  readonly name: string;
  readonly #folder: string;
  readonly #device: string;

  constructor(
    label: string,
    private readonly names: readonly string[],
  ) {
    this.#folder = `${CONFIGFS}/${label}`;
    const bank = `${this.#folder}/bank0`;
    mkdirSync(bank, { recursive: true });
    writeFileSync(`${bank}/label`, label);
    writeFileSync(`${bank}/num_lines`, String(names.length));
    for (const [offset, name] of names.entries()) {
      mkdirSync(`${bank}/line${offset}`);
      writeFileSync(`${bank}/line${offset}/name`, name);
    }
    writeFileSync(`${this.#folder}/live`, '1');
    this.name = readFileSync(`${bank}/chip_name`, 'utf8').trim();
    this.#device = `/sys/devices/platform/${readFileSync(`${this.#folder}/dev_name`, 'utf8').trim()}/${this.name}`;
  }

  /** What somebody outside does to a wire. A tick of this kernel is 10 ms: two changes in one are none. */
  pull(name: string, level: 'high' | 'low'): void {
    writeFileSync(this.#file(name, 'pull'), level === 'high' ? 'pull-up' : 'pull-down');
  }

  /** The level of a wire as a meter shows it. */
  isHigh(name: string): boolean {
    return readFileSync(this.#file(name, 'value'), 'utf8').trim() === '1';
  }

  /** Takes it away, as an expander's cable does. */
  unplug(): void {
    writeFileSync(`${this.#folder}/live`, '0');
  }

  #file(name: string, file: string): string {
    const offset = this.names.indexOf(name);
    if (offset < 0) throw new Error(`no line ${name}`);
    return `${this.#device}/sim_gpio${offset}/${file}`;
  }
}

/** Who holds lines, by the kernel's word. */
export function consumers(): string {
  return execFileSync('gpioinfo', { encoding: 'utf8' });
}

/** The chips below /dev. */
export function chips(): readonly string[] {
  return readdirSync('/dev').filter((name) => name.startsWith('gpiochip'));
}

/** What the visitor before the door says and hears: the other end of the card `Loopback`, whose first end is the door's. */
export class Visitor {
  readonly #programs: ChildProcess[] = [];
  readonly #heard: Buffer[] = [];

  /** Says one of the speech files, over and over, and listens. */
  constructor(speech: string) {
    const file = `${FOLDER}/${speech}.wav`;
    writeWav(file, loadSpeech(speech), 120_000);
    const end = ['-q', '-D', 'hw:Loopback,1,0'];
    this.#programs.push(spawn('aplay', [...end, file], { stdio: ['ignore', 'ignore', 'inherit'] }));
    const recorder = spawn('arecord', [...end, '-t', 'raw', '-f', 'S16_LE', '-r', '8000', '-c', '1'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    recorder.stdout?.on('data', (chunk: Buffer) => this.#heard.push(chunk));
    this.#programs.push(recorder);
  }

  /** What the door's speaker has played so far. */
  heard(): Sound {
    const bytes = Buffer.concat(this.#heard);
    const samples = Float32Array.from({ length: bytes.length >> 1 }, (_, at) => bytes.readInt16LE(2 * at) / 32768);
    return { rate: hertz(8000), samples };
  }

  /** Forgets what it has heard. */
  listenAnew(): void {
    this.#heard.length = 0;
  }

  leave(): void {
    for (const program of this.#programs) program.kill();
  }
}

/** The service, with its events as they come. */
export class Door {
  readonly events: Entry[] = [];
  readonly log: string[] = [];
  readonly folder: string = `${FOLDER}/door`;
  #process: ChildProcess | undefined;
  #control: ControlConnection | undefined;
  #exited: Promise<number | NodeJS.Signals | null> = Promise.resolve(null);

  constructor(configuration: string) {
    mkdirSync(this.folder, { recursive: true });
    this.configure(configuration);
  }

  configure(configuration: string): void {
    writeFileSync(`${this.folder}/door.yaml`, configuration, { mode: 0o600 });
  }

  /** Starts it and waits until it takes commands. @param node arguments of Node itself, before the program */
  async start(node: readonly string[] = []): Promise<void> {
    const seen = this.mark;
    const args = ['run', '--config', `${this.folder}/door.yaml`, '--state', `${this.folder}/state`];
    const child = spawn(process.execPath, [...node, BIN, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      // As the unit has it.
      env: { ...process.env, MALLOC_ARENA_MAX: '2' },
    });
    this.#process = child;
    createInterface({ input: child.stderr }).on('line', (line) => this.#take(line));
    this.#exited = new Promise((done) => child.once('exit', (code, signal) => done(signal ?? code)));
    const ended = this.#exited.then((how) => {
      throw new Error(`the service ended with ${how}:\n${this.log.slice(-15).join('\n')}`);
    });
    await Promise.race([this.saw('service.started', () => true, seen), ended]);
    // From now on its end is the scenario's matter.
    ended.catch(() => undefined);
  }

  /** The same, so that it can be asked for `liveBytes`. */
  async startMeasured(): Promise<void> {
    await this.start(['--expose-gc', '--import', SABOTEUR]);
  }

  /** What is still in use of the heap, and of the buffers beside it, once what is not has been swept away. */
  async liveBytes(): Promise<number> {
    const mark = this.mark;
    this.#process?.kill('SIGUSR2');
    return Number((await this.saw('test.memory', () => true, mark)).heapUsed);
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Where the next event will stand: what comes later is found with `from`. */
  get mark(): number {
    return this.events.length;
  }

  /** An event, at once or when it comes. */
  async saw(type: string, fits: (entry: Entry) => boolean = () => true, from = 0): Promise<Entry> {
    const find = (): Entry | undefined => this.events.slice(from).find((entry) => entry.event === type && fits(entry));
    try {
      await until(`event ${type}`, () => find() !== undefined, PATIENCE_MS);
    } catch (thrown) {
      for (const line of this.log.slice(-15)) tell({ log: line });
      throw thrown;
    }
    const found = find();
    if (found === undefined) throw new Error(`${type} went away`);
    return found;
  }

  /** What it has said so far is kept no longer. */
  forget(): void {
    this.events.length = 0;
    this.log.length = 0;
  }

  /** What it says is wrong. */
  faults(from = 0): readonly Entry[] {
    return this.events.slice(from).filter(({ event }) => event === 'fault');
  }

  /** A command, as the command line says it to the service; that itself takes this board two seconds to start. */
  async execute<Name extends CommandName>(
    command: Name,
    parameters: CommandParameters<Name>,
  ): Promise<CommandResult<Name>> {
    this.#control ??= await ControlConnection.open(`${this.folder}/state/control.sock`);
    return await this.#control.execute(command, parameters);
  }

  /** A command of the command line. @throws Error where it is refused */
  command(...words: readonly string[]): string {
    return execFileSync(process.execPath, [BIN, ...words, '--state', `${this.folder}/state`], { encoding: 'utf8' });
  }

  /** `doorphone release`, as the unit runs it around the service. */
  release(): string {
    return this.command('release', '--config', `${this.folder}/door.yaml`);
  }

  /** Sends a signal and waits for its end. @returns its exit code or the signal that ended it */
  async kill(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    this.#control?.close();
    this.#control = undefined;
    this.#process?.kill(signal);
    return await this.#exited;
  }

  #take(line: string): void {
    this.log.push(line);
    try {
      this.events.push({ ...JSON.parse(line), heardAt: monotonicMs() });
    } catch {
      tell({ log: line });
    }
  }
}

/** Runs one after the other; what throws is told, and the others run all the same. The board is switched off behind it. */
export async function scenario(steps: { readonly [name: string]: () => unknown }): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  let failed = 0;
  for (const [step, carryOut] of Object.entries(steps)) {
    try {
      const facts = await carryOut();
      tell({ step, ok: true, ...(facts === undefined ? {} : { facts }) });
    } catch (thrown) {
      failed += 1;
      tell({ step, ok: false, why: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) });
    }
  }
  rmSync(FOLDER, { recursive: true, force: true });
  process.exit(failed === 0 ? 0 : 1);
}

/** @throws Error that says what is not as wanted */
export function expect(what: string, is: unknown, wanted: unknown): void {
  const [one, other] = [JSON.stringify(is), JSON.stringify(wanted)];
  if (one !== other) throw new Error(`${what}: ${one}, not ${other}`);
}
