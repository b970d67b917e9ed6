// `doorphone run`: the process. It reads the file, opens log and control socket, keeps a door at work, and obeys
// signals.

import { dirname, join } from 'node:path';
import type { DoorphoneEvent } from '../api/events.ts';
import { Journal } from '../api/journal.ts';
import type { StateReport } from '../api/state.ts';
import { type Clock, SystemClock } from '../base/clock.ts';
import { DoorphoneError, describeError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { SystemRandom } from '../base/random.ts';
import { type Configuration, formatFault, type ParseOutcome } from '../config/index.ts';
import { ControlServer } from '../control/index.ts';
import { openWatchdog } from '../hardware/drivers/index.ts';
import { loadNative } from '../native.ts';
import { DoorService, type ServiceContext } from './door-service.ts';
import { Faults } from './faults.ts';
import { instanceOf } from './instance-id.ts';
import { standardErrorLog } from './log.ts';
import { systemNetwork, systemNetworkNews } from './network-watcher.ts';
import { outputMemory } from './output-record.ts';
import { Profiles } from './profiles.ts';
import { Provisioning } from './provisioning.ts';
import { ServiceManager } from './service-manager.ts';
import { untilSignalled } from './signals.ts';
import { prepareStateFolder, volatileBecause } from './state-folder.ts';
import { storeFileAt } from './store-file.ts';
import { Supervisor } from './supervisor.ts';
import { WatchdogKeeper } from './watchdog.ts';

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
    return await serve(options);
  } catch (thrown) {
    if (!(thrown instanceof DoorphoneError)) throw thrown;
    process.stderr.write(`doorphone: ${thrown.line}\n`);
    return 1;
  }
}

/** The checked configuration; undefined when its faults have been printed. */
function explain({ configuration, faults, warnings }: ParseOutcome): Configuration | undefined {
  for (const warning of warnings) process.stderr.write(`doorphone: warning: ${formatFault(warning)}\n`);
  for (const fault of faults) process.stderr.write(`doorphone: ${formatFault(fault)}\n`);
  return configuration;
}

async function serve(options: RunOptions): Promise<number> {
  const { version, socketPath, configFile } = options;
  const clock = new SystemClock();
  const log = standardErrorLog({ clock, level: 'info' });
  const context = makeContext(clock, log, options);
  const { journal } = context;
  const profiles = new Profiles({
    ...options,
    context,
    putIntoForce: async (changed) => (await supervisor.change(changed)).ok,
    works: () => provisioning.works(supervisor.state()),
  });
  await profiles.prepare();
  const configuration = explain(profiles.begin());
  if (configuration === undefined) return 1;
  log.level = configuration.log.level;
  journal.subscribe((event) => logEvent(log, event));
  sayVolatile(options.stateFolder, context.faults);
  leaveOnUncaught(log);
  const provisioning = new Provisioning({ context, profiles, stateFolder: options.stateFolder });
  const supervisor = new Supervisor(configuration, {
    file: configFile,
    load: () => profiles.reload(),
    make: (made) => provisioning.watch(new DoorService(made, context), made),
    applied: (changed) => {
      log.level = changed.log.level;
      watchdog.use(changed.watchdog);
      provisioning.inForce();
      profiles.inForce(changed);
      void provisioning.begin();
    },
    notApplied: (refused) => profiles.notInForce(refused),
    context,
  });
  provisioning.handle({
    commands: supervisor.commands,
    change: (changed) => supervisor.change(changed),
    restart: () => supervisor.restart(),
  });
  const manager = new ServiceManager({
    clock,
    log,
    environment: process.env,
    pid: process.pid,
    send: (place, text) => loadNative().notifySend(place, text),
    feelPulse: () => supervisor.feelPulse(),
    status: () => describeState(supervisor.state()),
  });
  const watchdog = new WatchdogKeeper({
    clock,
    log,
    faults: context.faults,
    isManaged: process.env.NOTIFY_SOCKET !== undefined,
    open: openWatchdog,
    feelPulse: () => supervisor.feelPulse(),
  });
  const control = new ControlServer({ path: socketPath, registry: supervisor.commands, journal, log });
  const ended = untilSignalled(() => void supervisor.reload());
  try {
    // The socket first: a second service on it must not take the ports of the first.
    if (dirname(socketPath) !== options.stateFolder) prepareStateFolder(dirname(socketPath));
    await control.start();
    await supervisor.start();
    journal.record('service.started', { version, board: configuration.board });
    log.info('service.ready', { socket: socketPath, stopsOn: 'SIGTERM', reloadsOn: 'SIGHUP' });
    profiles.inForce(configuration);
    watchdog.use(configuration.watchdog);
    manager.ready();
    journal.subscribe(() => manager.changed());
    await provisioning.begin();
    const signal = await ended;
    manager.stopping();
    log.info('service.signal', { signal });
    journal.record('service.stopping', {});
    return 0;
  } finally {
    profiles.keepers.stop();
    provisioning.stop();
    await supervisor.stop();
    await control.stop();
    watchdog.stop();
  }
}

/** What was to be kept is gone with the power: the door works, and somebody must know. */
function sayVolatile(stateFolder: string, faults: Faults): void {
  const why = volatileBecause(stateFolder);
  if (why === undefined) return;
  faults.begin(
    'state',
    `what the door keeps is in memory alone: ${why}`,
    'renew the card; configure and provision it again',
  );
}

/** For `systemctl status`. */
function describeState(state: StateReport | undefined): string {
  if (state === undefined) return 'starting';
  const registering = state.accounts.filter(({ registers }) => registers);
  const registered = registering.filter((account) => account.registered).length;
  const accounts =
    registering.length === 0 ? 'no account registers' : `${registered} of ${registering.length} registered`;
  return [state.state, accounts, ...state.faults.slice(0, 1)].join('; ').replaceAll(/\s+/g, ' ');
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
    networkNews: systemNetworkNews(),
    tamperMemory: storeFileAt(join(stateFolder, 'tamper')),
    outputMemory: outputMemory(stateFolder),
    echoStore: storeFileAt(join(stateFolder, 'echo')),
    startedAt: clock.now(),
  };
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

/** Of the events, those that somebody should look at. */
const WARNINGS: ReadonlySet<DoorphoneEvent['type']> = new Set([
  'fault',
  'configuration.rejected',
  'media.lost',
  'button.stuck',
  'door.forced',
  'door.left-open',
  'tamper.detected',
  'provisioning.expires',
  'provisioning.expired',
  'provisioning.rejected',
  'provisioning.rolled-back',
]);

function logEvent(log: Log, { time: _, type, ...fields }: DoorphoneEvent): void {
  if (WARNINGS.has(type)) log.warn(type, fields);
  else log.info(type, fields);
}
