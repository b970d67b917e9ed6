// A second phone that is not ours, with habits of its own: linphone.

import { describe, expect } from 'vitest';
import { findVoice, loadSpeech } from '../support/audio-analysis.ts';
import { DOOR_CODE, type Doorphone } from './rig/doorphone.ts';
import { ADDRESSES } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';
import { elapse } from './rig/stream.ts';

const RESIDENT = loadSpeech('resident.en');
const HEARD = 0.6;

/** A door whose button calls the phone directly. */
async function directDoor(rig: Rig, sections: { readonly [section: string]: unknown } = {}): Promise<Doorphone> {
  return await rig.doorphone({
    configuration: { buttons: { front: { line: 'button', call: [`sip:101@${ADDRESSES.phone}`] } }, ...sections },
  });
}

describe('linphone', () => {
  test.for([
    ['plain', {}, {}, false],
    ['SDES, which it insists on', { mediaEncryption: 'srtp', mandatory: true }, { media: { srtp: 'required' } }, true],
    // It knows no RFC 8643: a key on an RTP/AVP line is passed over, and the call is a plain one.
    ['SDES offered as an option', { mediaEncryption: 'srtp' }, { media: { srtp: 'optional' } }, false],
  ] as const)('is rung, talks, opens: %s', async ([, options, sections, encrypted], { rig }) => {
    const phone = await rig.linphone('phone', { user: '101', ...options });
    const door = await directDoor(rig, sections);
    await door.press();
    expect(await door.saw('call.answered')).toMatchObject({ encrypted });
    await phone.callState('StreamsRunning');
    phone.speak();
    await elapse(3_000);
    await phone.sendDigits(DOOR_CODE);
    await door.saw('door.opened');
    phone.command('terminate');
    const ended = await door.saw('call.ended');
    expect(ended).toMatchObject({ reason: 'hangup-remote', media: { encrypted } });
    expect(findVoice(door.heard(), RESIDENT).correlation).toBeGreaterThan(HEARD);
  });
});
