// A resident hands the visitor over to somebody else, or another phone picks the call up: who talks, who may open, what
// the visitor hears.

import { describe, expect, it } from 'vitest';
import { configured, DoorRig } from '../../support/door-rig.ts';
import type { FakeSession, ReferralOutcome } from '../../support/fake-agent.ts';
import { peerSdp } from '../../support/peer-sdp.ts';

const NEIGHBOUR = 'sip:105@example.com';
const CAROL = 'sip:102@example.com';

const TWO_PHONES = configured({ buttons: { front: { line: 'button', call: ['sip:101@example.com', CAROL] } } });

interface Transferring {
  readonly rig: DoorRig;
  /** The call to who transfers. */
  readonly first: FakeSession;
  /** The call to whom. */
  readonly second: FakeSession;
  readonly outcome: ReferralOutcome;
}

/** A visitor talks to 101, who hands over. */
function transferring(target = NEIGHBOUR, configuration = TWO_PHONES): Transferring {
  const rig = new DoorRig(configuration);
  rig.talk();
  const first = rig.agent.session;
  const outcome = first.peerRefers(target, { referredBy: '<sip:101@example.com>' });
  return { rig, first, second: rig.agent.session, outcome };
}

describe('a transfer', () => {
  it('rings the new one while the old one talks on', () => {
    const { rig, first, second, outcome } = transferring();
    expect(outcome.accepted).toBe(true);
    expect(rig.agent.dialled).toEqual(['sip:101@example.com', NEIGHBOUR]);
    expect(second.invite?.headers).toEqual([['Referred-By', '<sip:101@example.com>']]);
    second.peerProgresses(180);
    expect(outcome.told).toEqual([180]);
    expect(first.state).toBe('confirmed');
    expect(rig.door.state()).toMatchObject({ state: 'talking', call: { peer: 'sip:101@example.com' } });
    expect(rig.engine.open[0]?.parameters?.direction).toBe('sendrecv');
  });

  it('has the visitor talk to the new one, and nobody else, when they answer', () => {
    const { rig, first, second, outcome } = transferring();
    second.peerAccepts(peerSdp());
    expect(outcome.told).toEqual([200]);
    expect(rig.door.state()).toMatchObject({ state: 'talking', call: { peer: NEIGHBOUR } });
    expect(rig.engine.open.map((session) => session.parameters?.direction)).toEqual(['inactive', 'sendrecv']);
    first.peerHangsUp();
    expect(rig.door.state().state).toBe('talking');
    expect(rig.engine.open).toHaveLength(1);
    const [started] = rig.events('call.started').slice(1);
    expect(rig.events('call.transferred')).toMatchObject([{ to: NEIGHBOUR, next: started?.call }]);
  });

  it('ends the old one itself when that does not', () => {
    const { rig, first, second } = transferring();
    second.peerAccepts(peerSdp());
    rig.clock.advance(2001);
    expect(first.count('hangup')).toBe(1);
    expect(rig.events('call.ended')).toMatchObject([{ reason: 'hangup-local', cause: 'transferred' }]);
    expect(rig.door.state().state).toBe('talking');
    second.peerHangsUp();
    expect(rig.door.state().state).toBe('idle');
  });

  it.each([
    [486, 486],
    [603, 603],
  ])('that comes to nothing with %i leaves everything as it was', (status, told) => {
    const { rig, first, second, outcome } = transferring();
    second.peerRejects(status);
    expect(outcome.told).toEqual([told]);
    expect(first.state).toBe('confirmed');
    expect(rig.door.state()).toMatchObject({ state: 'talking', call: { peer: 'sip:101@example.com' } });
    expect(rig.engine.open.map((session) => session.parameters?.direction)).toEqual(['sendrecv']);
  });

  it('nobody answers ends after the ring time', () => {
    const { rig, second, outcome } = transferring();
    second.peerProgresses(180);
    rig.clock.advance(30_000);
    expect(second.count('hangup')).toBe(1);
    expect(outcome.told).toEqual([180, 480]);
    expect(rig.door.state()).toMatchObject({ state: 'talking', call: { peer: 'sip:101@example.com' } });
  });

  it('can be tried again', () => {
    const { rig, first, second } = transferring();
    expect(first.peerRefers(NEIGHBOUR).refused).toMatchObject({ status: 491 });
    second.peerRejects(486);
    expect(first.peerRefers(NEIGHBOUR).accepted).toBe(true);
    rig.agent.session.peerAccepts(peerSdp());
    expect(rig.door.state()).toMatchObject({ call: { peer: NEIGHBOUR } });
  });

  it('of who hangs up at once has the visitor hear ringback, then the new one', () => {
    const { rig, first, second } = transferring();
    first.peerHangsUp();
    expect(rig.engine.tone).toBe('ringback');
    expect(rig.door.state()).toMatchObject({ state: 'talking', call: { peer: NEIGHBOUR } });
    second.peerAccepts(peerSdp());
    expect(rig.engine.tone).toBe('none');
    expect(rig.door.state().state).toBe('talking');
    second.peerHangsUp();
    expect(rig.door.state().state).toBe('idle');
    expect(rig.engine.open).toEqual([]);
  });

  it('of who hangs up at once, to somebody who does not answer, is the end', () => {
    const { rig, first, second } = transferring();
    first.peerHangsUp();
    second.peerRejects(486);
    expect(rig.engine.tone).toBe('busy');
    expect(rig.door.state()).toMatchObject({ state: 'idle', call: null });
    expect(rig.engine.open).toEqual([]);
    rig.pressButton();
    expect(rig.door.state().state).toBe('ringing');
  });

  it('ends with the call that it is for: by command, and when it has lasted too long', () => {
    for (const end of ['hangup', 'limit'] as const) {
      const { rig, first, second } = transferring(
        NEIGHBOUR,
        configured({ calls: { maxDuration: TWO_PHONES.calls.ringFor } }),
      );
      if (end === 'hangup') void rig.commands.execute('hangup', {}, 'control');
      else rig.clock.advance(30_000);
      expect([first.count('hangup'), second.count('hangup')]).toEqual([1, 1]);
      expect(rig.door.state()).toMatchObject({ state: 'idle', call: null });
      rig.clock.advance(60_000);
      expect(rig.engine.open).toEqual([]);
    }
  });

  it('attended, takes the place of the call that there is with them (RFC 3891)', () => {
    const rig = new DoorRig(TWO_PHONES);
    rig.talk();
    const outcome = rig.agent.session.peerRefers(CAROL, { replaces: 'c1@pbx;to-tag=1;from-tag=2' });
    expect(outcome.accepted).toBe(true);
    expect(rig.agent.session.invite?.headers).toEqual([
      ['Replaces', 'c1@pbx;to-tag=1;from-tag=2'],
      ['Require', 'replaces'],
    ]);
  });
});

