// REFER in a call's dialog, both ways (RFC 3515, RFC 4488), and beside it (RFC 4538, RFC 5359 §2.18).

import { describe, expect, it } from 'vitest';
import type { SipRequest } from '../../../../../src/sip/message/types.ts';
import type { Referral, Session } from '../../../../../src/sip/session/index.ts';
import { ScriptedPhone } from '../../../../support/scripted-phone.ts';
import { bench, DOOR, deliver, offer, PHONE, peerAccount } from '../../../../support/sip-bench.ts';

type Headers = readonly (readonly [string, string])[];

/** A call that the door made and the phone has answered. */
async function called(options: Parameters<typeof bench>[0] = {}) {
  const made = await bench(options);
  const { agent, phone, clock } = made;
  const session = agent.invite({ target: `sip:101@${PHONE}`, account: peerAccount, offer });
  deliver(clock);
  const invite = phone.request('INVITE');
  phone.answer(invite, 200, { toTag: 'theirs', sdp: 'v=0 answer' });
  deliver(clock);
  let sequence = 100;
  const send = (method: string, headers: Headers, from: ScriptedPhone = phone): SipRequest => {
    sequence += 1;
    const request = from.make(method, {
      uri: 'sip:door@10.0.0.9',
      from: `<sip:101@${PHONE}>;tag=theirs`,
      to: `<sip:door@10.0.0.9>;tag=${invite.fromTag ?? ''}`,
      callId: session.id,
      sequence,
      headers: [['Contact', from.contact], ...headers],
    });
    from.send(request, DOOR);
    deliver(clock);
    return request;
  };
  const referrals: Referral[] = [];
  /** Takes every REFER. */
  const take = (refer: (referral: Referral) => void = (referral) => referral.accept()): void => {
    session.on('refer', (referral) => {
      referrals.push(referral);
      refer(referral);
    });
  };
  /** `state: status line` of each NOTIFY, repetitions left out. */
  const told = (): string[] => {
    const seen = new Map(phone.requests('NOTIFY').map((request) => [request.topVia.branch, request]));
    return [...seen.values()].map(
      ({ headers, body }) => `${headers.get('Subscription-State') ?? ''}: ${body.toString().trim()}`,
    );
  };
  phone.onMessage = (message) => {
    if (message.kind === 'request' && message.method === 'NOTIFY') phone.answer(message, 200);
  };
  return { ...made, session, invite, send, take, referrals, told };
}

const TO_BOB: Headers = [['Refer-To', '<sip:bob@10.0.0.3>']];

