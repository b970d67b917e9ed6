// What crosses on the wire, in both directions: two agents of ours, 50 ms apart (RFC 3261 §9, §14, §15, RFC 6337 §4).

import { describe, expect, it } from 'vitest';
import type { Negotiation } from '../../../../src/sip/session/types.ts';
import { call, messageIn, type Pair, type Party, pair, talk } from '../../../support/two-agents.ts';

const apart = { conditions: { delay: 50 } };

/** Both know of the end, nothing is left, and nothing went wrong. */
function expectOver({ clock, caller, callee }: Pair): void {
  clock.advance(150_000);
  expect([caller.ends.length, callee.ends.length]).toEqual([1, 1]);
  expect(clock.timers).toEqual([]);
  expect([...caller.faults, ...callee.faults]).toEqual([]);
}

const sides = (made: Pair, who: string): readonly [Party, Party] =>
  who === 'who called' ? [made.caller, made.callee] : [made.callee, made.caller];

const both = [['who called'], ['who was called']] as const;

/** Swallows the first `count` datagrams that match. */
function lose({ network }: Pair, count: number, matches: (line: string) => boolean): void {
  let left = count;
  network.swallow = (datagram) => {
    const message = messageIn(datagram);
    const line = message.kind === 'request' ? message.method : `${message.status} ${message.cseq.method}`;
    if (left === 0 || !matches(line)) return false;
    left -= 1;
    return true;
  };
}

describe('CANCEL', () => {
  it('crosses the 200: acknowledged, and ended with a BYE (RFC 3261 §9.1)', async () => {
    const made = await pair(apart);
    call(made);
    made.clock.advance(60);
    made.callee.session?.ring();
    made.clock.advance(60);
    made.callee.answerCall();
    made.caller.session?.hangup();
    made.clock.advance(500);
    expect(made.wire()).toEqual([
      'A→B INVITE 1',
      'B→A 180 INVITE 1',
      'B→A 200 INVITE 1',
      'A→B CANCEL 1',
      'A→B ACK 1',
      'A→B BYE 2',
      'B→A 200 CANCEL 1',
      'B→A 200 BYE 2',
    ]);
    expect([made.caller.ends[0]?.reason, made.callee.ends[0]?.reason]).toEqual(['cancelled', 'remote-hangup']);
    expectOver(made);
  });

  it('crosses a refusal', async () => {
    const made = await pair(apart);
    call(made);
    made.clock.advance(60);
    made.callee.session?.ring();
    made.clock.advance(60);
    made.callee.session?.reject({ status: 486 });
    made.caller.session?.hangup();
    expectOver(made);
    expect([made.caller.ends[0]?.reason, made.callee.ends[0]?.reason]).toEqual(['cancelled', 'rejected']);
  });

  it('crosses the PRACK that the 2xx waits for: 487, and no 2xx (RFC 3262 §3)', async () => {
    const made = await pair(apart);
    call(made);
    made.clock.advance(60);
    made.callee.session?.ring(183, made.callee.answerToCall());
    made.callee.answerCall();
    made.clock.advance(55);
    made.caller.session?.hangup();
    expectOver(made);
    expect(made.wire()).toContain('A→B PRACK 2');
    expect(made.caller.ends[0]?.reason).toBe('cancelled');
  });

  it('is lost: sent again until it is answered', async () => {
    const made = await pair(apart);
    call(made);
    made.clock.advance(60);
    made.callee.session?.ring();
    made.clock.advance(60);
    lose(made, 2, (line) => line === 'CANCEL');
    made.caller.session?.hangup();
    made.clock.advance(3000);
    expect(made.callee.ends[0]?.reason).toBe('cancelled');
    expectOver(made);
  });
});

