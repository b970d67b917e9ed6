// An account that is sips: TLS on every hop, by Kamailio to linphone and back (Debian's baresip has no sips), and what becomes of a call that a proxy leads
// astray. The switch sees no SIP at all where all of it goes by TLS.

import { describe, expect } from 'vitest';
import { findVoice, loadSpeech } from '../support/audio-analysis.ts';
import { DOOR_CODE, type Doorphone } from './rig/doorphone.ts';
import { PASSWORDS } from './rig/kamailio.ts';
import type { Linphone } from './rig/linphone.ts';
import { ADDRESSES } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';
import { elapse } from './rig/stream.ts';

const RESIDENT = loadSpeech('resident.en');
const HEARD = 0.6;

interface House {
  readonly phone: Linphone;
  readonly door: Doorphone;
}

/** A certificate for a host by its address. */
const certificateOf = (rig: Rig, host: 'pbx' | 'door'): ReturnType<Rig['certificate']> =>
  rig.certificate(host, [`IP:${ADDRESSES[host]}`, `URI:sip:${ADDRESSES[host]}`]);

async function houseOf(rig: Rig): Promise<House> {
  const pbx = await rig.kamailio({ streams: certificateOf(rig, 'pbx') });
  const phone = await rig.linphone('phone', { user: '101', registrar: pbx.address, tls: rig.authority });
  const door = await rig.doorphone({
    configuration: {
      accounts: [{ uri: `sips:door@${ADDRESSES.pbx}`, password: PASSWORDS.door, expires: '120s' }],
      buttons: { front: { line: 'button', call: [`sips:101@${ADDRESSES.pbx}`] } },
      sip: {
        listen: [`udp:${ADDRESSES.door}:5060`, `tls:${ADDRESSES.door}:5061`],
        tls: { ca: rig.authority, ...certificateOf(rig, 'door') },
      },
    },
  });
  await door.registered();
  await pbx.said(/registers door by tls/);
  return { phone, door };
}

describe('a sips account', () => {
  test('calls a phone by TLS on every hop, which talks, opens and ends the call', async ({ rig }) => {
    const { phone, door } = await houseOf(rig);
    await door.press();
    await door.saw('call.answered');
    expect((await door.status()).call).toMatchObject({ signalling: 'sips' });
    await phone.callState('StreamsRunning');
    phone.speak();
    await elapse(3_000);
    await phone.sendDigits(DOOR_CODE);
    await door.saw('door.opened');
    phone.command('terminate');
    expect((await door.saw('call.ended')).reason).toBe('hangup-remote');
    expect(findVoice(door.heard(), RESIDENT).correlation).toBeGreaterThan(HEARD);
    expect(rig.wire.sip.items).toEqual([]);
  });

  test('is called by TLS on every hop, and ends the call', async ({ rig }) => {
    const { phone, door } = await houseOf(rig);
    phone.command(`call sips:door@${ADDRESSES.pbx}`);
    await door.saw('call.answered');
    expect((await door.status()).call).toMatchObject({ direction: 'incoming', signalling: 'sips' });
    await door.execute('hangup', {});
    await phone.callState('Released');
    expect(rig.wire.sip.items).toEqual([]);
  });

  test('is not called by way of a proxy that takes the last hop in the clear', async ({ rig }) => {
    const { phone, door } = await houseOf(rig);
    phone.command(`call sips:802@${ADDRESSES.pbx}`);
    const refusal = await rig.wire.sip.find('480', ({ status }) => status === 480);
    await phone.callState('Released');
    expect(refusal.header('Warning')).toMatch(/^380 /);
    expect(door.allOf('call.started')).toEqual([]);
    expect(rig.wire.rtpFrom(ADDRESSES.door)).toEqual([]);
  });
});
