// The product, as a visitor, a resident and a burglar meet it. Rules: the configuration's contract.

import { describe, expect, it, vi } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import { millis, seconds } from '../../../src/base/units.ts';
import { ACCOUNT, admissionFor, CONFIGURATION, configured, DoorRig } from '../../support/door-rig.ts';
import { settle } from '../../support/fake-clock.ts';
import { peerSdp } from '../../support/peer-sdp.ts';

const TWO_PHONES = configured({
  buttons: { front: { line: 'button', call: ['sip:101@example.com', 'sip:102@example.com'] } },
});

describe('a call that the phone sends on', () => {
  it.each([
    ['sip:mobile@elsewhere.example', 0],
    ['sip:102@example.com', 1],
  ])('to %s is told of, and opens the door only where the configuration names the place', (target, opened) => {
    const rig = new DoorRig();
    rig.pressButton();
    rig.agent.session.peerRedirects(target);
    rig.agent.session.peerAccepts(peerSdp());
    rig.peerTypes('42#');
    expect(rig.events('call.redirected')).toMatchObject([{ to: target }]);
    expect(rig.events('door.opened')).toHaveLength(opened);
    expect(rig.door.state().call).toMatchObject({ peer: 'sip:101@example.com' });
  });
});

describe('a press of the button', () => {
  it('has the INVITE on its way at once, and the visitor hears that it rings', () => {
    const rig = new DoorRig();
    rig.board.setLine('button', true);
    expect(rig.agent.dialled).toEqual(['sip:101@example.com']);
    expect(rig.agent.session.invite?.account).toBe(ACCOUNT);
    expect(rig.engine.tone).toBe('ringback');
    expect(rig.story).toEqual(['button.pressed', 'call.started']);
    expect(rig.events('call.started')[0]).toMatchObject({
      direction: 'outgoing',
      peer: 'sip:101@example.com',
      button: 'front',
    });
    expect(rig.door.state()).toMatchObject({ state: 'ringing', call: { peer: 'sip:101@example.com', codec: null } });
  });

  it('shows in the state how far TLS reaches in its signalling, as soon as that is known', () => {
    const rig = new DoorRig();
    rig.board.setLine('button', true);
    rig.agent.session.signalling = undefined;
    expect(rig.door.state().call?.signalling).toBeNull();
    rig.agent.session.signalling = 'sips';
    expect(rig.door.state().call?.signalling).toBe('sips');
  });

  it('shows in the state how the sound of its call fares, once there is some', () => {
    const rig = new DoorRig();
    rig.board.setLine('button', true);
    expect(rig.door.state().call).not.toHaveProperty('quality');
    rig.agent.session.peerAccepts(peerSdp());
    expect(rig.door.state().call?.quality).toEqual({
      mos: null,
      remoteMos: null,
      lossPercent: 0,
      remoteLossPercent: null,
      jitterMs: 0,
      playoutDelayMs: 0,
      roundTripMs: null,
    });
  });

  it('becomes a talk when the phone answers, and silence when it is over', () => {
    const rig = new DoorRig();
    rig.talk();
    expect(rig.engine.tone).toBe('none');
    expect(rig.door.state()).toMatchObject({ state: 'talking', call: { codec: 'PCMA', encrypted: false } });
    rig.agent.session.peerHangsUp();
    expect(rig.door.state()).toMatchObject({ state: 'idle', call: null });
    const [first, ...rest] = rig.story;
    expect([first, ...rest]).toEqual(['button.pressed', 'call.started', 'call.ringing', 'call.answered', 'call.ended']);
    expect(rig.events('call.ended')[0]).toMatchObject({ reason: 'hangup-remote', media: { codec: 'PCMA' } });
    expect(rig.engine.open).toEqual([]);
  });

  it('says so when codec or encryption become others', () => {
    const rig = new DoorRig();
    rig.talk();
    rig.agent.session.peerOffers(peerSdp({ formats: [0, 101] }));
    expect(rig.events('call.changed')).toMatchObject([{ codec: 'PCMU', encrypted: false }]);
    rig.agent.session.peerOffers(peerSdp({ formats: [0, 101] }));
    expect(rig.events('call.changed')).toHaveLength(1);
  });

  it('is said with one id in all events of its call', () => {
    const rig = new DoorRig();
    rig.talk();
    rig.agent.session.peerHangsUp();
    const ids = rig.events('call.started', 'call.ringing', 'call.answered', 'call.ended').map((event) => event.call);
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(1);
  });

  it.each([
    [486, 'busy', 'busy'],
    [600, 'busy', 'busy'],
    [404, 'refused', 'failure'],
    [603, 'refused', 'failure'],
    [480, 'no-answer', 'failure'],
    [503, 'unreachable', 'failure'],
    [488, 'failed', 'failure'],
  ])('that ends in %d is said to be %s, and sounds %s for three seconds', (status, reason, tone) => {
    const rig = new DoorRig();
    rig.pressButton();
    rig.agent.session.peerRejects(status);
    expect(rig.events('call.ended')[0]).toMatchObject({ reason, status });
    expect(rig.engine.tone).toBe(tone);
    expect(rig.door.state().state).toBe('idle');
    rig.clock.advance(2999);
    expect(rig.engine.tone).toBe(tone);
    rig.clock.advance(1);
    expect(rig.engine.tone).toBe('none');
  });

  it('sounds for as long as a file of the house’s lasts, where that is longer', () => {
    const rig = new DoorRig();
    rig.engine.lengths = { busy: millis(4500), failure: millis(500) };
    rig.pressButton();
    rig.agent.session.peerRejects(486);
    rig.clock.advance(4499);
    expect(rig.engine.tone).toBe('busy');
    rig.clock.advance(1);
    expect(rig.engine.tone).toBe('none');
    rig.pressButton();
    rig.agent.session.peerRejects(404);
    rig.clock.advance(2999);
    expect(rig.engine.tone).toBe('failure');
  });

  it('finds no one within the time to ring: cancelled, no answer', () => {
    const rig = new DoorRig();
    rig.board.setLine('button', true);
    rig.agent.session.peerProgresses(180);
    rig.clock.advance(29_999);
    expect(rig.door.state().state).toBe('ringing');
    rig.clock.advance(1);
    expect(rig.agent.session.count('hangup')).toBe(1);
    expect(rig.events('call.ended')).toMatchObject([{ reason: 'no-answer', cause: 'nobody answered within 30 s' }]);
    expect(rig.engine.tone).toBe('failure');
    expect(rig.door.state().state).toBe('idle');
  });

  it('while it rings cancels it', () => {
    const rig = new DoorRig();
    rig.pressButton();
    rig.clock.advance(900);
    rig.pressButton();
    expect(rig.events('call.ended')).toMatchObject([{ reason: 'cancelled' }]);
    expect(rig.agent.session.count('hangup')).toBe(1);
    expect(rig.engine.tone).toBe('none');
    expect(rig.door.state().state).toBe('idle');
    expect(rig.events('button.pressed')).toHaveLength(2);
  });

  it('within a second of the first is a nervous finger, and cancels nothing', () => {
    const rig = new DoorRig();
    rig.pressButton();
    rig.clock.advance(800);
    rig.pressButton();
    expect(rig.door.state().state).toBe('ringing');
    expect(rig.agent.dialled).toHaveLength(1);
    expect(rig.events('button.pressed')).toHaveLength(2);
  });

  it('by command cancels at once: a program means what it says', async () => {
    const rig = new DoorRig();
    await rig.commands.execute('press', {}, 'control');
    await rig.commands.execute('press', {}, 'control');
    expect(rig.door.state().state).toBe('idle');
    expect(rig.agent.session.count('hangup')).toBe(1);
  });

  it('goes before a call that came in and was never acknowledged: whoever sent it may not exist', () => {
    const rig = new DoorRig();
    const forged = rig.agent.peerCalls('sip:102@example.com', peerSdp());
    expect(rig.door.state().state).toBe('talking');
    rig.pressButton();
    expect(forged.count('hangup')).toBe(1);
    expect(rig.agent.dialled).toEqual(['sip:101@example.com']);
    expect(rig.door.state()).toMatchObject({ state: 'ringing', call: { direction: 'outgoing' } });
  });

  it('does not end a call that came in and is up', () => {
    const rig = new DoorRig();
    const session = rig.agent.peerCalls('sip:102@example.com', peerSdp());
    session.peerAcknowledges();
    rig.pressButton();
    expect(session.count('hangup')).toBe(0);
    expect(rig.agent.dialled).toEqual([]);
  });

  it('while it rings is ignored where the configuration says so', () => {
    const rig = new DoorRig(configured({ calls: { pressAgain: 'ignore' } }));
    rig.pressButton();
    rig.pressButton();
    expect(rig.agent.dialled).toHaveLength(1);
    expect(rig.events('button.pressed')).toHaveLength(2);
    expect(rig.door.state().state).toBe('ringing');
  });

  it('of another button rings the other phone instead', () => {
    const buttons = {
      front: { line: 'button', call: ['sip:101@example.com'] },
      flat: { line: 'button2', call: ['sip:201@example.com'] },
    };
    const rig = new DoorRig(configured({ buttons }));
    rig.pressButton();
    rig.pressButton('button2');
    expect(rig.agent.dialled).toEqual(['sip:101@example.com', 'sip:201@example.com']);
    expect(rig.events('call.ended')).toMatchObject([{ reason: 'cancelled' }]);
    expect(rig.engine.open).toHaveLength(1);
    expect(rig.engine.tone).toBe('ringback');
    rig.clock.advance(30_000);
    expect(rig.events('call.ended')).toHaveLength(2);
  });

  it('of another button begins at the top of its list, whatever becomes of the call before', () => {
    const buttons = {
      front: { line: 'button', call: ['sip:101@example.com', 'sip:102@example.com'] },
      flat: { line: 'button2', call: ['sip:201@example.com', 'sip:202@example.com'] },
    };
    const rig = new DoorRig(configured({ buttons }));
    rig.pressButton();
    const [first] = rig.agent.sessions;
    rig.pressButton('button2');
    first?.peerRejects(487);
    expect(rig.agent.dialled).toEqual(['sip:101@example.com', 'sip:201@example.com']);
    expect(rig.door.state()).toMatchObject({ state: 'ringing', call: { peer: 'sip:201@example.com' } });
  });

  it('while the tone of the last one sounds rings on', () => {
    const rig = new DoorRig();
    rig.pressButton();
    rig.agent.session.peerRejects(486);
    rig.clock.advance(1000);
    rig.pressButton();
    rig.clock.advance(5000);
    expect(rig.engine.tone).toBe('ringback');
  });

  it('while somebody talks is an event, and nothing else', () => {
    const rig = new DoorRig();
    rig.talk();
    rig.pressButton();
    expect(rig.events('button.pressed')).toHaveLength(2);
    expect(rig.agent.dialled).toHaveLength(1);
    expect(rig.door.state().state).toBe('talking');
  });

  it('that goes on for long is said to be held, once', () => {
    const rig = new DoorRig();
    rig.board.setLine('button', true);
    rig.clock.advance(20_000);
    expect(rig.events('button.held')).toEqual([{ type: 'button.held', button: 'front' }]);
    expect(rig.events('button.pressed')).toHaveLength(1);
  });

  it('two hundred times in a row leaves one call at the most, and nothing behind', () => {
    const rig = new DoorRig();
    for (let press = 0; press < 201; press += 1) {
      rig.board.setLine('button', true);
      rig.board.setLine('button', false);
      expect(rig.engine.open.length).toBeLessThanOrEqual(1);
      rig.clock.advance(1000);
    }
    expect(rig.calls.active.size).toBe(1);
    rig.clock.advance(60_000);
    expect(rig.engine.open).toEqual([]);
    expect(rig.events('call.started')).toHaveLength(101);
    expect(rig.events('call.ended')).toHaveLength(101);
    expect(rig.clock.timers.map((timer) => timer.name)).toEqual(['admission lookup']);
  });

  it('plays ringback until the first early media', () => {
    const rig = new DoorRig();
    rig.pressButton();
    rig.agent.session.peerProgresses(183, peerSdp());
    expect(rig.engine.tone).toBe('ringback');
    rig.engine.startMedia();
    expect(rig.engine.tone).toBe('none');
    expect(rig.door.state().state).toBe('ringing');
  });
});

