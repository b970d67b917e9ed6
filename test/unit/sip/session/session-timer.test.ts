// RFC 4028: the decisions by themselves, then at work in both roles, with either side refreshing.

import { describe, expect, it } from 'vitest';
import { seconds } from '../../../../src/base/units.ts';
import {
  answerTimer,
  askTimer,
  leastFor,
  moments,
  readSessionExpires,
  sessionTimer,
  settledTimer,
  type TimerEvent,
  type TimerState,
} from '../../../../src/sip/session/session-timer.ts';
import { step } from '../../../../src/sip/transaction/machine.ts';
import {
  ALLOWS,
  callIn,
  callOut,
  type InSession,
  peerSends,
  sdp,
  talkIn,
  talkOut,
} from '../../../support/session-rig.ts';
import { deliver } from '../../../support/sip-bench.ts';
import { answer, incoming, outgoing } from '../../../support/sip-messages.ts';

type HeaderList = (readonly [string, string])[];

const KNOWS: readonly [string, string] = ['Supported', 'timer'];
const asks = (...extra: string[]) => incoming('INVITE', { extra });

describe('Session-Expires (RFC 4028 §4)', () => {
  it.each([
    ['Session-Expires: 1800', { interval: 1800, refresher: undefined }],
    ['x: 4000;refresher=uac', { interval: 4000, refresher: 'uac' }],
    ['Session-Expires: 90 ; foo=bar ; Refresher = UAS', { interval: 90, refresher: 'uas' }],
    ['Session-Expires: 90;refresher=both', { interval: 90, refresher: undefined }],
    ['Session-Expires: soon', undefined],
    ['Session-Expires: 1800 seconds', undefined],
    ['Session-Expires: 99999999999', undefined],
  ])('%s', (line, read) => {
    expect(readSessionExpires(asks(line))).toEqual(read);
  });
});

describe('how a request is answered (RFC 4028 §9)', () => {
  // Table 2: whether the caller knows timers, whom it has named, whom we name.
  it.each([
    [false, '', 'uas', undefined],
    [false, ';refresher=uas', 'uas', undefined],
    [true, '', 'uas', 'timer'],
    [true, ';refresher=uac', 'uac', 'timer'],
    [true, ';refresher=uas', 'uas', 'timer'],
  ])('knows %s, "%s": %s refreshes', (knows, refresher, named, required) => {
    const request = asks(`Session-Expires: 600${refresher}`, ...(knows ? ['Supported: timer'] : []));
    const { terms, headers } = answerTimer(request, undefined);
    expect(new Map(headers).get('Session-Expires')).toBe(`600;refresher=${named}`);
    expect(new Map(headers).get('Require')).toBe(required);
    expect(terms).toEqual({ interval: 600, refresher: named === 'uas' ? 'us' : 'peer' });
  });

  it('with nothing, where nobody asks', () => {
    expect(answerTimer(asks('Supported: timer'), undefined)).toEqual({ terms: undefined, headers: [] });
    expect(answerTimer(asks(), 1800)).toEqual({ terms: undefined, headers: [] });
  });

  it('with our own wish, where the caller knows timers and asks for none; not below its Min-SE', () => {
    expect(answerTimer(asks('Supported: timer'), 600).terms).toEqual({ interval: 600, refresher: 'us' });
    expect(answerTimer(asks('Supported: timer', 'Min-SE: 900'), 600).terms?.interval).toBe(900);
  });

  it('never with more than was asked for', () => {
    expect(answerTimer(asks('Session-Expires: 300', 'Supported: timer'), 1800).terms?.interval).toBe(300);
  });

  it('with 422 below 90 s, and only to who knows timers', () => {
    expect(leastFor(asks('Session-Expires: 89', 'Supported: timer'))).toBe(90);
    expect(leastFor(asks('Session-Expires: 90', 'Supported: timer'))).toBeUndefined();
    expect(leastFor(asks('Session-Expires: 50'))).toBeUndefined();
    expect(answerTimer(asks('Session-Expires: 50'), undefined).terms).toBeUndefined();
  });
});

