// Subscriptions of ours against a notifier by hand (RFC 6665 §4.1, §4.4).

import { describe, expect, it } from 'vitest';
import { seconds } from '../../../../src/base/units.ts';
import type { SubscribeOptions } from '../../../../src/sip/agent/types.ts';
import type { Notification } from '../../../../src/sip/event/index.ts';
import { type NotifyTexts, notify } from '../../../support/scripted-notifier.ts';
import { ScriptedPhone } from '../../../support/scripted-phone.ts';
import { bench, DOOR, deliver, PHONE, peerAccount } from '../../../support/sip-bench.ts';

const REG = 'application/reginfo+xml';

async function subscribed(changes: Partial<SubscribeOptions> = {}, admitted = true) {
  const made = await bench(admitted ? {} : { admit: () => ({ status: 0 }) });
  const { agent, phone, clock } = made;
  const heard: string[] = [];
  const notifications: Notification[] = [];
  const subscription = agent.subscribe({
    target: `sip:registrar@${PHONE}`,
    account: peerAccount,
    event: 'reg',
    accept: [REG],
    expires: seconds(3600),
    ...changes,
  });
  subscription.on('status', ({ state, reason }) => heard.push(reason === null ? state : `${state}: ${reason}`));
  subscription.on('ended', (end) => heard.push(`ended ${end.kind}`));
  subscription.on('notification', (notification) => {
    notifications.push(notification);
    heard.push(`notified ${notification.body?.data.toString() ?? 'nothing'}`);
  });
  deliver(clock);
  const tell = (texts: NotifyTexts, from: ScriptedPhone = phone) => {
    notify(from, phone.request('SUBSCRIBE'), DOOR, texts);
    deliver(clock);
  };
  const grant = (expires = '3600', status = 200) => {
    const headers = [['Expires', expires] as const];
    phone.answer(phone.request('SUBSCRIBE'), status, { toTag: 'notifier-tag', headers });
    deliver(clock);
  };
  const answers = (): readonly number[] => phone.statuses('NOTIFY');
  return { ...made, subscription, heard, notifications, tell, grant, answers };
}

describe('asking', () => {
  it('says what is wanted, and as whom', async () => {
    const { phone } = await subscribed({ event: 'ua-profile;profile-type="device"', headers: [['X-Test', 'yes']] });
    const request = phone.request('SUBSCRIBE');
    expect(request.requestUri).toBe(`sip:registrar@${PHONE}`);
    expect(request.headers.get('Event')).toBe('ua-profile;profile-type="device"');
    expect(request.headers.get('Expires')).toBe('3600');
    expect(request.headers.get('Accept')).toBe(REG);
    expect(request.headers.get('X-Test')).toBe('yes');
    expect(request.headers.get('Contact')).toContain('10.0.0.9');
    expect(request.from.uri).toBe('sip:door@10.0.0.9');
    expect(request.fromTag).toBeTruthy();
    expect(request.toTag).toBeUndefined();
  });

  it('shows which device it is, where that is wanted, in every SUBSCRIBE (RFC 6080 §5.1.4.1)', async () => {
    const instance = 'urn:uuid:f81d4fae-7ced-11d0-a765-00a0c91e6bf6';
    const { phone, grant, tell, subscription, clock } = await subscribed({ instance });
    grant();
    tell({ state: 'active;expires=3600' });
    subscription.renew();
    deliver(clock);
    const contacts = phone.requests('SUBSCRIBE').map((request) => request.headers.get('Contact') ?? '');
    expect(contacts).toHaveLength(2);
    for (const contact of contacts) expect(contact.endsWith(`>;+sip.instance="<${instance}>"`)).toBe(true);
  });

  it('is active with the first NOTIFY', async () => {
    const { tell, grant, heard, subscription, answers } = await subscribed();
    grant();
    expect(subscription.status.state).toBe('waiting');
    tell({ state: 'active;expires=3600', body: '<reginfo/>' });
    expect(heard).toEqual(['active', 'notified <reginfo/>']);
    expect(answers()).toEqual([200]);
  });

  it('takes the NOTIFY that comes before the answer (§4.1.2.4)', async () => {
    const { tell, grant, heard, clock } = await subscribed();
    tell({ state: 'active;expires=3600' });
    grant();
    clock.advance(60_000);
    expect(heard).toEqual(['active', 'notified nothing']);
  });

  it('says so while the notifier has not decided', async () => {
    const { tell, heard } = await subscribed();
    tell({ state: 'pending;expires=600' });
    tell({ state: 'active;expires=600', sequence: 2 });
    expect(heard).toEqual([
      'pending: the notifier has not decided yet',
      'notified nothing',
      'active',
      'notified nothing',
    ]);
  });

  it('asks for a longer life where 423 says so, and not for ever', async () => {
    const { phone, grant, clock } = await subscribed({ expires: seconds(60) });
    for (let least = 100; least < 2000; least += 100) {
      phone.answer(phone.request('SUBSCRIBE'), 423, { headers: [['Min-Expires', String(least)]] });
      deliver(clock);
    }
    const asked = phone.requests('SUBSCRIBE').map((request) => request.headers.get('Expires'));
    expect(asked).toEqual(['60', '100', '200', '300', '400']);
    grant();
  });

  it('does not obey a notifier that wants a week', async () => {
    const { phone, clock } = await subscribed();
    phone.answer(phone.request('SUBSCRIBE'), 423, { headers: [['Min-Expires', '604800']] });
    deliver(clock);
    expect(phone.requests('SUBSCRIBE')).toHaveLength(1);
  });
});