describe('a list of phones', () => {
  it.each([486, 404, 503, 480, 488])('goes on to the next after a %d', (status) => {
    const rig = new DoorRig(TWO_PHONES);
    rig.pressButton();
    rig.agent.session.peerRejects(status);
    expect(rig.agent.dialled).toEqual(['sip:101@example.com', 'sip:102@example.com']);
    expect(rig.engine.tone).toBe('ringback');
    expect(rig.door.state()).toMatchObject({ state: 'ringing', call: { peer: 'sip:102@example.com' } });
  });

  it('gives each the time to ring', () => {
    const rig = new DoorRig(TWO_PHONES);
    rig.board.setLine('button', true);
    rig.clock.advance(30_000);
    expect(rig.agent.dialled).toHaveLength(2);
    rig.clock.advance(29_999);
    expect(rig.door.state().state).toBe('ringing');
    rig.clock.advance(1);
    expect(rig.door.state().state).toBe('idle');
    expect(rig.events('call.ended').map((event) => event.reason)).toEqual(['no-answer', 'no-answer']);
  });

  it('ends with the phone that answers', () => {
    const rig = new DoorRig(TWO_PHONES);
    rig.pressButton();
    rig.agent.session.peerAccepts(peerSdp());
    rig.agent.session.peerHangsUp();
    expect(rig.agent.dialled).toHaveLength(1);
    expect(rig.door.state().state).toBe('idle');
  });

  it('ends with a press again', () => {
    const rig = new DoorRig(TWO_PHONES);
    rig.pressButton();
    rig.clock.advance(1000);
    rig.pressButton();
    rig.clock.advance(60_000);
    expect(rig.agent.dialled).toHaveLength(1);
  });

  it('goes on when an answer is of no use', () => {
    const rig = new DoorRig(TWO_PHONES);
    rig.pressButton();
    rig.agent.session.peerAccepts(peerSdp({ formats: [18] }));
    expect(rig.agent.dialled).toHaveLength(2);
    expect(rig.agent.sessions[0]?.count('hangup')).toBe(1);
  });
});

