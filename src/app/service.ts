// `doorphone run`: the process. It reads the file, opens log and control socket, keeps a door at work, and obeys
// signals.

import { dirname } from 'node:path';
import type { DoorphoneEvent } from '../api/events.ts';
import { Journal } from '../api/journal.ts';
import { type Clock, SystemClock } from '../base/clock.ts';
import { DoorphoneError, describeError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { SystemRandom } from '../base/random.ts';
import { type Configuration, formatFault, loadConfiguration, type ParseOutcome } from '../config/index.ts';
import { ControlServer } from '../control/index.ts';
import { DoorService, type ServiceContext } from './door-service.ts';
import { Faults } from './faults.ts';
import { instanceOf } from './instance-id.ts';
import { standardErrorLog } from './log.ts';
import { systemNetwork } from './network-watcher.ts';
import { prepareStateFolder } from './state-folder.ts';
import { Supervisor } from './supervisor.ts';

export interface RunOptions {
  readonly configFile: string;
  /** Whether the file was named, or is the default one. */
  readonly configGiven: boolean;
  readonly stateFolder: string;
  readonly socketPath: string;
  readonly version: string;
}

/** Serves until a signal ends it. @returns the exit code */
export async function runService(options: RunOptions): Promise<number> {
  try {
    prepareStateFolder(options.stateFolder);
    const configuration = readConfiguration(options);
    if (configuration === undefined) return 1;
    await serve(options, configuration);
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof DoorphoneError)) throw thrown;
    process.stderr.write(`doorphone: ${thrown.line}\n`);
    return 1;
  }
}

/** The checked configuration; undefined when its faults have been printed. */
function readConfiguration({ configFile, configGiven }: RunOptions): Configuration | undefined {
  const { configuration, faults, warnings } = loadOrExplain(configFile, configGiven);
  for (const warning of warnings) process.stderr.write(`doorphone: warning: ${formatFault(warning)}\n`);
  for (const fault of faults) process.stderr.write(`doorphone: ${formatFault(fault)}\n`);
  return configuration;
}

function loadOrExplain(configFile: string, configGiven: boolean): ParseOutcome {
  try {
    return loadConfiguration(configFile, process.env);
  } catch (thrown) {
    if (configGiven || !(thrown instanceof DoorphoneError) || thrown.code !== 'configuration-missing') throw thrown;
    throw new DoorphoneError('not-configured', `this board is not configured: there is no ${configFile}`, {
      mend: 'write one, or name another with --config FILE',
      cause: thrown,
    });
  }
}

async function serve(options: RunOptions, configuration: Configuration): Promise<void> {
  const { version, socketPath, configFile } = options;
  const clock = new SystemClock();
  const log = standardErrorLog({ clock, level: configuration.log.level });
  const context = makeContext(clock, log, options);
  const { journal } = context;
  journal.subscribe((event) => logEvent(log, event));
  leaveOnUncaught(log);
  const supervisor = new Supervisor(configuration, {
    file: configFile,
    load: (file) => loadConfiguration(file, process.env),
    make: (made) => new DoorService(made, context),
    applied: (changed) => {
      log.level = changed.log.level;
    },
    context,
  });
  const control = new ControlServer({ path: socketPath, registry: supervisor.commands, journal, log });
  const ended = signalled(() => void supervisor.reload());
  try {
    // The socket first: a second service on it must not take the ports of the first.
    if (dirname(socketPath) !== options.stateFolder) prepareStateFolder(dirname(socketPath));
    await control.start();
    await supervisor.start();
    journal.record('service.started', { version, board: configuration.board });
    log.info('service.ready', { socket: socketPath, stopsOn: 'SIGTERM', reloadsOn: 'SIGHUP' });
    const signal = await ended;
    log.info('service.signal', { signal });
    journal.record('service.stopping', {});
  } finally {
    await supervisor.stop();
    await control.stop();
  }
}

function makeContext(clock: Clock, log: Log, { version, stateFolder }: RunOptions): ServiceContext {
  const journal = new Journal(clock, log);
  const faults = new Faults(journal, log);
  const random = new SystemRandom();
  const instance = instanceOf(stateFolder, random, log);
  return {
    clock,
    random,
    log,
    journal,
    faults,
    version,
    instance,
    network: systemNetwork(),
    startedAt: clock.now(),
  };
}

/** Resolves with the signal that ends the service; SIGHUP reloads. */
function signalled(reload: () => void): Promise<string> {
  process.on('SIGHUP', reload);
  return new Promise((done) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => done(signal));
  });
}

/** A fault of the program: said, then left to the supervisor, which starts afresh. The relays are released on exit. */
function leaveOnUncaught(log: Log): void {
  const leave = (thrown: unknown): void => {
    const stack = thrown instanceof Error ? thrown.stack : undefined;
    log.error('service.crashed', { reason: describeError(thrown), stack });
    process.exit(1);
  };
  process.on('uncaughtException', leave);
  process.on('unhandledRejection', leave);
}

function logEvent(log: Log, { time: _, type, ...fields }: DoorphoneEvent): void {
  if (type === 'fault' || type === 'configuration.rejected' || type === 'media.lost') log.warn(type, fields);
  else log.info(type, fields);
}
