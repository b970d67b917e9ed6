// check-sync and its dialects, as PBXs of the field send them.

import { beforeEach, describe, expect, it } from 'vitest';
import { seconds } from '../../../../src/base/units.ts';
import { readNudge, takeNudges } from '../../../../src/provisioning/client/check-sync.ts';
import { parseEventType } from '../../../../src/sip/message/index.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { type Bench, bench, DOOR, PHONE, peerAccount } from '../../../support/sip-bench.ts';

describe('an event', () => {
  it.each([
    ['check-sync', 'fetch'],
    ['check-sync;reboot=false', 'fetch'],
    ['check-sync;reboot=true', 'restart'],
    ['check-sync;reboot="true"', 'restart'],
    ['resync', 'fetch'],
    ['sync', 'fetch'],
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

async function begin(registrar: string): Promise<void> {
  made = await bench({
    accounts: [{ ...peerAccount, uri: `sip:door@${registrar}`, register: true }],
    admit: () => ({ status: 0 }),
  });
  done = [];
  end = takeNudges({
    clock: made.clock,
    log: new RecordingLog(),
    agent: made.agent,
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
      fetch: () => done.push('fetch'),
      restart: () => done.push('restart'),
    });
    notify('check-sync;reboot=true');
    expect(made.phone.statuses('NOTIFY')).toEqual([481]);
    expect(done).toEqual([]);
  });
});