describe('what fails at the door', () => {
  it('no RTP port: the call is said to have failed, and sounds so', () => {
    const rig = new DoorRig();
    rig.engine.noPort = true;
    rig.pressButton();
    expect(rig.events('call.ended')).toMatchObject([{ reason: 'failed', cause: 'no RTP port is free' }]);
    expect(rig.engine.tone).toBe('failure');
    rig.engine.noPort = false;
    rig.pressButton();
    expect(rig.agent.dialled).toHaveLength(1);
  });

  it('no way to send: every phone is tried, then it sounds so', () => {
    const rig = new DoorRig(TWO_PHONES);
    rig.agent.inviteFailure = new Error('the socket is closed');
    rig.pressButton();
    expect(rig.events('call.ended').map((event) => event.reason)).toEqual(['failed', 'failed']);
    expect(rig.engine.tone).toBe('failure');
    expect(rig.door.state().state).toBe('idle');
  });

  it('no address of our own: it ends, and the next press works', () => {
    const rig = new DoorRig(configured({ accounts: [] }));
    vi.spyOn(rig.agent, 'localAddress').mockImplementationOnce(() => {
      throw new Error('the network is down');
    });
    rig.pressButton();
    expect(rig.door.state().state).toBe('idle');
    rig.pressButton();
    expect(rig.agent.dialled).toHaveLength(1);
  });

  it('a dead loudspeaker does not keep the button from ringing', () => {
    const rig = new DoorRig();
    vi.spyOn(rig.engine, 'play').mockImplementation(() => {
      throw new Error('no such device');
    });
    rig.talk();
    expect(rig.door.state().state).toBe('talking');
    rig.peerTypes('42#');
    expect(rig.relay).toBe(true);
  });

  it('a lost registration does not keep the button from ringing', () => {
    const rig = new DoorRig();
    rig.agent.registrations = [{ account: ACCOUNT, registered: false, reason: '503 Service Unavailable', status: 503 }];
    expect(rig.door.state().state).toBe('fault');
    rig.pressButton();
    expect(rig.agent.dialled).toHaveLength(1);
    expect(rig.door.state().state).toBe('ringing');
  });

  it('a sound device that fails during the call is said on both legs, and the call goes on', () => {
    const rig = new DoorRig();
    rig.talk();
    rig.engine.state = { ...rig.engine.state, deviceFault: 'no such device' };
    rig.engine.emit('device', 'no such device', rig.clock.now(), ['microphone', 'speaker']);
    expect(rig.events('fault')).toHaveLength(1);
    expect(rig.events('media.lost').map((event) => event.leg)).toEqual(['microphone', 'speaker']);
    expect(rig.events('audio.lost')).toMatchObject([{ device: 'virtual', why: 'no such device' }]);
    expect(rig.door.state()).toMatchObject({ state: 'talking', faults: ['sound device: no such device'] });
    expect(rig.events('audio.found')).toEqual([]);
    rig.engine.emit('device', undefined, rig.clock.now(), []);
    expect(rig.events('audio.found')).toMatchObject([{ device: 'virtual' }]);
    expect(rig.events('fault')).toHaveLength(1);
    rig.agent.session.peerHangsUp();
    expect(rig.door.state().state).toBe('fault');
  });

  it('a sound device that loses its microphone takes one leg', () => {
    const rig = new DoorRig();
    rig.talk();
    rig.engine.emit('device', 'no microphone', rig.clock.now(), ['microphone']);
    expect(rig.events('media.lost').map((event) => event.leg)).toEqual(['microphone']);
  });

  it('a line that the board does not have: a fault that says so, and the rest works', () => {
    const doors = {
      broken: { relay: 'rely', openFor: seconds(3), code: new Secret('11#') },
      main: { relay: 'relay', openFor: seconds(3), code: new Secret('42#') },
    };
    const buttons = {
      broken: { line: 'relay', call: ['sip:101@example.com'] },
      front: { line: 'button', call: ['sip:101@example.com'] },
    };
    const rig = new DoorRig(configured({ doors, buttons }));
    expect(rig.events('fault')).toMatchObject([
      { what: expect.stringContaining('door broken'), mend: 'did you mean "relay"?' },
      { what: expect.stringContaining('button broken') },
    ]);
    expect(rig.door.state().state).toBe('fault');
    rig.talk();
    rig.peerTypes('11#');
    expect(rig.relay).toBe(false);
    rig.peerTypes('42#');
    expect(rig.relay).toBe(true);
  });

  it('a peer that falls silent is an event', () => {
    const rig = new DoorRig();
    rig.talk();
    rig.engine.startMedia();
    rig.engine.emit('reception', rig.media.id, true, rig.clock.now());
    expect(rig.events('media.started').map((event) => event.direction)).toEqual(['out', 'in']);
    expect(rig.events('media.lost')).toMatchObject([{ leg: 'remote' }]);
  });
});

