import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { NetworkNews } from '../../../src/app/network-watcher.ts';
import { defaultRoutes, NetworkWatcher, systemNetwork, systemNetworkNews } from '../../../src/app/network-watcher.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

function watched(news?: NetworkNews) {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const world = { network: 'eth0 192.168.1.5/24', broken: false, looks: 0 };
  const changes: { readonly at: number; readonly network: string }[] = [];
  const watcher = new NetworkWatcher({
    clock,
    log,
    ...(news === undefined ? {} : { news }),
    read: () => {
      world.looks += 1;
      if (world.broken) throw new Error('EAGAIN');
      return world.network;
    },
    changed: () => changes.push({ at: clock.now(), network: world.network }),
  });
  watcher.start();
  return { clock, log, world, changes, watcher };
}

describe('a network that changes', () => {
  it('is told within 3 s, once', () => {
    const { clock, world, changes } = watched();
    clock.advance(10_300);
    world.network = 'eth0 192.168.1.77/24';
    const began = clock.now();
    clock.advance(60_000);
    expect(changes).toHaveLength(1);
    expect((changes[0]?.at ?? 0) - began).toBeLessThan(2000);
  });

  it('is told when it has come to rest, not while the lease is between two addresses', () => {
    const { clock, world, changes } = watched();
    clock.advance(5100);
    world.network = '';
    clock.advance(1000);
    world.network = 'eth0 192.168.1.77/24';
    clock.advance(1000);
    // It was seen to change twice, and is acted on; what came of it stands still.
    expect(changes.map(({ network }) => network)).toEqual(['eth0 192.168.1.77/24']);
    clock.advance(10_000);
    expect(changes).toHaveLength(1);
  });

  it('is told although it never comes to rest', () => {
    const { clock, world, changes } = watched();
    for (let turn = 0; turn < 20; turn += 1) {
      world.network = `eth0 192.168.1.${turn}/24`;
      clock.advance(1000);
    }
    expect(changes.length).toBeGreaterThanOrEqual(6);
    expect(changes.length).toBeLessThanOrEqual(11);
  });

  it('is told when a cable comes back, whatever was told when it went', () => {
    const { clock, world, changes } = watched();
    const before = world.network;
    world.network = '';
    clock.advance(60_000);
    world.network = before;
    clock.advance(3000);
    expect(changes.map(({ network }) => network)).toEqual(['', before]);
  });

  it('has not changed where it flickers for less than a look', () => {
    const { clock, world, changes } = watched();
    const before = world.network;
    clock.advance(1000);
    world.network = '';
    clock.advance(1000);
    world.network = before;
    clock.advance(10_000);
    expect(changes).toEqual([]);
  });

  it('has not changed where it cannot be read, and that is said once', () => {
    const { clock, log, world, changes } = watched();
    world.broken = true;
    clock.advance(10_000);
    world.broken = false;
    clock.advance(10_000);
    expect(changes).toEqual([]);
    expect(log.text.match(/network\.not-read/g)).toHaveLength(1);
  });

  it('is not looked at any more after the end', () => {
    const { clock, watcher } = watched();
    watcher.stop();
    expect(clock.timers).toEqual([]);
  });
});

describe('a kernel that tells', () => {
  function told() {
    const kernel = { tell: () => undefined, fail: () => undefined, ended: 0 };
    const rig = watched((tell, fail) => {
      Object.assign(kernel, { tell, fail });
      return () => {
        kernel.ended += 1;
      };
    });
    rig.clock.advance(5000);
    rig.world.looks = 0;
    return { ...rig, kernel };
  }

  it('lets a network that rests alone, but for a look a minute', () => {
    const { clock, world } = told();
    clock.advance(600_000);
    expect(world.looks).toBe(10);
  });

  it('has a change acted on when it has stood for a second', () => {
    const { clock, world, changes, kernel } = told();
    world.network = 'eth0 192.168.1.77/24';
    kernel.tell();
    clock.advance(999);
    expect(changes).toEqual([]);
    clock.advance(1);
    expect(changes).toHaveLength(1);
  });

  it('is heard while a change is looked at: a lease lost and another one had', () => {
    const { clock, world, changes, kernel } = told();
    world.network = '';
    kernel.tell();
    clock.advance(500);
    world.network = 'eth0 192.168.1.77/24';
    kernel.tell();
    clock.advance(3000);
    expect(changes.map(({ network }) => network)).toEqual(['eth0 192.168.1.77/24']);
  });

  it('that tells without end is looked after once a second', () => {
    const { clock, world, kernel, changes } = told();
    for (let message = 0; message < 1000; message += 1) {
      kernel.tell();
      clock.advance(10);
    }
    expect(world.looks).toBeLessThanOrEqual(11);
    expect(changes).toEqual([]);
  });

  it('that has told nothing of a change is found out within a minute', () => {
    const { clock, world, changes } = told();
    world.network = 'eth0 192.168.1.77/24';
    clock.advance(62_000);
    expect(changes).toHaveLength(1);
  });

  it('that tells no more is not waited for', () => {
    const { clock, world, changes, kernel } = told();
    kernel.fail();
    world.network = 'eth0 192.168.1.77/24';
    clock.advance(2000);
    expect(changes).toHaveLength(1);
    clock.advance(10_000);
    expect(world.looks).toBeGreaterThan(10);
  });

  it('is not listened to after the end', () => {
    const { clock, watcher, kernel } = told();
    watcher.stop();
    kernel.tell();
    expect(kernel.ended).toBe(1);
    expect(clock.timers).toEqual([]);
  });
});

describe('default routes as the kernel lists them', () => {
  it('are those of destination and mask 0', () => {
    const table = [
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
      'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0          ',
      'eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0          ',
    ];
    expect(defaultRoutes(table.join('\n'))).toEqual(['eth0 by 010200C0']);
  });

  it('are the same whatever was sent by them: counters are not looked at', () => {
    const zero = '0'.repeat(32);
    const line = (use: string): string =>
      `${zero} 00 ${zero} 00 fd000000000000000000000000000001 00000400 00000003 ${use} 00000003     eth0`;
    const unreachable = `${zero} 00 ${zero} 00 ${zero} ffffffff 00000001 00000000 00200200       lo`;
    const own = `fd000000000000000000000000000000 40 ${zero} 00 ${zero} 00000100 00000001 00000000 00000001     eth0`;
    const routes = defaultRoutes([line('00000000'), unreachable, own].join('\n'));
    expect(routes).toEqual(['eth0 by fd000000000000000000000000000001']);
    expect(defaultRoutes(line('0000beef'))).toEqual(routes);
  });
});

describe('this machine', () => {
  it('has the addresses that Node knows of, and is the same at a second look', () => {
    const read = systemNetwork();
    const text = read();
    const outward = Object.values(networkInterfaces()).flatMap((list = []) =>
      list.filter(({ internal, family }) => !internal && family === 'IPv4'),
    );
    for (const { cidr } of outward) expect(text).toContain(String(cidr));
    expect(read()).toBe(text);
    expect(text).not.toContain('127.0.0.1');
  });

  it('has news that can be waited for, and left', () => {
    const end = systemNetworkNews()(
      () => undefined,
      () => undefined,
    );
    expect(end).toBeDefined();
    end?.();
  });
});