describe('which NOTIFY counts (§4.1.3, §4.4.1, §8.2.1)', () => {
  it.each([
    ['another Call-ID', { callId: 'other@phone' }, 481],
    ['another package', { event: 'dialog' }, 481],
    ['another id', { event: 'reg;id=7' }, 481],
    ['no package at all', { event: 'no package' }, 489],
    ['a state that is none', { state: 'asleep' }, 400],
  ])('not one with %s', async (_, texts, status) => {
    const { tell, heard, answers } = await subscribed();
    tell({ state: 'active', ...texts });
    expect(answers()).toEqual([status]);
    expect(heard).toEqual([]);
  });

  it('with other parameters of the package, it is the same', async () => {
    const { tell, answers } = await subscribed();
    tell({ state: 'active', event: 'reg;effective-by=0' });
    expect(answers()).toEqual([200]);
  });

  it('one without Subscription-State is of an old notifier', async () => {
    const { tell, heard } = await subscribed();
    tell({ state: '', body: 'news' });
    expect(heard).toEqual(['active', 'notified news']);
  });

  it('not one that comes from where nobody was asked', async () => {
    const made = await subscribed({}, false);
    const stranger = await ScriptedPhone.plug(made.network, '10.0.0.66');
    made.tell({ state: 'active', body: 'lies' }, stranger);
    expect(made.heard).toEqual([]);
    expect(stranger.statuses('NOTIFY')).toEqual([481]);
    made.tell({ state: 'active', body: 'truth' });
    expect(made.heard).toEqual(['active', 'notified truth']);
  });

  it('not one of a stranger who has seen the dialog', async () => {
    const made = await subscribed({}, false);
    made.tell({ state: 'active' });
    const stranger = await ScriptedPhone.plug(made.network, '10.0.0.66');
    made.tell({ state: 'terminated;reason=rejected', sequence: 2 }, stranger);
    expect(made.subscription.status.state).toBe('active');
  });

  it('out of order it is refused with 500 (RFC 3261 §12.2.2)', async () => {
    const { tell, heard, answers } = await subscribed();
    tell({ state: 'active', sequence: 5, body: 'new' });
    tell({ state: 'active', sequence: 4, body: 'old' });
    expect(answers()).toEqual([200, 500]);
    expect(heard).toEqual(['active', 'notified new']);
  });

  it('a body that was not asked for is refused, and its state counts', async () => {
    const { tell, heard, phone } = await subscribed();
    tell({ state: 'active', body: 'GIF89a', type: 'image/gif' });
    expect(phone.response('NOTIFY').status).toBe(415);
    expect(phone.response('NOTIFY').headers.get('Accept')).toBe(REG);
    tell({ state: 'active', sequence: 2, body: 'x', headers: [['Content-Encoding', 'gzip']] });
    expect(phone.response('NOTIFY').headers.get('Accept-Encoding')).toBe('identity');
    expect(heard).toEqual(['active', 'notified nothing', 'notified nothing']);
  });

  it('a flood of them leaves nothing behind', async () => {
    const { tell, grant, clock } = await subscribed();
    grant();
    tell({ state: 'active;expires=3600' });
    clock.advance(40_000);
    const timers = clock.timers.length;
    for (let sequence = 2; sequence < 102; sequence += 1) tell({ state: 'active;expires=3600', sequence });
    clock.advance(40_000);
    expect(clock.timers.length).toBe(timers);
  });
});

