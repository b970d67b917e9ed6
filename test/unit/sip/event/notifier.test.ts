// Who watches the door (RFC 6665 §4.2) and what it is told of its calls (RFC 4235), against a watcher by hand.

import { describe, expect, it } from 'vitest';
import type { SipAgentOptions } from '../../../../src/sip/agent/sip-agent.ts';
import type { SipRequest } from '../../../../src/sip/message/types.ts';
import { type SubscribeTexts, subscribeTo } from '../../../support/scripted-notifier.ts';
import { ScriptedPhone } from '../../../support/scripted-phone.ts';
import { answer, type Bench, bench, DOOR, deliver, offer, PHONE, peerAccount } from '../../../support/sip-bench.ts';

const WATCHER = '10.0.0.2';

interface Watching extends Bench {
  readonly watcher: ScriptedPhone;
  /** How the watcher answers NOTIFYs; undefined: not at all. */
  answers: number | undefined;
  subscribe(texts?: SubscribeTexts): void;
  readonly notifies: readonly SipRequest[];
  readonly bodies: readonly string[];
  readonly states: readonly string[];
  press(): ReturnType<Bench['agent']['invite']>;
}

async function watched(options: Pick<Partial<SipAgentOptions>, 'admit' | 'dialogDetail'> = {}): Promise<Watching> {
  const made = await bench(options);
  const watcher = await ScriptedPhone.plug(made.network, WATCHER);
  const watching: Watching = {
    ...made,
    watcher,
    answers: 200,
    subscribe: (texts) => {
      subscribeTo(watcher, DOOR, texts);
      deliver(made.clock);
    },
    get notifies() {
      const seen = new Map(watcher.requests('NOTIFY').map((request) => [request.topVia.branch, request]));
      return [...seen.values()];
    },
    get bodies() {
      return this.notifies.map((request) => request.body.toString());
    },
    get states() {
      return this.notifies.map((request) => request.headers.get('Subscription-State') ?? '');
    },
    press: () => {
      const session = made.agent.invite({ target: `sip:101@${PHONE}`, account: peerAccount, offer });
      deliver(made.clock);
      return session;
    },
  };
  watcher.onMessage = (message) => {
    if (message.kind !== 'request' || message.method !== 'NOTIFY' || watching.answers === undefined) return;
    watcher.answer(message, watching.answers);
  };
  return watching;
}

/** `id state` of each dialog in a document, in order. */
function dialogsIn(body: string): string[] {
  return [...body.matchAll(/<dialog id="([^"]*)".*?<state[^>]*>([a-z]+)<\/state>/gs)].map(
    ([, id, state]) => `${id?.replace(/^[0-9a-f]+-/, '#')} ${state}`,
  );
}

const versionOf = (body: string): string => /version="(\d+)" state="(\w+)"/.exec(body)?.slice(1, 3).join(' ') ?? '';

