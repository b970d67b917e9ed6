// Callers who show a password (`sip.accept` with credentials), from an address that the door knows nothing of: digest as
// baresip, linphone and SIPp compute it.

import { createHash } from 'node:crypto';
import { describe, expect } from 'vitest';
import { findVoice, loadSpeech } from '../support/audio-analysis.ts';
import type { Doorphone } from './rig/doorphone.ts';
import { ADDRESSES } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';
import { elapse } from './rig/stream.ts';

const RESIDENT = loadSpeech('resident.en');
const HEARD = 0.6;
const CREDENTIALS = { username: 'janitor', password: 'mop-and-bucket' } as const;

async function doorWithPasswords(rig: Rig, sip: object = {}): Promise<Doorphone> {
  return await rig.doorphone({
    configuration: {
      sip: { listen: [`udp:${ADDRESSES.door}:5060`], accept: [CREDENTIALS], ...sip },
      accounts: [{ uri: `sip:door@${ADDRESSES.door}`, register: false }],
      buttons: { front: { line: 'button', call: [`sip:101@${ADDRESSES.hall}`] } },
    },
  });
}

describe('a caller with a password', () => {
  // Debian's gives up at a challenge by SHA-256, wherever it stands: it should pass over it (RFC 8760 §2.4).
  test('by baresip is let in where it is asked by MD5, and is heard', async ({ rig }) => {
    const door = await doorWithPasswords(rig, { digest: ['MD5'] });
    const caller = await rig.baresip('stranger', { user: '102', credentials: CREDENTIALS });
    await caller.dial(`sip:door@${ADDRESSES.door}`);
    expect(await door.saw('call.started')).toMatchObject({ direction: 'incoming', user: 'janitor' });
    await door.saw('call.answered');
    await elapse(2_000);
    await caller.hangup();
    expect((await door.saw('call.ended')).reason).toBe('hangup-remote');
    expect(findVoice(door.heard(), RESIDENT).correlation).toBeGreaterThan(HEARD);
  });

  test('by linphone is let in', async ({ rig }) => {
    const door = await doorWithPasswords(rig);
    const { username, password } = CREDENTIALS;
    const caller = await rig.linphone('stranger', {
      user: '102',
      settings: {
        auth_info_0: ['username=102', `userid=${username}`, `passwd=${password}`, 'realm=doorphone'],
      },
    });
    caller.command(`call sip:door@${ADDRESSES.door}`);
    expect(await door.saw('call.started')).toMatchObject({ direction: 'incoming', user: 'janitor' });
    await caller.callState('StreamsRunning');
    const [shown] = rig.wire
      .requests('INVITE', ADDRESSES.stranger)
      .flatMap(({ header }) => header('Authorization') ?? []);
    expect(shown).toContain('SHA-256');
    caller.command('terminate');
    expect((await door.saw('call.ended')).reason).toBe('hangup-remote');
  });

  test('by SIPp writes a text, and is shown that the door knows the password as well', async ({ rig }) => {
    const door = await doorWithPasswords(rig, { digest: ['MD5'] });
    const { username, password } = CREDENTIALS;
    const writer = await rig.sipp({
      scenario: 'text-with-password',
      target: `${ADDRESSES.door}:5060`,
      service: 'door',
      fill: { USERNAME: username, PASSWORD: password },
    });
    await writer.passed();
    expect(await door.saw('message.received')).toMatchObject({ user: username });
    const part = (text: string | undefined, name: string): string =>
      new RegExp(`\\b${name}="?([^",]+)`).exec(text ?? '')?.[1] ?? '';
    const taken = await rig.wire.sip.find(
      '200 for the text',
      ({ status, cseqMethod }) => status === 200 && cseqMethod === 'MESSAGE',
    );
    const proof = taken.header('Authentication-Info');
    const shown = rig.wire.requests('MESSAGE', ADDRESSES.sipp).at(-1)?.header('Authorization');
    const [nonce, uri, cnonce, nc] = ['nonce', 'uri', 'cnonce', 'nc'].map((name) => part(shown, name));
    const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
    const secret = md5(`${username}:doorphone:${password}`);
    expect(part(proof, 'rspauth')).toBe(md5(`${secret}:${nonce}:${nc}:${cnonce}:auth:${md5(`:${uri}`)}`));
  });

  test('that is wrong is refused, and hears nothing', async ({ rig }) => {
    const door = await doorWithPasswords(rig, { digest: ['MD5'] });
    const caller = await rig.baresip('stranger', {
      user: '102',
      credentials: { ...CREDENTIALS, password: 'mop-and-broom' },
    });
    await caller.dial(`sip:door@${ADDRESSES.door}`);
    expect((await caller.saw('CALL_CLOSED')).param).toMatch(/401/);
    const tried = rig.wire.requests('INVITE', ADDRESSES.stranger);
    expect(tried.filter(({ header }) => header('Authorization') !== undefined).length).toBeGreaterThan(0);
    expect(door.allOf('call.started')).toEqual([]);
    expect(rig.wire.rtpFrom(ADDRESSES.door)).toEqual([]);
    expect(door.program.text).not.toContain(CREDENTIALS.password);
    expect((await door.status()).state).toBe('idle');
  });
});
