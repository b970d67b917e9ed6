// The door's address changes under it, as by DHCP: a new binding within 3 s, and the old one gone.

import { describe, expect } from 'vitest';
import { account } from './rig/doorphone.ts';
import { test } from './rig/rig.ts';
import { elapse } from './rig/stream.ts';

const NEW_ADDRESS = '10.77.0.99';

describe('a new address', () => {
  test('is registered within 3 s, and takes the place of the old', async ({ rig }) => {
    await rig.kamailio();
    const door = await rig.doorphone({
      configuration: { accounts: [account()], sip: { listen: ['udp:0.0.0.0:5060'] } },
    });
    await door.registered();
    const old = rig.host('door').address;
    const mark = rig.wire.sip.mark;
    const changedAt = Date.now();
    rig.host('door').configure([`addr del ${old}/24 dev eth0`, `addr add ${NEW_ADDRESS}/24 dev eth0`]);
    const asked = await rig.wire.sip.find(
      'REGISTER from the new address',
      (message) => message.method === 'REGISTER' && (message.header('Contact') ?? '').includes(NEW_ADDRESS),
      { from: mark, withinMs: 3000 },
    );
    expect(asked.text).toContain(`<sip:door@${old}:5060>;expires=0`);
    const granted = await rig.wire.sip.find(
      'grant',
      (message) =>
        message.status === 200 && message.to.address === NEW_ADDRESS && message.cseqNumber >= asked.cseqNumber,
      { from: mark, withinMs: 3000 },
    );
    expect(Date.now() - changedAt).toBeLessThan(3000);
    // All that the registrar knows of the door is where it is now.
    expect(granted.text).toContain(`sip:door@${NEW_ADDRESS}:5060`);
    expect(granted.text).not.toContain(`sip:door@${old}`);
  });

  test('is registered when the cable comes back after a minute, within 3 s', async ({ rig }) => {
    await rig.kamailio();
    const door = await rig.doorphone({
      configuration: { accounts: [account()], sip: { listen: ['udp:0.0.0.0:5060'] } },
    });
    await door.registered();
    rig.host('door').configure(['link set eth0 down']);
    await door.saw('registration.changed', { fits: (event) => !event.registered });
    await elapse(42_000);
    const mark = door.events.mark;
    const backAt = Date.now();
    rig.host('door').configure(['link set eth0 up']);
    await door.saw('registration.changed', { fits: (event) => event.registered, from: mark, withinMs: 6000 });
    expect(Date.now() - backAt).toBeLessThan(3500);
  });
});