describe('a subscription to the door (RFC 6665 §4.2.1)', () => {
  it('is answered with its life, and a NOTIFY with the state at once', async () => {
    const made = await watched();
    made.subscribe();
    const response = made.watcher.response('SUBSCRIBE');
    expect(response.status).toBe(200);
    expect(response.toTag).toBeTruthy();
    expect(response.headers.get('Expires')).toBe('3600');
    expect(response.headers.get('Contact')).toContain('10.0.0.9');
    const [notify] = made.notifies;
    expect(notify?.callId).toBe('watch-1@phone');
    expect(notify?.fromTag).toBe(response.toTag);
    expect(notify?.toTag).toBe('watcher-tag');
    expect(notify?.headers.get('Event')).toBe('dialog');
    expect(notify?.headers.get('Subscription-State')).toBe('active;expires=3600');
    expect(notify?.headers.get('Contact')).toContain('10.0.0.9');
    expect(notify?.contentType).toBe('application/dialog-info+xml');
    expect(notify?.body.toString()).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" ' +
        'version="0" state="full" entity="sip:door@10.0.0.9"/>\n',
    );
  });

  it.each([
    ['no Expires', '', 200, '3600'],
    ['a day', '86400', 200, '3600'],
    ['ten minutes', '600', 200, '600'],
    ['a poll', '0', 200, '0'],
    ['ten seconds', '10', 423, undefined],
    ['nonsense', 'soon', 400, undefined],
  ])('with %s', async (_, expires, status, granted) => {
    const made = await watched();
    made.subscribe({ expires });
    const response = made.watcher.response('SUBSCRIBE');
    expect([response.status, response.headers.get('Expires')]).toEqual([status, granted]);
    if (status === 423) expect(response.headers.get('Min-Expires')).toBe('60');
    expect(made.notifies.length).toBe(status === 200 ? 1 : 0);
  });

  it('a poll leaves nothing behind (§4.4.3)', async () => {
    const made = await watched();
    made.subscribe({ expires: '0' });
    expect(made.states).toEqual(['terminated;reason=timeout']);
    expect(made.bodies[0]).toContain('dialog-info');
    made.press();
    expect(made.notifies).toHaveLength(1);
  });

  it.each([
    ['another package', { event: 'conference' }, 489],
    ['no package', { event: '' }, 489],
    ['only bodies that it has not', { headers: [['Accept', 'application/pidf+xml']] as const }, 406],
    ['a filter', { body: '<filter-set/>' }, 415],
    ['an extension', { headers: [['Require', 'eventlist']] as const }, 420],
  ])('for %s is refused', async (_, texts, status) => {
    const made = await watched();
    made.subscribe(texts);
    const response = made.watcher.response('SUBSCRIBE');
    expect(response.status).toBe(status);
    if (status === 489) expect(response.headers.get('Allow-Events')).toContain('dialog');
    expect(made.notifies).toEqual([]);
  });

  it.each(['application/dialog-info+xml;q=0.5, application/xpidf+xml', 'application/*', '*/*'])(
    'takes Accept: %s',
    async (accept) => {
      const made = await watched();
      made.subscribe({ headers: [['Accept', accept]] });
      expect(made.watcher.response('SUBSCRIBE').status).toBe(200);
    },
  );

  it('of a stranger is met with silence', async () => {
    const made = await watched({ admit: () => ({ status: 0 }) });
    made.subscribe();
    made.press();
    expect(made.watcher.received).toEqual([]);
  });

  it('that comes twice by two ways is one (RFC 3261 §8.2.2.2)', async () => {
    const made = await watched();
    made.subscribe();
    made.subscribe();
    expect(made.watcher.statuses('SUBSCRIBE')).toEqual([200, 482]);
    expect(made.notifies).toHaveLength(1);
  });

  it('is told of in OPTIONS and INVITE', async () => {
    const made = await watched();
    made.press();
    expect(made.phone.request('INVITE').headers.get('Allow-Events')).toContain('dialog');
    expect(made.phone.request('INVITE').headers.get('Allow')).toContain('SUBSCRIBE, NOTIFY');
  });
});