describe('whom a transfer may reach', () => {
  it('not a number that costs, at a place that nobody has named', () => {
    const { rig, outcome } = transferring('sip:+900123456@premium.example.net');
    expect(outcome.refused).toMatchObject({ status: 403 });
    expect(rig.agent.dialled).toEqual(['sip:101@example.com']);
    expect(rig.events('transfer.failed')).toMatchObject([
      {
        to: 'sip:+900123456@premium.example.net',
        by: 'peer',
        status: 403,
        why: 'not among those whom sip.transfer allows',
      },
    ]);
    expect(rig.door.state().state).toBe('talking');
  });

  it('of a caller from outside: only whom a button calls', () => {
    const rig = new DoorRig(TWO_PHONES);
    const caller = rig.agent.peerCalls('sip:+49301234@example.com', peerSdp());
    caller.peerAcknowledges();
    expect(caller.peerRefers('sip:0900123456@example.com').refused).toMatchObject({ status: 403 });
    expect(caller.peerRefers(CAROL).accepted).toBe(true);
  });

  it('of somebody to whom the call was sent on: no more than a caller from outside', () => {
    const rig = new DoorRig(TWO_PHONES);
    rig.pressButton();
    const session = rig.agent.session;
    session.peerRedirects('sip:mobile@elsewhere.example.net');
    session.peerAccepts(peerSdp());
    expect(session.peerRefers(NEIGHBOUR).refused).toMatchObject({ status: 403 });
    expect(session.peerRefers(CAROL).accepted).toBe(true);
  });

  it('not before the caller is known to be there', () => {
    const rig = new DoorRig(TWO_PHONES);
    const caller = rig.agent.peerCalls('sip:101@example.com', peerSdp());
    expect(caller.peerRefers(CAROL).refused).toMatchObject({ status: 603 });
    expect(rig.agent.dialled).toEqual([]);
  });

  it('nobody, where transfers are off', () => {
    const { outcome } = transferring(CAROL, configured({ sip: { transfer: 'off' } }));
    expect(outcome.refused).toMatchObject({ status: 403 });
  });
});