describe('forks (§4.1.4, §5.4.9)', () => {
  const second = { tag: 'second-tag', state: 'active;expires=3600' };

  it('a package with one notifier takes the first', async () => {
    const { tell, answers, heard } = await subscribed();
    tell({ state: 'active;expires=3600', body: 'one' });
    tell({ ...second, body: 'two' });
    expect(answers()).toEqual([200, 481]);
    expect(heard).toEqual(['active', 'notified one']);
  });

  it('others take several, each refreshed by itself', async () => {
    const { tell, grant, answers, phone, clock, notifications } = await subscribed({ forks: 8 });
    grant();
    tell({ state: 'active;expires=3600', body: 'one' });
    tell({ ...second, body: 'two' });
    expect(answers()).toEqual([200, 200]);
    expect(notifications.map(({ branch }) => branch)).toEqual(['notifier-tag', 'second-tag']);
    phone.received.length = 0;
    clock.advance(2_800_000);
    expect(new Set(phone.requests('SUBSCRIBE').map((request) => request.toTag))).toEqual(
      new Set(['notifier-tag', 'second-tag']),
    );
  });

  it('none comes after timer N', async () => {
    const { tell, answers, clock } = await subscribed({ forks: 8 });
    tell({ state: 'active;expires=3600' });
    clock.advance(32_001);
    tell(second);
    expect(answers()).toEqual([200, 481]);
  });

  it('is over when the last of them is', async () => {
    const { tell, heard, clock } = await subscribed({ forks: 8 });
    tell({ state: 'active;expires=3600' });
    tell(second);
    tell({ state: 'terminated;reason=rejected', sequence: 2 });
    clock.advance(32_001);
    expect(heard).not.toContain('ended terminated');
    tell({ state: 'terminated;reason=rejected', sequence: 2, tag: 'second-tag' });
    expect(heard.at(-1)).toBe('ended terminated');
  });
});

describe('keeping it (§4.1.2.2)', () => {
  it('refreshes in the dialog, well before its end', async () => {
    const { tell, grant, phone, clock } = await subscribed();
    grant('600');
    tell({ state: 'active;expires=600' });
    phone.received.length = 0;
    clock.advance(290_000);
    expect(phone.requests('SUBSCRIBE')).toHaveLength(0);
    clock.advance(165_000);
    const refresh = phone.request('SUBSCRIBE');
    expect(refresh.toTag).toBe('notifier-tag');
    expect(refresh.headers.get('Event')).toBe('reg');
    expect(refresh.cseq.number).toBe(2);
    // §4.4.1: the target is the NOTIFY's Contact.
    expect(refresh.requestUri).toBe(`sip:phone@${PHONE}:5060`);
  });

  it('follows the shorter life that the notifier gives', async () => {
    const { tell, phone, clock } = await subscribed();
    tell({ state: 'active;expires=100' });
    phone.received.length = 0;
    clock.advance(76_000);
    expect(phone.requests('SUBSCRIBE')).not.toHaveLength(0);
  });

  it('goes on with a life of an hour though the notifier counts it down in each NOTIFY', async () => {
    const { tell, grant, phone, clock, subscription } = await subscribed();
    grant();
    tell({ state: 'active;expires=3600' });
    clock.advance(1_000_000);
    tell({ state: 'active;expires=2600', sequence: 2 });
    clock.advance(2_000_000);
    const refresh = phone.request('SUBSCRIBE');
    expect(refresh.toTag).toBe('notifier-tag');
    phone.answer(refresh, 200, { headers: [['Expires', '3600']] });
    deliver(clock);
    tell({ state: 'active;expires=3600', sequence: 3 });
    clock.advance(1_700_000);
    expect(subscription.status.state).toBe('active');
  });

  it.each([404, 481, 489, 604])('is lost by a %i, and asked for anew, in another dialog', async (status) => {
    const { tell, grant, phone, clock, heard } = await subscribed();
    grant('600');
    tell({ state: 'active;expires=600' });
    const first = phone.request('SUBSCRIBE');
    phone.onMessage = (message) => {
      if (message.kind === 'request' && message.toTag !== undefined) phone.answer(message, status);
    };
    clock.advance(460_000);
    const again = phone.request('SUBSCRIBE');
    expect(heard).toContain('waiting: the notifier has lost it');
    expect(again.toTag).toBeUndefined();
    expect(again.callId).not.toBe(first.callId);
    expect(again.fromTag).not.toBe(first.fromTag);
  });

  it('outlives a refresh that the notifier cannot answer now', async () => {
    const { tell, grant, phone, clock, subscription } = await subscribed();
    grant('600');
    tell({ state: 'active;expires=600' });
    phone.onMessage = (message) => {
      if (message.kind === 'request' && message.method === 'SUBSCRIBE') phone.answer(message, 500);
    };
    clock.advance(560_000);
    expect(subscription.status.state).toBe('active');
    expect(phone.requests('SUBSCRIBE').length).toBeGreaterThan(2);
    phone.onMessage = () => undefined;
    clock.advance(41_000);
    // It ran out; the next one is in another dialog.
    expect(subscription.status.state).toBe('waiting');
    expect(phone.request('SUBSCRIBE').toTag).toBeUndefined();
  });

  it('is lost when no NOTIFY follows a refresh: timer N', async () => {
    const { tell, grant, phone, clock, heard } = await subscribed();
    grant('600');
    tell({ state: 'active;expires=600' });
    phone.onMessage = (message) => {
      if (message.kind === 'request' && message.method === 'SUBSCRIBE') {
        phone.answer(message, 200, { headers: [['Expires', '600']] });
      }
    };
    clock.advance(500_000);
    expect(heard).toContain('waiting: no notification');
  });
});