describe('a REFER of the peer’s', () => {
  it('is accepted, and told of until it is done', async () => {
    const made = await called();
    made.take();
    made.send('REFER', [...TO_BOB, ['Referred-By', `<sip:101@${PHONE}>`]]);
    const response = made.phone.response('REFER');
    expect(response.status).toBe(202);
    expect(response.headers.get('Contact')).toContain('10.0.0.9');
    const [referral] = made.referrals;
    expect(referral).toMatchObject({ target: 'sip:bob@10.0.0.3', referredBy: `<sip:101@${PHONE}>` });
    referral?.tell(180);
    deliver(made.clock);
    referral?.tell(200);
    deliver(made.clock);
    expect(made.told()).toEqual([
      'active;expires=180: SIP/2.0 100 Trying',
      'active;expires=180: SIP/2.0 180 Ringing',
      'terminated;reason=noresource: SIP/2.0 200 OK',
    ]);
    const notify = made.phone.request('NOTIFY');
    expect(notify.headers.get('Event')).toBe('refer');
    expect(notify.headers.get('Content-Type')).toBe('message/sipfrag;version=2.0');
    expect(notify.callId).toBe(made.session.id);
    expect(notify.toTag).toBe('theirs');
    expect(made.session.state).toBe('confirmed');
  });

  it('that nobody takes is declined', async () => {
    const made = await called();
    made.send('REFER', TO_BOB);
    expect(made.phone.statuses('REFER')).toEqual([603]);
    expect(made.told()).toEqual([]);
  });

  it('is refused as its user says, and that once', async () => {
    const made = await called();
    made.take((referral) => {
      referral.reject({ status: 403, reason: 'Not There' });
      referral.accept();
      referral.tell(200);
    });
    made.send('REFER', TO_BOB);
    expect(made.phone.response('REFER')).toMatchObject({ status: 403, reason: 'Not There' });
    made.clock.advance(200_000);
    expect(made.told()).toEqual([]);
  });

  it('of somebody else, by whom the dialog was seen, is none', async () => {
    const made = await called({ admit: ({ source }) => (source.address === PHONE ? undefined : { status: 0 }) });
    made.take();
    const thief = await ScriptedPhone.plug(made.network, '10.0.0.66');
    made.send('REFER', [['Refer-To', '<sip:+900123456@premium.example.com>']], thief);
    expect(made.referrals).toEqual([]);
    expect(thief.statuses('REFER')).toEqual([481]);
  });

  it.each([
    ['no target', [], 400],
    ['a web page', [['Refer-To', 'http://www.ietf.org']], 416],
    ['an extension that is not known', [...TO_BOB, ['Require', 'multiple-refer']], 420],
  ] as const)('to %s is refused', async (_, headers, status) => {
    const made = await called();
    made.take();
    made.send('REFER', headers);
    expect(made.phone.statuses('REFER')).toEqual([status]);
    expect(made.referrals).toEqual([]);
  });

  it('without a subscription is told of nothing (RFC 4488)', async () => {
    const made = await called();
    made.take();
    made.send('REFER', [...TO_BOB, ['Refer-Sub', 'false'], ['Require', 'norefersub']]);
    expect(made.phone.response('REFER').headers.get('Refer-Sub')).toBe('false');
    made.referrals[0]?.tell(200);
    deliver(made.clock);
    expect(made.told()).toEqual([]);
  });

  it('is told apart from an earlier one by its number (§2.4.6)', async () => {
    const made = await called();
    made.take();
    made.send('REFER', TO_BOB);
    made.referrals[0]?.tell(486);
    deliver(made.clock);
    const second = made.send('REFER', TO_BOB);
    made.referrals[1]?.tell(200);
    deliver(made.clock);
    const events = made.phone.requests('NOTIFY').map((request) => request.headers.get('Event'));
    expect(events).toEqual(['refer', 'refer', `refer;id=${second.cseq.number}`, `refer;id=${second.cseq.number}`]);
  });

  it('can be unsubscribed from: the call itself is not withdrawn (§2.4.4)', async () => {
    const made = await called();
    made.take();
    made.send('REFER', TO_BOB);
    made.send('SUBSCRIBE', [
      ['Event', 'refer'],
      ['Expires', '0'],
    ]);
    expect(made.phone.statuses('SUBSCRIBE')).toEqual([200]);
    made.referrals[0]?.tell(200);
    deliver(made.clock);
    expect(made.told().at(-1)).toBe('terminated;reason=timeout: SIP/2.0 100 Trying');
  });

  it('is told of as long as its subscription is renewed', async () => {
    const made = await called();
    made.take();
    made.send('REFER', TO_BOB);
    made.clock.advance(100_000);
    made.send('SUBSCRIBE', [
      ['Event', 'refer'],
      ['Expires', '3600'],
    ]);
    expect(made.phone.response('SUBSCRIBE').headers.get('Expires')).toBe('180');
    made.clock.advance(179_000);
    expect(made.told().at(-1)).toBe('active;expires=180: SIP/2.0 100 Trying');
    made.clock.advance(1_001);
    expect(made.told().at(-1)).toBe('terminated;reason=timeout: SIP/2.0 100 Trying');
  });

  it('a subscription to REFER is made by REFER alone', async () => {
    const made = await called();
    made.send('SUBSCRIBE', [['Event', 'refer']]);
    expect(made.phone.statuses('SUBSCRIBE')).toEqual([403]);
  });

  it('is told of no more when the peer knows nothing of it', async () => {
    const made = await called();
    made.take();
    made.phone.onMessage = (message) => {
      if (message.kind === 'request' && message.method === 'NOTIFY') made.phone.answer(message, 481);
    };
    made.send('REFER', TO_BOB);
    made.referrals[0]?.tell(180);
    made.referrals[0]?.tell(200);
    deliver(made.clock);
    expect(made.told()).toHaveLength(1);
    expect(made.session.state).toBe('confirmed');
  });

  it('says the latest only, where the peer is slow', async () => {
    const made = await called();
    made.take();
    made.phone.onMessage = () => undefined;
    made.send('REFER', TO_BOB);
    for (const status of [180, 181, 182, 183, 200]) made.referrals[0]?.tell(status);
    deliver(made.clock);
    expect(made.told()).toHaveLength(1);
    made.phone.answer(made.phone.request('NOTIFY'), 200);
    deliver(made.clock);
    expect(made.told().at(-1)).toBe('terminated;reason=noresource: SIP/2.0 200 OK');
    expect(made.told()).toHaveLength(2);
  });

  it('outlives the call that it came in: who transfers hangs up', async () => {
    const made = await called();
    made.take();
    made.send('REFER', TO_BOB);
    made.send('BYE', []);
    expect(made.session.state).toBe('terminated');
    made.referrals[0]?.tell(180);
    deliver(made.clock);
    made.referrals[0]?.tell(200);
    deliver(made.clock);
    expect(made.told().map((line) => line.slice(-6))).toEqual(['Trying', 'inging', '200 OK']);
  });

  it('leaves nothing behind when the agent ends', async () => {
    const made = await called();
    made.take();
    made.send('REFER', TO_BOB);
    made.send('BYE', []);
    const stopped = made.agent.stop();
    await made.clock.advanceAsync(3000);
    await stopped;
    expect(made.clock.timers).toEqual([]);
  });
});