describe('a talk', () => {
  it('lasts as long as is allowed', () => {
    const rig = new DoorRig();
    rig.talk();
    rig.clock.advance(299_999);
    expect(rig.door.state().state).toBe('talking');
    rig.clock.advance(1);
    expect(rig.agent.session.count('hangup')).toBe(1);
    expect(rig.events('call.ended')).toMatchObject([{ reason: 'limit' }]);
    expect(rig.door.state().state).toBe('idle');
  });

  it('is not cut by the time to ring', () => {
    const rig = new DoorRig();
    rig.talk();
    rig.clock.advance(60_000);
    expect(rig.door.state().state).toBe('talking');
  });
});

describe('a code', () => {
  it('has the relay on before the digit has been dealt with, for its time', () => {
    const rig = new DoorRig();
    rig.talk();
    rig.peerTypes('42');
    expect(rig.relay).toBe(false);
    rig.engine.emit('digit', rig.media.id, '#', rig.clock.now());
    expect(rig.relay).toBe(true);
    expect(rig.events('door.opened')).toMatchObject([{ door: 'main', by: 'sip:101@example.com', forMs: 3000 }]);
    expect(rig.door.state().doors).toEqual({ main: { open: true } });
    rig.clock.advance(2999);
    expect(rig.relay).toBe(true);
    rig.clock.advance(1);
    expect(rig.relay).toBe(false);
    expect(rig.events('door.closed')).toEqual([{ type: 'door.closed', door: 'main' }]);
  });

  it('lets the visitor hear that the door is open', async () => {
    const rig = new DoorRig();
    rig.talk();
    rig.peerTypes('41#');
    await settle();
    expect(rig.engine.announced).toEqual([]);
    rig.peerTypes('42#');
    await settle();
    expect(rig.engine.announced).toEqual(['opened']);
  });

  it('by tones opens as well, is said to have come so, and is under the same lock', () => {
    const rig = new DoorRig();
    rig.talk();
    const type = (digits: string) => {
      for (const digit of digits) rig.engine.emit('toneDigit', rig.media.id, digit, rig.clock.now());
    };
    type('42#');
    expect(rig.relay).toBe(true);
    expect(rig.events('digit.received').map((event) => event.via)).toEqual(['inband', 'inband', 'inband']);
    rig.clock.advance(5000);
    expect(rig.relay).toBe(false);
    for (let attempt = 0; attempt < 5; attempt += 1) {
      type(`9${attempt}#`);
      rig.clock.advance(20_000);
    }
    expect(rig.events('code.refused')).toHaveLength(5);
    expect(rig.events('code.refused').at(-1)).toHaveProperty('lockedForMs');
    type('42#');
    expect(rig.relay).toBe(false);
  });

  it('by tones and by INFO is one code, not two', () => {
    const rig = new DoorRig();
    rig.talk();
    for (const digit of '42#') {
      rig.engine.emit('toneDigit', rig.media.id, digit, rig.clock.now());
      rig.agent.session.peerSendsInfo('application/dtmf-relay', `Signal=${digit}\r\n`);
    }
    expect(rig.events('digit.received')).toHaveLength(3);
    expect(rig.events('door.opened')).toHaveLength(1);
  });

  it('by INFO opens as well', () => {
    const rig = new DoorRig();
    rig.talk();
    for (const digit of '42#') rig.agent.session.peerSendsInfo('application/dtmf-relay', `Signal=${digit}\r\n`);
    expect(rig.relay).toBe(true);
    expect(rig.events('digit.received').map((event) => event.via)).toEqual(['info', 'info', 'info']);
  });

  it('keeps its door open for the whole time, though the call ends', () => {
    const rig = new DoorRig();
    rig.talk();
    rig.peerTypes('42#');
    rig.agent.session.peerHangsUp();
    expect(rig.relay).toBe(true);
    rig.clock.advance(2900);
    expect(rig.relay).toBe(false);
    expect(rig.story.slice(-2)).toEqual(['call.ended', 'door.closed']);
  });

  it('again prolongs the time', () => {
    const rig = new DoorRig();
    rig.talk();
    rig.peerTypes('42#');
    rig.clock.advance(2000);
    rig.peerTypes('42#');
    rig.clock.advance(2800);
    expect(rig.relay).toBe(true);
    rig.clock.advance(100);
    expect(rig.relay).toBe(false);
    expect(rig.events('door.opened')).toHaveLength(2);
    expect(rig.events('door.closed')).toHaveLength(1);
  });

  it('opens the door that it belongs to', () => {
    const doors = {
      gate: { relay: 'relay2', openFor: seconds(3), code: new Secret('42#') },
      main: { relay: 'relay', openFor: seconds(3), code: new Secret('1142#') },
    };
    const rig = new DoorRig(configured({ doors }));
    rig.talk();
    rig.peerTypes('1142#');
    expect(rig.events('door.opened').map((event) => event.door)).toEqual(['main']);
    rig.clock.advance(5000);
    rig.peerTypes('42#');
    expect(rig.events('door.opened').map((event) => event.door)).toEqual(['main', 'gate']);
  });

  it('does nothing before the call is answered', () => {
    const rig = new DoorRig();
    rig.pressButton();
    rig.agent.session.peerProgresses(183, peerSdp());
    rig.peerTypes('42#');
    expect(rig.relay).toBe(false);
    expect(rig.events('digit.received')).toEqual([]);
  });

  it('does nothing from somebody whom the configuration does not name', async () => {
    const rig = new DoorRig();
    await rig.commands.execute('call', { uri: 'sip:stranger@elsewhere.example' }, 'mqtt');
    rig.agent.session.peerAccepts(peerSdp());
    rig.peerTypes('42#');
    expect(rig.relay).toBe(false);
    expect(rig.events('digit.received')).toHaveLength(3);
  });

  it('wrong five times locks out, is an event each time, and outlives the call', () => {
    const rig = new DoorRig();
    rig.talk();
    rig.peerTypes('1#2#3#');
    rig.agent.session.peerHangsUp();
    rig.talk();
    rig.peerTypes('4#5#42#');
    expect(rig.relay).toBe(false);
    const refused = rig.events('code.refused');
    expect(refused.map((event) => event.attempts)).toEqual([1, 2, 3, 4, 5, 5]);
    expect(refused.map((event) => event.lockedForMs)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      30_000,
      // The refused one ends 300 ms later: three keys, 100 ms each.
      29_700,
    ]);
    expect(refused[0]).toMatchObject({ peer: 'sip:101@example.com' });
    rig.clock.advance(30_000);
    rig.peerTypes('42#');
    expect(rig.relay).toBe(true);
  });

  it('that a hang-up interrupts is judged nevertheless', () => {
    const rig = new DoorRig();
    rig.talk();
    rig.peerTypes('123456');
    rig.agent.session.peerHangsUp();
    expect(rig.events('code.refused')).toEqual([]);
    rig.clock.advance(3000);
    expect(rig.events('code.refused')).toMatchObject([{ attempts: 1 }]);
  });

  it('stands nowhere: not in the log, not in an event', () => {
    const rig = new DoorRig();
    rig.talk();
    rig.peerTypes('777#42#');
    rig.agent.session.peerHangsUp();
    const said = rig.log.text + JSON.stringify(rig.journal.recent) + JSON.stringify(rig.door.state());
    expect(said).not.toMatch(/42#|777/);
    for (const event of rig.events('digit.received')) expect(event).not.toHaveProperty('digit');
  });

  it('shows its digits where the configuration allows it', () => {
    const rig = new DoorRig(configured({ log: { digits: true } }));
    rig.talk();
    rig.peerTypes('4*');
    expect(rig.events('digit.received').map((event) => event.digit)).toEqual(['4', '*']);
  });
});

