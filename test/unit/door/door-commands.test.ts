import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import { seconds } from '../../../src/base/units.ts';
import { configured, DoorRig } from '../../support/door-rig.ts';
import { peerSdp } from '../../support/peer-sdp.ts';

const TWO_OF_EACH = configured({
  buttons: {
    front: { line: 'button', call: ['sip:101@example.com'] },
    back: { line: 'button2', call: ['sip:102@example.com'] },
  },
  doors: {
    main: { relay: 'relay', openFor: seconds(3), code: new Secret('42#') },
    gate: { relay: 'relay2', openFor: seconds(5) },
  },
});

describe('press', () => {
  it('needs no name where there is one button', async () => {
    const rig = new DoorRig();
    expect(await rig.commands.execute('press', {}, 'control')).toEqual({ ok: true, result: { button: 'front' } });
    expect(rig.agent.dialled).toEqual(['sip:101@example.com']);
    expect(rig.events('button.pressed')).toHaveLength(1);
  });

  it('needs one where there are more', async () => {
    const rig = new DoorRig(TWO_OF_EACH);
    const outcome = await rig.commands.execute('press', {}, 'control');
    expect(outcome).toMatchObject({
      ok: false,
      error: { code: 'which-button', message: 'say which button: front, back' },
    });
    expect(await rig.commands.execute('press', { button: 'back' }, 'mqtt')).toMatchObject({ ok: true });
    expect(rig.agent.dialled).toEqual(['sip:102@example.com']);
  });

  it.each([
    ['frnt', 'there is no button "frnt"; did you mean "front"?'],
    ['garage', 'there is no button "garage": there is front, back'],
    ['toString', 'there is no button "toString": there is front, back'],
  ])('refuses %s', async (button, message) => {
    const rig = new DoorRig(TWO_OF_EACH);
    const outcome = await rig.commands.execute('press', { button }, 'control');
    expect(outcome).toEqual({ ok: false, error: { code: 'unknown-button', message } });
    expect(rig.agent.dialled).toEqual([]);
  });

  it('says that there is none', async () => {
    const rig = new DoorRig(configured({ buttons: {} }));
    expect(await rig.commands.execute('press', {}, 'control')).toMatchObject({
      ok: false,
      error: { code: 'no-button' },
    });
  });
});

describe('call', () => {
  it('calls, and names the call', async () => {
    const rig = new DoorRig();
    const outcome = await rig.commands.execute('call', { uri: 'sip:200@example.com' }, 'control');
    const [started] = rig.events('call.started');
    expect(outcome).toEqual({ ok: true, result: { call: started?.call } });
    expect(started).not.toHaveProperty('button');
    expect(rig.engine.tone).toBe('ringback');
  });

  it.each(['', '200', 'mailto:a@b.c', 'sip:', 'sip:a b@c'])('refuses "%s"', async (uri) => {
    const rig = new DoorRig();
    const outcome = await rig.commands.execute('call', { uri }, 'control');
    expect(outcome).toMatchObject({ ok: false, error: { code: 'bad-uri' } });
    expect(rig.agent.dialled).toEqual([]);
  });

  it('is refused while there is a call', async () => {
    const rig = new DoorRig();
    rig.talk();
    const outcome = await rig.commands.execute('call', { uri: 'sip:200@example.com' }, 'control');
    expect(outcome).toMatchObject({ ok: false, error: { code: 'busy' } });
  });
});

describe('hangup', () => {
  it('ends a call that rings, and one that is answered', async () => {
    const rig = new DoorRig();
    rig.pressButton();
    expect(await rig.commands.execute('hangup', {}, 'control')).toMatchObject({ ok: true });
    rig.talk();
    expect(await rig.commands.execute('hangup', {}, 'mqtt')).toMatchObject({ ok: true });
    expect(rig.events('call.ended').map((event) => event.reason)).toEqual(['cancelled', 'hangup-local']);
    expect(rig.engine.tone).toBe('none');
  });

  it('declines a call that waits for an answer', async () => {
    const rig = new DoorRig(configured({ sip: { answer: 'manual' } }));
    const session = rig.agent.peerCalls('sip:102@example.com', peerSdp());
    await rig.commands.execute('hangup', {}, 'control');
    expect(session.refusal?.status).toBe(603);
    expect(rig.events('call.ended')).toMatchObject([{ reason: 'refused' }]);
  });

  it('is refused without a call', async () => {
    const outcome = await new DoorRig().commands.execute('hangup', {}, 'control');
    expect(outcome).toEqual({ ok: false, error: { code: 'no-call', message: 'there is no call' } });
  });
});