describe('BYE', () => {
  it('crosses BYE: both are answered with 200', async () => {
    const made = await talk(apart);
    made.caller.session?.hangup();
    made.callee.session?.hangup();
    made.clock.advance(500);
    expect([...made.wire()].sort()).toEqual(['A→B 200 BYE 1', 'A→B BYE 2', 'B→A 200 BYE 2', 'B→A BYE 1']);
    expect([made.caller.ends[0]?.reason, made.callee.ends[0]?.reason]).toEqual(['local-hangup', 'local-hangup']);
    expectOver(made);
  });

  it.each(both)('of %s crosses the re-INVITE of the other', async (who) => {
    const made = await talk(apart);
    const [one, other] = sides(made, who);
    one.session?.hangup();
    other.reoffer();
    made.clock.advance(500);
    expect(other.ends[0]?.reason).toBe('remote-hangup');
    expect(one.heard).not.toContain('negotiation');
    expectOver(made);
    expect(made.wire().some((line) => line.includes('481 INVITE'))).toBe(true);
  });

  it.each(both)('of %s overtakes its own re-INVITE’s answer: that gets 487 (§15.1.2)', async (who) => {
    const made = await talk(apart);
    const [one, other] = sides(made, who);
    other.onNegotiation = () => undefined;
    one.reoffer();
    made.clock.advance(60);
    one.session?.hangup();
    made.clock.advance(500);
    expect(other.heard).toEqual(['negotiation', 'ended remote-hangup']);
    expect(made.wire().some((line) => line.includes('487 INVITE'))).toBe(true);
    expectOver(made);
  });

  it.each(both)('of %s ends a call whose re-INVITE the same side has not answered yet', async (who) => {
    const made = await talk(apart);
    const [one, other] = sides(made, who);
    one.onNegotiation = () => undefined;
    other.reoffer();
    made.clock.advance(60);
    one.session?.hangup();
    expectOver(made);
    expect(made.wire().some((line) => line.includes('487 INVITE'))).toBe(true);
  });

  it.each(both)('of %s crosses INFO: 481', async (who) => {
    const made = await talk(apart);
    const [one, other] = sides(made, who);
    one.session?.hangup();
    other.session?.sendInfo({ type: 'application/dtmf', data: Buffer.from('5') });
    expectOver(made);
    expect(one.heard).not.toContain('info');
  });

  it.each(both)('of %s is lost for good: its session is over all the same', async (who) => {
    const made = await talk(apart);
    const [one, other] = sides(made, who);
    lose(made, 1000, (line) => line === 'BYE');
    one.session?.hangup();
    made.clock.advance(40_000);
    expect(one.ends).toHaveLength(1);
    made.network.swallow = () => false;
    // The other side hears of it with its next request.
    other.reoffer();
    made.clock.advance(1000);
    expect(other.ends[0]).toMatchObject({ status: 481 });
    expectOver(made);
  });
});

describe('the 2xx to an INVITE', () => {
  it('is lost again and again: repeated until the ACK is there (§13.3.1.4)', async () => {
    const made = await pair(apart);
    call(made);
    made.clock.advance(60);
    lose(made, 3, (line) => line === '200 INVITE');
    made.callee.answerCall();
    made.clock.advance(5000);
    expect([made.caller.heard, made.callee.heard]).toEqual([['accepted'], ['acknowledged']]);
  });

  it('whose ACK is lost is acknowledged again, and told of once', async () => {
    const made = await pair(apart);
    call(made);
    made.clock.advance(60);
    lose(made, 3, (line) => line === 'ACK');
    made.callee.answerCall();
    made.clock.advance(6000);
    expect([made.caller.heard, made.callee.heard]).toEqual([['accepted'], ['acknowledged']]);
  });

  it('whose ACKs are all lost ends the call on both sides', async () => {
    const made = await pair(apart);
    call(made);
    made.clock.advance(60);
    lose(made, 1000, (line) => line === 'ACK');
    made.callee.answerCall();
    made.clock.advance(32_200);
    expect([made.callee.ends[0]?.reason, made.caller.ends[0]?.reason]).toEqual(['no-ack', 'remote-hangup']);
    expectOver(made);
  });

  it('crosses an offer of who called: it goes out after the ACK', async () => {
    const made = await pair(apart);
    call(made);
    made.clock.advance(60);
    made.callee.session?.ring();
    made.clock.advance(60);
    made.callee.answerCall();
    made.caller.reoffer();
    made.clock.advance(2000);
    expect(made.wire().filter((line) => line.includes(' INVITE 2'))).toEqual(['A→B INVITE 2', 'B→A 200 INVITE 2']);
    expect([made.caller.agreed, made.callee.agreed]).toEqual(['v=0 A2', 'v=0 A2']);
  });

  it('has a re-INVITE of who was called behind it: that waits for the ACK', async () => {
    const made = await pair(apart);
    call(made);
    made.clock.advance(60);
    lose(made, 1, (line) => line === 'ACK');
    made.callee.answerCall();
    made.callee.reoffer();
    made.clock.advance(400);
    expect(made.wire()).not.toContain('B→A INVITE 1');
    made.clock.advance(2000);
    expect([made.caller.agreed, made.callee.agreed]).toEqual(['v=0 B1', 'v=0 B1']);
  });

  it('whose ACK is lost has the other side’s re-INVITE behind it: that is taken', async () => {
    const made = await pair(apart);
    call(made);
    made.clock.advance(60);
    lose(made, 1, (line) => line === 'ACK');
    made.callee.answerCall();
    made.clock.advance(110);
    made.caller.reoffer();
    made.clock.advance(5000);
    expect([made.caller.agreed, made.callee.agreed]).toEqual(['v=0 A2', 'v=0 A2']);
    expect(made.callee.heard.filter((heard) => heard === 'acknowledged')).toHaveLength(1);
  });
});

