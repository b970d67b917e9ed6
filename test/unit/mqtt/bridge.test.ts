import { beforeEach, describe, expect, it } from 'vitest';
import { CommandRegistry } from '../../../src/api/commands.ts';
import { Journal } from '../../../src/api/journal.ts';
import type { StateReport } from '../../../src/api/state.ts';
import { Secret } from '../../../src/base/secret.ts';
import { MqttBridge } from '../../../src/mqtt/bridge.ts';
import type { LinkListener, LinkOptions, MqttLink } from '../../../src/mqtt/link.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

class FakeLink implements MqttLink {
  readonly published: { topic: string; payload: string; retain: boolean }[] = [];
  readonly subscribed: string[] = [];
  attempts = 0;
  /** Whether what is published arrives. */
  brokerTakes = true;
  closed = false;
  constructor(
    readonly options: LinkOptions,
    readonly listener: LinkListener,
  ) {}
  connect(): void {
    this.attempts += 1;
  }
  publish(topic: string, payload: string, retain: boolean, delivered?: () => void): void {
    this.published.push({ topic, payload, retain });
    if (this.brokerTakes) delivered?.();
  }
  subscribe(topic: string): void {
    this.subscribed.push(topic);
  }
  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
  topics(): string[] {
    return this.published.map(({ topic }) => topic);
  }
}

const report: StateReport = {
  state: 'idle',
  call: null,
  doors: { main: { open: false } },
  accounts: [],
  mqtt: { configured: true, connected: true },
  media: { realtime: false, memoryLocked: false, device: 'virtual', fault: null },
  faults: [],
  version: '0.0.0',
  uptime: 1,
};

let clock: FakeClock;
let log: RecordingLog;
let journal: Journal;
let commands: CommandRegistry;
let link: FakeLink;
let bridge: MqttBridge;
let state: StateReport;

beforeEach(() => {
  clock = new FakeClock();
  log = new RecordingLog();
  journal = new Journal(clock, log);
  commands = new CommandRegistry();
  state = report;
  const settings = {
    url: 'mqtt://broker',
    username: 'door',
    password: new Secret('hunter2'),
    prefix: 'doorphone/front-door',
    commands: ['press'] as const,
    homeAssistant: false,
  };
  bridge = new MqttBridge(settings, {
    clock,
    random: new SeededRandom(),
    log,
    journal,
    commands,
    state: () => state,
    openLink: (options, listener) => {
      link = new FakeLink(options, listener);
      return link;
    },
  });
  bridge.start();
});

describe('a connection', () => {
  it('leaves a will, says online, gives the state, and asks for commands', async () => {
    expect(link.options.will).toEqual({ topic: 'doorphone/front-door/availability', payload: 'offline' });
    link.listener.connected();
    await settle();
    expect(link.published.slice(0, 3)).toEqual([
      { topic: 'doorphone/front-door/availability', payload: 'online', retain: true },
      expect.objectContaining({ topic: 'doorphone/front-door/event', retain: false }),
      { topic: 'doorphone/front-door/state', payload: JSON.stringify(report), retain: true },
    ]);
    expect(link.subscribed).toEqual(['doorphone/front-door/command/+']);
  });

  it('gives each event, not retained, and the state only when it changed', async () => {
    link.listener.connected();
    await settle();
    link.published.length = 0;
    journal.record('button.pressed', { button: 'front' });
    state = { ...report, uptime: 99 };
    await settle();
    expect(link.topics()).toEqual(['doorphone/front-door/event']);
    journal.record('door.opened', { door: 'main', by: 'code', forMs: 3000 });
    state = { ...state, doors: { main: { open: true } } };
    await settle();
    expect(link.topics()).toEqual([
      'doorphone/front-door/event',
      'doorphone/front-door/event',
      'doorphone/front-door/state',
    ]);
  });

  it('is said offline before it is closed', async () => {
    link.listener.connected();
    await bridge.stop();
    expect(link.published.at(-1)).toEqual({
      topic: 'doorphone/front-door/availability',
      payload: 'offline',
      retain: true,
    });
    expect(link.closed).toBe(true);
  });
});

