import { beforeEach, describe, expect, it } from 'vitest';
import { CommandRegistry } from '../../../src/api/commands.ts';
import { Journal } from '../../../src/api/journal.ts';
import type { StateReport } from '../../../src/api/state.ts';
import { Faults } from '../../../src/app/faults.ts';
import { type Supervised, Supervisor } from '../../../src/app/supervisor.ts';
import { DoorphoneError } from '../../../src/base/errors.ts';
import { seconds } from '../../../src/base/units.ts';
import { type Configuration, parseConfiguration } from '../../../src/config/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

const FILE = '/etc/doorphone/doorphone.yaml';

const text = (name: string, code: string): string => `
name: ${name}
board: virtual
accounts:
  - uri: sip:door@192.0.2.1
    register: false
buttons:
  front: { line: button, call: [ "sip:101@192.0.2.2" ] }
doors:
  main: { relay: relay, openFor: 3s, code: "${code}" }
`;

const parse = (source: string) =>
  parseConfiguration(source, { file: FILE, readFile: () => ({ text: '', mode: 0o600 }), environment: {} });

class FakeService implements Supervised {
  readonly commands = new CommandRegistry();
  started = false;
  stopped = false;
  busy = false;
  applied: Configuration[] = [];
  constructor(readonly configuration: Configuration) {
    this.commands.handle('press', () => ({ ok: true, result: { button: configuration.name } }));
  }
  start(): Promise<void> {
    if (this.configuration.name === 'Broken') {
      return Promise.reject(new DoorphoneError('port-in-use', 'port 5060 is in use'));
    }
    this.started = true;
    return Promise.resolve();
  }
  stopping: () => void = () => undefined;
  stop(): Promise<void> {
    this.stopping();
    this.stopped = true;
    return Promise.resolve();
  }
  apply(configuration: Configuration): void {
    this.applied.push(configuration);
  }
  pulse = true;
  feelPulse(): boolean {
    return this.pulse;
  }
  state(): StateReport {
    throw new Error('not asked here');
  }
}

let clock: FakeClock;
let journal: Journal;
let faults: Faults;
let services: FakeService[];
let source: string;
let supervisor: Supervisor;
let inForce: string[];
let notApplied: string[];

beforeEach(async () => {
  clock = new FakeClock();
  const log = new RecordingLog();
  journal = new Journal(clock, log);
  faults = new Faults(journal, log);
  services = [];
  inForce = [];
  notApplied = [];
  source = text('Old', '42#');
  const { configuration } = parse(source);
  if (configuration === undefined) throw new Error('the test has a faulty configuration');
  supervisor = new Supervisor(configuration, {
    file: FILE,
    load: () => parse(source),
    make: (made) => {
      const service = new FakeService(made);
      services.push(service);
      return service;
    },
    applied: (configuration) => inForce.push(configuration.name),
    notApplied: (configuration) => notApplied.push(configuration.name),
    context: { clock, log, journal, faults },
  });
  await supervisor.start();
});

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

it('is as alive as its service, and while there is none nothing hangs', async () => {
  const [first] = services;
  if (first === undefined) throw new Error('there is no service');
  expect(supervisor.feelPulse()).toBe(true);
  first.pulse = false;
  expect(supervisor.feelPulse()).toBe(false);
  source = text('New', '42#');
  const felt: boolean[] = [];
  first.stopping = () => felt.push(supervisor.feelPulse());
  await supervisor.reload();
  expect(felt).toEqual([true]);
  expect(supervisor.feelPulse()).toBe(true);
});

describe('a restart that is asked for', () => {
  it('is done when nobody talks, with what is in force', async () => {
    const [first] = services;
    if (first === undefined) throw new Error('there is no service');
    first.busy = true;
    supervisor.restart();
    clock.advance(seconds(5));
    await settle();
    expect(services).toHaveLength(1);
    first.busy = false;
    clock.advance(seconds(1));
    await settle();
    expect(services.map(({ configuration }) => configuration.name)).toEqual(['Old', 'Old']);
    expect(first.stopped).toBe(true);
    expect(services[1]?.started).toBe(true);
  });

  it('is not done by a service that has ended', async () => {
    supervisor.restart();
    await supervisor.stop();
    clock.advance(seconds(5));
    await settle();
    expect(services).toHaveLength(1);
  });
});

const types = (): string[] => journal.recent.map((event) => event.type);
const press = () => supervisor.commands.execute('press', {}, 'control');