describe('a call into the door', () => {
  it('is answered at once, and its codes count', () => {
    const rig = new DoorRig();
    const session = rig.agent.peerCalls('sip:102@example.com', peerSdp());
    session.peerAcknowledges();
    expect(session.count('accept')).toBe(1);
    expect(rig.door.state()).toMatchObject({ state: 'talking', call: { direction: 'incoming' } });
    expect(rig.events('call.started')).toMatchObject([{ direction: 'incoming', peer: 'sip:102@example.com' }]);
    rig.peerTypes('42#');
    expect(rig.events('door.opened')).toMatchObject([{ by: 'sip:102@example.com' }]);
  });

  it('guesses in vain under a new name for each code, and keeps no resident from opening', () => {
    const rig = new DoorRig();
    for (let name = 0; name < 60; name += 1) {
      const session = rig.agent.peerCalls(`sip:${name}@example.com`, peerSdp());
      session.peerAcknowledges();
      rig.peerTypes('77#');
      session.peerHangsUp();
    }
    const last = rig.agent.peerCalls('sip:102@example.com', peerSdp());
    last.peerAcknowledges();
    rig.peerTypes('42#');
    last.peerHangsUp();
    expect(rig.events('door.opened')).toEqual([]);
    rig.talk();
    rig.peerTypes('42#');
    expect(rig.events('door.opened')).toMatchObject([{ by: 'sip:101@example.com' }]);
  });

  it('rings where the caller wants that, and is refused where it insists on what it cannot have (RFC 5373)', () => {
    const rig = new DoorRig();
    const answerMode = { mode: 'manual', required: false } as const;
    expect(rig.agent.peerCalls('sip:102@example.com', peerSdp(), '192.0.2.1', { answerMode }).count('ring')).toBe(1);
    const manual = new DoorRig(configured({ sip: { answer: 'manual' } }));
    const required = { mode: 'auto', required: true } as const;
    const session = manual.agent.peerCalls('sip:102@example.com', peerSdp(), '192.0.2.1', { answerMode: required });
    expect(session.refusal).toMatchObject({ status: 403, reason: 'automatic answer forbidden' });
    expect(manual.events('call.refused')).toMatchObject([{ why: 'the caller insists on an automatic answer' }]);
  });

  it('answers an intercom call of somebody who is vouched for, where that is allowed', () => {
    const rig = new DoorRig(configured({ sip: { answer: 'on-request' } }));
    const answerMode = { mode: 'auto', required: false } as const;
    const stranger = rig.agent.peerCalls('sip:102@example.com', peerSdp(), '192.0.2.1', { answerMode });
    expect([stranger.count('ring'), stranger.count('accept')]).toEqual([1, 0]);
    stranger.peerHangsUp();
    const user = rig.agent.peerCalls('sip:102@example.com', peerSdp(), '192.0.2.1', {
      answerMode,
      authenticatedAs: 'alice',
    });
    expect([user.count('ring'), user.count('accept')]).toEqual([0, 1]);
  });

  it('is told of with its name, its user, and by whom it was sent on', () => {
    const rig = new DoorRig();
    const peer = { displayName: 'Alice', uri: 'sip:alice@example.com', parameters: new Map() };
    rig.agent.peerCalls('sip:alice@example.com', peerSdp(), '192.0.2.1', {
      caller: { shown: peer, known: peer, asserted: false, trusted: false },
      diversions: [
        { from: 'sip:101@example.com;transport=tcp', reason: 'no-answer' },
        { from: 'tel:+4930123', reason: undefined },
      ],
      authenticatedAs: 'alice',
    });
    expect(rig.events('call.started')).toMatchObject([
      {
        peer: 'sip:alice@example.com',
        user: 'alice',
        diverted: [{ from: 'sip:101@example.com', reason: 'no-answer' }, { from: 'tel:+4930123' }],
      },
    ]);
  });

  it('that withholds its name is counted by whom the network says it is, which stands in no event', () => {
    const rig = new DoorRig();
    const anonymous = 'sip:anonymous@anonymous.invalid';
    const shown = { displayName: 'Anonymous', uri: anonymous, parameters: new Map() };
    const guess = (who: string): void => {
      const known = { displayName: undefined, uri: who, parameters: new Map() };
      const caller = { shown, known, asserted: true, trusted: true };
      const session = rig.agent.peerCalls(anonymous, peerSdp(), '192.0.2.1', { caller });
      session.peerAcknowledges();
      rig.peerTypes('999#');
      session.peerHangsUp();
    };
    for (let at = 0; at < 3; at += 1) guess('sip:103@example.com');
    expect(rig.events('code.refused').at(-1)).toMatchObject({ attempts: 3, peer: anonymous });
    guess('sip:104@example.com');
    expect(rig.events('code.refused').at(-1)).toMatchObject({ attempts: 1 });
    expect(JSON.stringify(rig.journal.recent)).not.toContain('103@example.com');
  });

  it('waits for the command `answer` where the configuration says so', async () => {
    const rig = new DoorRig(configured({ sip: { answer: 'manual' } }));
    const session = rig.agent.peerCalls('sip:102@example.com', peerSdp());
    expect(session.count('ring')).toBe(1);
    expect(rig.door.state().state).toBe('ringing');
    expect(await rig.commands.execute('answer', {}, 'control')).toMatchObject({ ok: true });
    expect(session.count('accept')).toBe(1);
    expect(rig.door.state().state).toBe('talking');
  });

  it('that nobody answers ends after the time to ring', () => {
    const rig = new DoorRig(configured({ sip: { answer: 'manual' } }));
    const session = rig.agent.peerCalls('sip:102@example.com', peerSdp());
    rig.clock.advance(30_000);
    expect(session.refusal?.status).toBe(480);
    expect(rig.events('call.ended')).toMatchObject([{ reason: 'no-answer', status: 480 }]);
    expect(rig.door.state().state).toBe('idle');
  });

  it('gives way to the visitor who presses while it waits', () => {
    const rig = new DoorRig(configured({ sip: { answer: 'manual' } }));
    const incoming = rig.agent.peerCalls('sip:102@example.com', peerSdp());
    rig.pressButton();
    expect(incoming.refusal?.status).toBe(603);
    expect(rig.agent.dialled).toEqual(['sip:101@example.com']);
    expect(rig.door.state()).toMatchObject({ state: 'ringing', call: { direction: 'outgoing' } });
  });

  it('is told that the door is busy, and the call that is up goes on', () => {
    const rig = new DoorRig();
    rig.talk();
    const second = rig.agent.peerCalls('sip:103@example.com', peerSdp());
    expect(second.refusal?.status).toBe(486);
    expect(rig.events('call.refused')).toMatchObject([{ peer: 'sip:103@example.com' }]);
    expect(rig.events('call.started')).toHaveLength(1);
    expect(rig.door.state()).toMatchObject({ state: 'talking', call: { peer: 'sip:101@example.com' } });
  });

  it('is refused where the door takes none', () => {
    const rig = new DoorRig(configured({ sip: { answer: 'never' } }));
    expect(rig.agent.peerCalls('sip:102@example.com', peerSdp()).refusal?.status).toBe(403);
    expect(rig.story).toEqual(['call.refused']);
    expect(rig.door.state().state).toBe('idle');
  });

  it('that cannot be met leaves the door idle', () => {
    const rig = new DoorRig();
    const session = rig.agent.peerCalls('sip:102@example.com', peerSdp({ formats: [18] }));
    expect(session.refusal?.status).toBe(488);
    expect(rig.door.state().state).toBe('idle');
    rig.clock.advance(600_000);
    expect(rig.events('call.ended')).toHaveLength(1);
  });

  it('has a longest duration, too', () => {
    const rig = new DoorRig();
    rig.agent.peerCalls('sip:102@example.com', peerSdp());
    rig.clock.advance(300_000);
    expect(rig.events('call.ended')).toMatchObject([{ reason: 'limit' }]);
  });

  it('stops the tone of the call before', () => {
    const rig = new DoorRig();
    rig.pressButton();
    rig.agent.session.peerRejects(486);
    rig.agent.peerCalls('sip:102@example.com', peerSdp());
    expect(rig.engine.tone).toBe('none');
    rig.clock.advance(5000);
    expect(rig.engine.played.filter((tone) => tone === 'busy')).toHaveLength(1);
  });
});