describe('what we ask for (RFC 4028 §7.1, §7.4)', () => {
  it.each([
    ['at first, leaving the roles open', { wanted: 1800, terms: undefined, minimum: 0 }, ['1800', undefined]],
    ['after a 422', { wanted: 1800, terms: undefined, minimum: 3600 }, ['3600', '3600']],
    [
      'in a session that we refresh',
      { wanted: 1800, terms: { interval: 600, refresher: 'us' }, minimum: 0 },
      ['600;refresher=uac', undefined],
    ],
    [
      'in one that the peer refreshes',
      { wanted: undefined, terms: { interval: 600, refresher: 'peer' }, minimum: 90 },
      ['600;refresher=uas', '90'],
    ],
    ['where nobody has asked', { wanted: undefined, terms: undefined, minimum: 0 }, [undefined, undefined]],
  ] as const)('%s', (_, asking, [expires, minimum]) => {
    const headers = new Map(askTimer(asking));
    expect([headers.get('Session-Expires'), headers.get('Min-SE')]).toEqual([expires, minimum]);
  });
});

describe('what a 2xx settles (RFC 4028 §7.2)', () => {
  const request = (asked?: string) =>
    outgoing('INVITE', asked === undefined ? {} : { extra: [`Session-Expires: ${asked}`] });
  const response = (value?: string) => {
    const made = answer(incoming('INVITE'), 200);
    if (value !== undefined) made.headers.append('Session-Expires', value);
    return made;
  };

  it.each([
    ['uac: we refresh', '1800', '1800;refresher=uac', 1800, { interval: 1800, refresher: 'us' }],
    ['uas: the peer does', '1800', '1200;refresher=uas', 1800, { interval: 1200, refresher: 'peer' }],
    ['one that we have not asked for', undefined, '600;refresher=uac', undefined, { interval: 600, refresher: 'us' }],
    ['nothing, and we want one: we refresh', '1800', undefined, 1800, { interval: 1800, refresher: 'us' }],
    ['nothing, and only others wanted one: it is off', '600;refresher=uac', undefined, undefined, undefined],
    ['nothing at all', undefined, undefined, undefined, undefined],
    ['no refresher: who was named', '600;refresher=uas', '600', 1800, { interval: 600, refresher: 'peer' }],
    ['no refresher, and nobody was named: we', '600', '600', 1800, { interval: 600, refresher: 'us' }],
    ['less than 90 s: it is not followed', '1800', '4;refresher=uac', 1800, { interval: 90, refresher: 'us' }],
  ] as const)('%s', (_, asked, answered, wanted, terms) => {
    expect(settledTimer(request(asked), response(answered), wanted)).toEqual(terms);
  });
});

const states: readonly TimerState[] = ['off', 'refreshing', 'refresh sent', 'tried twice', 'watching'];
const settling: readonly (readonly [TimerState, TimerEvent, TimerState, readonly string[]])[] = states.flatMap(
  (state) => [
    [state, 'settled: us', 'refreshing', ['stop', 'start']] as const,
    [state, 'settled: peer', 'watching', ['stop', 'start']] as const,
    [state, 'settled: nobody', 'off', ['stop']] as const,
  ],
);

const transitions: readonly (readonly [TimerState, TimerEvent, TimerState, readonly string[]])[] = [
  ...settling,
  ['off', 'refresh due', 'off', []],
  ['off', 'refused', 'off', []],
  ['off', 'expiry', 'off', []],
  ['refreshing', 'refresh due', 'refresh sent', ['send refresh']],
  ['refreshing', 'refused', 'refreshing', []],
  ['refreshing', 'expiry', 'off', ['stop', 'end session']],
  ['refresh sent', 'refresh due', 'tried twice', ['send refresh']],
  ['refresh sent', 'refused', 'refresh sent', ['try again']],
  ['refresh sent', 'expiry', 'off', ['stop', 'end session']],
  ['tried twice', 'refresh due', 'tried twice', []],
  ['tried twice', 'refused', 'tried twice', []],
  ['tried twice', 'expiry', 'off', ['stop', 'end session']],
  ['watching', 'refresh due', 'watching', []],
  ['watching', 'refused', 'watching', []],
  ['watching', 'expiry', 'off', ['stop', 'end session']],
];

describe('the session timer (RFC 4028 §10)', () => {
  it.each(transitions)('%s: %s leads to %s', (state, event, next, actions) => {
    expect(step(sessionTimer, state, event)).toEqual({ state: next, actions });
  });

  it('is walked through completely', () => {
    expect(new Set(transitions.map(([state, event]) => `${state} ${event}`)).size).toBe(5 * 6);
  });

  it('is refreshed at half, and given up by who watches 32 s or a third before its end', () => {
    expect(moments({ interval: 1800, refresher: 'us' })).toEqual({ refresh: 900, expiry: 1800 });
    expect(moments({ interval: 1800, refresher: 'peer' }).expiry).toBe(1768);
    expect(moments({ interval: 90, refresher: 'peer' }).expiry).toBe(60);
  });
});

