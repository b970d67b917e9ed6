// Two ends of a call, both with their real SIP agents, over a network in memory: what is promised to hold between them
// whatever the network does.

import { describe, expect, it } from 'vitest';
import type { Call, CallSettings } from '../../../src/call/index.ts';
import { End } from '../../support/call-end.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { type Conditions, MemoryNetwork } from '../../support/memory-network.ts';

async function connect(options: { conditions?: Conditions; seed?: number; settings?: Partial<CallSettings> } = {}) {
  const { conditions = {}, seed = 1, settings = {} } = options;
  const clock = new FakeClock();
  const network = new MemoryNetwork(clock, conditions, seed);
  const door = new End('10.0.0.9', clock, network, seed * 2, settings);
  const phone = new End('10.0.0.1', clock, network, seed * 2 + 1, settings);
  await Promise.all([door.agent.start(), phone.agent.start()]);
  const dial = () => door.listen(door.calls.dial({ target: 'sip:phone@10.0.0.1', account: door.account }));
  /** What the phone does with the next call. */
  const phoneDoes = (deed: (call: Call) => void) => phone.calls.on('incoming', (call) => deed(phone.listen(call)));
  return { clock, network, door, phone, dial, phoneDoes };
}

describe('two ends of a call', () => {
  it('send to each other’s ports, and both know of the end', async () => {
    const { clock, door, phone, dial, phoneDoes } = await connect();
    phoneDoes((call) => call.answer());
    const call = dial();
    clock.advance(10);
    expect(call.state).toBe('talking');
    expect(door.engine.session?.parameters).toMatchObject({
      remoteAddress: '10.0.0.1',
      remotePort: phone.engine.session?.localPort,
      codec: 'PCMA',
    });
    expect(phone.engine.session?.parameters).toMatchObject({
      remoteAddress: '10.0.0.9',
      remotePort: door.engine.session?.localPort,
    });
    call.hangup();
    clock.advance(10);
    expect(door.heard).toEqual(['answered', 'ended hangup-local']);
    expect(phone.heard).toEqual(['answered', 'ended hangup-remote']);
    expect([...door.engine.open, ...phone.engine.open]).toEqual([]);
  });

  it('have each other’s keys', async () => {
    const { clock, door, phone, dial, phoneDoes } = await connect({ settings: { srtp: 'required' } });
    phoneDoes((call) => call.answer());
    dial();
    clock.advance(10);
    const ours = door.engine.session?.parameters;
    const theirs = phone.engine.session?.parameters;
    expect(ours?.send?.key.reveal()).toBeTruthy();
    expect(ours?.send?.key.reveal()).toBe(theirs?.receive?.key.reveal());
    expect(ours?.receive?.key.reveal()).toBe(theirs?.send?.key.reveal());
    expect(ours?.send?.key.reveal()).not.toBe(ours?.receive?.key.reveal());
  });

  it('agree that nobody answered', async () => {
    const { clock, door, phone, dial, phoneDoes } = await connect();
    phoneDoes((call) => call.ring());
    const call = dial();
    clock.advance(30_000);
    call.hangup('no-answer');
    clock.advance(10);
    expect(door.heard).toEqual(['ended no-answer']);
    expect(phone.heard).toEqual(['ended cancelled']);
  });

  it('are both free when the answer crosses the end', async () => {
    const { clock, door, phone, dial, phoneDoes } = await connect({ conditions: { delay: 50 } });
    const ringing: Call[] = [];
    phoneDoes((call) => {
      call.ring();
      ringing.push(call);
    });
    const call = dial();
    clock.advance(200);
    ringing[0]?.answer();
    call.hangup();
    clock.advance(40_000);
    expect(door.heard).toEqual(['ended cancelled']);
    expect(phone.heard).toEqual(['answered', 'ended hangup-remote']);
    expect([...door.engine.open, ...phone.engine.open]).toEqual([]);
  });

  it('carry digits by INFO, in order', async () => {
    const { clock, door, dial, phoneDoes } = await connect();
    phoneDoes((call) => {
      call.answer();
      call.sendDigits('42#');
    });
    dial();
    clock.advance(2000);
    expect(door.heard).toEqual(['answered', '4', '2', '#']);
  });

  it('hear of a phone that is not there', async () => {
    const { clock, door, phone, dial } = await connect();
    await Promise.all([phone.agent.stop(), clock.advanceAsync(3000)]);
    dial();
    clock.advance(40_000);
    expect(door.heard).toEqual(['ended unreachable']);
  });

  it.each(Array.from({ length: 20 }, (_, seed) => [seed + 1]))(
    'come to the same end over a network that loses, doubles and mixes (seed %i)',
    async (seed) => {
      const conditions = { loss: 0.3, duplication: 0.2, delay: 5, jitter: 60 };
      const { clock, door, phone, dial, phoneDoes } = await connect({ conditions, seed });
      phoneDoes((call) => call.answer());
      const call = dial();
      clock.advance(20_000);
      call.hangup();
      clock.advance(60_000);
      expect(door.heard.filter((word) => word.startsWith('ended'))).toHaveLength(1);
      expect(phone.heard.filter((word) => word.startsWith('ended')).length).toBeLessThanOrEqual(1);
      expect(phone.heard.filter((word) => word === 'answered').length).toBeLessThanOrEqual(1);
      expect([...door.engine.open, ...phone.engine.open]).toEqual([]);
      expect([...door.calls.active, ...phone.calls.active]).toEqual([]);
    },
  );
});
