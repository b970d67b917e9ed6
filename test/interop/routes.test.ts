// What stands between the door and the phone: proxies that record routes, one number for several phones, redirection, a
// server that has no room.

import { describe, expect } from 'vitest';
import { account, DOOR_CODE } from './rig/doorphone.ts';
import { ADDRESSES } from './rig/network.ts';
import { test } from './rig/rig.ts';
import { elapse } from './rig/stream.ts';

describe('one number for three phones', () => {
  test('rings them all, talks with the one that answers, and the others fall silent', async ({ rig }) => {
    const pbx = await rig.kamailio();
    const phone = { user: '101', registrar: pbx.address, answer: 'manual' } as const;
    const [first, second, third] = [
      await rig.baresip('phone', phone),
      await rig.baresip('desk', phone),
      await rig.baresip('hall', phone),
    ];
    const door = await rig.doorphone({ configuration: { accounts: [account()] } });
    await door.registered();
    await door.press();
    for (const rung of [first, second, third]) await rung.saw('CALL_INCOMING');
    await second.accept();
    await door.saw('call.answered');
    await first.saw('CALL_CLOSED');
    await third.saw('CALL_CLOSED');
    await elapse(1_000);
    expect(rig.wire.rtpFrom(ADDRESSES.desk).length).toBeGreaterThan(20);
    await second.sendDigits(DOOR_CODE);
    await door.saw('door.opened');
    await second.hangup();
    expect((await door.saw('call.ended')).reason).toBe('hangup-remote');
  });
});

describe('two proxies that record routes', () => {
  test('carry the call, its digits, hold and end, both ways', async ({ rig }) => {
    const pbx = await rig.kamailio();
    const proxy = await rig.proxy('proxy');
    const phone = await rig.baresip('phone', { user: '101', registrar: pbx.address });
    const door = await rig.doorphone({
      configuration: { accounts: [{ ...account(), outboundProxy: `sip:${proxy.address};lr` }] },
    });
    await door.registered();
    await door.press();
    await door.saw('call.answered');
    const invites = rig.wire.requests('INVITE', ADDRESSES.door);
    expect(invites.every(({ to }) => to.address === proxy.address)).toBe(true);
    await elapse(500);
    await phone.hold();
    await elapse(500);
    await phone.resume();
    await elapse(500);
    await phone.sendDigits(DOOR_CODE);
    await door.saw('door.opened');
    // Everything within the dialog goes by the routes that both proxies recorded (RFC 3261 §12.2.1.1).
    await door.execute('hangup', {});
    await phone.saw('CALL_CLOSED');
    const bye = await rig.wire.sip.find(
      'BYE',
      ({ method, from }) => method === 'BYE' && from.address === ADDRESSES.door,
    );
    expect(bye.to.address).toBe(proxy.address);
    expect(bye.header('Route')).toContain(proxy.address);

    const mark = door.events.mark;
    await phone.dial(`sip:door@${pbx.address}`);
    await door.saw('call.answered', { from: mark });
    await phone.hangup();
    expect((await door.saw('call.ended', { from: mark })).reason).toBe('hangup-remote');
  });
});