describe('strangers', () => {
  it('cannot fill the log, and MQTT, with a name as long as a datagram', () => {
    const rig = new DoorRig();
    const source = { protocol: 'udp', address: '203.0.113.5', port: 5060 } as const;
    rig.agent.emit('refused', `sip:${'x'.repeat(60_000)}:secret@example.com`, source, 'unknown');
    rig.agent.peerCalls(`sip:${'y'.repeat(60_000)}@example.com`, peerSdp());
    expect(JSON.stringify(rig.journal.recent).length).toBeLessThan(2000);
    expect(rig.events('call.refused')).toHaveLength(1);
  });

  const scan = (rig: DoorRig, address: string) =>
    rig.agent.emit('refused', 'sip:100@192.0.2.10', { protocol: 'udp', address, port: 5060 }, 'not allowed to call in');

  it('are told of once a minute for each source', () => {
    const rig = new DoorRig();
    for (let knock = 0; knock < 1000; knock += 1) scan(rig, '203.0.113.9');
    expect(rig.events('call.refused')).toEqual([
      { type: 'call.refused', peer: 'sip:100@192.0.2.10', why: 'not allowed to call in' },
    ]);
    rig.clock.advance(60_000);
    scan(rig, '203.0.113.9');
    expect(rig.events('call.refused')).toHaveLength(2);
    expect(rig.log.lines.find((line) => line.event === 'call.refused-more')?.fields).toEqual({ times: 999 });
  });

  it('are told of ten times a minute at the most', () => {
    const rig = new DoorRig();
    for (let host = 1; host < 200; host += 1) scan(rig, `203.0.113.${host}`);
    expect(rig.events('call.refused')).toHaveLength(10);
  });
});

