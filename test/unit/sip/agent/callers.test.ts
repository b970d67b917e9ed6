// Callers from anywhere who know a password (`sip.accept` with credentials), and what those who know none can do with it.

import { describe, expect, it } from 'vitest';
import { seconds } from '../../../../src/base/units.ts';
import { serialize } from '../../../../src/sip/message/index.ts';
import { call, digest, door, login, plain, ROAMING } from '../../../support/roaming-phone.ts';
import { answer, DOOR, deliver } from '../../../support/sip-bench.ts';

describe('a caller with a password', () => {
  it('is challenged, let in, talks, and is hung up on: its dialog is its own', async () => {
    const made = await door();
    login(made, digest());
    expect(made.roaming.statuses('INVITE')[0]).toBe(401);
    expect(made.calls.map(({ authenticatedAs, peer }) => [authenticatedAs, peer.uri])).toEqual([
      ['alice', `sip:alice@${ROAMING}`],
    ]);
    made.calls[0]?.accept(answer);
    deliver(made.clock);
    const to = made.roaming.response('INVITE').headers.get('To') ?? '';
    made.roaming.send(made.roaming.make('ACK', plain({ sequence: 2, to })), DOOR);
    made.roaming.send(made.roaming.make('BYE', plain({ sequence: 3, to })), DOOR);
    deliver(made.clock);
    expect(made.roaming.statuses('BYE')).toEqual([200]);
    made.clock.advance(60_000);
    expect(made.clock.timers).toEqual([]);
  });

  it('may cancel its call without another password (§22.1)', async () => {
    const made = await door();
    const invite = login(made, digest());
    made.calls[0]?.ring();
    deliver(made.clock);
    const branch = invite.topVia.branch ?? '';
    made.roaming.send(made.roaming.make('CANCEL', plain({ sequence: 2, branch, headers: [] })), DOOR);
    deliver(made.clock);
    expect(made.roaming.statuses('CANCEL')).toEqual([200]);
    expect(made.roaming.statuses('INVITE').at(-1)).toBe(487);
  });

  it('is answered alike for a repetition, whose To tag is the same (§8.2.7), and makes no state', async () => {
    const made = await door();
    const invite = made.roaming.make('INVITE', call());
    made.roaming.send(invite, DOOR);
    made.roaming.send(invite, DOOR);
    deliver(made.clock);
    const tags = made.roaming.responses('INVITE').map(({ toTag }) => toTag);
    expect(tags).toHaveLength(2);
    expect(new Set(tags).size).toBe(1);
    expect(made.clock.timers).toEqual([]);
  });

  it('is asked for SHA-256 rather than MD5, and for MD5 where it cannot', async () => {
    const made = await door();
    made.roaming.send(made.roaming.make('INVITE', call()), DOOR);
    deliver(made.clock);
    const offered = made.roaming.response('INVITE').headers.all('WWW-Authenticate');
    expect(offered.map((value) => /algorithm=([^,]+)/.exec(value)?.[1])).toEqual(['SHA-256', 'MD5']);
  });

  it('is not asked where its address is enough', async () => {
    const made = await door();
    made.phone.send(made.phone.make('INVITE', call()), DOOR);
    deliver(made.clock);
    expect(made.calls).toHaveLength(1);
    expect(made.calls[0]?.authenticatedAs).toBeUndefined();
  });
});