describe('a broker that is missing', () => {
  it('is asked again for ever, with waits that grow to half a minute', () => {
    for (let failure = 0; failure < 50; failure += 1) {
      link.listener.disconnected('ECONNREFUSED');
      expect(clock.timers).toHaveLength(1);
      expect(clock.timers[0]?.in).toBeLessThanOrEqual(30_000);
      clock.advance(30_000);
    }
    expect(link.attempts).toBe(51);
  });

  it('is one event, not one a try', () => {
    for (let failure = 0; failure < 5; failure += 1) link.listener.disconnected('ECONNREFUSED');
    link.listener.disconnected('bad user name or password');
    expect(journal.recent.map((event) => ('reason' in event ? event.reason : event.type))).toEqual([
      'ECONNREFUSED',
      'bad user name or password',
    ]);
  });

  it('is told on its return what happened in the last half minute, not what is older', async () => {
    journal.record('button.pressed', { button: 'old' });
    await settle();
    clock.advance(31_000);
    journal.record('button.pressed', { button: 'new' });
    await settle();
    link.listener.connected();
    await settle();
    const events = link.published.filter(({ topic }) => topic.endsWith('/event')).map(({ payload }) => payload);
    expect(events.some((text) => text.includes('"new"'))).toBe(true);
    expect(events.some((text) => text.includes('"old"'))).toBe(false);
  });

  it('is told again what it never confirmed, once, and not when that is old', async () => {
    link.listener.connected();
    await settle();
    const pressed = (button: string): number =>
      link.published.filter(({ payload }) => payload.includes(`"button":"${button}"`)).length;
    link.brokerTakes = false;
    journal.record('button.pressed', { button: 'old' });
    await settle();
    clock.advance(31_000);
    journal.record('button.pressed', { button: 'lost' });
    await settle();
    link.listener.disconnected('Keepalive timeout');
    link.brokerTakes = true;
    link.listener.connected();
    await settle();
    expect({ lost: pressed('lost'), old: pressed('old') }).toEqual({ lost: 2, old: 1 });
    link.listener.disconnected('closed');
    link.listener.connected();
    await settle();
    expect(pressed('lost')).toBe(2);
  });

  it('does not make the memory grow', async () => {
    for (let count = 0; count < 5000; count += 1) journal.record('button.pressed', { button: 'front' });
    await settle();
    link.listener.connected();
    await settle();
    expect(link.published.length).toBeLessThan(210);
  });

  it('is asked no more after a stop', async () => {
    link.listener.disconnected('ECONNREFUSED');
    await bridge.stop();
    link.listener.disconnected('closed');
    clock.advance(120_000);
    expect(link.attempts).toBe(1);
  });
});

describe('a command', () => {
  it('is carried out with mqtt as its origin', async () => {
    const asked: unknown[] = [];
    commands.handle('press', (parameters, origin) => {
      asked.push(parameters, origin);
      return { ok: true, result: { button: 'front' } };
    });
    link.listener.connected();
    link.listener.message('doorphone/front-door/command/press', Buffer.from('front'), false);
    await settle();
    expect(asked).toEqual([{ button: 'front' }, 'mqtt']);
  });

  it('opens nothing where open is not listed, and the log says why', async () => {
    let opened = false;
    commands.handle('open', () => {
      opened = true;
      return { ok: true, result: { door: 'main', forMs: 1 } };
    });
    link.listener.connected();
    link.listener.message('doorphone/front-door/command/open', Buffer.from('main'), false);
    await settle();
    expect(opened).toBe(false);
    expect(log.text).toContain('mqtt.commands');
  });

  it('of another device is none of ours', async () => {
    let pressed = false;
    commands.handle('press', () => {
      pressed = true;
      return { ok: true, result: { button: 'front' } };
    });
    link.listener.message('doorphone/back-door/command/press', Buffer.from(''), false);
    await settle();
    expect(pressed).toBe(false);
  });
});

it('never logs the password', async () => {
  link.listener.disconnected('refused');
  link.listener.connected();
  await settle();
  expect(log.text + JSON.stringify(journal.recent)).not.toContain('hunter2');
});