describe('a REFER of ours', () => {
  async function referring(target = 'sip:bob@10.0.0.3', replaced?: Session) {
    const made = await called();
    const heard: string[] = [];
    made.session.refer(
      target,
      { progress: (status) => heard.push(`progress ${status}`), done: (status) => heard.push(`done ${status}`) },
      replaced?.dialog,
    );
    deliver(made.clock);
    return { ...made, heard };
  }

  function notify(made: Awaited<ReturnType<typeof called>>, text: string, state: string, event = 'refer'): void {
    const request = made.phone.make('NOTIFY', {
      uri: 'sip:door@10.0.0.9',
      from: `<sip:101@${PHONE}>;tag=theirs`,
      to: `<sip:door@10.0.0.9>;tag=${made.invite.fromTag ?? ''}`,
      callId: made.session.id,
      sequence: 500 + made.phone.statuses('NOTIFY').length,
      headers: [
        ['Event', event],
        ['Subscription-State', state],
      ],
      sdp: text,
      type: 'message/sipfrag;version=2.0',
    });
    made.phone.send(request, DOOR);
    deliver(made.clock);
  }

  it('names the target and ourselves, and hears how it goes', async () => {
    const made = await referring();
    const refer = made.phone.request('REFER');
    expect(refer.headers.get('Refer-To')).toBe('<sip:bob@10.0.0.3>');
    expect(refer.headers.get('Referred-By')).toBe('<sip:door@10.0.0.9>');
    expect(refer.headers.get('Contact')).toContain('10.0.0.9');
    expect(refer.toTag).toBe('theirs');
    made.phone.answer(refer, 202);
    deliver(made.clock);
    notify(made, 'SIP/2.0 100 Trying\r\n', 'active;expires=60');
    notify(made, 'SIP/2.0 180 Ringing\r\n', 'active;expires=60');
    notify(made, 'SIP/2.0 200 OK\r\n', 'terminated;reason=noresource');
    expect(made.heard).toEqual(['progress 100', 'progress 180', 'done 200']);
    expect(made.phone.statuses('NOTIFY')).toEqual([200, 200, 200]);
  });

  it('hears the NOTIFY that comes before the answer, and one with the number of the REFER', async () => {
    const made = await referring();
    const { number } = made.phone.request('REFER').cseq;
    notify(made, 'SIP/2.0 180 Ringing\r\n', 'active', `refer;id=${number}`);
    made.phone.answer(made.phone.request('REFER'), 202);
    deliver(made.clock);
    notify(made, 'SIP/2.0 486 Busy Here\r\n', 'terminated', `refer;id=${number}`);
    expect(made.heard).toEqual(['progress 180', 'done 486']);
  });

  it.each([403, 405, 603])('is refused with %i', async (status) => {
    const made = await referring();
    made.phone.answer(made.phone.request('REFER'), status);
    deliver(made.clock);
    expect(made.heard).toEqual([`done ${status}`]);
    expect(made.session.state).toBe('confirmed');
  });

  it.each([
    ['nothing is told', () => undefined],
    ['the last word says nothing', (made: Awaited<ReturnType<typeof called>>) => notify(made, '', 'terminated')],
  ])('came to nothing where %s', async (_, then) => {
    const made = await referring();
    made.phone.answer(made.phone.request('REFER'), 202);
    deliver(made.clock);
    then(made);
    made.clock.advance(33_000);
    expect(made.heard).toEqual(['done 408']);
  });

  it('a NOTIFY about another, or about nothing, is refused', async () => {
    const made = await referring();
    notify(made, 'SIP/2.0 200 OK\r\n', 'terminated', 'refer;id=77777');
    notify(made, 'x', 'active', 'dialog');
    expect(made.phone.statuses('NOTIFY')).toEqual([481, 489]);
    expect(made.heard).toEqual([]);
  });

  it('names the call whose place the peer’s is to take (RFC 3891 §4)', async () => {
    const made = await called();
    const other = made.agent.invite({ target: `sip:bob@${PHONE}`, account: peerAccount, offer });
    deliver(made.clock);
    const invite = made.phone.request('INVITE');
    made.phone.answer(invite, 200, { toTag: 'bobs', sdp: 'v=0 answer' });
    deliver(made.clock);
    made.session.refer(other.dialog?.remoteTarget ?? '', { done: () => undefined }, other.dialog);
    deliver(made.clock);
    expect(made.phone.request('REFER').headers.get('Refer-To')).toBe(
      `<sip:phone@${PHONE}:5060?Replaces=${other.id}%3Bto-tag%3Dbobs%3Bfrom-tag%3D${invite.fromTag ?? ''}>`,
    );
  });
});