describe('its life', () => {
  it('is renewed in the dialog, with the whole state again', async () => {
    const made = await watched();
    made.subscribe({ expires: '600' });
    const toTag = made.watcher.response('SUBSCRIBE').toTag ?? '';
    made.clock.advance(500_000);
    made.subscribe({ expires: '600', sequence: 2, toTag });
    expect(made.watcher.response('SUBSCRIBE').headers.get('Expires')).toBe('600');
    expect(made.states.at(-1)).toBe('active;expires=600');
    expect(versionOf(made.bodies.at(-1) ?? '')).toBe('1 full');
    made.clock.advance(550_000);
    made.press();
    expect(made.notifies.length).toBe(3);
  });

  it('ends when nobody renews it', async () => {
    const made = await watched();
    made.subscribe({ expires: '600' });
    made.clock.advance(600_000);
    expect(made.states.at(-1)).toBe('terminated;reason=timeout');
    made.press();
    expect(made.notifies).toHaveLength(2);
    made.subscribe({ sequence: 2, toTag: made.watcher.response('SUBSCRIBE').toTag ?? '' });
    expect(made.watcher.response('SUBSCRIBE').status).toBe(481);
  });

  it('ends by Expires: 0', async () => {
    const made = await watched();
    made.subscribe();
    made.subscribe({ sequence: 2, expires: '0', toTag: made.watcher.response('SUBSCRIBE').toTag ?? '' });
    expect(made.states).toEqual(['active;expires=3600', 'terminated;reason=timeout']);
    made.press();
    expect(made.notifies).toHaveLength(2);
  });

  it.each([481, 404, 489])('ends when the watcher answers %i (§4.2.2)', async (status) => {
    const made = await watched();
    made.answers = status;
    made.subscribe();
    made.press();
    expect(made.notifies).toHaveLength(1);
  });

  it('ends when the watcher answers nothing', async () => {
    const made = await watched();
    made.answers = undefined;
    made.subscribe();
    made.clock.advance(33_000);
    made.press();
    expect(made.notifies).toHaveLength(1);
  });

  it('goes on after another error, with the whole state next time', async () => {
    const made = await watched();
    made.answers = 500;
    made.subscribe();
    made.answers = 200;
    made.press();
    expect(made.bodies.map(versionOf)).toEqual(['0 full', '1 full']);
  });

  it('ends with the service: deactivated (§4.4.2)', async () => {
    const made = await watched();
    made.subscribe();
    const stopped = made.agent.stop();
    await made.clock.advanceAsync(100);
    await stopped;
    expect(made.states.at(-1)).toBe('terminated;reason=deactivated');
    expect(made.clock.timers).toEqual([]);
  });

  it('no second event shares its dialog (§4.5.2)', async () => {
    const made = await watched();
    made.subscribe();
    const toTag = made.watcher.response('SUBSCRIBE').toTag ?? '';
    made.subscribe({ sequence: 2, toTag, event: 'dialog;id=2' });
    expect(made.watcher.response('SUBSCRIBE').status).toBe(403);
  });

  it('a SUBSCRIBE out of order is refused with 500', async () => {
    const made = await watched();
    made.subscribe({ sequence: 7 });
    made.subscribe({ sequence: 3, toTag: made.watcher.response('SUBSCRIBE').toTag ?? '' });
    expect(made.watcher.response('SUBSCRIBE').status).toBe(500);
  });

  it('nobody else can end it', async () => {
    const made = await watched({
      admit: ({ source }) => (source.address === WATCHER ? undefined : { status: 0 }),
    });
    made.subscribe();
    const thief = await ScriptedPhone.plug(made.network, '10.0.0.66');
    const toTag = made.watcher.response('SUBSCRIBE').toTag ?? '';
    subscribeTo(thief, DOOR, { sequence: 2, expires: '0', toTag });
    deliver(made.clock);
    made.press();
    expect(made.states).toEqual(['active;expires=3600', 'active;expires=3600']);
  });
});

describe('floods', () => {
  it('one address has sixteen', async () => {
    const made = await watched();
    for (let call = 0; call < 30; call += 1) made.subscribe({ callId: `flood-${call}` });
    const statuses = made.watcher.statuses('SUBSCRIBE');
    expect(statuses.filter((status) => status === 200)).toHaveLength(16);
    expect(statuses.filter((status) => status === 480)).toHaveLength(14);
    expect(made.watcher.response('SUBSCRIBE').headers.get('Retry-After')).toBe('60');
    made.press();
    expect(made.notifies).toHaveLength(32);
  });

  it('a watcher names no place that notifications go to but its own, and others who are let in', async () => {
    const made = await watched({
      admit: ({ source }) => (source.address === WATCHER ? undefined : { status: 0 }),
    });
    const victim = await ScriptedPhone.plug(made.network, '10.0.0.99');
    made.subscribe({ contact: '<sip:victim@10.0.0.99>' });
    made.press();
    expect(victim.received).toEqual([]);
    expect(made.notifies).toHaveLength(2);
  });

  it('changes that come too fast are told together', async () => {
    const made = await watched();
    made.subscribe();
    for (let call = 0; call < 50; call += 1) made.press().hangup();
    made.clock.advance(10);
    const soon = made.notifies.length;
    made.clock.advance(3000);
    expect(soon).toBeLessThanOrEqual(6);
    expect(made.notifies.length).toBeLessThanOrEqual(9);
    made.clock.advance(40_000);
    const last = made.bodies.at(-1) ?? '';
    expect(dialogsIn(last).every((dialog) => dialog.endsWith('terminated'))).toBe(true);
  });

  it('a slow watcher has one NOTIFY at a time', async () => {
    const made = await watched();
    made.answers = undefined;
    made.subscribe();
    const session = made.press();
    made.phone.answer(made.phone.request('INVITE'), 180);
    deliver(made.clock);
    expect(made.notifies).toHaveLength(1);
    made.answers = 200;
    made.clock.advance(600);
    expect(made.notifies).toHaveLength(2);
    expect(dialogsIn(made.bodies[1] ?? '')).toEqual(['#0 early']);
    session.hangup();
  });
});