const wanting = { sessionExpires: seconds(600) };

describe('our INVITE', () => {
  it('says that we know timers, and asks for none unless it is told to', async () => {
    const { invite } = await callOut();
    expect(invite.headers.list('Supported')).toContain('timer');
    expect([invite.headers.has('Session-Expires'), invite.headers.has('Min-SE')]).toEqual([false, false]);
    const asking = await callOut({ options: wanting });
    expect(asking.invite.headers.get('Session-Expires')).toBe('600');
    expect(asking.invite.headers.has('Require')).toBe(false);
  });

  it('is sent again with what a 422 wants, in the same call, proxy after proxy (§13)', async () => {
    const made = await callOut({ options: wanting });
    made.phone.answer(made.invite, 422, { headers: [['Min-SE', '3600']] });
    deliver(made.clock);
    const second = made.phone.request('INVITE');
    expect([second.headers.get('Session-Expires'), second.headers.get('Min-SE')]).toEqual(['3600', '3600']);
    expect([second.callId, second.fromTag, second.cseq.number]).toEqual([made.invite.callId, made.invite.fromTag, 2]);
    made.phone.answer(second, 422, { headers: [['Min-SE', '4000']] });
    deliver(made.clock);
    const third = made.phone.request('INVITE');
    expect([third.headers.get('Session-Expires'), third.headers.get('Min-SE')]).toEqual(['4000', '4000']);
    made.phone.answer(third, 200, { sdp: 'v=0 answer' });
    deliver(made.clock);
    expect(made.ears.heard).toEqual(['accepted 200: v=0 answer']);
    expect(made.phone.request('ACK').cseq.number).toBe(3);
  });

  it('is sent without a timer to a server that refuses it and does not say what it wants; once', async () => {
    const made = await callOut({ options: wanting });
    made.phone.answer(made.invite, 422);
    deliver(made.clock);
    expect(made.phone.request('INVITE').headers.has('Session-Expires')).toBe(false);
    made.phone.answer(made.phone.request('INVITE'), 422);
    deliver(made.clock);
    expect(made.ears.end).toEqual({ reason: 'rejected', status: 422, phrase: 'Session Interval Too Small' });
  });

  it('is not sent for ever to a server that wants ever more', async () => {
    const made = await callOut({ options: wanting });
    made.phone.onMessage = (message) => {
      if (message.kind !== 'request' || message.method !== 'INVITE') return;
      made.phone.answer(message, 422, { headers: [['Min-SE', String(1000 + message.cseq.number)]] });
    };
    made.phone.answer(made.invite, 422, { headers: [['Min-SE', '1000']] });
    made.clock.advance(10_000);
    expect(made.ears.end?.status).toBe(422);
    expect(made.phone.requests('INVITE').length).toBeLessThanOrEqual(7);
  });

  it('is not sent again after a 422 that crosses the hang-up', async () => {
    const made = await callOut({ options: wanting });
    made.session.hangup();
    made.phone.answer(made.invite, 422, { headers: [['Min-SE', '3600']] });
    made.clock.advance(40_000);
    expect(made.phone.requests('INVITE')).toHaveLength(1);
    expect(made.clock.timers).toEqual([]);
  });
});

/** Answers what the door sends from now on. */
function answers(made: InSession, how: (status: number) => number, headers: HeaderList = []): void {
  made.phone.onMessage = (message) => {
    if (message.kind !== 'request' || message.method === 'ACK') return;
    const described = message.method === 'INVITE' ? { sdp: 'v=0 answer' } : {};
    made.phone.answer(message, how(200), { ...described, headers });
  };
}