describe('answer', () => {
  it('is refused where no call waits', async () => {
    const rig = new DoorRig();
    rig.talk();
    expect(await rig.commands.execute('answer', {}, 'control')).toMatchObject({
      ok: false,
      error: { code: 'no-call' },
    });
  });
});

describe('hold and resume', () => {
  it('silence the call that is up, and take that back', async () => {
    const rig = new DoorRig();
    rig.talk();
    const { call } = rig.door.state();
    expect(await rig.commands.execute('hold', {}, 'control')).toEqual({ ok: true, result: { call: call?.id } });
    expect(rig.media.parameters?.direction).toBe('inactive');
    rig.agent.session.peerAnswers(peerSdp({ direction: 'inactive', version: 2 }));
    expect(await rig.commands.execute('resume', {}, 'control')).toEqual({ ok: true, result: { call: call?.id } });
    rig.agent.session.peerAnswers(peerSdp({ version: 3 }));
    expect(rig.media.parameters?.direction).toBe('sendrecv');
    expect(rig.events('call.held', 'call.resumed').map(({ type }) => type)).toEqual(['call.held', 'call.resumed']);
  });

  it.each(['hold', 'resume'] as const)('%s is refused before the answer', async (command) => {
    const rig = new DoorRig();
    rig.pressButton();
    expect(await rig.commands.execute(command, {}, 'control')).toMatchObject({ ok: false, error: { code: 'no-call' } });
  });
});

describe('transfer', () => {
  const NEXT = 'sip:105@example.com';

  it('rings the next, who has the visitor on their answer; the call before ends then', async () => {
    const rig = new DoorRig();
    rig.talk();
    const first = rig.agent.session;
    const before = rig.door.state().call?.id;
    const outcome = await rig.commands.execute('transfer', { uri: NEXT }, 'control');
    expect(rig.agent.dialled.at(-1)).toBe(NEXT);
    expect([first.count('hangup'), rig.door.state().call?.id]).toEqual([0, before]);
    rig.agent.session.peerAccepts(peerSdp());
    const after = rig.door.state().call;
    expect(outcome).toEqual({ ok: true, result: { call: before, next: after?.id } });
    expect([first.count('hangup'), rig.door.state().state, after?.peer]).toEqual([1, 'talking', NEXT]);
    expect(rig.engine.open.map(({ parameters }) => parameters?.direction)).toEqual(['sendrecv']);
    expect(rig.events('call.transferred')).toMatchObject([{ call: before, to: NEXT, next: after?.id }]);
    expect(rig.events('transfer.failed')).toEqual([]);
  });

  it('that is refused is told, and the call goes on', async () => {
    const rig = new DoorRig();
    rig.talk();
    const call = rig.door.state().call?.id;
    await rig.commands.execute('transfer', { uri: NEXT }, 'control');
    rig.agent.session.peerRejects(486);
    expect(rig.events('transfer.failed')).toEqual([
      { type: 'transfer.failed', call, to: NEXT, by: 'us', status: 486, why: 'the phone is busy' },
    ]);
    expect(rig.door.state()).toMatchObject({ state: 'talking', call: { id: call } });
  });

  it('rings no longer than a call does', async () => {
    const rig = new DoorRig();
    rig.talk();
    await rig.commands.execute('transfer', { uri: NEXT }, 'control');
    rig.clock.advance(30_001);
    expect(rig.agent.session.count('hangup')).toBe(1);
    expect(rig.events('transfer.failed')).toMatchObject([{ by: 'us', why: 'nobody answered' }]);
  });

  it('is over with the call: who is rung is rung no longer', async () => {
    const rig = new DoorRig();
    rig.talk();
    await rig.commands.execute('transfer', { uri: NEXT }, 'control');
    await rig.commands.execute('hangup', {}, 'control');
    expect([rig.agent.session.count('hangup'), rig.door.state().state]).toEqual([1, 'idle']);
  });

  it.each([
    ['no-call', 'before the answer', NEXT, (rig: DoorRig) => rig.pressButton()],
    ['bad-uri', 'to what is no address', 'nobody', (rig: DoorRig) => rig.talk()],
  ])('is refused with %s %s', async (code, _, uri, begin) => {
    const rig = new DoorRig();
    begin(rig);
    expect(await rig.commands.execute('transfer', { uri }, 'control')).toMatchObject({ ok: false, error: { code } });
  });

  it('is refused while another is under way', async () => {
    const rig = new DoorRig();
    rig.talk();
    await rig.commands.execute('transfer', { uri: NEXT }, 'control');
    expect(await rig.commands.execute('transfer', { uri: NEXT }, 'control')).toMatchObject({
      ok: false,
      error: { code: 'busy' },
    });
  });

  it.each([
    ['sip:101@example.com', true],
    [NEXT, false],
  ])('by MQTT to %s: %s, since whom a button calls is all that it reaches', async (uri, ok) => {
    const rig = new DoorRig();
    rig.talk();
    expect(await rig.commands.execute('transfer', { uri }, 'mqtt')).toMatchObject({ ok });
  });
});

