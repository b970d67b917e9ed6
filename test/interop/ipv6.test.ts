// A house of IPv6: registrar, phone and door have no other addresses that they would speak by.

import { describe, expect } from 'vitest';
import { findVoice, loadSpeech, soundingShare } from '../support/audio-analysis.ts';
import { DOOR_CODE, type Doorphone } from './rig/doorphone.ts';
import { PASSWORDS } from './rig/kamailio.ts';
import { ipv6Of } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';
import { elapse, until } from './rig/stream.ts';

const RESIDENT = loadSpeech('resident.en');
const VISITOR = loadSpeech('visitor.en');
const HEARD = 0.6;
const PBX = `[${ipv6Of('pbx')}]`;
const DOOR = `[${ipv6Of('door')}]`;

/** A door at the registrar, whose button rings 101 there. */
async function doorBy(rig: Rig, transport: 'udp' | 'tcp' | 'tls', sip: object): Promise<Doorphone> {
  const registrar = `sip:${PBX}:${transport === 'tls' ? 5061 : 5060};transport=${transport}`;
  return await rig.doorphone({
    configuration: {
      accounts: [{ uri: `sip:door@${PBX}`, password: PASSWORDS.door, expires: '120s', registrar }],
      buttons: { front: { line: 'button', call: [`sip:101@${PBX}`] } },
      sip: { listen: [`udp:${DOOR}:5060`, `tcp:${DOOR}:5060`], ...sip },
    },
  });
}

describe('over IPv6', () => {
  test.for(['udp', 'tcp', 'tls'] as const)(
    'by %s the door is registered, calls and is called, and both sides hear',
    async (transport, { rig }) => {
      rig.network.addIpv6();
      const streams = rig.certificate('registrar', [`IP:${ipv6Of('pbx')}`]);
      const pbx = await rig.kamailio({ streams, ipv6: true });
      const phone = await rig.baresip('phone', { user: '101', registrar: PBX, ipv6: true });
      const door = await doorBy(rig, transport, transport === 'tls' ? { tls: { ca: rig.authority } } : {});
      await door.registered();
      await pbx.said(new RegExp(`registers door by ${transport}`));

      await door.press();
      await door.saw('call.answered');
      await elapse(2_000);
      await phone.sendDigits(DOOR_CODE);
      await door.saw('door.opened');
      await phone.hangup();
      expect((await door.saw('call.ended')).reason).toBe('hangup-remote');
      await until('the recording is whole', () => soundingShare(phone.recording()) > 0);
      expect(findVoice(phone.recording(), VISITOR).correlation).toBeGreaterThan(HEARD);
      expect(findVoice(door.heard(), RESIDENT).correlation).toBeGreaterThan(HEARD);

      const [events, closed, sinceMs] = [door.events.mark, phone.events.mark, Date.now()];
      await phone.dial(`sip:door@${PBX}`);
      await door.saw('call.answered', { from: events });
      await elapse(2_000);
      await door.execute('hangup', {});
      await phone.saw('CALL_CLOSED', { from: closed });
      for (const [host, voice] of [
        ['door', VISITOR],
        ['phone', RESIDENT],
      ] as const) {
        expect(findVoice(rig.wire.voiceFrom(ipv6Of(host), sinceMs), voice).correlation).toBeGreaterThan(HEARD);
      }
      const addresses = new Set(rig.wire.sip.items.map(({ from }) => from.address));
      expect([...addresses].filter((address) => !address.includes(':'))).toEqual([]);
    },
  );

  test('a phone is called directly, and calls directly', async ({ rig }) => {
    rig.network.addIpv6();
    const phone = await rig.baresip('phone', { user: '101', ipv6: true });
    const door = await rig.doorphone({
      configuration: {
        sip: { listen: [`udp:${DOOR}:5060`] },
        accounts: [{ uri: `sip:door@${DOOR}`, register: false }],
        buttons: { front: { line: 'button', call: [phone.uri] } },
      },
    });
    await door.press();
    await door.saw('call.answered');
    await phone.hangup();
    await door.saw('call.ended');
    const mark = door.events.mark;
    await phone.dial(`sip:door@${DOOR}`);
    await door.saw('call.answered', { from: mark });
    await elapse(1_000);
    expect(rig.wire.rtpFrom(ipv6Of('phone')).length).toBeGreaterThan(20);
    expect(rig.wire.rtpFrom(ipv6Of('door')).length).toBeGreaterThan(20);
  });
});
