// check-sync and its dialects, as PBXs of the field send them.

import { beforeEach, describe, expect, it } from 'vitest';
import { seconds } from '../../../../src/base/units.ts';
import { readNudge, takeNudges } from '../../../../src/provisioning/client/check-sync.ts';
import { parseEventType } from '../../../../src/sip/message/index.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { digest, door, plain, show } from '../../../support/roaming-phone.ts';
import { type Bench, bench, DOOR, PHONE, peerAccount } from '../../../support/sip-bench.ts';

describe('an event', () => {
  it.each([
    ['check-sync', 'fetch'],
    ['check-sync;reboot=false', 'fetch'],
    ['check-sync;reboot=true', 'restart'],
    ['check-sync;reboot="true"', 'restart'],
    ['resync', 'fetch'],
    ['sync', 'fetch'],
    ['sys-control', 'fetch'],
    ['reboot', 'restart'],
    ['reboot_now', 'restart'],
    ['restart_now', 'restart'],
    ['ACTION-URI', undefined],
    ['presence', undefined],
  ])('%s means %s', (text, nudge) => {
    const parsed = parseEventType(text);
    if (!parsed.ok) throw new Error(parsed.error);
    expect(readNudge(parsed.value)).toBe(nudge);
  });
});

let made: Bench;
let done: string[];
let end: () => void;
/** Where profiles are subscribed to. */
let servers: string[];

async function begin(registrar: string, provisioning: string[] = []): Promise<void> {
  made = await bench({
    accounts: [{ ...peerAccount, uri: `sip:door@${registrar}`, register: true }],
    admit: () => ({ status: 0 }),
  });
  done = [];
  servers = provisioning;
  end = takeNudges({
    clock: made.clock,
    log: new RecordingLog(),
    agent: made.agent,
    servers: () => servers,
    fetch: () => done.push('fetch'),
    restart: () => done.push('restart'),
  });
}

/** As Asterisk and sipsak send it: no Subscription-State, no Contact, whatever From. */
function notify(event: string, callId = 'n1'): void {
  const { phone, clock } = made;
  phone.send(
    phone.make('NOTIFY', {
      uri: `sip:door@${DOOR.address}`,
      from: '<sip:sipsak@nowhere>;tag=x',
      to: `<sip:door@${DOOR.address}>`,
      callId,
      sequence: 1,
      headers: [['Event', event]],
    }),
    DOOR,
  );
  clock.advance(seconds(1));
}

describe('a nudge', () => {
  beforeEach(() => begin(PHONE));

  it('of the registrar is answered and obeyed at once', () => {
    notify('check-sync;reboot=false');
    expect(made.phone.statuses('NOTIFY')).toEqual([200]);
    expect(done).toEqual(['fetch']);
  });

  it('to restart looks for a profile first', () => {
    notify('check-sync;reboot=true');
    expect(done).toEqual(['fetch', 'restart']);
  });

  it('is taken from the server that profiles are subscribed to, as long as it is that', async () => {
    await begin('10.0.0.77', [`sip:${PHONE}:5070`]);
    notify('check-sync', 'n1');
    servers = ['sip:10.0.0.78'];
    notify('check-sync', 'n2');
    expect(made.phone.statuses('NOTIFY')).toEqual([200]);
    expect(done).toEqual(['fetch']);
  });

  it('is what registrars are told of, as long as it is taken', () => {
    const registered = () => made.phone.requests('REGISTER').at(-1)?.headers.get('Allow-Events');
    made.agent.networkChanged();
    made.clock.advance(seconds(1));
    expect(registered()).toBe('check-sync');
    end();
    made.agent.networkChanged();
    made.clock.advance(seconds(1));
    expect(registered()).toBeUndefined();
  });

  it('that is repeated is obeyed once', () => {
    notify('check-sync');
    notify('check-sync');
    // By another way (RFC 3261 §8.2.2.2).
    expect(made.phone.statuses('NOTIFY')).toEqual([200, 482]);
    expect(done).toEqual(['fetch']);
  });

  it('that comes all the time is not obeyed all the time', () => {
    for (let at = 0; at < 20; at += 1) notify('check-sync', `n${at}`);
    expect(done.length).toBeLessThan(7);
    expect(made.phone.statuses('NOTIFY')).toContain(503);
  });

  it('of a factory reset is not understood', () => {
    notify('ACTION-URI');
    expect(made.phone.statuses('NOTIFY')).toEqual([489]);
    expect(done).toEqual([]);
  });

  it('is nobody’s when nothing is provisioned any more', () => {
    end();
    notify('check-sync');
    expect(made.phone.statuses('NOTIFY')).toEqual([489]);
  });
});

describe('a nudge of a stranger', () => {
  it('is met with silence', async () => {
    await begin('10.0.0.77');
    notify('check-sync;reboot=true');
    expect(made.phone.statuses('NOTIFY')).toEqual([]);
    expect(done).toEqual([]);
  });

  it('who may call in is refused', async () => {
    made = await bench({ accounts: [{ ...peerAccount, uri: 'sip:door@10.0.0.77', register: true }] });
    done = [];
    takeNudges({
      ...made,
      log: new RecordingLog(),
      servers: () => [],
      fetch: () => done.push('fetch'),
      restart: () => done.push('restart'),
    });
    notify('check-sync;reboot=true');
    expect(made.phone.statuses('NOTIFY')).toEqual([481]);
    expect(done).toEqual([]);
  });
});

describe('a nudge of somebody with a password', () => {
  const nudge = plain({ headers: [...(plain().headers ?? []), ['Event', 'check-sync;reboot=true']] });

  async function listening(options: Parameters<typeof door>[1] = {}): Promise<Awaited<ReturnType<typeof door>>> {
    const house = await door(undefined, options);
    done = [];
    takeNudges({
      ...house,
      servers: () => [],
      fetch: () => done.push('fetch'),
      restart: () => done.push('restart'),
    });
    return house;
  }

  it('is challenged, and obeyed when it has shown it', async () => {
    const house = await listening();
    show(house, digest(), 'NOTIFY', nudge);
    expect(house.roaming.statuses('NOTIFY')).toEqual([401, 200]);
    expect(done).toEqual(['fetch', 'restart']);
  });

  it('that is wrong is challenged again, and not obeyed', async () => {
    const house = await listening();
    show(house, digest('alice', 'guess'), 'NOTIFY', nudge);
    expect(house.roaming.statuses('NOTIFY')).toEqual([401, 401]);
    expect(done).toEqual([]);
  });

  it('is asked of those, too, who may call in without one', async () => {
    const house = await listening({ admit: () => undefined });
    show(house, digest(), 'NOTIFY', nudge);
    expect(house.roaming.statuses('NOTIFY')).toEqual([401, 200]);
    expect(done).toEqual(['fetch', 'restart']);
  });

  it('never gets more bytes than it brings, and silence where there is no room', async () => {
    const house = await listening();
    const bare = { ...plain({ headers: [['Event', 'check-sync']] }), callId: 'bare' };
    house.roaming.send(house.roaming.make('NOTIFY', bare), DOOR);
    house.clock.advance(seconds(1));
    expect(house.bytes.sent).toBeLessThanOrEqual(house.bytes.brought);
    expect(done).toEqual([]);
  });

  it('of a package that nobody here takes is met with silence', async () => {
    const house = await listening();
    house.roaming.send(house.roaming.make('NOTIFY', plain({ headers: [['Event', 'presence']] })), DOOR);
    house.clock.advance(seconds(1));
    expect(house.roaming.statuses('NOTIFY')).toEqual([]);
  });
});