describe('what a watcher sees of a call (RFC 4235)', () => {
  it('within 200 ms of the press, then as it goes on', async () => {
    const made = await watched();
    made.subscribe();
    const session = made.press();
    expect(made.notifies).toHaveLength(2);
    const invite = made.phone.request('INVITE');
    made.phone.answer(invite, 180, { toTag: 'ringing' });
    deliver(made.clock);
    made.phone.answer(invite, 200, { toTag: 'ringing', sdp: 'v=0 answer' });
    deliver(made.clock);
    session.hangup();
    deliver(made.clock);
    expect(made.bodies.map(versionOf)).toEqual(['0 full', '1 partial', '2 partial', '3 partial', '4 partial']);
    expect(made.bodies.map(dialogsIn)).toEqual([[], ['#0 trying'], ['#0 early'], ['#0 confirmed'], ['#0 terminated']]);
    expect(made.bodies[4]).toContain('<state event="local-bye">terminated</state>');
  });

  it('with what it takes to pick it up', async () => {
    const made = await watched();
    made.subscribe();
    made.press();
    const invite = made.phone.request('INVITE');
    made.phone.answer(invite, 180, { toTag: 'ringing' });
    deliver(made.clock);
    const body = made.bodies.at(-1) ?? '';
    expect(body).toContain(
      `call-id="${invite.callId}" local-tag="${invite.fromTag ?? ''}" remote-tag="ringing" direction="initiator"`,
    );
    expect(body).toContain('<local><identity display="Front door">sip:door@10.0.0.9</identity>');
    expect(body).toContain(`<remote><identity>sip:101@${PHONE}</identity>`);
    expect(body).toContain(`<target uri="sip:phone@${PHONE}:5060"/></remote>`);
  });

  it('a call that comes in', async () => {
    const made = await watched();
    made.subscribe();
    made.phone.send(
      made.phone.make('INVITE', {
        uri: 'sip:door@10.0.0.9',
        from: `"A & <B>" <sip:101@${PHONE}>;tag=caller`,
        to: '<sip:door@10.0.0.9>',
        callId: 'in-1',
        sequence: 1,
        headers: [['Contact', made.phone.contact]],
        sdp: 'v=0 offer',
      }),
      DOOR,
    );
    deliver(made.clock);
    made.calls[0]?.ring();
    deliver(made.clock);
    made.calls[0]?.reject({ status: 486 });
    deliver(made.clock);
    expect(made.bodies.map(dialogsIn)).toEqual([[], ['#0 trying'], ['#0 early'], ['#0 terminated']]);
    expect(made.bodies[1]).toContain('direction="recipient"');
    expect(made.bodies[1]).toContain('<identity display="A &amp; &lt;B&gt;">');
    expect(made.bodies[3]).toContain('<state event="rejected" code="486">terminated</state>');
  });

  it('each branch of a forked call (§6.1)', async () => {
    const made = await watched();
    made.subscribe();
    made.press();
    const invite = made.phone.request('INVITE');
    made.phone.answer(invite, 180, { toTag: 'one' });
    deliver(made.clock);
    made.phone.answer(invite, 180, { toTag: 'two' });
    deliver(made.clock);
    made.phone.answer(invite, 200, { toTag: 'two', sdp: 'v=0 answer' });
    deliver(made.clock);
    expect(made.bodies.map(dialogsIn).slice(2)).toEqual([
      ['#0 early'],
      ['#1 early'],
      ['#0 terminated', '#1 confirmed'],
    ]);
  });

  it('what it asks for by name, and nothing else (§3.2)', async () => {
    const made = await watched();
    const wanted = made.press();
    made.press();
    const tag = made.phone.requests('INVITE').find(({ callId }) => callId === wanted.id)?.fromTag ?? '';
    made.subscribe({ event: `dialog;call-id="${wanted.id}";to-tag=${tag}` });
    expect(dialogsIn(made.bodies[0] ?? '')).toEqual(['#0 trying']);
    expect(made.bodies[0]).toContain(wanted.id);
  });

  it('not the call that it is in itself (§3.3)', async () => {
    const made = await watched();
    const told = (): string[][] => {
      const requests = made.phone.requests('NOTIFY');
      for (const request of requests) made.phone.answer(request, 200);
      return requests.map((request) => dialogsIn(request.body.toString()));
    };
    made.press();
    made.phone.answer(made.phone.request('INVITE'), 180);
    deliver(made.clock);
    made.subscribe({ contact: `<sip:phone@${PHONE}:5060>` });
    expect(told()).toEqual([[]]);
    // Of a call that nobody has answered yet it is not known whose it is.
    made.press();
    deliver(made.clock);
    expect(told().slice(1)).toEqual([['#0 trying']]);
  });

  it('only that there is one, where the door tells no more (§3.7.2)', async () => {
    const made = await watched({ dialogDetail: () => 'state' });
    made.subscribe();
    const session = made.press();
    made.phone.answer(made.phone.request('INVITE'), 180);
    deliver(made.clock);
    session.hangup();
    deliver(made.clock);
    expect(made.bodies[1]).toContain('<dialog id="call"><state>confirmed</state></dialog>');
    expect(made.bodies.map(dialogsIn)).toEqual([[], ['call confirmed'], ['call terminated']]);
    expect(made.bodies.join()).not.toContain(session.id);
    made.subscribe({ callId: 'w2', event: `dialog;call-id="${session.id}";to-tag=1;from-tag=2` });
    expect(made.watcher.response('SUBSCRIBE').status).toBe(403);
  });

  it('nothing, where the door tells nothing', async () => {
    const made = await watched({ dialogDetail: () => 'off' });
    made.subscribe();
    expect(made.watcher.response('SUBSCRIBE').status).toBe(403);
  });

  it('that one call takes the place of another (§4.1.4, RFC 3891)', async () => {
    const made = await watched();
    made.subscribe();
    const session = made.press();
    const invite = made.phone.request('INVITE');
    made.phone.answer(invite, 180, { toTag: 'ringing' });
    deliver(made.clock);
    made.phone.send(
      made.phone.make('INVITE', {
        uri: 'sip:door@10.0.0.9',
        from: `<sip:102@${PHONE}>;tag=second`,
        to: '<sip:door@10.0.0.9>',
        callId: 'pickup',
        sequence: 1,
        headers: [
          ['Contact', made.phone.contact],
          ['Replaces', `${session.id};to-tag=${invite.fromTag ?? ''};from-tag=ringing;early-only`],
        ],
        sdp: 'v=0 offer',
      }),
      DOOR,
    );
    deliver(made.clock);
    made.calls[0]?.accept(answer);
    session.hangup();
    made.clock.advance(2000);
    const all = made.bodies.join();
    expect(all).toContain(
      `<replaces call-id="${session.id}" local-tag="${invite.fromTag ?? ''}" remote-tag="ringing"/>`,
    );
    expect(all).toContain('<state event="replaced">terminated</state>');
  });

  it('that a call ran into nothing', async () => {
    const made = await watched();
    made.subscribe();
    made.phone.unplug();
    made.press();
    made.clock.advance(33_000);
    expect(made.bodies.at(-1)).toContain('<state event="timeout">terminated</state>');
  });
});

it('answers of ours are not mixed up with calls', async () => {
  const made = await watched();
  made.subscribe();
  const session = made.press();
  made.phone.answer(made.phone.request('INVITE'), 200, { sdp: answer.data.toString() });
  deliver(made.clock);
  expect(session.state).toBe('confirmed');
  // RFC 6665 §4.5.2: nothing is subscribed to in a call's dialog.
  const invite = made.phone.request('INVITE');
  for (const [method, status] of [
    ['SUBSCRIBE', 403],
    ['NOTIFY', 489],
  ] as const) {
    made.phone.send(
      made.phone.make(method, {
        uri: 'sip:door@10.0.0.9',
        from: `<sip:101@${PHONE}>;tag=phone-tag`,
        to: `<sip:door@10.0.0.9>;tag=${invite.fromTag ?? ''}`,
        callId: session.id,
        sequence: status,
        headers: [
          ['Event', 'dialog'],
          ['Subscription-State', 'active'],
        ],
      }),
      DOOR,
    );
    deliver(made.clock);
    expect(made.phone.statuses(method)).toEqual([status]);
  }
});
