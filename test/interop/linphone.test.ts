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
    // Its 488 to RTP/AVP has a second INVITE follow, with RTP/SAVP.
    [
      'SDES, which it insists on and the door does not',
      { mediaEncryption: 'srtp', mandatory: true },
      { media: { srtp: 'optional' } },
      true,
    ],
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

  test('that insists on encryption is called with it at once the second time', async ({ rig }) => {
    const phone = await rig.linphone('phone', { user: '101', mediaEncryption: 'srtp', mandatory: true });
    const door = await directDoor(rig, { media: { srtp: 'optional' } });
    const offers = () =>
      rig.wire.requests('INVITE', ADDRESSES.door).map(({ text }) => /^m=audio \d+ (\S+)/m.exec(text)?.[1]);
    for (const expected of [
      ['RTP/AVP', 'RTP/SAVP'],
      ['RTP/AVP', 'RTP/SAVP', 'RTP/SAVP'],
    ]) {
      const mark = door.events.mark;
      await door.press();
      await door.saw('call.answered', { from: mark });
      // What is on the wire is read by another program, which may be behind.
      await expect.poll(offers, { timeout: 5000 }).toEqual(expected);
      phone.command('terminate');
      await door.saw('call.ended', { from: mark });
    }
  });
});
