// The door's address changes under it, as by DHCP: a new binding within 3 s, and the old one gone; a call that is up goes
// on, and is heard at both ends; one that rings, rings again.

import { describe, expect } from 'vitest';
import { findVoice, loadSpeech } from '../support/audio-analysis.ts';
import type { Baresip, BaresipOptions } from './rig/baresip.ts';
import { Authority } from './rig/certificates.ts';
import { account, DOOR_CODE, type Doorphone } from './rig/doorphone.ts';
import { ADDRESSES } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';
import { elapse } from './rig/stream.ts';

const NEW_ADDRESS = '10.77.0.99';
const RESIDENT = loadSpeech('resident.en');
const HEARD = 0.6;

/** A door that listens at whatever address it has, and the phone that its button calls. */
async function house(
  rig: Rig,
  phone: Partial<BaresipOptions> = {},
  media: object = {},
): Promise<{ door: Doorphone; resident: Baresip }> {
  const pbx = await rig.kamailio();
  const resident = await rig.baresip('phone', { user: '101', registrar: pbx.address, ...phone });
  const door = await rig.doorphone({
    configuration: { accounts: [account()], sip: { listen: ['udp:0.0.0.0:5060'] }, media },
  });
  await door.registered();
  return { door, resident };
}

function move(rig: Rig): void {
  const old = rig.host('door').address;
  rig.host('door').configure([`addr del ${old}/24 dev eth0`, `addr add ${NEW_ADDRESS}/24 dev eth0`]);
}

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

  test.for([
    ['plain', {}, {}],
    ['SRTP', { mediaEncryption: 'srtp-mand' as const }, { srtp: 'required' }],
    ['DTLS', { mediaEncryption: 'dtls_srtp' as const }, { srtp: 'required', keying: ['dtls'] }],
  ] as const)(
    'leaves the call that is up: sound flows both ways from there (%s)',
    async ([, phone, media], { rig }) => {
      const { door, resident } = await house(rig, phone, media);
      await door.press();
      await door.saw('call.answered');
      await elapse(2000);
      const mark = rig.wire.sip.mark;
      move(rig);
      const offer = await rig.wire.sip.find(
        're-INVITE from the new address',
        ({ method, text }) => method === 'INVITE' && text.includes(`c=IN IP4 ${NEW_ADDRESS}`),
        { from: mark, withinMs: 5000 },
      );
      expect(offer.header('Contact')).toContain(NEW_ADDRESS);
      const before = rig.wire.rtpFrom(NEW_ADDRESS).length;
      await elapse(4000);
      expect(rig.wire.rtpFrom(NEW_ADDRESS).length - before).toBeGreaterThan(150);
      expect(rig.wire.rtp.filter(({ to }) => to.address === NEW_ADDRESS).length).toBeGreaterThan(150);
      await resident.sendDigits(DOOR_CODE);
      await door.saw('door.opened');
      await door.execute('hangup', {});
      const ended = await door.saw('call.ended');
      // What came before the move is counted too: 2 s, and 4 s.
      expect(ended).toMatchObject({ reason: 'hangup-local' });
      expect(ended.media?.packetsReceived ?? 0).toBeGreaterThan(250);
      expect(findVoice(door.heard(), RESIDENT).correlation).toBeGreaterThan(HEARD);
      await resident.saw('CALL_CLOSED');
    },
  );

  test.for(['tcp', 'tls'] as const)(
    'leaves the call that is up over %s: it goes on by a new connection, and the phone ends it',
    async (transport, { rig }) => {
      const authority = new Authority(rig.folder);
      const names = [`IP:${ADDRESSES.pbx}`, `URI:sip:${ADDRESSES.pbx}`];
      const pbx = await rig.kamailio({ streams: authority.issue('registrar', { names }) });
      const resident = await rig.baresip('phone', { user: '101', registrar: pbx.address });
      const port = transport === 'tls' ? 5061 : 5060;
      const door = await rig.doorphone({
        configuration: {
          accounts: [{ ...account(), registrar: `sip:${pbx.address}:${port};transport=${transport}` }],
          sip: {
            listen: ['udp:0.0.0.0:5060', 'tcp:0.0.0.0:5060'],
            ...(transport === 'tls' ? { tls: { ca: authority.certificate } } : {}),
          },
        },
      });
      await door.registered();
      await door.press();
      await door.saw('call.answered');
      await elapse(1500);
      const mark = rig.wire.sip.mark;
      move(rig);
      // Towards the phone the proxy speaks UDP, whatever the door does.
      const offer = await rig.wire.sip.find(
        're-INVITE from the new address',
        ({ method, text, to }) =>
          method === 'INVITE' && to.address === ADDRESSES.phone && text.includes(`c=IN IP4 ${NEW_ADDRESS}`),
        { from: mark, withinMs: 5000 },
      );
      expect(offer.header('Contact')).toContain(NEW_ADDRESS);
      await elapse(2500);
      expect(rig.wire.rtp.filter(({ to }) => to.address === NEW_ADDRESS).length).toBeGreaterThan(75);
      await resident.sendDigits(DOOR_CODE);
      await door.saw('door.opened');
      await resident.hangup();
      expect(await door.saw('call.ended')).toMatchObject({ reason: 'hangup-remote' });
      expect(findVoice(door.heard(), RESIDENT).correlation).toBeGreaterThan(HEARD);
    },
  );

  test('has a call that rings dialled anew, and answered', async ({ rig }) => {
    const { door, resident } = await house(rig, { answer: 'manual' });
    await door.press();
    await door.saw('call.ringing');
    const mark = rig.wire.sip.mark;
    move(rig);
    await rig.wire.sip.find(
      'INVITE from the new address',
      ({ method, text }) => method === 'INVITE' && text.includes(`c=IN IP4 ${NEW_ADDRESS}`),
      { from: mark, withinMs: 5000 },
    );
    await elapse(1000);
    await resident.accept();
    await door.saw('call.answered');
    await elapse(2000);
    expect(rig.wire.rtpFrom(NEW_ADDRESS).length).toBeGreaterThan(50);
    expect(rig.wire.rtp.filter(({ to }) => to.address === NEW_ADDRESS).length).toBeGreaterThan(50);
  });
});
