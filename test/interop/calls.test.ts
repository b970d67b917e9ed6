// The main job against a phone that is not ours: press, talk, a digit opens, somebody hangs up.

import { describe, expect } from 'vitest';
import { findVoice, loadSpeech, soundingShare } from '../support/audio-analysis.ts';
import type { Baresip, BaresipOptions } from './rig/baresip.ts';
import { account, DOOR_CODE, type Doorphone } from './rig/doorphone.ts';
import { ADDRESSES } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';
import { PCMA, PCMU, readDigits } from './rig/rtp.ts';
import { elapse, until } from './rig/stream.ts';

const RESIDENT = loadSpeech('resident.en');
const VISITOR = loadSpeech('visitor.en');
/** What one voice must reach, and what the other may not: see test/unit/support/audio-analysis.test.ts. */
const HEARD = 0.6;
const NOT_HEARD = 0.3;

/** A registrar, a phone and a door that are registered at it. */
async function house(
  rig: Rig,
  phone: Partial<BaresipOptions> = {},
  configuration: { readonly [section: string]: unknown } = {},
): Promise<{ door: Doorphone; resident: Baresip }> {
  const pbx = await rig.kamailio();
  const resident = await rig.baresip('phone', { user: '101', registrar: pbx.address, ...phone });
  const door = await rig.doorphone({ configuration: { accounts: [account()], ...configuration } });
  await door.registered();
  return { door, resident };
}

async function talk(door: Doorphone, resident: Baresip): Promise<void> {
  await door.press();
  await door.saw('call.answered');
  await resident.saw('CALL_ESTABLISHED');
}

