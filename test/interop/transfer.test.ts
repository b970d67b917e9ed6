// A phone that is not ours holds the visitor, and hands the visitor over to another phone.

import { describe, expect } from 'vitest';
import { findVoice, loadSpeech } from '../support/audio-analysis.ts';
import { DOOR_CODE } from './rig/doorphone.ts';
import { ADDRESSES } from './rig/network.ts';
import { test } from './rig/rig.ts';
import { elapse } from './rig/stream.ts';

const SECOND = loadSpeech('visitor.de');
const HEARD = 0.6;

describe('a blind transfer', () => {
  test('by baresip: the visitor talks with the second phone, which opens', async ({ rig }) => {
    const pbx = await rig.kamailio();
    const first = await rig.baresip('phone', { user: '101', registrar: pbx.address });
    const second = await rig.baresip('desk', { user: '102', registrar: pbx.address, speech: 'visitor.de' });
    const door = await rig.doorOfTwo();
    await door.press();
    await door.saw('call.answered');
    await first.saw('CALL_ESTABLISHED');
    const mark = door.events.mark;
    await first.command('transfer', `sip:102@${pbx.address}`);
    await second.saw('CALL_ESTABLISHED');
    expect((await door.saw('call.transferred', { from: mark })).to).toContain('102');
    await rig.wire.sip.find('NOTIFY of success', ({ method, body }) => method === 'NOTIFY' && body.includes('200'));
    await first.saw('CALL_CLOSED');
    await elapse(3_000);
    await second.sendDigits(DOOR_CODE);
    await door.saw('door.opened');
    expect(findVoice(door.heard(), SECOND).correlation).toBeGreaterThan(HEARD);
    await second.hangup();
    await door.saw('call.ended', { from: mark, fits: ({ reason }) => reason === 'hangup-remote' });
    expect((await door.status()).state).toBe('idle');
  });

  test('by linphone: the visitor talks with the second phone', async ({ rig }) => {
    const pbx = await rig.kamailio();
    const first = await rig.linphone('phone', { user: '101', registrar: pbx.address });
    const second = await rig.baresip('desk', { user: '102', registrar: pbx.address });
    const door = await rig.doorOfTwo();
    await door.press();
    await door.saw('call.answered');
    await first.callState('StreamsRunning');
    first.command(`call-transfer 1 sip:102@${pbx.address}`);
    await second.saw('CALL_ESTABLISHED');
    await door.saw('call.transferred');
    await second.hangup();
    await door.saw('call.ended', { fits: ({ reason }) => reason === 'hangup-remote' });
  });
});

describe('linphone', () => {
  test('holds and resumes, and the door tells of both', async ({ rig }) => {
    const phone = await rig.linphone('phone', { user: '101' });
    const door = await rig.doorphone({
      configuration: { buttons: { front: { line: 'button', call: [`sip:101@${ADDRESSES.phone}`] } } },
    });
    await door.press();
    await door.saw('call.answered');
    await phone.callState('StreamsRunning');
    const mark = phone.mark;
    phone.command('call-pause 1');
    await door.saw('call.held', { fits: ({ by }) => by === 'peer' });
    await phone.callState('Paused', { from: mark });
    phone.command('call-resume 1');
    await door.saw('call.resumed');
    await phone.callState('StreamsRunning', { from: mark });
    phone.command('terminate');
    expect((await door.saw('call.ended')).reason).toBe('hangup-remote');
  });

  test('offers early media before it answers', async ({ rig }) => {
    const phone = await rig.linphone('phone', {
      user: '101',
      answer: 'manual',
      settings: { sip: ['incoming_calls_early_media=1'] },
    });
    const door = await rig.doorphone({
      configuration: { buttons: { front: { line: 'button', call: [`sip:101@${ADDRESSES.phone}`] } } },
    });
    await door.press();
    await door.saw('call.ringing', { fits: ({ status }) => status === 183 });
    const early = await rig.wire.sip.find('183', ({ status, body }) => status === 183 && body !== '');
    expect(early.body).toContain('m=audio');
    await elapse(500);
    phone.command('answer 1');
    await door.saw('call.answered');
    await phone.callState('StreamsRunning');
    phone.command('terminate');
    await door.saw('call.ended');
  });
});

describe('by command', () => {
  test('the visitor is held, resumed, and handed over to a second phone, which opens', async ({ rig }) => {
    const pbx = await rig.kamailio();
    const first = await rig.baresip('phone', { user: '101', registrar: pbx.address });
    const second = await rig.baresip('desk', { user: '102', registrar: pbx.address, speech: 'visitor.de' });
    const door = await rig.doorOfTwo();
    await door.press();
    await door.saw('call.answered');
    await first.saw('CALL_ESTABLISHED');
    await door.execute('hold', {});
    await door.saw('call.held', { fits: ({ by }) => by === 'us' });
    await elapse(500);
    const silent = rig.wire.rtpFrom(ADDRESSES.door).length;
    await elapse(1_000);
    expect(rig.wire.rtpFrom(ADDRESSES.door).length - silent).toBeLessThan(5);
    await door.execute('resume', {});
    await elapse(1_500);
    expect(rig.wire.rtpFrom(ADDRESSES.door).length - silent).toBeGreaterThan(40);
    const mark = door.events.mark;
    await door.execute('transfer', { uri: `sip:102@${pbx.address}` });
    await second.saw('CALL_ESTABLISHED');
    expect((await door.saw('call.transferred', { from: mark })).to).toContain('102');
    await first.saw('CALL_CLOSED');
    await elapse(3_000);
    await second.sendDigits(DOOR_CODE);
    await door.saw('door.opened');
    expect(findVoice(door.heard(), SECOND).correlation).toBeGreaterThan(HEARD);
  });
});