describe('a REFER outside of a call', () => {
  function outside(made: Awaited<ReturnType<typeof called>>, headers: Headers, from = made.phone): void {
    const request = from.make('REFER', {
      uri: 'sip:door@10.0.0.9',
      from: `<sip:pc@${from.place.address}>;tag=pc`,
      to: '<sip:door@10.0.0.9>',
      callId: `refer-${from.statuses('REFER').length}`,
      sequence: 1,
      headers: [['Contact', from.contact], ...headers],
    });
    from.send(request, DOOR);
    deliver(made.clock);
  }

  it('is about the call that it names, and told of in a dialog of its own (RFC 4538)', async () => {
    const made = await called();
    made.take();
    const dialog = `${made.session.id};local-tag=${made.invite.fromTag ?? ''};remote-tag=theirs`;
    outside(made, [...TO_BOB, ['Target-Dialog', dialog], ['Require', 'tdialog']]);
    const response = made.phone.response('REFER');
    expect(response.status).toBe(202);
    made.referrals[0]?.tell(200);
    deliver(made.clock);
    expect(made.told()).toEqual([
      'active;expires=180: SIP/2.0 100 Trying',
      'terminated;reason=noresource: SIP/2.0 200 OK',
    ]);
    const notify = made.phone.request('NOTIFY');
    expect(notify.callId).toBe('refer-0');
    expect(notify.fromTag).toBe(response.toTag);
  });

  it('is about no call that it does not know', async () => {
    const made = await called();
    made.take();
    outside(made, [...TO_BOB, ['Target-Dialog', `${made.session.id};local-tag=guess;remote-tag=theirs`]]);
    expect(made.phone.statuses('REFER')).toEqual([481]);
  });

  it('is about no call that lives elsewhere', async () => {
    const made = await called();
    made.take();
    const other = await ScriptedPhone.plug(made.network, '10.0.0.66');
    const dialog = `${made.session.id};local-tag=${made.invite.fromTag ?? ''};remote-tag=theirs`;
    outside(made, [...TO_BOB, ['Target-Dialog', dialog]], other);
    expect(other.statuses('REFER')).toEqual([481]);
    expect(made.referrals).toEqual([]);
  });

  it('of no call is declined, where nobody takes it', async () => {
    const made = await called();
    outside(made, TO_BOB);
    expect(made.phone.statuses('REFER')).toEqual([603]);
  });

  it('of no call has its way where somebody takes it, and can be unsubscribed from', async () => {
    const made = await called();
    made.agent.on('refer', (referral) => referral.accept());
    outside(made, TO_BOB);
    const toTag = made.phone.response('REFER').toTag ?? '';
    made.phone.send(
      made.phone.make('SUBSCRIBE', {
        uri: 'sip:door@10.0.0.9',
        from: `<sip:pc@${PHONE}>;tag=pc`,
        to: `<sip:door@10.0.0.9>;tag=${toTag}`,
        callId: 'refer-0',
        sequence: 2,
        headers: [
          ['Event', 'refer'],
          ['Expires', '0'],
        ],
      }),
      DOOR,
    );
    deliver(made.clock);
    expect(made.phone.statuses('SUBSCRIBE')).toEqual([200]);
    expect(made.told().at(-1)).toContain('terminated;reason=timeout');
  });

  it('of a stranger is met with silence: no premium number is called', async () => {
    const made = await called({ admit: ({ source }) => (source.address === PHONE ? undefined : { status: 0 }) });
    let asked = 0;
    made.agent.on('refer', () => {
      asked += 1;
    });
    const stranger = await ScriptedPhone.plug(made.network, '10.0.0.66');
    outside(made, [['Refer-To', '<sip:+900123456@premium.example.com>']], stranger);
    expect(stranger.received).toEqual([]);
    expect(asked).toBe(0);
  });

  it('comes eight at a time at the most', async () => {
    const made = await called();
    made.agent.on('refer', (referral) => referral.accept());
    for (let count = 0; count < 12; count += 1) outside(made, TO_BOB);
    expect(made.phone.statuses('REFER').filter((status) => status === 480)).toHaveLength(4);
  });
});

