// Keys by a handshake beside the sound (RFC 5763, RFC 5764), with phones that are not ours: their OpenSSL and their
// mbed TLS against the one that Node carries.

import { execFileSync } from 'node:child_process';
import { describe, expect } from 'vitest';
import { findVoice, loadSpeech, soundingShare } from '../support/audio-analysis.ts';
import type { Baresip, BaresipOptions } from './rig/baresip.ts';
import { DOOR_CODE, type Doorphone } from './rig/doorphone.ts';
import { ADDRESSES } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';
import { elapse, until } from './rig/stream.ts';

const RESIDENT = loadSpeech('resident.en');
const VISITOR = loadSpeech('visitor.en');
const HEARD = 0.6;
const NOT_HEARD = 0.3;
/** SIPp itself sits on 6000. */
const MEDIA_PORT = 7000;

/** A door whose button calls the phone directly, and which lets it call. */
async function directDoor(rig: Rig, media: { readonly [key: string]: unknown }): Promise<Doorphone> {
  return await rig.doorphone({
    configuration: { buttons: { front: { line: 'button', call: [`sip:101@${ADDRESSES.phone}`] } }, media },
  });
}

async function phoneOf(rig: Rig, options: Partial<BaresipOptions> = {}): Promise<Baresip> {
  return await rig.baresip('phone', { user: '101', mediaEncryption: 'dtls_srtp', ...options });
}

/** Both voices are heard, and the wire has neither. */
async function expectVoices(rig: Rig, door: Doorphone, phone: Baresip): Promise<void> {
  await until('the phone has written its recording', () => soundingShare(phone.recording()) > 0);
  expect(findVoice(phone.recording(), VISITOR).correlation).toBeGreaterThan(HEARD);
  expect(findVoice(door.heard(), RESIDENT).correlation).toBeGreaterThan(HEARD);
  expect(findVoice(rig.wire.voiceFrom(ADDRESSES.door), VISITOR).correlation).toBeLessThan(NOT_HEARD);
  expect(findVoice(rig.wire.voiceFrom(ADDRESSES.phone), RESIDENT).correlation).toBeLessThan(NOT_HEARD);
}

describe('baresip', () => {
  test.for([
    ['demanded', { profile: 'avp' }, {}],
    ['demanded with feedback', { profile: 'avpf' }, {}],
    ['demanded, RTCP on the port of RTP', { profile: 'avp' }, { rtcpMux: true }],
  ] as const)('is rung, talks, opens: a handshake %s', async ([, more, options], { rig }) => {
    const phone = await phoneOf(rig, options);
    const door = await directDoor(rig, { srtp: 'required', keying: ['dtls'], ...more });
    await door.press();
    await door.saw('call.answered');
    await door.saw('call.changed', { fits: ({ encrypted }) => encrypted });
    expect((await door.status()).call?.encrypted).toBe(true);
    await elapse(3_000);
    for (const digit of DOOR_CODE) await phone.sendDigits(digit);
    await door.saw('door.opened');
    await phone.hangup();
    expect(await door.saw('call.ended')).toMatchObject({ reason: 'hangup-remote', media: { encrypted: true } });
    await expectVoices(rig, door, phone);
  });

  test.for([
    ['', {}],
    [', RTCP on the port of RTP', { rtcpMux: true }],
    [' behind the checks of ICE', { ice: true }],
  ] as const)('calls the door and talks by a handshake%s', async ([, options], { rig }) => {
    const phone = await phoneOf(rig, options);
    const door = await directDoor(rig, { srtp: 'required' });
    await phone.dial(`sip:door@${ADDRESSES.door}`);
    await door.saw('call.answered');
    await until('there are keys', async () => (await door.status()).call?.encrypted === true);
    await elapse(3_000);
    await phone.hangup();
    expect(await door.saw('call.ended')).toMatchObject({ reason: 'hangup-remote', media: { encrypted: true } });
    const answer = rig.wire.sip.all(({ status, cseqMethod }) => status === 200 && cseqMethod === 'INVITE').at(-1);
    expect(answer?.body.includes('a=ice-lite')).toBe('ice' in options);
    await expectVoices(rig, door, phone);
  });

  test('holds and resumes in the same association', async ({ rig }) => {
    const phone = await phoneOf(rig);
    const door = await directDoor(rig, { srtp: 'required', keying: ['dtls'] });
    await door.press();
    await until('there are keys', async () => (await door.status()).call?.encrypted === true);
    await phone.hold();
    await rig.wire.sip.find('hold', (message) => message.status === 200 && /a=(recvonly|inactive)/.test(message.body));
    const mark = rig.wire.sip.mark;
    await phone.resume();
    await rig.wire.sip.find('resumption', (message) => message.status === 200 && message.body.includes('a=sendrecv'), {
      from: mark,
    });
    expect((await door.status()).call?.encrypted).toBe(true);
    await elapse(3_000);
    await phone.hangup();
    await door.saw('call.ended');
    expect(findVoice(door.heard(), RESIDENT).correlation).toBeGreaterThan(HEARD);
  });
});

