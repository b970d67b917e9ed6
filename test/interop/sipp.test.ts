// Peers that misbehave on purpose: SIPp's scenarios against the door.

import { describe, expect } from 'vitest';
import type { Doorphone } from './rig/doorphone.ts';
import { ADDRESSES } from './rig/network.ts';
import { type Rig, test } from './rig/rig.ts';

const RING_FOR_MS = 2_000;

/** A door without a registrar, whose button calls SIPp, and that SIPp may call. */
async function lonelyDoor(rig: Rig, sip: object = {}): Promise<Doorphone> {
  return await rig.doorphone({
    configuration: {
      accounts: [{ uri: `sip:door@${ADDRESSES.door}`, register: false }],
      sip: { listen: [`udp:${ADDRESSES.door}:5060`], accept: [`${ADDRESSES.sipp}/32`], ...sip },
      calls: { ringFor: `${RING_FOR_MS}ms` },
      buttons: { front: { line: 'button', call: [`sip:900@${ADDRESSES.sipp}`] } },
    },
  });
}

/** The door is as if nothing had been. */
async function isIdle(door: Doorphone): Promise<void> {
  expect(await door.status()).toMatchObject({ state: 'idle', call: null });
}

describe('a phone that is called', () => {
  test.for([
    ['486 Busy Here', 486, ['busy']],
    ['404 Not Found', 404, ['refused']],
    ['503 Service Unavailable', 503, ['unreachable', 'failed']],
    ['603 Decline', 603, ['refused']],
  ] as const)('answers %s', async ([line, status, reasons], { rig }) => {
    const sipp = await rig.sipp({ scenario: 'refuse', fill: { STATUS: line } });
    const door = await lonelyDoor(rig);
    await door.press();
    const ended = await door.saw('call.ended');
    expect(ended.status).toBe(status);
    expect(reasons).toContain(ended.reason);
    expect(ended.cause).toBeTruthy();
    await sipp.passed();
    await isIdle(door);
  });

  test('rings and is not answered', async ({ rig }) => {
    const sipp = await rig.sipp({ scenario: 'ring-until-cancelled' });
    const door = await lonelyDoor(rig);
    await door.press();
    const ringing = await door.saw('call.ringing');
    const ended = await door.saw('call.ended');
    expect(ended.reason).toBe('no-answer');
    expect(Date.parse(ended.time) - Date.parse(ringing.time)).toBeGreaterThan(RING_FOR_MS - 300);
    expect(Date.parse(ended.time) - Date.parse(ringing.time)).toBeLessThan(RING_FOR_MS + 700);
    await sipp.passed();
    await isIdle(door);
  });

  test('is switched off, and its machine says so: the call ends at once', async ({ rig }) => {
    const door = await lonelyDoor(rig);
    await door.press();
    const ended = await door.saw('call.ended', { withinMs: 1_000 });
    expect(ended.reason).toBe('unreachable');
    await isIdle(door);
  });

  test('says nothing at all', async ({ rig }) => {
    await rig.deafPort('sipp');
    const door = await lonelyDoor(rig);
    await door.press();
    const ended = await door.saw('call.ended');
    expect(['no-answer', 'unreachable']).toContain(ended.reason);
    await isIdle(door);
    expect(rig.wire.requests('INVITE', ADDRESSES.door).length).toBeGreaterThanOrEqual(2);
    // RFC 3261 §9.1: no CANCEL before a provisional response.
    expect(rig.wire.requests('CANCEL', ADDRESSES.door)).toEqual([]);
  });

  test('rings, then dies', async ({ rig }) => {
    const sipp = await rig.sipp({ scenario: 'ring-then-die' });
    const door = await lonelyDoor(rig);
    await door.press();
    await door.saw('call.ringing');
    const ended = await door.saw('call.ended');
    expect(ended.reason).toBe('no-answer');
    await sipp.passed();
    await isIdle(door);
    await door.press();
    await door.saw('call.started', { from: door.events.items.indexOf(ended) });
  });

  test('answers in the moment in which the door gives up', async ({ rig }) => {
    const sipp = await rig.sipp({ scenario: 'answer-after-cancel' });
    const door = await lonelyDoor(rig);
    await door.press();
    const ended = await door.saw('call.ended');
    expect(ended.reason).toBe('no-answer');
    await sipp.passed();
    await isIdle(door);
    expect(door.allOf('call.answered')).toEqual([]);
  });

  test('repeats its answer, and each is acknowledged', async ({ rig }) => {
    const sipp = await rig.sipp({ scenario: 'repeat-answer', retransmissions: false });
    const door = await lonelyDoor(rig);
    await door.press();
    await sipp.passed();
    expect((await door.saw('call.ended')).reason).toBe('hangup-remote');
    expect(door.allOf('call.answered').length).toBe(1);
    const acknowledgements = rig.wire.requests('ACK', ADDRESSES.door);
    expect(new Set(acknowledgements.map((message) => message.cseqNumber)).size).toBe(1);
    expect(acknowledgements.length).toBe(2);
  });
});