describe('we refresh', () => {
  const TERMS: HeaderList = [
    ['Require', 'timer'],
    ['Session-Expires', '600;refresher=uac'],
  ];

  it('by UPDATE without an offer at half of the interval, where the peer takes it', async () => {
    const made = await talkOut([...TERMS, ALLOWS]);
    answers(made, (ok) => ok, TERMS);
    made.clock.advance(299_900);
    expect(made.phone.requests('UPDATE')).toHaveLength(0);
    made.clock.advance(200);
    const update = made.phone.request('UPDATE');
    expect(update.body).toHaveLength(0);
    expect(update.headers.get('Session-Expires')).toBe('600;refresher=uac');
    expect(update.headers.list('Supported')).toContain('timer');
    expect(update.headers.get('Contact')).toBe('<sip:door@10.0.0.9:5060>');
    made.clock.advance(300_000);
    expect(made.phone.requests('UPDATE')).toHaveLength(2);
    made.clock.advance(3_000_000);
    expect([made.session.state, made.ears.heard]).toEqual(['confirmed', []]);
  });

  it('by a re-INVITE that changes nothing, where it does not', async () => {
    const made = await talkOut(TERMS);
    answers(made, (ok) => ok, TERMS);
    made.clock.advance(300_100);
    const again = made.phone.request('INVITE');
    expect(again.body.toString()).toBe(made.invite.body.toString());
    expect([again.cseq.number, again.headers.get('Session-Expires')]).toEqual([2, '600;refresher=uac']);
    expect(made.phone.request('ACK').cseq.number).toBe(2);
    expect(made.ears.heard).toEqual([]);
  });

  it('and hear of what the peer changes on the occasion', async () => {
    const made = await talkOut(TERMS);
    made.clock.advance(300_100);
    made.phone.answer(made.phone.request('INVITE'), 200, { sdp: 'v=0 moved', headers: TERMS });
    deliver(made.clock);
    expect(made.ears.heard).toEqual(['answer: v=0 moved']);
  });

  it('by re-INVITE where UPDATE was promised and is refused', async () => {
    const made = await talkOut([...TERMS, ALLOWS]);
    made.clock.advance(300_100);
    made.phone.answer(made.phone.request('UPDATE'), 405);
    deliver(made.clock);
    made.phone.answer(made.phone.request('INVITE'), 200, { sdp: 'v=0 answer', headers: TERMS });
    made.clock.advance(300_000);
    expect([made.phone.requests('UPDATE').length, made.phone.requests('INVITE').length]).toEqual([1, 3]);
  });

  it('by ourselves, where we want it and the peer knows no timers', async () => {
    const made = await talkOut([], wanting);
    answers(made, (ok) => ok);
    made.clock.advance(300_100);
    expect(made.phone.request('INVITE').headers.get('Session-Expires')).toBe('600;refresher=uac');
    made.clock.advance(300_100);
    expect(made.phone.requests('INVITE')).toHaveLength(3);
    expect(made.session.state).toBe('confirmed');
  });

  it('no more, once a 2xx leaves the timer out that only others wanted (§7.2)', async () => {
    const made = await talkOut([...TERMS, ALLOWS]);
    answers(made, (ok) => ok);
    made.clock.advance(3_000_000);
    expect(made.phone.requests('UPDATE')).toHaveLength(1);
    expect([made.session.state, made.clock.timers]).toEqual(['confirmed', []]);
  });

  it.each([
    [408, 'timeout'],
    [481, 'remote-hangup'],
  ])('and a %i ends the call with a BYE (§10)', async (status, reason) => {
    const made = await talkOut([...TERMS, ALLOWS]);
    made.clock.advance(300_100);
    made.phone.answer(made.phone.request('UPDATE'), status);
    deliver(made.clock);
    expect(made.ears.end).toEqual({ reason, status });
    expect(made.phone.requests('BYE')).toHaveLength(1);
  });

  it.each([['UPDATE'], ['INVITE']])('and silence to our %s ends the call with a BYE (§10)', async (method) => {
    const made = await talkOut(method === 'UPDATE' ? [...TERMS, ALLOWS] : TERMS);
    made.clock.advance(300_000 + 32_100);
    expect(made.phone.requests(method).length).toBeGreaterThan(6);
    expect(made.ears.end).toEqual({ reason: 'timeout' });
    expect(made.phone.requests('BYE').length).toBeGreaterThan(0);
  });

  it('once more after a refusal, and then hang up when the session expires', async () => {
    const made = await talkOut([...TERMS, ALLOWS]);
    answers(made, () => 503);
    made.clock.advance(599_000);
    expect(made.phone.requests('UPDATE')).toHaveLength(2);
    expect(made.session.state).toBe('confirmed');
    made.clock.advance(2000);
    expect(made.ears.end).toEqual({ reason: 'timeout' });
    expect(made.phone.requests('BYE')).toHaveLength(1);
  });

  it('with what a 422 wants from then on', async () => {
    const made = await talkOut([...TERMS, ALLOWS]);
    made.clock.advance(300_100);
    made.phone.answer(made.phone.request('UPDATE'), 422, { headers: [['Min-SE', '900']] });
    deliver(made.clock);
    const second = made.phone.request('UPDATE');
    expect([second.headers.get('Session-Expires'), second.headers.get('Min-SE')]).toEqual(['900;refresher=uac', '900']);
    made.phone.answer(second, 200, {
      headers: [
        ['Require', 'timer'],
        ['Session-Expires', '900;refresher=uac'],
      ],
    });
    made.clock.advance(449_900);
    expect(made.phone.requests('UPDATE')).toHaveLength(2);
    made.clock.advance(200);
    expect(made.phone.requests('UPDATE')).toHaveLength(3);
  });

  it('not before it is due where an offer of ours has refreshed the session (§7.2)', async () => {
    const made = await talkOut([...TERMS, ALLOWS]);
    answers(made, (ok) => ok, TERMS);
    made.clock.advance(200_000);
    made.session.reoffer(sdp('hold'));
    made.clock.advance(290_000);
    expect(made.phone.requests('UPDATE')).toHaveLength(0);
    expect(made.phone.request('INVITE').headers.get('Session-Expires')).toBe('600;refresher=uac');
    made.clock.advance(20_000);
    expect(made.phone.requests('UPDATE')).toHaveLength(1);
  });

  it('after an offer that is under way when it is due', async () => {
    const made = await talkOut([...TERMS, ALLOWS]);
    made.clock.advance(299_000);
    made.session.reoffer(sdp('hold'));
    made.clock.advance(2000);
    made.phone.answer(made.phone.request('INVITE'), 488);
    deliver(made.clock);
    expect(made.phone.requests('UPDATE')).toHaveLength(1);
  });

  it('nothing after the end', async () => {
    const made = await talkOut([...TERMS, ALLOWS]);
    made.session.hangup();
    deliver(made.clock);
    made.phone.answer(made.phone.request('BYE'), 200);
    made.clock.advance(3_000_000);
    expect(made.phone.requests('UPDATE')).toHaveLength(0);
    expect(made.clock.timers).toEqual([]);
  });
});