describe('its end', () => {
  it('is asked for anew at once when it was deactivated (§4.4.2)', async () => {
    const { tell, phone, clock, subscription } = await subscribed();
    tell({ state: 'active;expires=3600' });
    clock.advance(20_000);
    const first = phone.request('SUBSCRIBE').callId;
    tell({ state: 'terminated;reason=deactivated', sequence: 2 });
    deliver(clock);
    expect(phone.request('SUBSCRIBE').callId).not.toBe(first);
    expect(subscription.status.state).toBe('waiting');
  });

  it.each(['rejected', 'noresource', 'invariant'])('is for ever when it was %s', async (reason) => {
    const { tell, grant, phone, clock, heard, subscription } = await subscribed();
    grant();
    tell({ state: 'active;expires=3600' });
    tell({ state: `terminated;reason=${reason};retry-after=1`, sequence: 2 });
    clock.advance(7_200_000);
    expect(heard.at(-1)).toBe('ended terminated');
    expect(subscription.status).toEqual({ state: 'ended', reason });
    expect(phone.requests('SUBSCRIBE')).toHaveLength(1);
  });

  it('waits as long as it is told (§4.1.3)', async () => {
    const { tell, grant, phone, clock } = await subscribed();
    grant();
    tell({ state: 'terminated;reason=probation;retry-after=300' });
    clock.advance(299_000);
    expect(phone.requests('SUBSCRIBE')).toHaveLength(1);
    clock.advance(40_000);
    expect(new Set(phone.requests('SUBSCRIBE').map(({ callId }) => callId)).size).toBe(2);
  });

  it('is for ever where the server knows no such package', async () => {
    const { phone, clock, heard } = await subscribed();
    phone.answer(phone.request('SUBSCRIBE'), 489);
    deliver(clock);
    clock.advance(7_200_000);
    expect(heard).toEqual(['ended: 489 Bad Event', 'ended refused']);
    expect(phone.requests('SUBSCRIBE')).toHaveLength(1);
  });

  it('comes back when a dead server does, by and by and not in step with others', async () => {
    const { phone, clock, tell, grant, subscription, heard } = await subscribed();
    const begun = phone.requests('SUBSCRIBE').length;
    clock.advance(600_000);
    const attempts = new Set(phone.requests('SUBSCRIBE').map(({ callId }) => callId)).size;
    expect(begun).toBe(1);
    expect(attempts).toBeGreaterThan(5);
    expect(attempts).toBeLessThan(20);
    expect(heard).toEqual(['waiting: no notification']);
    while (subscription.status.state !== 'active') {
      clock.advance(5_000);
      grant();
      tell({ state: 'active;expires=3600' });
    }
  });

  it('a fetch has its answer and no more (§4.4.3)', async () => {
    const { tell, grant, phone, clock, heard } = await subscribed({ expires: seconds(0) });
    expect(phone.request('SUBSCRIBE').headers.get('Expires')).toBe('0');
    grant('0');
    tell({ state: 'terminated;reason=timeout', body: 'state' });
    expect(heard).toEqual(['notified state', 'ended: timeout', 'ended terminated']);
    clock.advance(3_600_000);
    expect(phone.requests('SUBSCRIBE')).toHaveLength(1);
  });

  it('unsubscribes in the dialog, and hears the last word (§4.1.2.3)', async () => {
    const { tell, grant, phone, clock, heard, subscription } = await subscribed();
    grant();
    tell({ state: 'active;expires=3600' });
    const done: string[] = [];
    subscription.stop(() => done.push('done'));
    deliver(clock);
    const last = phone.request('SUBSCRIBE');
    expect(last.headers.get('Expires')).toBe('0');
    expect(last.toTag).toBe('notifier-tag');
    phone.answer(last, 200, { headers: [['Expires', '0']] });
    tell({ state: 'terminated;reason=timeout', sequence: 2, body: 'last' });
    expect(heard.slice(-3)).toEqual(['notified last', 'ended', 'ended terminated']);
    expect(done).toEqual(['done']);
    clock.advance(3_600_000);
    expect(phone.requests('SUBSCRIBE').at(-1)).toBe(last);
  });

  it('unsubscribes though the first NOTIFY is still to come', async () => {
    const { tell, grant, phone, clock, subscription } = await subscribed();
    grant();
    subscription.stop();
    tell({ state: 'active;expires=3600' });
    deliver(clock);
    expect(phone.request('SUBSCRIBE').headers.get('Expires')).toBe('0');
  });

  it('goes with the agent, answered or not', async () => {
    const { tell, grant, phone, clock, agent } = await subscribed();
    grant();
    tell({ state: 'active;expires=3600' });
    const stopped = agent.stop();
    await clock.advanceAsync(3000);
    await stopped;
    expect(phone.request('SUBSCRIBE').headers.get('Expires')).toBe('0');
    expect(clock.timers).toEqual([]);
  });
});

