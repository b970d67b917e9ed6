// A phone asks another one first, and joins its two calls then (RFC 5589 §7, RFC 3891): linphone, because Debian's baresip has
// blind transfers alone.

import { describe, expect } from 'vitest';
import { findVoice, loadSpeech } from '../support/audio-analysis.ts';
import { DOOR_CODE } from './rig/doorphone.ts';
import { ADDRESSES } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';
import type { SipMessage } from './rig/sip-text.ts';
import { elapse } from './rig/stream.ts';

const SECOND = loadSpeech('visitor.de');
const HEARD = 0.6;

async function replacing(rig: Rig, from: string): Promise<SipMessage> {
  return await rig.wire.sip.find(
    `INVITE with Replaces from ${from}`,
    (message) =>
      message.method === 'INVITE' && message.from.address === from && message.header('Replaces') !== undefined,
  );
}

describe('an attended transfer by linphone', () => {
  test('hands the visitor to the second phone, which talks and opens', async ({ rig }) => {
    const pbx = await rig.kamailio();
    const first = await rig.linphone('phone', { user: '101', registrar: pbx.address });
    const second = await rig.linphone('desk', { user: '102', registrar: pbx.address, speech: 'visitor.de' });
    const door = await rig.doorOfTwo();
    await door.press();
    await door.saw('call.answered');
    await first.callState('StreamsRunning');
    const mark = first.mark;
    first.command(`call sip:102@${pbx.address}`);
    await door.saw('call.held');
    await second.callState('StreamsRunning');
    await first.callState('StreamsRunning', { from: mark });
    const before = second.mark;
    const events = door.events.mark;
    first.command('call-transfer 1 2');
    const { to, next } = await door.saw('call.transferred', { from: events });
    expect(to).toContain('102');
    // The door's call takes the place of the first phone's at the second one.
    const invite = await replacing(rig, ADDRESSES.door);
    expect(invite.header('Referred-By')).toContain('101');
    await second.callState('StreamsRunning', { from: before });
    await first.callState('Released', { from: mark });
    second.speak(2);
    await elapse(3_000);
    await second.sendDigits(DOOR_CODE);
    await door.saw('door.opened');
    expect(findVoice(door.heard(), SECOND).correlation).toBeGreaterThan(HEARD);
    second.command('terminate');
    const ended = await door.saw('call.ended', { from: events, fits: ({ call }) => call === next });
    expect(ended.reason).toBe('hangup-remote');
    expect((await door.status()).state).toBe('idle');
  });

  test('hands another phone to the door, whose call goes on with it', async ({ rig }) => {
    const pbx = await rig.kamailio();
    const first = await rig.linphone('phone', { user: '101', registrar: pbx.address });
    const second = await rig.linphone('desk', { user: '102', registrar: pbx.address, speech: 'visitor.de' });
    const door = await rig.doorOfTwo();
    first.command(`call sip:102@${pbx.address}`);
    await second.callState('StreamsRunning');
    await first.callState('StreamsRunning');
    const mark = first.mark;
    first.command(`call sip:door@${pbx.address}`);
    const { call } = await door.saw('call.answered');
    await first.callState('StreamsRunning', { from: mark });
    const before = second.mark;
    first.command('call-transfer 1 2');
    await replacing(rig, ADDRESSES.desk);
    const transferred = await door.saw('call.transferred');
    expect(transferred).toMatchObject({ call });
    expect(transferred.to).toContain('102');
    await second.callState('StreamsRunning', { from: before });
    await first.callState('Released', { from: mark });
    second.speak(2);
    await elapse(3_000);
    expect(findVoice(door.heard(), SECOND).correlation).toBeGreaterThan(HEARD);
    expect((await door.status()).call?.peer).toContain('102');
    second.command('terminate');
    const ended = await door.saw('call.ended', { fits: ({ call: which }) => which === transferred.next });
    expect(ended.reason).toBe('hangup-remote');
    expect((await door.status()).state).toBe('idle');
  });
});