describe('dtmf', () => {
  it('sends digits in a call', async () => {
    const rig = new DoorRig();
    rig.talk();
    expect(await rig.commands.execute('dtmf', { digits: '12a#' }, 'control')).toEqual({
      ok: true,
      result: { digits: 4 },
    });
    expect(rig.media.digits.map(({ digits }) => digits)).toEqual(['12A#']);
  });

  it('is refused without a call, and for what is no digit', async () => {
    const rig = new DoorRig();
    expect(await rig.commands.execute('dtmf', { digits: '1' }, 'control')).toMatchObject({
      error: { code: 'no-call' },
    });
    rig.talk();
    for (const digits of ['', 'x', '1 2', '1'.repeat(65)]) {
      const outcome = await rig.commands.execute('dtmf', { digits }, 'control');
      expect(outcome).toMatchObject({ ok: false, error: { code: 'bad-digits' } });
    }
    expect(rig.media.digits).toEqual([]);
  });
});

describe('open', () => {
  it('opens for its time, and says who asked', async () => {
    const rig = new DoorRig();
    expect(await rig.commands.execute('open', {}, 'mqtt')).toEqual({ ok: true, result: { door: 'main', forMs: 3000 } });
    expect(rig.relay).toBe(true);
    expect(rig.events('door.opened')).toEqual([{ type: 'door.opened', door: 'main', by: 'mqtt', forMs: 3000 }]);
    rig.clock.advance(3000);
    expect(rig.relay).toBe(false);
  });

  it('wants a name where there are two doors', async () => {
    const rig = new DoorRig(TWO_OF_EACH);
    expect(await rig.commands.execute('open', {}, 'control')).toMatchObject({ error: { code: 'which-door' } });
    expect(await rig.commands.execute('open', { door: 'gte' }, 'control')).toMatchObject({
      error: { code: 'unknown-door', message: 'there is no door "gte"; did you mean "gate"?' },
    });
    expect(await rig.commands.execute('open', { door: 'gate' }, 'control')).toMatchObject({ result: { forMs: 5000 } });
    expect(rig.board.read('relay2').active).toBe(true);
    expect(rig.relay).toBe(false);
  });

  it('is refused where the relay cannot be had', async () => {
    const rig = new DoorRig(configured({ doors: { main: { relay: 'button', openFor: seconds(3) } } }));
    expect(await rig.commands.execute('open', {}, 'control')).toMatchObject({
      ok: false,
      error: { code: 'line-failed' },
    });
    expect(rig.door.state().doors).toEqual({ main: { open: false } });
  });
});

describe('line', () => {
  it('shows a line', async () => {
    const rig = new DoorRig();
    const result = { line: 'relay', active: false };
    expect(await rig.commands.execute('line', { line: 'relay' }, 'control')).toEqual({ ok: true, result });
  });

  it('sets an input, as a finger would', async () => {
    const rig = new DoorRig();
    const outcome = await rig.commands.execute('line', { line: 'button', active: true }, 'control');
    expect(outcome).toEqual({ ok: true, result: { line: 'button', active: true } });
    expect(rig.agent.dialled).toHaveLength(1);
    expect(rig.events('line.changed')).toEqual([{ type: 'line.changed', line: 'button', active: true }]);
  });

  it('opens the door whose relay it sets: bounded in time, and said', async () => {
    const rig = new DoorRig();
    await rig.commands.execute('line', { line: 'relay', active: true }, 'control');
    expect(rig.events('door.opened')).toMatchObject([{ door: 'main', by: 'control' }]);
    rig.clock.advance(3000);
    expect(rig.relay).toBe(false);
    await rig.commands.execute('line', { line: 'relay', active: true }, 'control');
    await rig.commands.execute('line', { line: 'relay', active: false }, 'control');
    expect(rig.relay).toBe(false);
    expect(rig.events('door.closed')).toHaveLength(2);
  });

  it('drives any other output', async () => {
    const rig = new DoorRig();
    await rig.commands.execute('line', { line: 'lamp', active: true }, 'control');
    expect(rig.board.read('lamp').active).toBe(true);
  });

  it('names the nearest line', async () => {
    const outcome = await new DoorRig().commands.execute('line', { line: 'buton' }, 'control');
    expect(outcome).toMatchObject({
      ok: false,
      error: { code: 'unknown-line', message: expect.stringContaining('did you mean "button"?') },
    });
  });
});