describe('the end of the service', () => {
  it('opens no door any more: nobody would be left to close it', async () => {
    const rig = new DoorRig();
    rig.door.stop();
    expect(await rig.commands.execute('open', { door: 'main' }, 'control')).toMatchObject({ ok: false });
    expect(rig.relay).toBe(false);
    expect(rig.clock.timers).toEqual([]);
  });

  it('rings nobody any more, whoever presses', async () => {
    const rig = new DoorRig();
    rig.door.stop();
    rig.door.press('front');
    await rig.commands.execute('press', { button: 'front' }, 'mqtt');
    await rig.commands.execute('call', { uri: 'sip:101@example.com' }, 'control');
    expect(rig.agent.dialled).toEqual([]);
    expect(rig.engine.open).toEqual([]);
  });

  it('hangs up, releases every relay, plays nothing, leaves no timer', () => {
    const rig = new DoorRig();
    rig.talk();
    rig.peerTypes('42#4');
    rig.door.stop();
    expect(rig.agent.session.count('hangup')).toBe(1);
    expect(rig.relay).toBe(false);
    expect(rig.events('door.closed')).toHaveLength(1);
    expect(rig.events('call.ended')).toMatchObject([{ reason: 'hangup-local' }]);
    expect(rig.engine.tone).toBe('none');
    expect(rig.clock.timers).toEqual([]);
    rig.pressButton();
    expect(rig.agent.dialled).toHaveLength(1);
    expect(rig.agent.peerCalls('sip:102@example.com', peerSdp()).refusal?.status).toBe(480);
  });

  it('releases the relay even when the process just ends', () => {
    const rig = new DoorRig();
    rig.talk();
    rig.peerTypes('42#');
    rig.exits.exit();
    expect(rig.relay).toBe(false);
  });
});

