// Keeps one DoorService at work while its configuration changes: live where that can be, by a restart when nobody
// talks, and back to what it was when the new one does not start.

import type { CommandName, CommandOutcome, CommandRefusal } from '../api/commands.ts';
import { CommandRegistry, refuse } from '../api/commands.ts';
import type { StateReport } from '../api/state.ts';
import type { Timer } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import { seconds } from '../base/units.ts';
import { type Configuration, compareConfigurations, formatFault, type ParseOutcome } from '../config/index.ts';
import { engineFor } from '../media/index.ts';
import type { DoorService, ServiceContext } from './door-service.ts';

/** What a running service takes up without losing a call, a registration or a sound device. */
const LIVE = [
  'buttons',
  'doors',
  'lamps',
  'tamper',
  'motion',
  'calls',
  'sip.accept',
  'sip.answer',
  'sip.dtmf',
  'sip.transfer',
  'sip.watchers',
  'sip.clickToDial',
  'sip.digest',
  'sip.tls',
  'media.codecs',
  'media.srtp',
  'media.keying',
  'media.suites',
  'media.profile',
  'media.packetTime',
  'media.playoutDelay',
  'audio.speaker',
  'audio.microphone',
  'audio.echoCancellation',
  'audio.noiseSuppression',
  'audio.gainControl',
  'audio.voiceActivityDetection',
  'watchdog',
  'log',
];
/** How often it is looked whether a restart that waits for the end of a call may be done. */
const LOOK_AGAIN = seconds(1);

/** The part of DoorService that is supervised; a test hands in its own. */
export type Supervised = Pick<DoorService, 'commands' | 'start' | 'stop' | 'apply' | 'busy' | 'state' | 'feelPulse'>;

export interface SupervisorParts {
  readonly file: string;
  readonly load: (file: string) => ParseOutcome;
  readonly make: (configuration: Configuration) => Supervised;
  /** A changed configuration is in force: for what belongs to the process, as the level of its log. */
  readonly applied: (configuration: Configuration) => void;
  /** One could not be put into force, perhaps long after it was asked for; the old one is back. */
  readonly notApplied?: (configuration: Configuration) => void;
  readonly context: Pick<ServiceContext, 'clock' | 'log' | 'journal' | 'faults'>;
}

/** What the service carries out, and not whoever keeps it. */
const FORWARDED = [
  'press',
  'call',
  'answer',
  'hangup',
  'hold',
  'resume',
  'transfer',
  'dtmf',
  'open',
  'line',
  'volume',
  'calibrate',
] as const;

/** The running service, whichever configuration it has at the moment. */
export class Supervisor {
  /** Every command of the contract; they reach the service that is at work when they come. */
  readonly commands = new CommandRegistry();
  #service: Supervised | undefined;
  #configuration: Configuration;
  #waiting: Timer | undefined;
  #restarting: Timer | undefined;
  /** One change after another: the file that was read last is the one that is in force in the end. */
  #changing: Promise<unknown> = Promise.resolve();
  #stopped = false;
  #isStarting = false;

  constructor(
    configuration: Configuration,
    private readonly parts: SupervisorParts,
  ) {
    this.#configuration = configuration;
    for (const name of FORWARDED) this.#forward(name);
    this.commands.handle('status', () => {
      const result = this.state();
      return result === undefined ? notReady() : { ok: true, result };
    });
    this.commands.handle('reload', () => this.reload());
  }

  /** Makes the first service and starts it: nothing of the machine is touched before. */
  async start(): Promise<void> {
    this.#service = this.parts.make(this.#configuration);
    await this.#service.start();
  }

  /** How the service at work is; undefined while there is none. */
  state(): StateReport | undefined {
    return this.#service?.state();
  }

  /** As the service at work says it; while there is none nothing hangs. */
  feelPulse(): boolean {
    return this.#isStarting || (this.#service?.feelPulse() ?? true);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#waiting?.cancel();
    this.#restarting?.cancel();
    await this.#changing;
    await this.#service?.stop();
  }

  /**
   * Reads the file again and puts it into force: at once, or, where parts must be restarted, as soon as no call is up
   * and no door is open. A faulty file, or one that cannot be carried out, changes nothing.
   */
  async reload(): Promise<CommandOutcome<'reload'>> {
    const { file, load } = this.parts;
    let outcome: ParseOutcome;
    try {
      outcome = load(file);
    } catch (thrown) {
      return this.#reject([describeError(thrown)]);
    }
    const { configuration, faults } = outcome;
    if (configuration === undefined) return this.#reject(faults.map(formatFault));
    return await this.change(configuration);
  }