describe('a caller without the password', () => {
  it('gets silence where nobody has one', async () => {
    const made = await door(new Map());
    made.roaming.send(made.roaming.make('INVITE', call()), DOOR);
    made.clock.advance(60_000);
    expect(made.roaming.received).toEqual([]);
    expect(made.refusals).toHaveLength(1);
  });

  it.each(['REGISTER', 'PUBLISH', 'NOTIFY', 'BYE', 'UPDATE', 'FROBNICATE'])(
    'gets silence to %s, which is nothing for callers',
    async (method) => {
      const made = await door();
      made.roaming.send(made.roaming.make(method, call()), DOOR);
      made.clock.advance(60_000);
      expect(made.roaming.received).toEqual([]);
    },
  );

  it.each(['sip:100@10.0.0.9', 'sip:00972595123@10.0.0.9', 'sip:admin@10.0.0.9', 'tel:+4930', 'sip:%'])(
    'gets silence where it asks for %s, which is nobody here',
    async (uri) => {
      const made = await door();
      made.roaming.send(made.roaming.make('INVITE', call({ uri })), DOOR);
      made.clock.advance(60_000);
      expect(made.roaming.received).toEqual([]);
    },
  );

  it.each(['friendly-scanner', 'sipvicious 0.3', 'sipcli/v1.8', 'Friendly-Scanner'])(
    'gets silence where it calls itself %s, from wherever it comes',
    async (agent) => {
      const made = await door();
      const headers: [string, string][] = [
        ['Contact', `<sip:x@${ROAMING}>`],
        ['User-Agent', agent],
      ];
      for (const phone of [made.roaming, made.phone]) {
        for (const method of ['INVITE', 'OPTIONS']) phone.send(phone.make(method, call({ headers })), DOOR);
      }
      made.clock.advance(60_000);
      expect([made.roaming.received, made.phone.received, made.calls]).toEqual([[], [], []]);
    },
  );

  it('never gets more bytes than it brings: less of the challenge, or silence', async () => {
    const made = await door();
    const lengths = new Map<number, number>();
    for (let padding = 0; padding < 400; padding += 10) {
      made.clock.advance(seconds(10));
      const before = { ...made.bytes };
      const headers: [string, string][] = [['X', 'x'.repeat(padding)]];
      made.roaming.send(made.roaming.make('INVITE', plain({ headers, callId: `${padding}` })), DOOR);
      deliver(made.clock);
      expect(made.bytes.sent - before.sent).toBeLessThanOrEqual(made.bytes.brought - before.brought);
      const reply = made.roaming.responses('INVITE').find(({ callId }) => callId === `${padding}`);
      lengths.set(padding, reply?.headers.all('WWW-Authenticate').length ?? 0);
    }
    expect(new Set(lengths.values())).toEqual(new Set([0, 1, 2]));
  });

  it('is challenged a few times a second from one address, however fast it asks', async () => {
    const made = await door();
    for (let at = 0; at < 500; at += 1)
      made.roaming.send(made.roaming.make('INVITE', call({ callId: `f${at}` })), DOOR);
    made.clock.advance(1000);
    expect(made.roaming.received.length).toBeLessThanOrEqual(6);
    expect(made.clock.timers).toEqual([]);
  });

  it('under a thousand forged addresses makes the door send little, and keeps none of them', async () => {
    const made = await door();
    let answers = 0;
    made.network.swallow = (datagram) => {
      if (datagram.from.address === DOOR.address) answers += 1;
      return false;
    };
    for (let at = 0; at < 1000; at += 1) {
      const socket = await made.network.host(`10.1.${at >> 8}.${at & 255}`).bind(`10.1.${at >> 8}.${at & 255}`, 5060);
      const text = serialize(made.roaming.make('INVITE', call({ callId: `forged-${at}` })));
      socket.send(text, DOOR.port, DOOR.address, () => undefined);
    }
    made.clock.advance(1000);
    expect(answers).toBeLessThanOrEqual(71);
    expect(made.clock.timers).toEqual([]);
    made.clock.advance(5000);
    login(made, digest());
    expect(made.calls).toHaveLength(1);
  });

  it('is locked out after five guesses, and told of', async () => {
    const made = await door();
    for (let guess = 0; guess < 5; guess += 1) {
      login(made, digest('alice', `guess ${guess}`), { callId: `g${guess}` });
      made.clock.advance(seconds(2));
    }
    expect(made.calls).toEqual([]);
    const before = made.roaming.received.length;
    made.roaming.send(made.roaming.make('INVITE', call({ callId: 'sixth' })), DOOR);
    deliver(made.clock);
    expect(made.roaming.received).toHaveLength(before);
    expect(made.refusals.map(({ why }) => why)).toContain('too many wrong passwords');
    expect(made.log.lines.filter(({ event }) => event === 'agent.wrong-password')).toHaveLength(5);
    made.clock.advance(seconds(40));
    login(made, digest(), { callId: 'right' });
    expect(made.calls).toHaveLength(1);
  });

  it('that replays what it has overheard is challenged, not let in', async () => {
    const made = await door();
    const overheard = login(made, digest());
    made.calls[0]?.hangup();
    made.clock.advance(60_000);
    const replay = made.roaming.make('INVITE', call({ callId: 'replay' }));
    replay.headers.set('Authorization', overheard.headers.get('Authorization') ?? '');
    made.roaming.send(replay, DOOR);
    deliver(made.clock);
    expect(made.roaming.response('INVITE').headers.get('WWW-Authenticate')).toContain('stale=true');
    expect(made.calls).toHaveLength(1);
  });

  it('finds no password in the log', async () => {
    const made = await door();
    login(made, digest());
    login(made, digest('alice', 'a guess'), { callId: 'other' });
    expect(JSON.stringify(made.log.lines)).not.toContain('wonderland');
  });
});

describe('those who may call', () => {
  it('call as often as people do: a phone gone mad gets 503 with Retry-After, now and then', async () => {
    const made = await door();
    for (let at = 0; at < 100; at += 1) made.phone.send(made.phone.make('INVITE', call({ callId: `mad-${at}` })), DOOR);
    deliver(made.clock);
    expect(made.calls).toHaveLength(20);
    const refusals = made.phone.responses('INVITE').filter(({ status }) => status === 503);
    expect(refusals.length).toBeGreaterThan(0);
    expect(refusals.length).toBeLessThanOrEqual(6);
    expect(refusals[0]?.headers.get('Retry-After')).toBe('5');
    made.clock.advance(1000);
    made.phone.send(made.phone.make('INVITE', call({ callId: 'later' })), DOOR);
    deliver(made.clock);
    expect(made.calls).toHaveLength(21);
  });

  it('are answered 500 OPTIONS in a second', async () => {
    const made = await door();
    for (let at = 0; at < 500; at += 1) {
      made.phone.send(made.phone.make('OPTIONS', plain({ callId: `o${at}` })), DOOR);
      made.clock.advance(2);
    }
    expect(made.phone.statuses('OPTIONS')).toEqual(Array.from({ length: 500 }, () => 200));
  });
});

describe('a flood of those who may not', () => {
  it('makes no transaction, no timer, and hardly a line', async () => {
    const made = await door(new Map());
    const before = made.log.lines.length;
    for (let at = 0; at < 5000; at += 1) {
      const method = at % 2 === 0 ? 'INVITE' : 'REGISTER';
      made.roaming.send(made.roaming.make(method, plain({ callId: `x${at}` })), DOOR);
    }
    deliver(made.clock);
    expect(made.clock.timers).toEqual([]);
    expect(made.log.lines.length - before).toBeLessThanOrEqual(10);
    expect(made.refusals.length).toBeLessThanOrEqual(6);
    expect(made.roaming.received).toEqual([]);
  });
});