describe('offers', () => {
  it('by re-INVITE that cross are both refused with 491, and both get through in the end (§14.1)', async () => {
    const made = await talk(apart);
    made.caller.reoffer();
    made.callee.reoffer();
    made.clock.advance(100);
    const refusals = made.wire().filter((line) => line.includes('491'));
    expect([...refusals].sort()).toEqual(['A→B 491 INVITE 1', 'B→A 491 INVITE 2']);
    made.clock.advance(10_000);
    // Who was called tries first, since the Call-ID is not its own.
    expect(made.caller.heard).toEqual(['negotiation', 'answer']);
    expect([made.caller.agreed, made.callee.agreed]).toEqual(['v=0 A2', 'v=0 A2']);
  });

  it('by UPDATE that cross before the answer are both refused with 491, and both get through', async () => {
    const made = await pair(apart);
    call(made);
    made.clock.advance(60);
    made.callee.session?.ring(183, made.callee.answerToCall());
    made.clock.advance(300);
    made.caller.reoffer();
    made.callee.reoffer();
    made.clock.advance(200);
    expect(made.wire().filter((line) => line.includes('491'))).toHaveLength(2);
    made.clock.advance(10_000);
    expect([made.caller.agreed, made.callee.agreed]).toEqual(['v=0 A2', 'v=0 A2']);
    made.callee.answerCall();
    made.clock.advance(500);
    expect(made.caller.heard.at(-1)).toBe('accepted');
    expect(made.caller.agreed).toBe('v=0 A2');
  });

  it.each(both)('of %s by UPDATE cross the 200 to the INVITE', async (who) => {
    const made = await pair(apart);
    call(made);
    made.clock.advance(60);
    made.callee.session?.ring(183, made.callee.answerToCall());
    made.clock.advance(300);
    const [one] = sides(made, who);
    one.reoffer();
    made.callee.answerCall();
    made.clock.advance(10_000);
    expect([made.caller.session?.state, made.callee.session?.state]).toEqual(['confirmed', 'confirmed']);
    expect([made.caller.agreed, made.callee.agreed]).toEqual([
      `v=0 ${one === made.caller ? 'A2' : 'B1'}`,
      made.caller.agreed,
    ]);
  });

  it.each(both)('of %s by UPDATE cross the end of an early dialog', async (who) => {
    const made = await pair(apart);
    call(made);
    made.clock.advance(60);
    made.callee.session?.ring(183, made.callee.answerToCall());
    made.clock.advance(300);
    const [one, other] = sides(made, who);
    one.reoffer();
    other.session?.hangup();
    expectOver(made);
  });

  it('in a PRACK and in an UPDATE do not meet: the UPDATE waits (RFC 6337 §4.2, Figure 11)', async () => {
    const made = await pair(apart);
    call(made);
    made.clock.advance(60);
    made.caller.reoffer();
    made.callee.session?.ring(183, made.callee.answerToCall());
    made.callee.reoffer();
    made.clock.advance(10_000);
    expect(made.wire().filter((line) => line.includes('491'))).toEqual([]);
    expect(made.caller.agreed).toBe(made.callee.agreed);
  });

  it.each(both)('of %s go on being made while every message is lost once', async (who) => {
    const made = await talk(apart);
    const lost = new Set<string>();
    made.network.swallow = ({ bytes }) => {
      const text = bytes.toString('latin1');
      if (lost.has(text)) return false;
      lost.add(text);
      return true;
    };
    const [one, other] = sides(made, who);
    one.reoffer();
    made.clock.advance(10_000);
    expect(one.agreed).toBe(other.agreed);
    expect(one.heard).toEqual(['answer']);
    one.session?.hangup();
    expectOver(made);
  });

  it('asked for by a re-INVITE without one cross an offer of the other side', async () => {
    const made = await pair(apart);
    call(made, true);
    made.clock.advance(60);
    made.callee.answerCall();
    made.clock.advance(500);
    expect([made.caller.agreed, made.callee.agreed]).toEqual(['v=0 B1', 'v=0 B1']);
    made.callee.reoffer();
    made.caller.reoffer();
    made.clock.advance(10_000);
    expect(made.caller.agreed).toBe(made.callee.agreed);
  });

  it.each(both)('of %s are answered late: what comes upon them gets 500, what crosses 491', async (who) => {
    const made = await talk(apart);
    const [one, other] = sides(made, who);
    const open: Negotiation[] = [];
    other.onNegotiation = (negotiation) => open.push(negotiation);
    one.reoffer();
    made.clock.advance(100);
    other.reoffer();
    made.clock.advance(1000);
    expect(made.wire().filter((line) => line.includes('491') || line.includes('500'))).toEqual([]);
    for (const negotiation of open) other.accept(negotiation);
    made.clock.advance(5000);
    expect(one.agreed).toBe(other.agreed);
    expect(one.heard.includes('negotiation')).toBe(true);
  });
});

