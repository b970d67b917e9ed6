// The door at a registrar: digest, refresh, farewell, wrong password, outage.

import { describe, expect } from 'vitest';
import { account } from './rig/doorphone.ts';
import { PASSWORDS } from './rig/kamailio.ts';
import { ADDRESSES } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';
import type { SipMessage } from './rig/sip-text.ts';
import { elapse } from './rig/stream.ts';

/** Whether this is a 200 that the registrar gives the door. */
function isGrant(message: SipMessage): boolean {
  return message.status === 200 && message.cseqMethod === 'REGISTER' && message.to.address === ADDRESSES.door;
}

/** Whether this asks for a binding; a REGISTER without Contact only looks (RFC 3261 §10.2.3). */
function asksForBinding(message: SipMessage): boolean {
  return message.method === 'REGISTER' && message.header('Contact') !== undefined && !isFarewell(message);
}

/** Whether a REGISTER takes its binding away (RFC 3261 §10.2.2). */
function isFarewell(message: SipMessage): boolean {
  return message.header('Expires') === '0' || /;\s*expires=0\b/i.test(message.header('Contact') ?? '');
}

/** Waits until the door has a new binding. @throws Error when that takes longer than the 3 s that are promised */
async function grantOfBinding(rig: Rig, from: number): Promise<void> {
  const withinMs = 3_000;
  await rig.wire.sip.find(
    'binding',
    (message) => isGrant(message) && (message.header('Contact') ?? '').includes(ADDRESSES.door),
    { from, withinMs },
  );
}

describe('registration', () => {
  test('is made with digest, refreshed in time, and taken back at the end', async ({ rig }) => {
    await rig.kamailio({ maxExpires: 5 });
    const door = await rig.doorphone({ configuration: { accounts: [account()] } });
    await door.registered();
    expect((await door.status()).accounts).toMatchObject([{ uri: `sip:door@${ADDRESSES.pbx}`, registered: true }]);

    const first = await rig.wire.sip.find('first grant', isGrant);
    const asked = await rig.wire.sip.find(
      'refresh',
      (message) => asksForBinding(message) && message.cseqNumber > first.cseqNumber,
    );
    const refreshed = await rig.wire.sip.find(
      '200',
      (message) => isGrant(message) && message.cseqNumber >= asked.cseqNumber,
    );
    expect(refreshed.atMs - first.atMs).toBeLessThan(5_000);
    expect(refreshed.callId).toBe(first.callId);
    expect(door.allOf('registration.changed').filter((event) => !event.registered)).toEqual([]);

    const mark = rig.wire.sip.mark;
    const exit = await door.stop();
    expect(exit?.code).toBe(0);
    const isMine = (message: SipMessage): boolean => message.method === 'REGISTER' && isFarewell(message);
    const farewell = await rig.wire.sip.find('farewell', isMine, { from: mark });
    await rig.wire.sip.find('200', (message) => isGrant(message) && message.cseqNumber >= farewell.cseqNumber, {
      from: mark,
    });
    expect(door.program.text).not.toContain(PASSWORDS.door);
  });

  test('goes on over a nonce that has become stale', async ({ rig }) => {
    await rig.kamailio({ maxExpires: 4, nonceExpires: 1 });
    const door = await rig.doorphone({ configuration: { accounts: [account()] } });
    await door.registered();
    await rig.wire.sip.find('stale challenge', (message) => message.status === 401 && /stale=true/i.test(message.text));
    const mark = rig.wire.sip.mark;
    await rig.wire.sip.find('200 after it', isGrant, { from: mark });
    expect(door.allOf('registration.changed').filter((event) => !event.registered)).toEqual([]);
  });

  test('with a wrong password fails with one clear event and no storm', async ({ rig }) => {
    await rig.kamailio();
    const door = await rig.doorphone({ configuration: { accounts: [account({ password: 'not the password' })] } });
    const failed = await door.saw('registration.changed', { fits: (event) => !event.registered });
    expect(failed.status).toBe(401);
    expect(failed.reason).toMatch(/password|credentials/i);
    await elapse(8_000);
    expect(rig.wire.requests('REGISTER', ADDRESSES.door).length).toBeLessThanOrEqual(4);
    expect(door.allOf('registration.changed').length).toBe(1);
    expect((await door.status()).accounts).toMatchObject([{ registered: false }]);
  });
});

describe('an outage of the registrar', () => {
  test('is told, and ends with a registration within 3 s of its return', async ({ rig }) => {
    const pbx = await rig.kamailio();
    const door = await rig.doorphone({ configuration: { accounts: [account()] } });
    await door.registered();
    await pbx.kill();
    const mark = door.events.mark;
    const lost = await door.saw('registration.changed', { fits: (event) => !event.registered, from: mark });
    expect(lost.reason).toBeTruthy();
    expect((await door.status()).accounts).toMatchObject([{ registered: false }]);
    await elapse(5_000);
    const before = rig.wire.sip.mark;
    await pbx.start();
    await grantOfBinding(rig, before);
    await door.registered({ from: mark });
  });

  test('that is a restart only, which forgets the binding, is mended within 3 s though nothing was due', async ({
    rig,
  }) => {
    const pbx = await rig.kamailio();
    const door = await rig.doorphone({ configuration: { accounts: [account()] } });
    await door.registered();
    await pbx.kill();
    const before = rig.wire.sip.mark;
    await pbx.start();
    await grantOfBinding(rig, before);
    const phone = await rig.baresip('phone', { user: '101', registrar: pbx.address });
    await phone.dial(`sip:door@${pbx.address}`);
    await door.saw('call.answered');
  });

  test('in a call leaves the audio alone', async ({ rig }) => {
    const pbx = await rig.kamailio();
    const resident = await rig.baresip('phone', { user: '101', registrar: pbx.address });
    const door = await rig.doorphone({ configuration: { accounts: [account()] } });
    await door.registered();
    await door.press();
    await door.saw('call.answered');
    await elapse(1_000);
    const killedAt = Date.now();
    await pbx.kill();
    await elapse(6_000);
    const restartedAt = Date.now();
    const mark = rig.wire.sip.mark;
    await pbx.start();
    await grantOfBinding(rig, mark);

    for (const address of [ADDRESSES.door, resident.host.address]) {
      const during = rig.wire.rtpFrom(address).filter((packet) => packet.atMs > killedAt && packet.atMs < restartedAt);
      const gaps = during.slice(1).map((packet, index) => packet.atMs - (during[index]?.atMs ?? 0));
      expect(during.length).toBeGreaterThan((6_000 / 20) * 0.95);
      expect(Math.max(...gaps)).toBeLessThan(200);
    }
    expect(door.allOf('call.ended')).toEqual([]);
    expect((await door.status()).state).toBe('talking');
    await resident.hangup();
    expect((await door.saw('call.ended')).reason).toBe('hangup-remote');
  });
});