describe('whose code opens the door after a transfer', () => {
  it('not that of somebody whom no button calls', () => {
    const { rig, second } = transferring(NEIGHBOUR);
    second.peerAccepts(peerSdp());
    rig.peerTypes('42#');
    expect(rig.relay).toBe(false);
  });

  it('that of somebody whom a button calls', () => {
    const { rig, second } = transferring(CAROL);
    second.peerAccepts(peerSdp());
    rig.peerTypes('42#');
    expect(rig.relay).toBe(true);
    expect(rig.events('door.opened')).toMatchObject([{ by: CAROL }]);
  });

  it('not that of somebody whom a button calls, but who has sent the call on to somebody else', () => {
    const { rig, second } = transferring(CAROL);
    second.peerRedirects(NEIGHBOUR);
    second.peerAccepts(peerSdp());
    rig.peerTypes('42#');
    expect(rig.relay).toBe(false);
  });

  it('not that of somebody who only rings yet', () => {
    const { rig, second } = transferring(CAROL);
    second.peerProgresses(183, peerSdp());
    rig.peerTypes('42#');
    expect(rig.relay).toBe(false);
  });

  it('not that of who has handed the visitor over', () => {
    const { rig, second } = transferring(CAROL);
    const [old] = rig.engine.sessions;
    second.peerAccepts(peerSdp());
    for (const digit of '42#') rig.engine.emit('digit', old?.id ?? -1, digit, rig.clock.now());
    expect(rig.relay).toBe(false);
  });
});

