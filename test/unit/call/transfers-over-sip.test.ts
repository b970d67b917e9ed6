// Three ends with their real agents: one call becomes another's (RFC 5359 §2.4–2.6, §2.13, RFC 5589, RFC 3891).

import { describe, expect, it } from 'vitest';
import { seconds } from '../../../src/base/units.ts';
import type { Call } from '../../../src/call/index.ts';
import { End } from '../../support/call-end.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { type Conditions, MemoryNetwork } from '../../support/memory-network.ts';

/** A door, and two phones that do with a call as they are told. */
async function house(conditions: Conditions = {}, seed = 1) {
  const clock = new FakeClock();
  const network = new MemoryNetwork(clock, conditions, seed);
  const [door, alice, bob] = ['10.0.0.9', '10.0.0.1', '10.0.0.2'].map(
    (address, at) => new End(address, clock, network, seed * 3 + at),
  );
  if (door === undefined || alice === undefined || bob === undefined) throw new Error('no ends');
  await Promise.all([door, alice, bob].map((end) => end.agent.start()));
  const doorCalls: Call[] = [];
  /** The door takes every transfer. */
  const follow = (call: Call): Call => {
    doorCalls.push(call);
    door.listen(call);
    call.on('transfer', (request) => follow(request.accept(door.account)));
    return call;
  };
  const dial = (from: End, to: End): Call => {
    const call = from.calls.dial({ target: `sip:end@${to.address}`, account: from.account });
    if (from === door) follow(call);
    else from.listen(call);
    clock.advance(200);
    return call;
  };
  const whenCalled = (end: End, deed: (call: Call) => void) =>
    end.calls.on('incoming', (call) => deed(end.listen(call)));
  return { clock, network, door, alice, bob, doorCalls, dial, whenCalled };
}

/** Between which ports sound flows both ways. */
function talks(one: End, other: End): boolean {
  const reaches = (from: End, to: End): boolean =>
    from.engine.open.some(
      ({ parameters }) =>
        parameters?.direction === 'sendrecv' &&
        to.engine.open.some(({ localPort }) => localPort === parameters.remotePort) &&
        parameters.remoteAddress === to.address,
    );
  return reaches(one, other) && reaches(other, one);
}

function onlyCall(end: End): Call {
  const [call] = end.calls.active;
  if (call === undefined || end.calls.active.size > 1) throw new Error(`${end.calls.active.size} calls`);
  return call;
}

describe('a blind transfer (RFC 5359 §2.4, RFC 5589 §6.1)', () => {
  it('has the door talk to the one who was meant', async () => {
    const made = await house();
    const { clock, door, alice, bob, dial, whenCalled } = made;
    whenCalled(alice, (call) => call.answer());
    whenCalled(bob, (call) => call.ring());
    dial(door, alice);
    expect(talks(door, alice)).toBe(true);
    const told: number[] = [];
    onlyCall(alice).transfer('sip:end@10.0.0.2', (status) => told.push(status));
    clock.advance(200);
    // The first call goes on until the second is answered.
    expect(talks(door, alice)).toBe(true);
    onlyCall(bob).answer();
    clock.advance(200);
    expect(told).toEqual([200]);
    expect(talks(door, bob)).toBe(true);
    expect(alice.calls.active.size).toBe(0);
    expect(alice.engine.open).toEqual([]);
    expect(door.engine.open).toHaveLength(1);
    expect(alice.heard).toEqual(['answered', 'ended hangup-local']);
    expect(door.heard).toEqual(['answered', 'answered', 'ended hangup-remote']);
  });

  it('that comes to nothing is told, and the call goes on', async () => {
    const { clock, door, alice, bob, dial, whenCalled } = await house();
    whenCalled(alice, (call) => call.answer());
    whenCalled(bob, (call) => call.reject({ status: 486 }));
    dial(door, alice);
    const told: number[] = [];
    onlyCall(alice).transfer('sip:end@10.0.0.2', (status) => told.push(status));
    clock.advance(1000);
    expect(told).toEqual([486]);
    expect(talks(door, alice)).toBe(true);
    expect(door.engine.open).toHaveLength(1);
  });

  it('to nowhere is told, and the call goes on', async () => {
    const { clock, door, alice, dial, whenCalled } = await house();
    whenCalled(alice, (call) => call.answer());
    dial(door, alice);
    const told: number[] = [];
    onlyCall(alice).transfer('sip:end@10.0.0.77', (status) => told.push(status));
    clock.advance(40_000);
    expect(told).toEqual([503]);
    expect(talks(door, alice)).toBe(true);
  });

  it('works over a bad network', async () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const made = await house({ loss: 0.2, duplication: 0.1, delay: 20, jitter: 60 }, seed);
      const { clock, door, alice, bob, dial, whenCalled } = made;
      whenCalled(alice, (call) => call.answer());
      whenCalled(bob, (call) => call.answer());
      dial(door, alice);
      clock.advance(20_000);
      onlyCall(alice).transfer('sip:end@10.0.0.2', () => undefined);
      clock.advance(70_000);
      expect(`${seed} ${talks(door, bob)}`).toBe(`${seed} true`);
      expect(alice.calls.active.size).toBe(0);
      expect(door.engine.open).toHaveLength(1);
    }
  });
});