describe('linphone', () => {
  test.for([
    ['is rung, talks, opens', false],
    ['calls the door and talks', true],
  ] as const)('%s by a handshake', async ([, calls], { rig }) => {
    const phone = await rig.linphone('phone', { user: '101', mediaEncryption: 'dtls', mandatory: true });
    const door = await directDoor(rig, { srtp: 'required', keying: ['dtls'] });
    if (calls) phone.command(`call sip:door@${ADDRESSES.door}`);
    else await door.press();
    await door.saw('call.answered');
    await phone.callState('StreamsRunning');
    await until('there are keys', async () => (await door.status()).call?.encrypted === true);
    phone.speak();
    await elapse(3_000);
    await phone.sendDigits(DOOR_CODE);
    await door.saw('door.opened');
    phone.command('terminate');
    expect(await door.saw('call.ended')).toMatchObject({ reason: 'hangup-remote', media: { encrypted: true } });
    expect(findVoice(door.heard(), RESIDENT).correlation).toBeGreaterThan(HEARD);
    expect(findVoice(rig.wire.voiceFrom(ADDRESSES.phone), RESIDENT).correlation).toBeLessThan(NOT_HEARD);
  });
});

describe('no call without it', () => {
  test('a plain phone is refused where encryption is demanded', async ({ rig }) => {
    await rig.baresip('phone', { user: '101' });
    const door = await directDoor(rig, { srtp: 'required', keying: ['dtls'] });
    await door.press();
    expect((await door.saw('call.ended')).reason).toBe('failed');
    expect(rig.wire.rtpFrom(ADDRESSES.door)).toEqual([]);
  });

  test('another certificate than the announced one ends the call', async ({ rig }) => {
    const { door, sipp, shakeHands } = await announced(rig, 'FF');
    const shaken = await shakeHands();
    const ended = await door.saw('call.ended');
    expect(ended).toMatchObject({ reason: 'failed', media: { encrypted: false, packetsSent: 0 } });
    expect(ended.cause).toContain('certificate');
    expect((await shaken.exited).code).not.toBe(0);
    expect(shaken.text).toMatch(/alert bad certificate/);
    await sipp.passed();
    expect(rig.wire.rtpFrom(ADDRESSES.door)).toEqual([]);
  });

  test('the announced one goes on', async ({ rig }) => {
    const { door, sipp, shakeHands } = await announced(rig, undefined);
    const shaken = await shakeHands();
    await until('there are keys', async () => (await door.status()).call?.encrypted === true);
    await shaken.lines.find('profile', (line) => line.includes('SRTP_AES128_CM_SHA1_80'));
    await until('sound is sent', () => rig.wire.rtpFrom(ADDRESSES.door).length > 20);
    expect(findVoice(rig.wire.voiceFrom(ADDRESSES.door), VISITOR).correlation).toBeLessThan(NOT_HEARD);
    await door.execute('hangup', {});
    await sipp.passed();
  });

  test('nobody who shakes hands ends it after ten seconds, in silence', async ({ rig }) => {
    const { door, sipp } = await announced(rig, undefined);
    const answered = await door.saw('call.answered');
    const ended = await door.saw('call.ended', { withinMs: 15_000 });
    expect(ended).toMatchObject({ reason: 'failed', media: { packetsSent: 0 } });
    expect(ended.cause).toContain('10 s');
    expect(Date.parse(ended.time) - Date.parse(answered.time)).toBeGreaterThan(9_500);
    expect(Date.parse(ended.time) - Date.parse(answered.time)).toBeLessThan(11_500);
    await sipp.passed();
    expect(rig.wire.rtpFrom(ADDRESSES.door)).toEqual([]);
  });
});

/**
 * SIPp calls the door and announces a certificate of OpenSSL's; `shakeHands` has OpenSSL's own client show it.
 * @param first octet to announce in place of the right one
 */
async function announced(rig: Rig, first: string | undefined) {
  const door = await directDoor(rig, { srtp: 'optional' });
  const [certificate, key] = [`${rig.folder}/announced.pem`, `${rig.folder}/announced.key`];
  const subject = ['-subj', '/CN=announced', '-days', '2', '-nodes', '-keyout', key, '-out', certificate];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', ...subject], {
    stdio: 'ignore',
  });
  const printed = execFileSync('openssl', ['x509', '-noout', '-fingerprint', '-sha256', '-in', certificate]).toString();
  const fingerprint = printed.trim().replace(/^.*=/, '');
  const sipp = await rig.sipp(
    {
      scenario: 'announce-certificate',
      target: `${ADDRESSES.door}:5060`,
      service: 'door',
      fill: { PORT: String(MEDIA_PORT), FINGERPRINT: first === undefined ? fingerprint : first + fingerprint.slice(2) },
    },
    'phone',
  );
  const shakeHands = async () => {
    const answer = await rig.wire.sip.find(
      'answer',
      ({ status, cseqMethod }) => status === 200 && cseqMethod === 'INVITE',
    );
    const [, port] = /^m=audio (\d+) /m.exec(answer.body) ?? [];
    return rig.host('phone').start({
      name: 'openssl',
      logFolder: rig.folder,
      command: [
        ...(['openssl', 's_client', '-dtls1_2', '-use_srtp', 'SRTP_AES128_CM_SHA1_80'] as const),
        ...['-cert', certificate, '-key', key, '-connect', `${ADDRESSES.door}:${port}`],
        ...['-bind', `${ADDRESSES.phone}:${MEDIA_PORT}`],
      ],
    });
  };
  return { door, sipp, shakeHands };
}
