// The door behind a router that translates addresses, at a registrar on the other side with a relay for sound, as a house
// has it that is a provider's customer.

import { describe, expect } from 'vitest';
import { findVoice, loadSpeech, soundingShare } from '../support/audio-analysis.ts';
import { account, DOOR_CODE, type Doorphone } from './rig/doorphone.ts';
import { ADDRESSES, INNER_ADDRESS } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';
import { elapse, until } from './rig/stream.ts';

const RESIDENT = loadSpeech('resident.en');
const VISITOR = loadSpeech('visitor.en');
const HEARD = 0.6;
/** Twice what the router remembers an idle flow for. */
const FORGOTTEN_MS = 13_000;

async function doorBehindNat(rig: Rig, sections: { readonly [section: string]: unknown } = {}): Promise<Doorphone> {
  rig.network.putBehindNat('door');
  return await rig.doorphone({
    configuration: { accounts: [account()], sip: { listen: ['udp:0.0.0.0:5060'] }, ...sections },
  });
}

describe('a door behind a NAT', () => {
  test('rings, is heard both ways, opens, and is still found when the router would have forgotten it', async ({
    rig,
  }) => {
    await rig.relay();
    const pbx = await rig.kamailio({ relay: '' });
    const phone = await rig.baresip('phone', { user: '101', registrar: pbx.address });
    const door = await doorBehindNat(rig);
    await door.registered();
    await door.press();
    await door.saw('call.answered');
    const offered = await rig.wire.sip.find('INVITE', ({ method, body }) => method === 'INVITE' && body !== '');
    expect(offered.body).toContain(INNER_ADDRESS);
    await elapse(3_000);
    await phone.sendDigits(DOOR_CODE);
    await door.saw('door.opened');
    await phone.hangup();
    expect((await door.saw('call.ended')).reason).toBe('hangup-remote');
    expect(findVoice(door.heard(), RESIDENT).correlation).toBeGreaterThan(HEARD);
    await until('the phone has written its recording', () => soundingShare(phone.recording()) > 0);
    expect(findVoice(phone.recording(), VISITOR).correlation).toBeGreaterThan(HEARD);

    await elapse(FORGOTTEN_MS);
    const mark = door.events.mark;
    await phone.dial(`sip:door@${pbx.address}`);
    await door.saw('call.answered', { from: mark });
    await door.execute('hangup', {});
    await phone.saw('CALL_CLOSED');
    expect(rig.wire.rtpFrom(ADDRESSES.pbx).length).toBeGreaterThan(100);
  });
});

describe('a relay that bridges', () => {
  test.for([
    ['SDES by AES-256', 'RTP/SAVP SDES-only-AES_CM_256_HMAC_SHA1_80'],
    ['SDES by AES-GCM', 'RTP/SAVP SDES-only-AEAD_AES_256_GCM'],
    ['ICE, which the door answers as ICE-lite', 'ICE=force'],
  ] as const)('%s: the phone’s plain call reaches the door so', async ([, flags], { rig }) => {
    await rig.relay();
    const pbx = await rig.kamailio({ relay: flags });
    const phone = await rig.baresip('phone', { user: 'guest' });
    const door = await rig.doorphone({ configuration: { accounts: [account()] } });
    await door.registered();
    await phone.dial(`sip:door@${pbx.address}`);
    expect(await door.saw('call.answered')).toMatchObject({ encrypted: flags.includes('SAVP') });
    await elapse(3_000);
    await door.execute('hangup', {});
    await phone.saw('CALL_CLOSED');
    expect(findVoice(door.heard(), RESIDENT).correlation).toBeGreaterThan(HEARD);
  });
});