describe('an attended transfer (RFC 5359 §2.5, RFC 5589 §7)', () => {
  it('joins the door with the one who has been asked already', async () => {
    const { clock, door, alice, bob, dial, whenCalled } = await house();
    whenCalled(alice, (call) => call.answer());
    // Bob’s phone lets the door take the place of Alice.
    whenCalled(bob, (call) => call.answer());
    dial(door, alice);
    const toDoor = onlyCall(alice);
    const toBob = dial(alice, bob);
    expect(talks(alice, bob)).toBe(true);
    const told: number[] = [];
    toDoor.transferTo(toBob, (status) => told.push(status));
    clock.advance(1000);
    expect(told).toEqual([200]);
    expect(talks(door, bob)).toBe(true);
    expect(alice.calls.active.size).toBe(0);
    expect([door, alice, bob].map((end) => end.engine.open.length)).toEqual([1, 0, 1]);
    expect(bob.heard).toContain('ended hangup-local');
  });

  it('to a call that is over comes to nothing', async () => {
    const { clock, door, alice, bob, dial, whenCalled } = await house();
    whenCalled(alice, (call) => call.answer());
    whenCalled(bob, (call) => call.answer());
    dial(door, alice);
    const toDoor = onlyCall(alice);
    const toBob = dial(alice, bob);
    toBob.hangup();
    clock.advance(100);
    const told: number[] = [];
    toDoor.transferTo(toBob, (status) => told.push(status));
    clock.advance(1000);
    expect(told).toEqual([481]);
    expect(talks(door, alice)).toBe(true);
  });
});

describe('call pickup (RFC 5359 §2.13, RFC 4235, RFC 3891)', () => {
  /** Bob watches the door; what he sees of its newest call. */
  async function watching() {
    const made = await house();
    const documents: string[] = [];
    const subscription = made.bob.agent.subscribe({
      target: 'sip:end@10.0.0.9',
      account: made.bob.account,
      event: 'dialog',
      accept: ['application/dialog-info+xml'],
      expires: seconds(3600),
    });
    subscription.on('notification', ({ body }) => documents.push(body?.data.toString() ?? ''));
    made.clock.advance(50);
    return { ...made, documents };
  }

  it('goes from the press to the second phone', async () => {
    const { clock, door, alice, bob, documents, whenCalled } = await watching();
    whenCalled(alice, (call) => call.ring());
    whenCalled(door, (call) => call.answer());
    const before = clock.now();
    door.calls.dial({ target: 'sip:end@10.0.0.1', account: door.account });
    clock.advance(100);
    expect(clock.now() - before).toBeLessThanOrEqual(200);
    const seen = /call-id="([^"]*)" local-tag="([^"]*)" remote-tag="([^"]*)".*<state>early</.exec(
      documents.at(-1) ?? '',
    );
    expect(seen).not.toBeNull();
    const [, callId, localTag, remoteTag] = seen ?? [];
    const pickup = bob.listen(
      bob.calls.dial({
        target: 'sip:end@10.0.0.9',
        account: bob.account,
        headers: [
          ['Replaces', `${callId};to-tag=${localTag};from-tag=${remoteTag};early-only`],
          ['Require', 'replaces'],
        ],
      }),
    );
    clock.advance(500);
    expect(pickup.state).toBe('talking');
    expect(talks(door, bob)).toBe(true);
    expect(alice.heard).toEqual(['ended cancelled']);
    expect(door.calls.active.size).toBe(1);
    expect(documents.at(-1)).toContain('<state event="replaced">terminated</state>');
  });

  it('comes too late where somebody has answered: early-only', async () => {
    const { clock, door, alice, bob, documents, whenCalled } = await watching();
    whenCalled(alice, (call) => call.ring());
    whenCalled(door, (call) => call.answer());
    door.calls.dial({ target: 'sip:end@10.0.0.1', account: door.account });
    clock.advance(100);
    const [, callId, localTag, remoteTag] =
      /call-id="([^"]*)" local-tag="([^"]*)" remote-tag="([^"]*)"/.exec(documents.at(-1) ?? '') ?? [];
    onlyCall(alice).answer();
    clock.advance(100);
    bob.listen(
      bob.calls.dial({
        target: 'sip:end@10.0.0.9',
        account: bob.account,
        headers: [['Replaces', `${callId};to-tag=${localTag};from-tag=${remoteTag};early-only`]],
      }),
    );
    clock.advance(500);
    expect(bob.heard).toEqual(['ended busy']);
    expect(talks(door, alice)).toBe(true);
  });
});