describe('the peer refreshes', () => {
  const TERMS: HeaderList = [
    ['Require', 'timer'],
    ['Session-Expires', '600;refresher=uas'],
  ];

  it('and we hang up 32 s before the end when it does not (§10)', async () => {
    const made = await talkOut(TERMS);
    made.clock.advance(567_900);
    expect(made.session.state).toBe('confirmed');
    made.clock.advance(200);
    expect(made.ears.end).toEqual({ reason: 'timeout' });
    expect(made.phone.requests('BYE').length).toBeGreaterThan(0);
  });

  it.each([['UPDATE'], ['INVITE']])('by %s, and the time begins anew', async (method) => {
    const made = await talkOut(TERMS);
    made.clock.advance(300_000);
    const headers: HeaderList = [KNOWS, ['Session-Expires', '600;refresher=uac']];
    peerSends(made, method, 1, { headers, ...(method === 'INVITE' ? { sdp: 'v=0 answer' } : {}) });
    deliver(made.clock);
    made.ears.negotiations[0]?.accept(sdp('answer'));
    deliver(made.clock);
    const response = made.phone.response(method);
    expect([response.status, response.headers.get('Session-Expires'), response.headers.get('Require')]).toEqual([
      200,
      '600;refresher=uac',
      'timer',
    ]);
    if (method === 'INVITE') peerSends(made, 'ACK', 1);
    made.clock.advance(560_000);
    expect(made.session.state).toBe('confirmed');
    made.clock.advance(10_000);
    expect(made.ears.end).toEqual({ reason: 'timeout' });
  });

  it('and hands the duty over to us by its re-INVITE', async () => {
    const made = await talkOut([...TERMS, ALLOWS]);
    peerSends(made, 'INVITE', 1, { sdp: 'v=0 x', headers: [KNOWS, ['Session-Expires', '400;refresher=uas']] });
    deliver(made.clock);
    made.ears.negotiations[0]?.accept(sdp('answer'));
    deliver(made.clock);
    peerSends(made, 'ACK', 1);
    made.clock.advance(200_100);
    expect(made.phone.request('UPDATE').headers.get('Session-Expires')).toBe('400;refresher=uac');
  });
});