describe('a changed network', () => {
  it('has a subscription looked at', async () => {
    const { tell, grant, phone, clock, agent } = await subscribed();
    grant();
    tell({ state: 'active;expires=3600' });
    agent.networkChanged();
    deliver(clock);
    expect(phone.requests('SUBSCRIBE').at(-1)?.toTag).toBe('notifier-tag');
  });

  it('has one that waits asked for at once', async () => {
    const { phone, clock, agent } = await subscribed();
    phone.answer(phone.request('SUBSCRIBE'), 403);
    deliver(clock);
    agent.networkChanged();
    deliver(clock);
    expect(phone.requests('SUBSCRIBE')).toHaveLength(2);
  });
});

describe('a NOTIFY that nobody subscribed to', () => {
  async function unasked(event: string) {
    const made = await bench();
    const heard: string[] = [];
    made.agent.onUnasked('check-sync', ({ event: type }) => {
      heard.push(type.parameters.get('reboot')?.toString() ?? 'plain');
      return 200;
    });
    made.phone.send(
      made.phone.make('NOTIFY', {
        uri: 'sip:door@10.0.0.9',
        from: `<sip:pbx@${PHONE}>;tag=1`,
        to: '<sip:door@10.0.0.9>',
        callId: 'unasked',
        sequence: 1,
        headers: [['Event', event]],
      }),
      DOOR,
    );
    deliver(made.clock);
    return { ...made, heard };
  }

  it('is for whoever takes the package', async () => {
    const { heard, phone } = await unasked('check-sync;reboot=false');
    expect(heard).toEqual(['false']);
    expect(phone.statuses('NOTIFY')).toEqual([200]);
  });

  it('else it is refused with the packages that there are', async () => {
    const { phone } = await unasked('reg');
    expect(phone.response('NOTIFY').status).toBe(489);
    expect(phone.response('NOTIFY').headers.get('Allow-Events')).toContain('dialog');
  });
});
