// Keeps one DoorService at work while its configuration changes: live where that can be, by a restart when nobody
// talks, and back to what it was when the new one does not start.

import type { CommandName, CommandOutcome } from '../api/commands.ts';
import { CommandRegistry, refuse } from '../api/commands.ts';
import type { StateReport } from '../api/state.ts';
import type { Timer } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import { seconds } from '../base/units.ts';
import { type Configuration, compareConfigurations, formatFault, type ParseOutcome } from '../config/index.ts';
import type { DoorService, ServiceContext } from './door-service.ts';

/** What a running service takes up without losing a call, a registration or a sound device. */
const LIVE = [
  'buttons',
  'doors',
  'calls',
  'sip.accept',
  'sip.answer',
  'sip.dtmf',
  'media.codecs',
  'media.srtp',
  'media.packetTime',
  'log',
];
/** How often it is looked whether a restart that waits for the end of a call may be done. */
const LOOK_AGAIN = seconds(1);

/** The part of DoorService that is supervised; a test hands in its own. */
export type Supervised = Pick<DoorService, 'commands' | 'start' | 'stop' | 'apply' | 'busy' | 'state'>;

export interface SupervisorParts {
  readonly file: string;
  readonly load: (file: string) => ParseOutcome;
  readonly make: (configuration: Configuration) => Supervised;
  readonly context: Pick<ServiceContext, 'clock' | 'log' | 'journal' | 'faults'>;
}

/** The running service, whichever configuration it has at the moment. */
export class Supervisor {
  /** Every command of the contract; they reach the service that is at work when they come. */
  readonly commands = new CommandRegistry();
  #service: Supervised;
  #configuration: Configuration;
  #waiting: Timer | undefined;
  #restarting: Promise<void> = Promise.resolve();

  constructor(
    configuration: Configuration,
    private readonly parts: SupervisorParts,
  ) {
    this.#configuration = configuration;
    this.#service = parts.make(configuration);
    for (const name of ['press', 'call', 'answer', 'hangup', 'dtmf', 'open', 'line'] as const) this.#forward(name);
    this.commands.handle('status', () => ({ ok: true, result: this.state() }));
    this.commands.handle('reload', () => this.reload());
  }

  start(): Promise<void> {
    return this.#service.start();
  }

  async stop(): Promise<void> {
    this.#waiting?.cancel();
    await this.#restarting;
    await this.#service.stop();
  }

  state(): StateReport {
    return this.#service.state();
  }

  /**
   * Reads the file again and puts it into force: at once, or, where parts must be restarted, as soon as no call is up
   * and no door is open. A faulty file changes nothing.
   */
  reload(): CommandOutcome<'reload'> {
    const { file, load, context } = this.parts;
    let outcome: ParseOutcome;
    try {
      outcome = load(file);
    } catch (thrown) {
      return this.#reject([describeError(thrown)]);
    }
    const { configuration, faults } = outcome;
    if (configuration === undefined) return this.#reject(faults.map(formatFault));
    this.#waiting?.cancel();
    if (needsRestart(this.#configuration, configuration)) {
      this.#restartWhenIdle(configuration);
    } else {
      this.#service.apply(configuration);
      this.#configuration = configuration;
      context.faults.end('configuration');
      context.journal.record('configuration.applied', { file });
    }
    return { ok: true, result: { file } };
  }

  #forward<Name extends CommandName>(name: Name): void {
    this.commands.handle(name, (parameters, origin) => this.#service.commands.execute(name, parameters, origin));
  }

  #reject(faults: readonly string[]): CommandOutcome<'reload'> {
    const { file, context } = this.parts;
    context.journal.record('configuration.rejected', { file, faults });
    return refuse('bad-configuration', `${file} was not applied: ${faults.join('\n')}`);
  }

  #restartWhenIdle(configuration: Configuration): void {
    const { clock, log } = this.parts.context;
    if (this.#service.busy) {
      log.info('configuration.waits', { why: 'a call is up or a door is open' });
      this.#waiting = clock.after(LOOK_AGAIN, 'restart when idle', () => this.#restartWhenIdle(configuration));
      return;
    }
    this.#restarting = this.#restarting.then(() => this.#restart(configuration));
  }

  /** The new configuration, or the old one again. Never rejects. */
  async #restart(configuration: Configuration): Promise<void> {
    const { file, make, context } = this.parts;
    await this.#service.stop();
    try {
      this.#service = make(configuration);
      await this.#service.start();
      this.#configuration = configuration;
      context.faults.end('configuration');
      context.journal.record('configuration.applied', { file });
    } catch (thrown) {
      const why = describeError(thrown);
      context.journal.record('configuration.rejected', { file, faults: [why] });
      context.faults.begin('configuration', `${file} could not be put into force: ${why}`, 'mend it, then reload');
      await this.#restoreOld();
    }
  }

  async #restoreOld(): Promise<void> {
    const { make, context } = this.parts;
    try {
      this.#service = make(this.#configuration);
      await this.#service.start();
    } catch (thrown) {
      const mend = 'restart the service';
      context.faults.begin('service', `the door is out of order: ${describeError(thrown)}`, mend);
    }
  }
}

function needsRestart(before: Configuration, after: Configuration): boolean {
  const isLive = (key: string): boolean => LIVE.some((live) => key === live || key.startsWith(`${live}.`));
  return compareConfigurations(before, after).some(({ key }) => !isLive(key));
}
