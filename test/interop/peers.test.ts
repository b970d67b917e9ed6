// The peers among themselves: what the other tests lean on. When these fail, the rig is broken and not the product.

import { describe, expect } from 'vitest';
import { findVoice, loadSpeech, soundingShare } from '../support/audio-analysis.ts';
import { test } from './rig/rig.ts';
import { PCMA, PCMU, readDigits } from './rig/rtp.ts';
import { elapse, until } from './rig/stream.ts';

const RESIDENT = loadSpeech('resident.en');
const VISITOR = loadSpeech('visitor.en');

describe('two phones at one registrar', () => {
  test.for([
    ['PCMA', PCMA, undefined],
    ['PCMU', PCMU, undefined],
    ['PCMA', PCMA, 'srtp-mand'],
  ] as const)(
    'hear each other by %s (payload type %i, encryption %s)',
    async ([codec, payloadType, mediaEncryption], { rig }) => {
      const pbx = await rig.kamailio();
      const encryption = mediaEncryption === undefined ? {} : { mediaEncryption };
      const common = { registrar: pbx.address, codecs: [codec], ...encryption };
      const resident = await rig.baresip('phone', { user: '101', speech: 'resident.en', ...common });
      const visitor = await rig.baresip('desk', { user: '102', speech: 'visitor.en', answer: 'manual', ...common });

      await visitor.dial(`sip:101@${pbx.address}`);
      await visitor.saw('CALL_ESTABLISHED');
      await elapse(3_000);
      await visitor.hangup();
      await resident.saw('CALL_CLOSED');

      await until(
        'both recordings are whole',
        () => soundingShare(resident.recording()) > 0 && soundingShare(visitor.recording()) > 0,
      );
      expect(findVoice(resident.recording(), VISITOR).correlation).toBeGreaterThan(0.8);
      expect(findVoice(visitor.recording(), RESIDENT).correlation).toBeGreaterThan(0.8);
      expect(findVoice(visitor.recording(), VISITOR).correlation).toBeLessThan(0.3);
      expect(rig.wire.rtpFrom(visitor.host.address, payloadType).length).toBeGreaterThan(100);
      const onTheWire = findVoice(rig.wire.voiceFrom(visitor.host.address), VISITOR).correlation;
      if (mediaEncryption === undefined) expect(onTheWire).toBeGreaterThan(0.8);
      else expect(onTheWire).toBeLessThan(0.2);
    },
  );

  test('pass digits, hold and resume', async ({ rig }) => {
    const resident = await rig.baresip('phone', { user: '101', speech: 'resident.en' });
    const visitor = await rig.baresip('desk', { user: '102', speech: 'visitor.en', answer: 'manual' });
    await visitor.dial(resident.uri);
    await visitor.saw('CALL_ESTABLISHED');
    for (const digit of '42#') await visitor.sendDigits(digit);
    await until('the digits are sent', () => readDigits(rig.wire.rtpFrom(visitor.host.address, 101)) === '42#');

    await visitor.hold();
    const held = await rig.wire.sip.find('re-INVITE that holds', (message) => message.body.includes('a=sendonly'));
    await rig.wire.sip.find('200 that agrees', (message) => message.status === 200 && message.atMs > held.atMs);
    const silentFrom = rig.wire.rtp.length;
    await elapse(500);
    expect(rig.wire.rtp.slice(silentFrom).length).toBeLessThan(10);

    const mark = rig.wire.sip.mark;
    await visitor.resume();
    const resumed = await rig.wire.sip.find('200 after resuming', (message) => message.status === 200, { from: mark });
    await until(
      'audio flows again',
      () => rig.wire.rtpFrom(resident.host.address).filter((packet) => packet.atMs > resumed.atMs).length > 120,
    );
    expect(findVoice(rig.wire.voiceFrom(resident.host.address, resumed.atMs), RESIDENT).correlation).toBeGreaterThan(
      0.8,
    );
    await resident.hangup();
    await visitor.saw('CALL_CLOSED');
  });

  test('a wrong password is refused by the registrar', async ({ rig }) => {
    const pbx = await rig.kamailio();
    const caller = await rig.baresip('stranger', { user: '102' });
    await caller.dial(`sip:101@${pbx.address}`);
    await rig.wire.sip.find('407', (message) => message.status === 407);
    await caller.saw('CALL_CLOSED');
  });
});

describe('a broker', () => {
  test('shows retained and passing messages', async ({ rig }) => {
    const broker = await rig.mosquitto();
    await broker.publish('a/b', 'passing');
    await broker.publish('a/c', '{"x": 1}', { retain: true });
    expect((await broker.message('a/b', () => true)).retained).toBe(false);
    expect((await broker.message('a/c', () => true)).payload).toBe('{"x": 1}');
  });
});