describe('reload', () => {
  it('applies a door code without a restart', async () => {
    source = text('Old', '43#');
    expect(await supervisor.reload()).toEqual({ ok: true, result: { file: FILE } });
    expect(services).toHaveLength(1);
    expect(services[0]?.applied[0]?.doors.main?.code?.reveal()).toBe('43#');
    expect(types()).toEqual(['configuration.applied']);
  });

  it('takes another codec up at once, and the first wideband one by a restart, as the sound device is another then', async () => {
    const [old] = services;
    source = `${text('Old', '42#')}media: { codecs: [ PCMU, PCMA ] }\n`;
    await supervisor.reload();
    expect(old?.applied[0]?.media.codecs).toEqual(['PCMU', 'PCMA']);
    source = `${text('Old', '42#')}media: { codecs: [ G722, PCMA ] }\n`;
    await supervisor.reload();
    expect([old?.stopped, services.length]).toEqual([true, 2]);
    source = `${text('Old', '42#')}media: { codecs: [ PCMA, L16/16000 ] }\n`;
    await supervisor.reload();
    expect(services.length).toBe(2);
    source = `${text('Old', '42#')}media: { codecs: [ PCMA, opus ] }\n`;
    await supervisor.reload();
    expect(services.length).toBe(3);
  });

  it('restarts for another name, and commands reach the new service', async () => {
    source = text('New', '42#');
    await supervisor.reload();
    expect(services.map(({ stopped }) => stopped)).toEqual([true, false]);
    expect(await press()).toEqual({ ok: true, result: { button: 'New' } });
  });

  it('waits with a restart until nobody talks and no door is open', async () => {
    const [running] = services;
    if (running !== undefined) running.busy = true;
    source = text('New', '42#');
    expect(await supervisor.reload()).toEqual({ ok: true, result: { file: FILE, waits: true } });
    await clock.advanceAsync(60_000);
    expect(services).toHaveLength(1);
    if (running !== undefined) running.busy = false;
    await clock.advanceAsync(1_000);
    expect(services).toHaveLength(2);
    expect(types()).toEqual(['configuration.applied']);
  });

  it('that waited for the end of a call and then could not start is told to who asked for it', async () => {
    const [running] = services;
    if (running !== undefined) running.busy = true;
    source = text('Broken', '42#');
    expect(await supervisor.reload()).toEqual({ ok: true, result: { file: FILE, waits: true } });
    await clock.advanceAsync(60_000);
    expect(notApplied).toEqual([]);
    if (running !== undefined) running.busy = false;
    await clock.advanceAsync(1_000);
    expect(notApplied).toEqual(['Broken']);
    expect(await press()).toEqual({ ok: true, result: { button: 'Old' } });
  });

  it('keeps the old configuration when the file is faulty, and says every fault in one event', async () => {
    source = text('New', '42#').replace('openFor: 3s', 'openFor: 3 parsecs').replace('relay: relay', 'rely: relay');
    const outcome = await supervisor.reload();
    expect(outcome).toMatchObject({ ok: false, error: { code: 'bad-configuration' } });
    const [event] = journal.recent;
    expect(event).toMatchObject({ type: 'configuration.rejected', file: FILE });
    if (event?.type === 'configuration.rejected') expect(event.faults.length).toBeGreaterThanOrEqual(2);
    expect(await press()).toEqual({ ok: true, result: { button: 'Old' } });
  });

  it('goes back to the old configuration when the new one cannot start, and says so', async () => {
    source = text('Broken', '42#');
    const outcome = await supervisor.reload();
    expect(outcome).toMatchObject({ ok: false, error: { code: 'bad-configuration' } });
    if (!outcome.ok) expect(outcome.error.message).toContain('port 5060 is in use');
    expect(services.map(({ configuration }) => configuration.name)).toEqual(['Old', 'Broken', 'Old']);
    expect(types()).toEqual(['fault', 'configuration.rejected']);
    expect(faults.list.join()).toContain('port 5060 is in use');
    expect(await press()).toEqual({ ok: true, result: { button: 'Old' } });
    source = text('New', '42#');
    await supervisor.reload();
    expect(faults.list).toEqual([]);
  });

  it('ends with the file that was read last, however long the change before it takes', async () => {
    source = text('New', '42#');
    const first = supervisor.reload();
    source = text('Old', '43#');
    await Promise.all([first, supervisor.reload()]);
    expect(inForce).toEqual(['New', 'Old']);
    expect(services.at(-1)?.configuration.name).toBe('Old');
    expect(services.filter(({ stopped }) => !stopped)).toHaveLength(1);
  });

  it('begins nothing any more once it is stopped', async () => {
    source = text('New', '42#');
    const reload = supervisor.reload();
    await supervisor.stop();
    await reload;
    expect(await supervisor.reload()).toMatchObject({ ok: false, error: { code: 'not-ready' } });
    expect(services.every(({ stopped }) => stopped)).toBe(true);
  });
});

describe('a supervisor that has not started', () => {
  it('touches nothing of the machine, and says that it is not ready', async () => {
    const { configuration } = parse(source);
    if (configuration === undefined) throw new Error('the test has a faulty configuration');
    const made: Configuration[] = [];
    const idle = new Supervisor(configuration, {
      file: FILE,
      load: () => parse(source),
      make: (one) => {
        made.push(one);
        return new FakeService(one);
      },
      applied: () => undefined,
      context: { clock, log: new RecordingLog(), journal, faults },
    });
    expect(await idle.commands.execute('status', {}, 'control')).toMatchObject({ error: { code: 'not-ready' } });
    expect(await idle.commands.execute('press', {}, 'control')).toMatchObject({ error: { code: 'not-ready' } });
    expect(made).toEqual([]);
  });
});