describe('an INVITE of the peer’s', () => {
  it('asks for a timer, and gets it: we refresh', async () => {
    const made = await talkIn([KNOWS, ALLOWS, ['Session-Expires', '600']]);
    const accepted = made.phone.response('INVITE');
    expect([accepted.headers.get('Session-Expires'), accepted.headers.get('Require')]).toEqual([
      '600;refresher=uas',
      'timer',
    ]);
    made.clock.advance(300_100);
    expect(made.phone.request('UPDATE').headers.get('Session-Expires')).toBe('600;refresher=uac');
  });

  it('that a proxy asks a timer for is refreshed by us, and nothing is required of the caller (§9)', async () => {
    const made = await talkIn([
      ['Session-Expires', '600'],
      ['Min-SE', '120'],
    ]);
    const accepted = made.phone.response('INVITE');
    expect([accepted.headers.get('Session-Expires'), accepted.headers.has('Require')]).toEqual([
      '600;refresher=uas',
      false,
    ]);
    made.clock.advance(300_100);
    const again = made.phone.request('INVITE');
    expect(again.headers.get('Min-SE')).toBe('120');
    expect(again.body.toString()).toBe('v=0 answer');
  });

  it('that asks for less than 90 s gets 422 and what we would take, and rings nobody', async () => {
    const refused = callIn({ sdp: 'v=0 offer', headers: [KNOWS, ['Session-Expires', '60']] });
    await expect(refused).rejects.toThrow('no call came in');
  });

  it('that requires timers is let in', async () => {
    const made = await callIn({
      sdp: 'v=0 offer',
      headers: [
        ['Require', 'timer'],
        ['Session-Expires', '600'],
      ],
    });
    made.session.accept(sdp('answer'));
    deliver(made.clock);
    expect(made.phone.response('INVITE').headers.get('Require')).toBe('timer');
  });

  it('that asks for none gets ours where we want one and it knows them', async () => {
    const made = await talkIn([KNOWS], wanting);
    expect(made.phone.response('INVITE').headers.get('Session-Expires')).toBe('600;refresher=uas');
    const old = await talkIn([], wanting);
    expect(old.phone.response('INVITE').headers.has('Session-Expires')).toBe(false);
  });

  it('in the dialog that asks for less than 90 s gets 422 as well', async () => {
    const made = await talkOut();
    peerSends(made, 'UPDATE', 1, { headers: [KNOWS, ['Session-Expires', '30']] });
    deliver(made.clock);
    expect(made.phone.statuses('UPDATE')).toEqual([422]);
    expect(made.phone.response('UPDATE').headers.get('Min-SE')).toBe('90');
  });
});

describe('an early dialog', () => {
  it('has no timer yet, whatever an UPDATE in it says', async () => {
    const made = await callOut({ options: wanting });
    made.phone.answer(made.invite, 183, { sdp: 'v=0 a', headers: [['Require', '100rel'], ['RSeq', '1'], ALLOWS] });
    deliver(made.clock);
    made.phone.answer(made.phone.request('PRACK'), 200);
    deliver(made.clock);
    peerSends(made, 'UPDATE', 1, { headers: [KNOWS, ['Session-Expires', '90;refresher=uac']] });
    made.session.reoffer(sdp('second'));
    deliver(made.clock);
    expect(made.phone.response('UPDATE').headers.has('Session-Expires')).toBe(false);
    expect(made.phone.request('UPDATE').headers.has('Session-Expires')).toBe(false);
    made.phone.answer(made.phone.request('UPDATE'), 200, { sdp: 'v=0 b' });
    made.clock.advance(170_000);
    expect([made.session.state, made.phone.requests('BYE').length]).toEqual(['early', 0]);
  });
});

describe('two branches that answered', () => {
  it('have their own timers: what was ended keeps none', async () => {
    const made = await callOut({ options: wanting });
    const TERMS: HeaderList = [
      ['Require', 'timer'],
      ['Session-Expires', '600;refresher=uas'],
    ];
    made.phone.answer(made.invite, 200, { toTag: 'one', sdp: 'v=0 one', headers: TERMS });
    made.phone.answer(made.invite, 200, { toTag: 'two', sdp: 'v=0 two', headers: TERMS });
    deliver(made.clock);
    for (const bye of made.phone.requests('BYE')) made.phone.answer(bye, 200);
    made.clock.advance(100_000);
    expect(made.clock.timers.map(({ name }) => name)).toEqual(['session expires']);
  });
});