describe('an INVITE with Replaces (RFC 3891 §3)', () => {
  async function replacing(headers: (made: Awaited<ReturnType<typeof called>>) => Headers, method = 'INVITE') {
    const made = await called();
    const other = await ScriptedPhone.plug(made.network, '10.0.0.2');
    other.send(
      other.make(method, {
        uri: 'sip:door@10.0.0.9',
        from: '<sip:102@10.0.0.2>;tag=second',
        to: '<sip:door@10.0.0.9>',
        callId: 'pickup',
        sequence: 1,
        headers: [['Contact', other.contact], ...headers(made)],
        sdp: 'v=0 offer',
      }),
      DOOR,
    );
    deliver(made.clock);
    return { ...made, other };
  }
  const replaces =
    (more = '') =>
    (made: Awaited<ReturnType<typeof called>>): Headers => [
      ['Replaces', `${made.session.id};to-tag=${made.invite.fromTag ?? ''};from-tag=theirs${more}`],
      ['Require', 'replaces'],
    ];

  it('that names a call is told with it', async () => {
    const made = await replacing(replaces());
    expect(made.calls[0]?.replaces).toBe(made.session);
    expect(made.session.state).toBe('confirmed');
  });

  it('early-only: not one that has been answered', async () => {
    const made = await replacing(replaces(';early-only'));
    expect(made.other.statuses('INVITE')).toEqual([486]);
  });

  it.each([
    ['a call that there is not', ['none;to-tag=1;from-tag=2'], 481],
    ['nothing', ['none;to-tag=1'], 400],
    ['two', ['a;to-tag=1;from-tag=2', 'b;to-tag=1;from-tag=2'], 400],
  ])('that names %s', async (_, texts, status) => {
    const made = await replacing(() => texts.map((text) => ['Replaces', text] as const));
    expect(made.other.statuses('INVITE')).toEqual([status]);
    expect(made.calls).toEqual([]);
  });

  it('that would join a call as well means nothing', async () => {
    const made = await replacing((call) => [...replaces()(call), ['Join', 'b;to-tag=1;from-tag=2']]);
    expect(made.other.statuses('INVITE')).toEqual([400]);
  });

  it('that names a call which has just ended is declined', async () => {
    const made = await called();
    made.session.hangup();
    deliver(made.clock);
    made.phone.send(
      made.phone.make('INVITE', {
        uri: 'sip:door@10.0.0.9',
        from: `<sip:102@${PHONE}>;tag=second`,
        to: '<sip:door@10.0.0.9>',
        callId: 'pickup',
        sequence: 1,
        headers: [['Contact', made.phone.contact], ...replaces()(made)],
        sdp: 'v=0 offer',
      }),
      DOOR,
    );
    deliver(made.clock);
    expect(made.phone.response('INVITE').status).toBe(603);
  });

  it('that names a call which somebody else is still to answer here', async () => {
    const made = await bench();
    const call = (callId: string, headers: Headers): void => {
      made.phone.send(
        made.phone.make('INVITE', {
          uri: 'sip:door@10.0.0.9',
          from: `<sip:101@${PHONE}>;tag=${callId}`,
          to: '<sip:door@10.0.0.9>',
          callId,
          sequence: 1,
          headers: [['Contact', made.phone.contact], ...headers],
          sdp: 'v=0 offer',
        }),
        DOOR,
      );
      deliver(made.clock);
    };
    call('first', []);
    made.calls[0]?.ring();
    deliver(made.clock);
    const toTag = made.phone.response('INVITE').toTag ?? '';
    call('second', [['Replaces', `first;to-tag=${toTag};from-tag=first`]]);
    expect(made.phone.response('INVITE').status).toBe(481);
  });

  it('is an INVITE: any other method is refused with 400', async () => {
    const made = await replacing(replaces(), 'SUBSCRIBE');
    expect(made.other.statuses('SUBSCRIBE')).toEqual([400]);
  });

  it('comes from somebody who may call, or not at all', async () => {
    const made = await called({ admit: ({ source }) => (source.address === PHONE ? undefined : { status: 0 }) });
    const thief = await ScriptedPhone.plug(made.network, '10.0.0.66');
    thief.send(
      thief.make('INVITE', {
        uri: 'sip:door@10.0.0.9',
        from: '<sip:x@10.0.0.66>;tag=x',
        to: '<sip:door@10.0.0.9>',
        callId: 'theft',
        sequence: 1,
        headers: [['Contact', thief.contact], ...replaces()(made)],
        sdp: 'v=0 offer',
      }),
      DOOR,
    );
    deliver(made.clock);
    expect(thief.received).toEqual([]);
    expect(made.calls).toEqual([]);
  });
});
