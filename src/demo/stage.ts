// What the demonstration plays on: a door, an indoor phone in another process, an MQTT broker, all on loopback; and the
// one place where their stamps become a timeline.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DoorphoneEvent } from '../api/events.ts';
import { Journal } from '../api/journal.ts';
import type { StateReport } from '../api/state.ts';
import { DoorService } from '../app/door-service.ts';
import { Faults } from '../app/faults.ts';
import type { Clock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import { DoorphoneError } from '../base/errors.ts';
import { silentLog } from '../base/log.ts';
import { SystemRandom } from '../base/random.ts';
import { type Millis, millis } from '../base/units.ts';
import { loadConfiguration } from '../config/index.ts';
import type { WireRecord } from '../sip/index.ts';
import { type BrokerMessage, DemoBroker } from './broker.ts';
import { PhoneProcess } from './phone-process.ts';
import type { Step } from './timeline.ts';

/** What is played. */
export interface Play {
  /** WAV files that the two microphones hear; undefined: silence. */
  readonly visitor: string | undefined;
  readonly resident: string | undefined;
  /** What the phone sends; the door's code is always `CODE`. */
  readonly digits: string;
  /** The built phone. */
  readonly phoneProgram: string;
  readonly version: string;
}

export const CODE = '42#';

export type StageEvents = {
  step: [step: Step, at: Millis];
  event: [event: DoorphoneEvent];
  message: [message: BrokerMessage];
};

/** Everything that runs, from `open` to `close`. */
export class Stage {
  readonly #events = new Emitter<StageEvents>();
  #service: DoorService | undefined;

  private constructor(
    private readonly clock: Clock,
    readonly folder: string,
    private readonly broker: DemoBroker,
    private readonly phone: PhoneProcess,
    readonly play: Play,
  ) {}

  /** Starts broker, phone and door. @throws DoorphoneError; what had started is stopped again */
  static async open(play: Play, clock: Clock): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'doorphone-demo-'));
    const orders = { voice: play.resident, recording: join(folder, 'phone-heard.wav'), digits: play.digits };
    const broker = await DemoBroker.start();
    try {
      const phone = await PhoneProcess.start(play.phoneProgram, orders, clock);
      return new Stage(clock, folder, broker, phone, play);
    } catch (thrown) {
      await broker.stop();
      throw thrown;
    }
  }

  on<Name extends keyof StageEvents>(name: Name, listener: (...args: StageEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /** Starts the door: listeners that were there before hear all of it. */
  async start(): Promise<void> {
    const file = join(this.folder, 'doorphone.yaml');
    await writeFile(file, this.#configurationText());
    const { configuration, faults } = loadConfiguration(file, {});
    if (configuration === undefined) {
      throw new DoorphoneError('bad-configuration', faults.map(({ key, what }) => `${key}: ${what}`).join('; '));
    }
    const { clock } = this;
    const journal = new Journal(clock, silentLog);
    this.broker.onMessage((message) => this.#events.emit('message', message));
    journal.subscribe((event) => this.#events.emit('event', event));
    const service = new DoorService(configuration, {
      clock,
      random: new SystemRandom(),
      log: silentLog,
      journal,
      faults: new Faults(journal, silentLog),
      version: this.play.version,
      startedAt: clock.now(),
    });
    this.#service = service;
    this.#stampSteps(service);
    await service.start();
    journal.record('service.started', { version: this.play.version, board: service.board.name });
  }

  /** Presses the button with a finger: the line goes active, and inactive again. */
  press(): void {
    this.#service?.board.setLine('button', true);
    this.clock.after(millis(100), 'finger', () => this.#service?.board.setLine('button', false));
  }

  async command(name: 'open' | 'hangup'): Promise<string | undefined> {
    const outcome = await this.#service?.commands.execute(name, {}, 'demo');
    return outcome?.ok === false ? outcome.error.message : undefined;
  }

  get state(): StateReport | undefined {
    return this.#service?.state();
  }

  get phoneDoing(): string {
    return this.phone.doing;
  }

  get brokerPort(): number {
    return this.broker.port;
  }

  get recordings(): { readonly door: string; readonly phone: string } {
    return { door: join(this.folder, 'door-heard.wav'), phone: join(this.folder, 'phone-heard.wav') };
  }

  /** Ends everything; both recordings are whole afterwards. */
  async close(): Promise<void> {
    await this.#service?.stop();
    await this.phone.stop();
    await this.broker.stop();
  }

  #configurationText(): string {
    const input = this.play.visitor === undefined ? '' : `  input: ${JSON.stringify(this.play.visitor)}\n`;
    return `name: Front door
board: virtual

sip:
  listen: [ "udp:127.0.0.1:0" ]

media:
  ports: 16384-16484

audio:
  device: file
${input}  output: door-heard.wav

buttons:
  front:
    line: button
    call: [ "sip:indoor@127.0.0.1:${this.phone.port}" ]

doors:
  main:
    relay: relay
    openFor: 2s
    code: "${CODE}"

mqtt:
  url: mqtt://127.0.0.1:${this.broker.port}
  commands: [ press, hangup, open ]
`;
  }

  /** Each stamp is taken where the thing happens: at the line, at the socket, on the engine's thread. */
  #stampSteps({ board, agent, engine }: DoorService): void {
    const step = (name: Step, at: Millis): void => this.#events.emit('step', name, at);
    board.onChange(({ line, active, at }) => {
      if (line === 'button' && active) step('press', at);
      if (line === 'relay') step(active ? 'relay-on' : 'relay-off', at);
    });
    engine.on('started', (_, direction, at) => step(direction === 'out' ? 'rtp-out' : 'rtp-in', at));
    engine.on('digit', (_, __, at) => step('digit', at));
    agent.on('wire', (record) => {
      const name = stepOf(record);
      if (name !== undefined) step(name, record.at);
    });
  }
}

function stepOf({ direction, message }: WireRecord): Step | undefined {
  if (message.kind === 'request') {
    if (message.method === 'BYE') return 'bye';
    return message.method === 'INVITE' && direction === 'out' ? 'invite' : undefined;
  }
  if (message.cseq.method !== 'INVITE' || direction !== 'in') return undefined;
  if (message.status === 180) return 'ringing';
  return message.status === 200 ? 'answered' : undefined;
}