  #forward<Name extends CommandName>(name: Name): void {
    this.commands.handle(
      name,
      (parameters, origin) => this.#service?.commands.execute(name, parameters, origin) ?? notReady(),
    );
  }

  #reject(faults: readonly string[]): CommandOutcome<'reload'> {
    const { file, context } = this.parts;
    context.journal.record('configuration.rejected', { file, faults });
    const [first = 'it is faulty', ...more] = faults;
    const rest = more.length === 0 ? '' : ` (and ${more.length} more: doorphone check ${file})`;
    return refuse('bad-configuration', `not applied: ${first}${rest}`);
  }

  /** Puts a configuration into force that did not come by `reload`: at once, or when nobody talks. Never rejects. */
  change(configuration: Configuration): Promise<CommandOutcome<'reload'>> {
    this.#waiting?.cancel();
    const change = this.#changing.then(() => this.#putIntoForce(configuration));
    this.#changing = change;
    return change;
  }

  /** Never rejects. */
  async #putIntoForce(configuration: Configuration): Promise<CommandOutcome<'reload'>> {
    const { file, context } = this.parts;
    if (this.#stopped || this.#service === undefined) return notReady();
    if (!needsRestart(this.#configuration, configuration)) {
      this.#service.apply(configuration);
      this.#inForce(configuration);
      return { ok: true, result: { file } };
    }
    if (!this.#service.busy) return await this.#restart(this.#service, configuration);
    context.log.info('configuration.waits', { why: 'a call is up or a door is open' });
    this.#restartWhenIdle(configuration);
    return { ok: true, result: { file, waits: true } };
  }

  /** Starts the door anew with what is in force, as soon as no call is up and no door is open. */
  restart(): void {
    this.#restarting?.cancel();
    this.#restarting = this.parts.context.clock.after(LOOK_AGAIN, 'restart when idle', () => {
      if (this.#service?.busy === true) this.restart();
      else this.#changing = this.#changing.then(() => this.#startAnew());
    });
  }

  async #startAnew(): Promise<void> {
    if (!this.#stopped && this.#service !== undefined) await this.#restart(this.#service, this.#configuration);
  }

  #restartWhenIdle(configuration: Configuration): void {
    this.#waiting = this.parts.context.clock.after(LOOK_AGAIN, 'restart when idle', () => {
      if (this.#service?.busy === true) this.#restartWhenIdle(configuration);
      else void this.change(configuration);
    });
  }

  /** The new configuration, or the old one again. Never rejects. */
  async #restart(running: Supervised, configuration: Configuration): Promise<CommandOutcome<'reload'>> {
    const { file, make, context } = this.parts;
    this.#isStarting = true;
    await running.stop();
    try {
      this.#service = make(configuration);
      await this.#service.start();
      this.#inForce(configuration);
      return { ok: true, result: { file } };
    } catch (thrown) {
      const why = describeError(thrown);
      context.faults.begin('configuration', `${file} could not be put into force: ${why}`, 'mend it, then reload');
      await this.#restoreOld();
      this.parts.notApplied?.(configuration);
      return this.#reject([why]);
    } finally {
      this.#isStarting = false;
    }
  }

  #inForce(configuration: Configuration): void {
    const { file, context, applied } = this.parts;
    this.#configuration = configuration;
    applied(configuration);
    context.faults.end('configuration');
    context.faults.end('service');
    context.journal.record('configuration.applied', { file });
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

function notReady(): { ok: false; error: CommandRefusal } {
  return refuse('not-ready', 'the service is starting or stopping; try again');
}

function needsRestart(before: Configuration, after: Configuration): boolean {
  const isLive = (key: string): boolean => LIVE.some((live) => key === live || key.startsWith(`${live}.`));
  // The engine is opened for the one or the other.
  const [had, has] = [engineFor(before.media.codecs), engineFor(after.media.codecs)];
  if (had.wideband !== has.wideband || had.opus !== has.opus) return true;
  return compareConfigurations(before, after).some(({ key }) => !isLive(key));
}
