// What the manager of the service is told: ready, how it stands, and that the door is alive while it is.

import { beforeEach, describe, expect, it } from 'vitest';
import { type ManagerEnvironment, ServiceManager } from '../../../src/app/service-manager.ts';
import { millis, seconds } from '../../../src/base/units.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

let clock: FakeClock;
let log: RecordingLog;
let sent: string[];
let turns: number | undefined;
let status: string;

beforeEach(() => {
  clock = new FakeClock();
  log = new RecordingLog();
  sent = [];
  turns = 0;
  status = 'idle';
});

function managed(environment: ManagerEnvironment): ServiceManager {
  return new ServiceManager({
    clock,
    log,
    environment,
    pid: 42,
    send: (place, text) => {
      sent.push(`${place} ${text}`);
      return 0;
    },
    turns: () => turns,
    status: () => status,
  });
}

/** The sound turns every 20 ms. */
function live(time: number): void {
  for (let passed = 0; passed < time; passed += 20) {
    clock.advance(millis(20));
    if (turns !== undefined) turns += 1;
  }
}

const feeds = (): number => sent.filter((one) => one.endsWith('WATCHDOG=1')).length;
const WATCHED = { NOTIFY_SOCKET: '/run/systemd/notify', WATCHDOG_USEC: '3000000' };

describe('a service of a manager', () => {
  it('is ready, says how it stands where that changes, and that it stops', () => {
    const manager = managed({ NOTIFY_SOCKET: '/run/systemd/notify' });
    manager.ready();
    manager.changed();
    status = 'talking';
    manager.changed();
    manager.stopping();
    expect(sent).toEqual([
      '/run/systemd/notify READY=1\nSTATUS=idle',
      '/run/systemd/notify STATUS=talking',
      '/run/systemd/notify STOPPING=1',
    ]);
    clock.advance(seconds(60));
    expect(feeds()).toBe(0);
  });

  it('is fed three times within the time that the manager waits', () => {
    managed(WATCHED).ready();
    live(3000);
    expect(feeds()).toBe(4);
  });

  it('is not fed while the sound’s thread hangs, and is again when it goes on', () => {
    managed(WATCHED).ready();
    live(1000);
    const before = feeds();
    clock.advance(seconds(10));
    // The last turn was still news once.
    expect(feeds()).toBeLessThanOrEqual(before + 1);
    expect(log.lines.filter(({ event }) => event === 'media.hangs')).toHaveLength(1);
    live(1000);
    expect(feeds()).toBeGreaterThan(before + 1);
  });

  it('is fed while it is started anew', () => {
    managed(WATCHED).ready();
    turns = undefined;
    live(3000);
    expect(feeds()).toBe(4);
  });

  it('is fed no more once it stops', () => {
    const manager = managed(WATCHED);
    manager.ready();
    manager.stopping();
    live(3000);
    expect(feeds()).toBe(1);
  });

  it('feeds no watchdog that is another’s', () => {
    managed({ ...WATCHED, WATCHDOG_PID: '7' }).ready();
    live(3000);
    expect(feeds()).toBe(0);
  });
});

it('a service without a manager tells nobody', () => {
  const manager = managed({});
  manager.ready();
  manager.stopping();
  expect(sent).toEqual([]);
});
