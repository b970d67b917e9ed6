import { describe, expect, it } from 'vitest';
import { Journal } from '../../../src/api/journal.ts';
import { Faults } from '../../../src/app/faults.ts';
import { findStunServers, reportStun, stunWarning } from '../../../src/app/stun.ts';
import type { ServerPlace, ServiceQuery } from '../../../src/sip/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';

describe('the STUN servers', () => {
  it('are asked for at once, one of each host first, of IPv4 where there is one', () => {
    const asked: [ServiceQuery, (places: readonly ServerPlace[]) => void][] = [];
    const found: (readonly ServerPlace[])[] = [];
    const servers = [
      { host: 'stun.example.com', port: undefined },
      { host: 'nowhere.example.com', port: undefined },
      { host: 'stun.example.net', port: 3479 },
    ];
    findStunServers({ findServers: (...query) => asked.push(query) }, servers, (places) => found.push(places));
    expect(asked.map(([query]) => query)).toEqual([
      { service: '_stun._udp', host: 'stun.example.com', port: undefined, usualPort: 3478 },
      { service: '_stun._udp', host: 'nowhere.example.com', port: undefined, usualPort: 3478 },
      { service: '_stun._udp', host: 'stun.example.net', port: 3479, usualPort: 3478 },
    ]);
    asked[2]?.[1]([{ address: '2001:db8::9', port: 3479 }]);
    asked[1]?.[1]([]);
    expect(found).toEqual([]);
    asked[0]?.[1]([
      { address: '2001:db8::1', port: 3478 },
      { address: '192.0.2.1', port: 3478 },
      { address: '192.0.2.2', port: 3478 },
    ]);
    expect(found).toEqual([
      [
        { address: '192.0.2.1', port: 3478 },
        { address: '2001:db8::9', port: 3479 },
        { address: '192.0.2.2', port: 3478 },
      ],
    ]);
  });

  it('are four at most', () => {
    const many = Array.from({ length: 9 }, (_, at) => ({ address: `192.0.2.${at}`, port: 3478 }));
    let found: readonly ServerPlace[] = [];
    findStunServers({ findServers: (_, done) => done(many) }, [{ host: 'a.example', port: 1 }], (all) => {
      found = all;
    });
    expect(found).toEqual(many.slice(0, 4));
  });
});

describe('what is said', () => {
  it('is one fault while no server helps, over when one does', () => {
    const log = new RecordingLog();
    const journal = new Journal(new FakeClock(), log);
    const faults = new Faults(journal, log);
    reportStun(faults, 'unresolved');
    reportStun(faults, 'silent');
    expect(faults.list).toEqual([
      'no server of media.stun answers: phones on the Internet are told an address of the house',
    ]);
    reportStun(faults, undefined);
    expect(faults.list).toEqual([]);
    reportStun(faults, 'unusable');
    expect(faults.list).toHaveLength(1);
    // The servers work; the router does not help.
    reportStun(faults, 'symmetric');
    expect(faults.list).toEqual([]);
  });

  it('is a warning where the NAT has another port for everyone', () => {
    expect(stunWarning('symmetric')).toContain('symmetric NAT');
    expect(stunWarning('silent')).toBeUndefined();
    expect(stunWarning(undefined)).toBeUndefined();
  });
});