describe('another phone picks the call up (RFC 3891)', () => {
  it('while it rings: the visitor talks to that one, the first stops ringing', () => {
    const rig = new DoorRig(TWO_PHONES);
    rig.pressButton();
    const ringing = rig.agent.session;
    ringing.peerProgresses(180);
    const picked = rig.agent.peerCalls(CAROL, peerSdp(), '192.0.2.1', { replaces: ringing });
    expect(picked.count('accept')).toBe(1);
    expect(ringing.count('hangup')).toBe(1);
    expect(rig.door.state()).toMatchObject({ state: 'talking', call: { peer: CAROL } });
    expect(rig.engine.tone).toBe('none');
    ringing.peerRejects(487);
    picked.peerAcknowledges();
    expect(rig.engine.open.map((session) => session.parameters?.direction)).toEqual(['sendrecv']);
    expect(rig.events('call.ended')).toMatchObject([{ reason: 'cancelled', cause: `taken over by ${CAROL}` }]);
    expect(rig.events('call.transferred')).toMatchObject([{ to: CAROL }]);
    // Nobody else on the list is rung any more.
    rig.clock.advance(60_000);
    expect(rig.agent.dialled).toHaveLength(1);
    expect(rig.door.state().state).toBe('talking');
  });

  it('while they talk: an attended transfer ends', () => {
    const rig = new DoorRig(TWO_PHONES);
    rig.talk();
    const first = rig.agent.session;
    const next = rig.agent.peerCalls(CAROL, peerSdp(), '192.0.2.1', { replaces: first });
    next.peerAcknowledges();
    expect(first.count('hangup')).toBe(1);
    expect(rig.door.state()).toMatchObject({ state: 'talking', call: { peer: CAROL } });
    next.peerHangsUp();
    expect(rig.door.state().state).toBe('idle');
    expect(rig.engine.open).toEqual([]);
  });

  it('whatever calls into the door get otherwise', () => {
    for (const answer of ['manual', 'never'] as const) {
      const rig = new DoorRig(configured({ sip: { answer } }));
      rig.pressButton();
      const ringing = rig.agent.session;
      expect(rig.agent.peerCalls(CAROL, peerSdp(), '192.0.2.1', { replaces: ringing }).count('accept')).toBe(1);
    }
  });

  it('with what the door does not speak leaves the call as it was', () => {
    const rig = new DoorRig(TWO_PHONES);
    rig.pressButton();
    const ringing = rig.agent.session;
    const picked = rig.agent.peerCalls(CAROL, 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n', '192.0.2.1', {
      replaces: ringing,
    });
    expect(picked.refusal?.status).toBe(488);
    expect(ringing.count('hangup')).toBe(0);
    expect(rig.door.state().state).toBe('ringing');
    ringing.peerAccepts(peerSdp());
    expect(rig.door.state()).toMatchObject({ state: 'talking', call: { peer: 'sip:101@example.com' } });
  });

  it('is declined where transfers are off', () => {
    const rig = new DoorRig(configured({ sip: { transfer: 'off' } }));
    rig.pressButton();
    const ringing = rig.agent.session;
    expect(rig.agent.peerCalls(CAROL, peerSdp(), '192.0.2.1', { replaces: ringing }).refusal?.status).toBe(603);
    expect(rig.door.state().state).toBe('ringing');
  });

  it('opens nothing before its caller is known to be there', () => {
    const rig = new DoorRig(TWO_PHONES);
    rig.pressButton();
    const picked = rig.agent.peerCalls(CAROL, peerSdp(), '192.0.2.1', { replaces: rig.agent.session });
    rig.peerTypes('42#');
    expect(rig.relay).toBe(false);
    picked.peerAcknowledges();
    rig.peerTypes('42#');
    expect(rig.relay).toBe(true);
  });
});

describe('click to dial (RFC 5359 §2.18)', () => {
  it('is off by default', () => {
    const rig = new DoorRig(TWO_PHONES);
    expect(rig.agent.asksToCall(CAROL).refused).toMatchObject({ status: 403 });
    expect(rig.agent.dialled).toEqual([]);
  });

  it('calls whom it is told to, and says how that goes', () => {
    const rig = new DoorRig(configured({ sip: { clickToDial: true } }));
    const outcome = rig.agent.asksToCall(NEIGHBOUR);
    expect(outcome.accepted).toBe(true);
    expect(rig.agent.dialled).toEqual([NEIGHBOUR]);
    rig.agent.session.peerProgresses(180);
    rig.agent.session.peerAccepts(peerSdp());
    expect(outcome.told).toEqual([180, 200]);
    expect(rig.door.state()).toMatchObject({ state: 'talking' });
  });

  it('not where nobody has named', () => {
    const rig = new DoorRig(configured({ sip: { clickToDial: true } }));
    expect(rig.agent.asksToCall('sip:+900123456@premium.example.net').refused).toMatchObject({ status: 403 });
    expect(rig.agent.dialled).toEqual([]);
  });

  it('not in a call', () => {
    const rig = new DoorRig(configured({ sip: { clickToDial: true } }));
    rig.talk();
    expect(rig.agent.asksToCall(CAROL).refused).toMatchObject({ status: 486 });
  });
});
