// What the manager of the service is told: ready, how it stands, and that the door is alive while it is.

import { beforeEach, describe, expect, it } from 'vitest';
import { type ManagerEnvironment, ServiceManager } from '../../../src/app/service-manager.ts';
import { seconds } from '../../../src/base/units.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

let clock: FakeClock;
let log: RecordingLog;
let sent: string[];
let isAlive: boolean;
let status: string;

beforeEach(() => {
  clock = new FakeClock();
  log = new RecordingLog();
  sent = [];
  isAlive = true;
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
    feelPulse: () => isAlive,
    status: () => status,
  });
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
    clock.advance(seconds(3));
    expect(feeds()).toBe(4);
  });

  it('is not fed while the sound’s threads hang, and is again when they go on', () => {
    managed(WATCHED).ready();
    clock.advance(seconds(1));
    const before = feeds();
    isAlive = false;
    clock.advance(seconds(10));
    expect(feeds()).toBe(before);
    expect(log.lines.filter(({ event }) => event === 'media.hangs')).toHaveLength(1);
    isAlive = true;
    clock.advance(seconds(1));
    expect(feeds()).toBe(before + 1);
  });

  it('is fed no more once it stops', () => {
    const manager = managed(WATCHED);
    manager.ready();
    manager.stopping();
    clock.advance(seconds(3));
    expect(feeds()).toBe(1);
  });

  it('feeds no watchdog that is another’s', () => {
    managed({ ...WATCHED, WATCHDOG_PID: '7' }).ready();
    clock.advance(seconds(3));
    expect(feeds()).toBe(0);
  });
});

it('a service without a manager tells nobody', () => {
  const manager = managed({});
  manager.ready();
  manager.stopping();
  expect(sent).toEqual([]);
});