describe('a press of the button', () => {
  test.for([
    ['PCMA', PCMA, 'plain'],
    ['PCMU', PCMU, 'plain'],
    ['PCMA', PCMA, 'SRTP'],
    ['PCMU', PCMU, 'SRTP'],
  ] as const)(
    'rings, talks and opens by %s (payload type %i, %s)',
    async ([codec, payloadType, protection], { rig }) => {
      const encrypted = protection === 'SRTP';
      const { door, resident } = await house(
        rig,
        { codecs: [codec], ...(encrypted ? { mediaEncryption: 'srtp-mand' as const } : {}) },
        encrypted ? { media: { srtp: 'required' } } : {},
      );
      await door.press();
      await door.saw('call.ringing');
      expect(await door.saw('call.answered')).toMatchObject({ codec, encrypted });
      expect(await door.status()).toMatchObject({
        state: 'talking',
        call: { direction: 'outgoing', codec, encrypted },
      });
      await elapse(3_000);
      for (const digit of DOOR_CODE) await resident.sendDigits(digit);
      expect(await door.saw('door.opened')).toMatchObject({ door: 'main', forMs: 1_000 });
      expect((await door.execute('line', { line: 'relay' })).active).toBe(true);
      const opened = Date.now();
      await door.saw('door.closed');
      expect(Date.now() - opened).toBeGreaterThan(800);
      expect(Date.now() - opened).toBeLessThan(1_500);
      expect((await door.execute('line', { line: 'relay' })).active).toBe(false);
      await resident.hangup();
      const ended = await door.saw('call.ended');
      expect(ended).toMatchObject({ reason: 'hangup-remote', media: { codec, encrypted } });
      expect(ended.media?.packetsReceived ?? 0).toBeGreaterThan(150);
      expect((await door.status()).state).toBe('idle');

      await until('the phone has written its recording', () => soundingShare(resident.recording()) > 0);
      expect(findVoice(resident.recording(), VISITOR).correlation).toBeGreaterThan(HEARD);
      expect(findVoice(resident.recording(), RESIDENT).correlation).toBeLessThan(NOT_HEARD);
      expect(findVoice(door.heard(), RESIDENT).correlation).toBeGreaterThan(HEARD);
      expect(findVoice(door.heard(), VISITOR).correlation).toBeLessThan(NOT_HEARD);
      expect(rig.wire.rtpFrom(ADDRESSES.door, payloadType).length).toBeGreaterThan(150);
      const onTheWire = findVoice(rig.wire.voiceFrom(ADDRESSES.door), VISITOR).correlation;
      if (encrypted) expect(onTheWire).toBeLessThan(NOT_HEARD);
      else expect(onTheWire).toBeGreaterThan(HEARD);
    },
  );

  test('opens by digits that follow each other without a pause', async ({ rig }) => {
    const { door, resident } = await house(rig);
    await talk(door, resident);
    await resident.sendDigits(DOOR_CODE);
    await door.saw('door.opened');
    expect(door.allOf('digit.received').length).toBe(DOOR_CODE.length);
    expect(door.allOf('digit.received').every((event) => event.via === 'rtp')).toBe(true);
  });

  test('does not open by another code, and tells nobody which', async ({ rig }) => {
    const { door, resident } = await house(rig);
    await talk(door, resident);
    for (const digit of '1379#') await resident.sendDigits(digit);
    await door.saw('code.refused');
    expect(door.allOf('door.opened')).toEqual([]);
    expect(JSON.stringify(door.events.items)).not.toMatch(/"digit":/);
    expect(door.program.text).not.toMatch(/1379|digit["'=: ]+[0-9]/);
  });

  test('again, while it rings, cancels', async ({ rig }) => {
    const { door, resident } = await house(rig, { answer: 'manual' });
    await door.press();
    await door.saw('call.ringing');
    await door.press();
    expect((await door.saw('call.ended')).reason).toBe('cancelled');
    await resident.saw('CALL_CLOSED');
    await rig.wire.sip.find('487', (message) => message.status === 487);
  });

  test('ends by the door', async ({ rig }) => {
    const { door, resident } = await house(rig);
    await talk(door, resident);
    await door.execute('hangup', {});
    await resident.saw('CALL_CLOSED');
    expect((await door.saw('call.ended')).reason).toBe('hangup-local');
    await expect(door.execute('hangup', {})).rejects.toThrow('no-call');
  });
});

describe('in a call', () => {
  test('hold silences the door, and resume brings it back', async ({ rig }) => {
    const { door, resident } = await house(rig);
    await talk(door, resident);
    await elapse(500);
    await resident.hold();
    const held = await rig.wire.sip.find(
      '200 that agrees to the hold',
      (message) => message.status === 200 && /a=(recvonly|inactive)/.test(message.body),
    );
    const settled = rig.wire.rtp.length;
    await elapse(1_000);
    const duringHold = rig.wire.rtp.slice(settled).filter((packet) => packet.from.address === ADDRESSES.door);
    // RFC 6263 §4 allows a keep-alive now and then.
    expect(duringHold.length).toBeLessThan(5);

    const mark = rig.wire.sip.mark;
    await resident.resume();
    const resumed = await rig.wire.sip.find(
      '200 that resumes',
      (message) => message.status === 200 && message.body.includes('a=sendrecv'),
      { from: mark },
    );
    expect(resumed.atMs).toBeGreaterThan(held.atMs);
    await elapse(3_000);
    expect(findVoice(rig.wire.voiceFrom(ADDRESSES.door, resumed.atMs), VISITOR).correlation).toBeGreaterThan(HEARD);
    expect(door.allOf('call.ended')).toEqual([]);
    await resident.hangup();
    await door.saw('call.ended');
    expect(findVoice(door.heard(), RESIDENT).correlation).toBeGreaterThan(HEARD);
  });

  test('the door sends digits that the phone takes', async ({ rig }) => {
    const { door, resident } = await house(rig);
    await talk(door, resident);
    await door.execute('dtmf', { digits: '159*#' });
    await until('the phone has all digits', () => digitsOf(resident) === '159*#');
    const telephoneEvents = rig.wire.rtpFrom(ADDRESSES.door).filter((packet) => packet.payloadType >= 96);
    expect(readDigits(telephoneEvents)).toBe('159*#');
  });

  test('the relay is held for its time though the call ends', async ({ rig }) => {
    const { door, resident } = await house(
      rig,
      {},
      { doors: { main: { relay: 'relay', openFor: '2s', code: DOOR_CODE } } },
    );
    await talk(door, resident);
    await door.execute('open', { door: 'main' });
    const opened = await door.saw('door.opened');
    await resident.hangup();
    await door.saw('call.ended');
    expect((await door.execute('line', { line: 'relay' })).active).toBe(true);
    const closed = await door.saw('door.closed');
    expect(Date.parse(closed.time) - Date.parse(opened.time)).toBeGreaterThanOrEqual(1_950);
  });

  test('a service that is stopped says goodbye', async ({ rig }) => {
    const { door, resident } = await house(rig);
    await talk(door, resident);
    const exit = await door.stop();
    expect(exit?.code).toBe(0);
    await resident.saw('CALL_CLOSED');
    await rig.wire.sip.find('BYE', (message) => message.method === 'BYE' && message.from.address === ADDRESSES.door);
  });

  test('a BYE that a stranger forges does not end it', async ({ rig }) => {
    const { door, resident } = await house(rig);
    await talk(door, resident);
    const answer = await rig.wire.sip.find(
      'answer',
      (message) => message.status === 200 && message.cseqMethod === 'INVITE' && message.to.address === ADDRESSES.door,
    );
    const forged = [
      `BYE sip:door@${ADDRESSES.door}:5060 SIP/2.0`,
      `Via: SIP/2.0/UDP ${ADDRESSES.stranger}:5060;branch=z9hG4bKforged;rport`,
      `From: ${answer.header('To')}`,
      `To: ${answer.header('From')}`,
      `Call-ID: ${answer.callId}`,
      'CSeq: 4711 BYE',
      'Max-Forwards: 70',
      'Content-Length: 0',
    ];
    await rig.sendDatagram('stranger', `${forged.join('\r\n')}\r\n\r\n`, { address: ADDRESSES.door, port: 5060 });
    await rig.wire.sip.find('forged BYE', (message) => message.from.address === ADDRESSES.stranger);
    await elapse(500);
    expect(rig.wire.sip.all((message) => message.to.address === ADDRESSES.stranger && message.status === 200)).toEqual(
      [],
    );
    expect((await door.status()).state).toBe('talking');
    await resident.hangup();
    expect((await door.saw('call.ended')).reason).toBe('hangup-remote');
  });

  test('another caller finds the door busy', async ({ rig }) => {
    const { door, resident } = await house(rig);
    const other = await rig.baresip('desk', { user: '102', registrar: ADDRESSES.pbx });
    await talk(door, resident);
    await other.dial(`sip:door@${ADDRESSES.pbx}`);
    expect((await other.saw('CALL_CLOSED')).param).toContain('486');
    expect((await door.status()).state).toBe('talking');
  });
});

function digitsOf(phone: Baresip): string {
  return phone.events
    .all((event) => event.type === 'CALL_DTMF_START')
    .map((event) => event.param ?? '')
    .join('');
}
