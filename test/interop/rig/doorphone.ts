// The product: `doorphone run` with a configuration of the test's own, told what to do by its control socket.

import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import type { CommandName, CommandParameters, CommandResult } from '../../../src/api/commands.ts';
import type { DoorphoneEvent, EventType } from '../../../src/api/events.ts';
import type { StateReport } from '../../../src/api/state.ts';
import { loadWav, type Sound } from '../../support/audio-analysis.ts';
import { ControlConnection } from './control.ts';
import { PASSWORDS } from './kamailio.ts';
import { ADDRESSES, type Host } from './network.ts';
import type { Exit, Program } from './program.ts';
import { Stream, until } from './stream.ts';

const BIN = new URL('../../../bin/doorphone', import.meta.url).pathname;
const VISITOR = new URL('../../../sounds/visitor.en.wav', import.meta.url).pathname;

export interface DoorphoneOptions {
  /** Sections that stand in for the default ones; `undefined` leaves a section out. */
  readonly configuration?: { readonly [section: string]: unknown };
  /** Of the service; default: the test's own. */
  readonly environment?: NodeJS.ProcessEnv;
}

type EventOf<Type extends EventType> = Extract<DoorphoneEvent, { type: Type }>;

/** The account at the tests' registrar. */
export function account(options: { password?: string; expires?: string } = {}): object {
  return {
    uri: `sip:door@${ADDRESSES.pbx}`,
    password: options.password ?? PASSWORDS.door,
    expires: options.expires ?? '120s',
  };
}

/** The code of the door in the default configuration. */
export const DOOR_CODE = '42#';

/** A door. */
export class Doorphone {
  readonly folder: string;
  readonly configurationFile: string;
  readonly socket: string;
  readonly heardFile: string;
  readonly events = new Stream<DoorphoneEvent>('doorphone events', (event) => JSON.stringify(event));
  #program: Program | undefined;
  #control: ControlConnection | undefined;

  constructor(
    private readonly host: Host,
    private readonly logFolder: string,
    private readonly options: DoorphoneOptions,
  ) {
    this.folder = `${logFolder}/door`;
    mkdirSync(this.folder, { recursive: true });
    this.configurationFile = `${this.folder}/doorphone.yaml`;
    this.socket = `${this.folder}/control.sock`;
    this.heardFile = `${this.folder}/heard.wav`;
    this.writeConfiguration(options.configuration ?? {});
  }

  get pid(): number {
    return this.program.pid;
  }

  get program(): Program {
    if (this.#program === undefined) throw new Error('the door was not started');
    return this.#program;
  }

  writeConfiguration(sections: { readonly [section: string]: unknown }): void {
    const whole: { [section: string]: unknown } = {
      name: 'Front door',
      board: 'virtual',
      sip: { listen: [`udp:${this.host.address}:5060`] },
      audio: { device: 'file', input: VISITOR, output: this.heardFile },
      buttons: { front: { line: 'button', call: [`sip:101@${ADDRESSES.pbx}`] } },
      doors: { main: { relay: 'relay', openFor: '1s', code: DOOR_CODE } },
      log: { level: 'debug' },
      ...sections,
    };
    for (const [section, value] of Object.entries(whole)) if (value === undefined) delete whole[section];
    writeFileSync(this.configurationFile, stringify(whole), { mode: 0o600 });
  }

  /** Starts the service without waiting for anything. */
  launch(options: { state?: string; name?: string } = {}): Program {
    this.#program = this.runCommand(
      options.name ?? 'doorphone',
      ...['run', '--config', this.configurationFile],
      ...['--state', options.state ?? `${this.folder}/state`, '--socket', this.socket],
    );
    return this.#program;
  }

  /** Any command of the command line, in the door's network. */
  runCommand(name: string, ...args: readonly string[]): Program {
    return this.host.start({
      name,
      logFolder: this.logFolder,
      cwd: this.folder,
      env: this.options.environment ?? process.env,
      command: [process.execPath, BIN, ...args],
    });
  }

  /** Starts the service and waits until it takes commands. */
  async start(): Promise<void> {
    const program = this.launch();
    await until('the control socket takes a connection', async () => {
      if (!program.running) throw new Error(`doorphone run ended:\n${program.text}`);
      const control = await ControlConnection.open(this.socket).catch(() => undefined);
      this.#control = control;
      return control !== undefined;
    });
    this.#control?.followEvents((event) => this.events.push(event));
    await this.saw('service.started');
  }

  async execute<Name extends CommandName>(
    command: Name,
    parameters: CommandParameters<Name>,
  ): Promise<CommandResult<Name>> {
    if (this.#control === undefined) throw new Error('the door has no control connection');
    return await this.#control.execute(command, parameters);
  }

  async press(): Promise<void> {
    await this.execute('press', { button: 'front' });
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

  /** Events of one type. */
  allOf<Type extends EventType>(type: Type, from = 0): EventOf<Type>[] {
    return this.events.items.slice(from).filter((event): event is EventOf<Type> => isOfType(event, type));
  }

  /** Waits until it is registered. */
  async registered(options: { withinMs?: number; from?: number } = {}): Promise<EventOf<'registration.changed'>> {
    return await this.saw('registration.changed', { ...options, fits: (event) => event.registered });
  }

  /** What its speaker has played so far. */
  heard(): Sound {
    return loadWav(this.heardFile);
  }

  /** The permission bits of its control socket. */
  socketMode(): number {
    return statSync(this.socket).mode & 0o777;
  }

  async kill(): Promise<void> {
    await this.program.kill();
  }

  async stop(): Promise<Exit | undefined> {
    const exit = await this.#program?.stop();
    this.#control?.close();
    return exit;
  }
}

function isOfType<Type extends EventType>(event: DoorphoneEvent, type: Type): event is EventOf<Type> {
  return event.type === type;
}
