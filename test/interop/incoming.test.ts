// Calls into the door: who may, and what strangers get.

import { describe, expect } from 'vitest';
import { findVoice, loadSpeech, soundingShare } from '../support/audio-analysis.ts';
import { account } from './rig/doorphone.ts';
import { ADDRESSES } from './rig/network.ts';
import { test } from './rig/rig.ts';
import { elapse, until } from './rig/stream.ts';

const RESIDENT = loadSpeech('resident.en');
const VISITOR = loadSpeech('visitor.en');

describe('a call into the door', () => {
  test('by its registrar is answered by itself, and both hear', async ({ rig }) => {
    const pbx = await rig.kamailio();
    const resident = await rig.baresip('phone', { user: '101', registrar: pbx.address });
    const door = await rig.doorphone({ configuration: { accounts: [account()] } });
    await door.registered();
    await resident.dial(`sip:door@${pbx.address}`);
    expect((await door.saw('call.started')).direction).toBe('incoming');
    await door.saw('call.answered');
    await elapse(3_000);
    await door.execute('hangup', {});
    await resident.saw('CALL_CLOSED');
    await until('the recording is whole', () => soundingShare(resident.recording()) > 0);
    expect(findVoice(resident.recording(), VISITOR).correlation).toBeGreaterThan(0.6);
    expect(findVoice(door.heard(), RESIDENT).correlation).toBeGreaterThan(0.6);
  });

  test('by a phone that its button calls directly is answered', async ({ rig }) => {
    const resident = await rig.baresip('desk', { user: '102' });
    const door = await rig.doorphone({
      configuration: {
        accounts: [{ uri: `sip:door@${ADDRESSES.door}`, register: false }],
        buttons: { front: { line: 'button', call: [resident.uri] } },
      },
    });
    await resident.dial(`sip:door@${ADDRESSES.door}`);
    await door.saw('call.answered');
    await resident.saw('CALL_ESTABLISHED');
  });

  test('by a registrar that may not call is not heard of, and yet the registrar learns that the door is there', async ({
    rig,
  }) => {
    const pbx = await rig.kamailio();
    const resident = await rig.baresip('phone', { user: '101', registrar: pbx.address });
    const door = await rig.doorphone({
      configuration: {
        sip: { listen: [`udp:${ADDRESSES.door}:5060`], accept: [`${ADDRESSES.desk}/32`] },
        accounts: [account()],
      },
    });
    await door.registered();
    const qualify = { scenario: 'qualify', target: `${ADDRESSES.door}:5060`, service: 'door', port: 5070 } as const;
    await (await rig.sipp(qualify, 'pbx')).passed();
    const asked = rig.wire.requests('OPTIONS', ADDRESSES.pbx).at(-1);
    const answered = rig.wire.sip.items.find(({ cseqMethod, status }) => cseqMethod === 'OPTIONS' && status === 200);
    expect(answered?.text.length).toBeLessThanOrEqual(asked?.text.length ?? 0);
    await resident.dial(`sip:door@${pbx.address}`);
    await door.saw('call.refused');
    expect(door.allOf('call.started')).toEqual([]);
  });

  test('waits for the answer where it is manual', async ({ rig }) => {
    const resident = await rig.baresip('desk', { user: '102' });
    const door = await rig.doorphone({
      configuration: {
        sip: { listen: [`udp:${ADDRESSES.door}:5060`], answer: 'manual', accept: [`${ADDRESSES.desk}/32`] },
        accounts: [{ uri: `sip:door@${ADDRESSES.door}`, register: false }],
      },
    });
    await resident.dial(`sip:door@${ADDRESSES.door}`);
    await resident.saw('CALL_RINGING');
    expect((await door.status()).state).toBe('ringing');
    await door.execute('answer', {});
    await resident.saw('CALL_ESTABLISHED');
  });

  test('that the caller gives up is over', async ({ rig }) => {
    const caller = await rig.baresip('desk', { user: '102' });
    const door = await rig.doorphone({
      configuration: {
        sip: { listen: [`udp:${ADDRESSES.door}:5060`], answer: 'manual', accept: [`${ADDRESSES.desk}/32`] },
        accounts: [{ uri: `sip:door@${ADDRESSES.door}`, register: false }],
      },
    });
    await caller.dial(`sip:door@${ADDRESSES.door}`);
    await caller.saw('CALL_RINGING');
    await caller.hangup();
    expect((await door.saw('call.ended')).reason).toBe('cancelled');
    await rig.wire.sip.find('487', (message) => message.status === 487);
    expect((await door.status()).state).toBe('idle');
  });

  test.for([
    ['optional', 'srtp-mand', true],
    ['optional', undefined, false],
    ['required', 'srtp-mand', true],
  ] as const)(
    'where SRTP is %s, by a phone with %s, is answered (encrypted: %s)',
    async ([srtp, mediaEncryption, encrypted], { rig }) => {
      const caller = await rig.baresip('desk', {
        user: '102',
        ...(mediaEncryption === undefined ? {} : { mediaEncryption }),
      });
      const door = await rig.doorphone({
        configuration: {
          sip: { listen: [`udp:${ADDRESSES.door}:5060`], accept: [`${ADDRESSES.desk}/32`] },
          accounts: [{ uri: `sip:door@${ADDRESSES.door}`, register: false }],
          media: { srtp },
        },
      });
      await caller.dial(`sip:door@${ADDRESSES.door}`);
      expect((await door.saw('call.answered')).encrypted).toBe(encrypted);
      await elapse(2_500);
      await caller.hangup();
      await door.saw('call.ended');
      expect(findVoice(door.heard(), RESIDENT).correlation).toBeGreaterThan(0.6);
      const readable = findVoice(rig.wire.voiceFrom(ADDRESSES.door), VISITOR).correlation;
      if (encrypted) expect(readable).toBeLessThan(0.3);
      else expect(readable).toBeGreaterThan(0.6);
    },
  );

  test('without encryption is refused where SRTP is required', async ({ rig }) => {
    const caller = await rig.baresip('desk', { user: '102' });
    const door = await rig.doorphone({
      configuration: {
        sip: { listen: [`udp:${ADDRESSES.door}:5060`], accept: [`${ADDRESSES.desk}/32`] },
        accounts: [{ uri: `sip:door@${ADDRESSES.door}`, register: false }],
        media: { srtp: 'required' },
      },
    });
    await caller.dial(`sip:door@${ADDRESSES.door}`);
    expect((await caller.saw('CALL_CLOSED')).param).toContain('488');
    expect(door.allOf('call.answered')).toEqual([]);
    expect(rig.wire.rtpFrom(ADDRESSES.door)).toEqual([]);
  });

  test('by a stranger gets neither ringing nor audio nor an answer', async ({ rig }) => {
    await rig.kamailio();
    const door = await rig.doorphone({ configuration: { accounts: [account()] } });
    await door.registered();
    const stranger = await rig.baresip('stranger', { user: '102' });
    await stranger.dial(`sip:door@${ADDRESSES.door}`);
    const refused = await door.saw('call.refused');
    expect(refused.peer).toContain(ADDRESSES.stranger);
    await elapse(1_500);

    const invite = rig.wire.requests('INVITE', ADDRESSES.stranger)[0];
    const answers = rig.wire.sip.all((message) => message.to.address === ADDRESSES.stranger);
    for (const answer of answers) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.text.length).toBeLessThanOrEqual(invite?.text.length ?? 0);
    }
    expect(rig.wire.rtpFrom(ADDRESSES.door)).toEqual([]);
    expect(door.allOf('call.started')).toEqual([]);
    expect((await door.status()).state).toBe('idle');
  });

  test("from the address of a registrar that the door did not name is a stranger's", async ({ rig }) => {
    await rig.kamailio();
    const phone = await rig.baresip('phone', { user: '101', registrar: ADDRESSES.pbx });
    const door = await rig.doorphone({
      configuration: {
        accounts: [{ uri: `sip:door@${ADDRESSES.door}`, register: false }],
        buttons: { front: { line: 'button', call: [`sip:900@${ADDRESSES.sipp}`] } },
      },
    });
    await phone.dial(`sip:door@${ADDRESSES.door}`);
    await door.saw('call.refused');
    expect(door.allOf('call.started')).toEqual([]);
  });
});
