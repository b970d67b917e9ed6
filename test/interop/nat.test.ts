// The door behind a router that translates addresses: at a registrar on the other side with a relay for sound, as a house
// has it that is a provider's customer; and with phones on the Internet that it speaks with directly, by STUN.

import { describe, expect } from 'vitest';
import { findVoice, loadSpeech, soundingShare } from '../support/audio-analysis.ts';
import { account, DOOR_CODE, type Doorphone } from './rig/doorphone.ts';
import { ADDRESSES, INNER_ADDRESS, internetOf } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';
import type { SipMessage } from './rig/sip-text.ts';
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

/** What the router looks like from outside. */
const OUTSIDE = internetOf('door');

const isInvite = ({ method, body }: SipMessage): boolean => method === 'INVITE' && body !== '';

/** Where a description says that its sound is to go: `203.0.113.2 16384`. */
function placeIn(body: string): string {
  const [, address] = /^c=IN IP4 (\S+)/m.exec(body) ?? [];
  const [, port] = /^m=audio (\d+)/m.exec(body) ?? [];
  return `${address} ${port}`;
}

/** A door of the Internet's that calls 101 directly. */
async function doorOutside(
  rig: Rig,
  stun: readonly string[],
  {
    keepsPorts = true,
    sections = {},
  }: { keepsPorts?: boolean; sections?: { readonly [section: string]: unknown } } = {},
): Promise<Doorphone> {
  rig.network.putBehindNat('door', { keepsPorts });
  return await rig.doorphone({
    configuration: {
      sip: { listen: ['udp:0.0.0.0:5060'] },
      media: { stun },
      buttons: { front: { line: 'button', call: [`sip:101@${internetOf('phone')}`] } },
      ...sections,
    },
  });
}

const isSeen = (door: Doorphone): Promise<void> =>
  until('the door knows where it is seen', async () => (await door.status()).media.mapped === OUTSIDE);

/** Where the sound of a machine went, and where that of the router came from. */
const wayOf = (rig: Rig, from: string): { to: string[]; from: string[] } => {
  const packets = rig.wire.rtpFrom(from);
  return {
    to: [...new Set(packets.map(({ to }) => `${to.address} ${to.port}`))],
    from: [...new Set(packets.map((packet) => `${packet.from.address} ${packet.from.port}`))],
  };
};

describe('a door behind a NAT, and phones on the Internet', () => {
  test('a phone is told where the door is seen, and both are heard', async ({ rig }) => {
    rig.network.becomeInternet();
    const stun = await rig.stunServer('sipp');
    const phone = await rig.baresip('phone', { user: '101', internet: true });
    const door = await doorOutside(rig, [stun.place]);
    await isSeen(door);
    await door.press();
    await door.saw('call.answered');
    const offered = await rig.wire.sip.find('INVITE', isInvite);
    expect(offered.body).not.toContain(INNER_ADDRESS);
    await elapse(3_000);
    await phone.sendDigits(DOOR_CODE);
    await door.saw('door.opened');
    // By the door: its Contact lies behind the NAT, where no BYE of the phone's finds it without a server's help.
    await door.execute('hangup', {});
    await door.saw('call.ended');
    // What the description said is where the phone sent to from its first packet on, and where the door's came from.
    const place = placeIn(offered.body);
    expect(place).toMatch(new RegExp(`^${OUTSIDE} `));
    expect(wayOf(rig, internetOf('phone')).to).toEqual([place]);
    expect(wayOf(rig, OUTSIDE).from).toEqual([place]);
    expect(findVoice(door.heard(), RESIDENT).correlation).toBeGreaterThan(HEARD);
    await until('the phone has written its recording', () => soundingShare(phone.recording()) > 0);
    expect(findVoice(phone.recording(), VISITOR).correlation).toBeGreaterThan(HEARD);
  });

  test('without STUN such a phone is not heard', async ({ rig }) => {
    rig.network.becomeInternet();
    await rig.baresip('phone', { user: '101', internet: true });
    const door = await doorOutside(rig, []);
    await door.press();
    await door.saw('call.answered');
    await elapse(1_500);
    await door.execute('hangup', {});
    expect(await door.saw('call.ended')).toMatchObject({ media: { packetsReceived: 0 } });
  });

  test('calls by a registrar there, both ways, need no relay', async ({ rig }) => {
    rig.network.becomeInternet();
    const stun = await rig.stunServer('sipp');
    const pbx = await rig.kamailio({ internet: true, natHelp: true });
    const phone = await rig.baresip('phone', { user: '101', registrar: pbx.address, internet: true });
    const accounts = [{ ...account(), uri: `sip:door@${pbx.address}` }];
    const buttons = { front: { line: 'button', call: [`sip:101@${pbx.address}`] } };
    const door = await doorOutside(rig, [stun.place], { sections: { accounts, buttons } });
    await door.registered();
    await isSeen(door);
    await door.press();
    await door.saw('call.answered');
    await elapse(1_500);
    await phone.hangup();
    expect((await door.saw('call.ended')).media?.packetsReceived).toBeGreaterThan(50);
    const mark = door.events.mark;
    await phone.dial(`sip:door@${pbx.address}`);
    await door.saw('call.answered', { from: mark });
    await elapse(1_500);
    await door.execute('hangup', {});
    expect((await door.saw('call.ended', { from: mark })).media?.packetsReceived).toBeGreaterThan(50);
    // Each call at a place of its own, which the phone and the door agree on.
    expect(wayOf(rig, OUTSIDE).from).toHaveLength(2);
    expect(new Set(wayOf(rig, internetOf('phone')).to)).toEqual(new Set(wayOf(rig, OUTSIDE).from));
  });

  test('a router with another port for everyone is noticed, and not spoken of', async ({ rig }) => {
    rig.network.becomeInternet();
    const servers = [await rig.stunServer('sipp'), await rig.stunServer('dns')];
    await rig.baresip('phone', { user: '101', internet: true });
    const door = await doorOutside(
      rig,
      servers.map(({ place }) => place),
      { keepsPorts: false },
    );
    await until('the router is seen through', async () =>
      ((await door.status()).warnings ?? []).some((warning) => warning.includes('symmetric NAT')),
    );
    await door.press();
    await door.saw('call.answered');
    expect(placeIn((await rig.wire.sip.find('INVITE', isInvite)).body)).toMatch(new RegExp(`^${INNER_ADDRESS} `));
  });

  test('a server that dies holds up no call, and is said', async ({ rig }) => {
    rig.network.becomeInternet();
    const stun = await rig.stunServer('sipp');
    await rig.baresip('phone', { user: '101', internet: true });
    const door = await doorOutside(rig, [stun.place]);
    await isSeen(door);
    await stun.kill();
    // The first call has what was known; the next may wait a second for an answer that does not come.
    for (const place of [OUTSIDE, INNER_ADDRESS]) {
      const mark = door.events.mark;
      const pressed = Date.now();
      await door.press();
      await door.saw('call.ringing', { from: mark });
      expect(Date.now() - pressed).toBeLessThan(1_500);
      await door.saw('call.answered', { from: mark });
      const invite = rig.wire.sip.all(isInvite).at(-1);
      expect(placeIn(invite?.body ?? '')).toMatch(new RegExp(`^${place} `));
      await door.execute('hangup', {});
      await door.saw('call.ended', { from: mark });
    }
    const { what } = await door.saw('fault');
    expect(what).toContain('no server of media.stun answers');
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