describe('a phone that calls', () => {
  const call = { target: `${ADDRESSES.door}:5060`, service: 'door' };

  test('and repeats its INVITE gets one call', async ({ rig }) => {
    const door = await lonelyDoor(rig, { answer: 'manual' });
    const sipp = await rig.sipp({ scenario: 'repeat-invite', ...call });
    await door.saw('call.started');
    await rig.wire.sip.find('second INVITE', () => rig.wire.requests('INVITE', ADDRESSES.sipp).length >= 2);
    await door.execute('answer', {});
    await sipp.passed();
    await door.saw('call.ended');
    expect(door.allOf('call.started').length).toBe(1);
    const toTags = rig.wire.sip
      .all(
        (message) =>
          message.from.address === ADDRESSES.door && message.cseqMethod === 'INVITE' && message.status !== 100,
      )
      .map((message) => message.header('To'));
    expect(new Set(toTags).size).toBe(1);
    await isIdle(door);
  });

  test('without an offer gets one in the 200, and audio to where its answer says', async ({ rig }) => {
    const door = await lonelyDoor(rig);
    const sipp = await rig.sipp({ scenario: 'call-without-offer', ...call });
    await sipp.passed();
    const ended = await door.saw('call.ended');
    expect(ended.media?.codec).toBe('PCMU');
    expect(rig.wire.rtpFrom(ADDRESSES.door, 0).length).toBeGreaterThan(40);
    await isIdle(door);
  });

  test('with a codec that the door has not gets 488', async ({ rig }) => {
    const door = await lonelyDoor(rig);
    const sipp = await rig.sipp({ scenario: 'offer-foreign-codec', ...call });
    await sipp.passed();
    await isIdle(door);
    expect(door.allOf('call.answered')).toEqual([]);
  });
});

describe('a phone that sends digits by INFO', () => {
  test('opens the door', async ({ rig }) => {
    const door = await lonelyDoor(rig);
    const sipp = await rig.sipp({ scenario: 'info-digits', target: `${ADDRESSES.door}:5060`, service: 'door' });
    await door.saw('door.opened');
    expect(door.allOf('digit.received').map((event) => event.via)).toEqual(['info', 'info', 'info']);
    await sipp.passed();
  });
});

describe('a phone that never acknowledges', () => {
  test('is hung up on after 64 × T1', async ({ rig }) => {
    const door = await lonelyDoor(rig);
    const sipp = await rig.sipp({ scenario: 'never-acknowledge', target: `${ADDRESSES.door}:5060`, service: 'door' });
    await door.saw('call.started');
    const ended = await door.saw('call.ended', { withinMs: 40_000 });
    expect(ended.reason).toBe('failed');
    await sipp.passed();
    await isIdle(door);
  });
});

describe('what Debian’s phones lack, and SIPp speaks', () => {
  test('early media in a reliable 183 is acknowledged by PRACK', async ({ rig }) => {
    const sipp = await rig.sipp({ scenario: 'early-media-by-prack' });
    const door = await lonelyDoor(rig);
    await door.press();
    await door.saw('call.answered');
    await door.execute('hangup', {});
    await sipp.passed();
    await isIdle(door);
  });

  test('a session interval that is too small is asked for again, larger', async ({ rig }) => {
    const sipp = await rig.sipp({ scenario: 'session-interval-too-small' });
    const door = await lonelyDoor(rig, { sessionExpires: '1800s' });
    await door.press();
    await door.saw('call.answered');
    await door.execute('hangup', {});
    await sipp.passed();
    await isIdle(door);
  });

  test('a caller that insists on reliable responses and a timer gets both', async ({ rig }) => {
    const door = await lonelyDoor(rig, { answer: 'manual' });
    const sipp = await rig.sipp({ scenario: 'call-that-insists', target: `${ADDRESSES.door}:5060`, service: 'door' });
    await rig.wire.sip.find('PRACK', ({ method }) => method === 'PRACK');
    await door.execute('answer', {});
    await door.saw('call.answered');
    await sipp.passed();
    await isIdle(door);
  });
});