describe('a changed configuration', () => {
  it('holds from the next press and the next digit on, and leaves the call alone', () => {
    const rig = new DoorRig();
    rig.talk();
    const changed = configured({
      buttons: { back: { line: 'button2', call: ['sip:300@example.com'] } },
      doors: { main: { relay: 'relay', openFor: seconds(3), code: new Secret('77#') } },
    });
    rig.door.apply(changed, admissionFor(changed, rig.agent), changed.accounts);
    expect(rig.door.state().state).toBe('talking');
    rig.peerTypes('42#');
    expect(rig.relay).toBe(false);
    rig.peerTypes('77#');
    expect(rig.relay).toBe(true);
    rig.agent.session.peerHangsUp();
    rig.pressButton('button');
    expect(rig.agent.dialled).toHaveLength(1);
    rig.pressButton('button2');
    expect(rig.agent.dialled).toEqual(['sip:101@example.com', 'sip:300@example.com']);
  });

  it('closes a door that is no more', () => {
    const rig = new DoorRig();
    rig.talk();
    rig.peerTypes('42#');
    const changed = configured({ doors: {} });
    rig.door.apply(changed, admissionFor(changed, rig.agent), changed.accounts);
    expect(rig.relay).toBe(false);
    expect(rig.door.state().doors).toEqual({});
  });
});

describe('peer to peer without an account', () => {
  it('calls under an address of its own that can be called back', () => {
    const rig = new DoorRig(configured({ accounts: [] }));
    rig.agent.address = '2001:db8::5';
    rig.pressButton();
    expect(rig.agent.session.invite?.account).toMatchObject({
      uri: 'sip:door@[2001:db8::5]',
      displayName: CONFIGURATION.name,
      register: false,
    });
  });
});

describe('host names that buttons call', () => {
  it('are looked up at the start and again later', async () => {
    const lookup = vi.fn(async () => ['192.0.2.50']);
    const configuration = configured({ buttons: { front: { line: 'button', call: ['sip:phone.home.example'] } } });
    const rig = new DoorRig(configuration);
    rig.door.apply(configuration, admissionFor(configuration, rig.agent, lookup), []);
    await settle();
    expect(lookup).toHaveBeenCalledTimes(1);
    await rig.clock.advanceAsync(300_000);
    expect(lookup).toHaveBeenCalledTimes(2);
  });
});