describe('reliable responses', () => {
  it('whose PRACK is lost are repeated, and so is the PRACK; told of once', async () => {
    const made = await pair(apart);
    call(made);
    made.clock.advance(60);
    lose(made, 2, (line) => line === 'PRACK');
    made.callee.session?.ring(183, made.callee.answerToCall());
    made.callee.answerCall();
    made.clock.advance(5000);
    expect(made.caller.heard).toEqual(['progress 183', 'accepted']);
    expect(made.callee.session?.state).toBe('confirmed');
  });

  it('whose PRACKs are all lost end the call with a 504', async () => {
    const made = await pair(apart);
    call(made);
    made.clock.advance(60);
    lose(made, 1000, (line) => line === 'PRACK');
    made.callee.session?.ring(183, made.callee.answerToCall());
    made.callee.answerCall();
    made.clock.advance(33_000);
    expect(made.caller.ends[0]).toMatchObject({ reason: 'rejected', status: 504 });
    expectOver(made);
  });

  it('have the answer of a late offer in their PRACK, though all is lost once', async () => {
    const made = await pair(apart);
    const lost = new Set<string>();
    made.network.swallow = ({ bytes }) => {
      const text = bytes.toString('latin1');
      if (lost.has(text)) return false;
      lost.add(text);
      return true;
    };
    call(made, true);
    made.clock.advance(1500);
    made.callee.session?.ring(183, made.callee.answerToCall());
    made.callee.answerCall();
    made.clock.advance(10_000);
    expect(made.caller.heard).toEqual(['negotiation', 'progress 183', 'accepted']);
    expect([made.caller.agreed, made.callee.agreed]).toEqual(['v=0 B1', 'v=0 B1']);
    made.callee.session?.hangup();
    expectOver(made);
  });
});
