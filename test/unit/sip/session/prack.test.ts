import { describe, expect, it } from 'vitest';
import { formatRAck, ReliableOrder, readRAck, readRSeq } from '../../../../src/sip/session/rseq.ts';
import { ScriptedPhone } from '../../../support/scripted-phone.ts';
import { ALLOWS, callIn, callOut, type InSession, PHONE_URI, peerSends, sdp } from '../../../support/session-rig.ts';
import { DOOR, deliver, PHONE } from '../../../support/sip-bench.ts';
import { incoming, message } from '../../../support/sip-messages.ts';

type HeaderList = [string, string][];

/** The phone answers the INVITE reliably. */
function rings(
  made: InSession,
  status: number,
  rseq: number,
  more: { sdp?: string; toTag?: string; headers?: HeaderList } = {},
): void {
  const { headers = [], ...rest } = more;
  made.phone.answer(made.invite, status, {
    ...rest,
    headers: [['Require', '100rel'], ['RSeq', String(rseq)], ...headers],
  });
  deliver(made.clock);
}

describe('RSeq and RAck (RFC 3262 §7)', () => {
  it.each([
    ['776656 1 INVITE', { rseq: 776_656, cseq: { number: 1, method: 'INVITE' } }],
    ['1  2\t INVITE', { rseq: 1, cseq: { number: 2, method: 'INVITE' } }],
    ['4294967295 314159 INVITE', { rseq: 4_294_967_295, cseq: { number: 314_159, method: 'INVITE' } }],
    ['0 1 INVITE', undefined],
    ['4294967296 1 INVITE', undefined],
    ['1 INVITE', undefined],
    ['1 1', undefined],
    ['-1 1 INVITE', undefined],
    ['', undefined],
  ])('reads RAck: %s', (value, read) => {
    expect(readRAck(incoming('PRACK', { extra: [`RAck: ${value}`] }))).toEqual(read);
  });

  it('writes what it reads', () => {
    expect(formatRAck({ rseq: 776_656, cseq: { number: 1, method: 'INVITE' } })).toBe('776656 1 INVITE');
  });

  it.each([
    [183, 'Require: 100rel', 'RSeq: 988789', 988_789],
    [183, 'Require: 100Rel', 'RSeq: 1', 1],
    [183, 'Require: precondition, 100rel', 'RSeq: 2', 2],
    [100, 'Require: 100rel', 'RSeq: 988789', undefined],
    [200, 'Require: 100rel', 'RSeq: 988789', undefined],
    [183, 'Supported: 100rel', 'RSeq: 988789', undefined],
    [183, 'Require: 100rel', 'RSeq: x', undefined],
    [183, 'Require: 100rel', 'RSeq: 0', undefined],
    [183, 'Require: 100rel', 'Server: none', undefined],
  ])('reads RSeq of a %i with %s, %s', (status, require, rseq, expected) => {
    const response = message(
      `SIP/2.0 ${status} Test`,
      'Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1',
      'From: <sip:a@b>;tag=1',
      'To: <sip:c@d>;tag=2',
      'Call-ID: x',
      'CSeq: 1 INVITE',
      require,
      rseq,
    );
    if (response.kind !== 'response') throw new Error('no response');
    expect(readRSeq(response)).toBe(expected);
  });

  it('counts by one from whatever the first was (§4)', () => {
    const order = new ReliableOrder();
    expect([7, 7, 9, 8, 9, 8, 4_000_000_000].map((rseq) => order.isNext(rseq))).toEqual([
      true,
      false,
      false,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('reliable responses to our INVITE (RFC 3262 §4)', () => {
  it('are offered to be acknowledged, and not insisted upon', async () => {
    const { invite } = await callOut();
    expect(invite.headers.list('Supported')).toContain('100rel');
    expect(invite.headers.has('Require')).toBe(false);
    expect(invite.headers.list('Allow')).toEqual(expect.arrayContaining(['PRACK', 'UPDATE']));
  });

  it('are acknowledged in the early dialog that they make', async () => {
    const made = await callOut();
    rings(made, 183, 988_789, { sdp: 'v=0 early', headers: [['Record-Route', '<sip:10.0.0.1:5060;lr>']] });
    const prack = made.phone.request('PRACK');
    expect(prack.headers.get('RAck')).toBe('988789 1 INVITE');
    expect([prack.cseq.number, prack.toTag, prack.fromTag]).toEqual([2, 'phone-tag', made.invite.fromTag]);
    expect(prack.requestUri).toBe(`sip:phone@${PHONE}:5060`);
    expect(prack.headers.list('Route')).toEqual(['<sip:10.0.0.1:5060;lr>']);
    expect(prack.headers.has('Require')).toBe(false);
    expect(prack.body).toHaveLength(0);
    expect(made.ears.heard).toEqual(['progress 183: v=0 early']);
  });

  it('are acknowledged and told once, however often they come', async () => {
    const made = await callOut();
    for (let repetition = 0; repetition < 3; repetition += 1) rings(made, 180, 5);
    expect(made.phone.requests('PRACK')).toHaveLength(1);
    expect(made.ears.heard).toEqual(['progress 180']);
  });

  it('are passed over when one before them is missing, and taken when it has come', async () => {
    const made = await callOut();
    rings(made, 183, 10);
    rings(made, 180, 12);
    expect([made.phone.requests('PRACK').length, made.ears.heard]).toEqual([1, ['progress 183']]);
    rings(made, 182, 11);
    rings(made, 180, 12);
    expect(made.phone.requests('PRACK').map((prack) => prack.headers.get('RAck'))).toEqual([
      '10 1 INVITE',
      '11 1 INVITE',
      '12 1 INVITE',
    ]);
    expect(made.ears.heard).toEqual(['progress 183', 'progress 182', 'progress 180']);
  });

  it('count in each branch of a forked call by themselves', async () => {
    const made = await callOut();
    const other = await ScriptedPhone.plug(made.network, '10.0.0.2');
    rings(made, 180, 1, { toTag: 'one' });
    rings(made, 183, 700, { toTag: 'two', sdp: 'v=0 two', headers: [['Contact', other.contact]] });
    rings(made, 183, 2, { toTag: 'one', sdp: 'v=0 one' });
    expect(made.phone.requests('PRACK').map((prack) => [prack.toTag, prack.headers.get('RAck')])).toEqual([
      ['one', '1 1 INVITE'],
      ['one', '2 1 INVITE'],
    ]);
    expect([other.request('PRACK').toTag, other.request('PRACK').headers.get('RAck')]).toEqual(['two', '700 1 INVITE']);
    expect(made.ears.heard).toEqual(['progress 180', 'progress 183: v=0 two', 'progress 183: v=0 one']);
  });

  it('that come faster than they can be acknowledged wait: four PRACKs at a time', async () => {
    const made = await callOut();
    for (let rseq = 1; rseq <= 40; rseq += 1) rings(made, 180, rseq);
    expect(made.phone.requests('PRACK')).toHaveLength(4);
    for (const prack of made.phone.requests('PRACK')) made.phone.answer(prack, 200);
    deliver(made.clock);
    rings(made, 180, 5);
    expect(made.phone.request('PRACK').headers.get('RAck')).toBe('5 1 INVITE');
  });

  it('are unreliable ones where their number is missing', async () => {
    const made = await callOut();
    made.phone.answer(made.invite, 183, { headers: [['Require', '100rel']], sdp: 'v=0 early' });
    deliver(made.clock);
    expect(made.phone.requests('PRACK')).toHaveLength(0);
    expect(made.ears.heard).toEqual(['progress 183: v=0 early']);
  });

  it('have the answer: descriptions after it say nothing (RFC 6337 §3.1.1)', async () => {
    const made = await callOut();
    made.phone.answer(made.invite, 183, { sdp: 'v=0 preview' });
    deliver(made.clock);
    rings(made, 183, 1, { sdp: 'v=0 answer' });
    rings(made, 180, 2, { sdp: 'v=0 other' });
    made.phone.answer(made.invite, 200, { sdp: 'v=0 other' });
    deliver(made.clock);
    expect(made.ears.heard).toEqual([
      'progress 183: v=0 preview',
      'progress 183: v=0 answer',
      'progress 180',
      'accepted 200',
    ]);
  });

  it('may come without the answer, which is then in the 2xx', async () => {
    const made = await callOut();
    rings(made, 180, 1);
    made.phone.answer(made.invite, 200, { sdp: 'v=0 answer' });
    deliver(made.clock);
    expect(made.ears.heard).toEqual(['progress 180', 'accepted 200: v=0 answer']);
  });

  it('have an offer that waited acknowledged with it, where UPDATE is not taken (§5)', async () => {
    const made = await callOut();
    made.phone.answer(made.invite, 180);
    deliver(made.clock);
    made.session.reoffer(sdp('second'));
    rings(made, 183, 1, { sdp: 'v=0 answer' });
    const prack = made.phone.request('PRACK');
    expect(prack.body.toString()).toBe('v=0 second');
    made.phone.answer(prack, 200, { sdp: 'v=0 second answer' });
    deliver(made.clock);
    expect(made.ears.heard.slice(1)).toEqual(['progress 183: v=0 answer', 'answer: v=0 second answer']);
    made.phone.answer(made.invite, 200, { headers: [ALLOWS] });
    deliver(made.clock);
    expect(made.phone.requests('INVITE')).toHaveLength(1);
  });

  it('say so when the offer in the PRACK is refused (RFC 6337 §2.3)', async () => {
    const made = await callOut();
    made.phone.answer(made.invite, 180);
    deliver(made.clock);
    made.session.reoffer(sdp('second'));
    rings(made, 183, 1, { sdp: 'v=0 answer' });
    made.phone.answer(made.phone.request('PRACK'), 488);
    deliver(made.clock);
    expect(made.ears.heard.at(-1)).toBe('offer refused 488');
    made.phone.answer(made.invite, 200);
    deliver(made.clock);
    expect(made.session.state).toBe('confirmed');
  });

  it('do not end the call when their PRACK is lost for good: the INVITE decides', async () => {
    const made = await callOut();
    rings(made, 180, 1);
    made.clock.advance(33_000);
    expect(made.phone.requests('PRACK').length).toBeGreaterThan(5);
    made.phone.answer(made.invite, 200, { sdp: 'v=0 answer' });
    deliver(made.clock);
    expect(made.ears.heard).toEqual(['progress 180', 'accepted 200: v=0 answer']);
  });

  it('are acknowledged as well when they cross our CANCEL', async () => {
    const made = await callOut();
    made.phone.answer(made.invite, 180);
    deliver(made.clock);
    made.session.hangup();
    rings(made, 183, 1, { sdp: 'v=0 early' });
    expect(made.phone.requests('PRACK')).toHaveLength(1);
    expect(made.ears.heard).toEqual(['progress 180', 'ended cancelled']);
    made.phone.answer(made.phone.request('PRACK'), 481);
    made.phone.answer(made.phone.request('CANCEL'), 200);
    made.phone.answer(made.invite, 487);
    made.clock.advance(40_000);
    expect(made.ears.heard).toHaveLength(2);
    expect(made.clock.timers).toEqual([]);
  });
});

describe('an INVITE of ours without an offer (RFC 3261 §13.2.1)', () => {
  it('has no body, and the offer in the 2xx is answered in the ACK', async () => {
    const made = await callOut({ offer: undefined });
    expect([made.invite.body.length, made.invite.headers.has('Content-Type')]).toEqual([0, false]);
    made.phone.answer(made.invite, 180, { sdp: 'v=0 nothing yet' });
    made.phone.answer(made.invite, 200, { sdp: 'v=0 theirs' });
    deliver(made.clock);
    expect(made.phone.requests('ACK')).toHaveLength(0);
    made.ears.negotiations[0]?.accept(sdp('ours'));
    deliver(made.clock);
    expect(made.phone.request('ACK').body.toString()).toBe('v=0 ours');
    expect(made.ears.heard).toEqual(['progress 180', 'negotiation: v=0 theirs', 'accepted 200']);
    made.phone.answer(made.invite, 200, { sdp: 'v=0 theirs' });
    deliver(made.clock);
    expect(made.phone.requests('ACK').map((ack) => ack.body.toString())).toEqual(['v=0 ours', 'v=0 ours']);
    expect(made.ears.negotiations).toHaveLength(1);
  });

  it('has the offer of a reliable 1xx answered in its PRACK (RFC 3262 §5)', async () => {
    const made = await callOut({ offer: undefined });
    rings(made, 183, 1, { sdp: 'v=0 theirs' });
    expect(made.phone.requests('PRACK')).toHaveLength(0);
    made.ears.negotiations[0]?.accept(sdp('ours'));
    deliver(made.clock);
    expect(made.phone.request('PRACK').body.toString()).toBe('v=0 ours');
    made.phone.answer(made.phone.request('PRACK'), 200);
    made.phone.answer(made.invite, 200, { sdp: 'v=0 theirs again' });
    deliver(made.clock);
    expect(made.phone.request('ACK').body).toHaveLength(0);
    expect(made.ears.heard).toEqual(['negotiation: v=0 theirs', 'progress 183', 'accepted 200']);
    expect(made.ears.negotiations[0]?.branch).toBe('phone-tag');
  });

  it('is acknowledged without an answer when the user has none', async () => {
    const made = await callOut({ offer: undefined });
    made.phone.answer(made.invite, 200, { sdp: 'v=0 video only' });
    deliver(made.clock);
    made.ears.negotiations[0]?.reject({ status: 488 });
    deliver(made.clock);
    expect(made.phone.request('ACK').body).toHaveLength(0);
    made.session.hangup();
    deliver(made.clock);
    expect(made.phone.requests('BYE')).toHaveLength(1);
  });

  it('is acknowledged and ended when it is answered after we gave it up', async () => {
    const made = await callOut({ offer: undefined });
    made.session.hangup();
    made.phone.answer(made.invite, 200, { sdp: 'v=0 theirs' });
    deliver(made.clock);
    expect([made.phone.requests('ACK').length, made.phone.requests('BYE').length]).toEqual([1, 1]);
    expect(made.ears.heard).toEqual(['ended cancelled']);
  });
});

const SUPPORTS: HeaderList[number] = ['Supported', '100rel'];
const REQUIRES: HeaderList[number] = ['Require', '100rel'];

/** The phone acknowledges the newest reliable response. */
function pracks(made: InSession, sequence: number, more: { sdp?: string; rack?: string } = {}): void {
  const rseq = made.phone.response('INVITE').headers.get('RSeq');
  const { rack = `${rseq} 1 INVITE`, ...content } = more;
  peerSends(made, 'PRACK', sequence, { ...content, headers: [['RAck', rack]] });
  deliver(made.clock);
}

describe('our reliable responses (RFC 3262 §3)', () => {
  it('are sent where the caller insists, with a number from 1 to 2^31 - 1', async () => {
    const made = await callIn({ sdp: 'v=0 offer', headers: [REQUIRES] });
    made.session.ring();
    deliver(made.clock);
    const response = made.phone.response('INVITE');
    expect([response.status, response.headers.get('Require')]).toEqual([180, '100rel']);
    const rseq = Number(response.headers.get('RSeq'));
    expect(rseq >= 1 && rseq < 2 ** 31).toBe(true);
    expect(response.headers.has('Contact')).toBe(true);
  });

  it('are not sent where the caller does not know them', async () => {
    const made = await callIn();
    made.session.ring(183, sdp('early'));
    deliver(made.clock);
    const response = made.phone.response('INVITE');
    expect([response.headers.has('RSeq'), response.headers.has('Require')]).toEqual([false, false]);
    expect(response.body.toString()).toBe('v=0 early');
  });

  it('are kept for descriptions where the caller only knows them', async () => {
    const made = await callIn({ sdp: 'v=0 offer', headers: [SUPPORTS] });
    made.session.ring();
    made.session.ring(183, sdp('early'));
    deliver(made.clock);
    expect(made.phone.responses('INVITE').map((response) => response.headers.has('RSeq'))).toEqual([false, true]);
  });

  it('are repeated with T1 doubling, without a bound, until the PRACK', async () => {
    const made = await callIn({ sdp: 'v=0 offer', headers: [REQUIRES] });
    const begin = made.clock.now();
    const times: number[] = [];
    made.phone.onMessage = (heard) => {
      if (heard.kind === 'response' && heard.status === 180) times.push(made.clock.now() - begin);
    };
    made.session.ring();
    made.clock.advance(16_000);
    expect(times).toEqual([0, 500, 1500, 3500, 7500, 15_500]);
    pracks(made, 2);
    expect(made.phone.statuses('PRACK')).toEqual([200]);
    made.clock.advance(100_000);
    expect(times).toHaveLength(6);
    expect(made.session.state).toBe('early');
  });

  it('end the call with a 5xx when no PRACK comes for 64*T1', async () => {
    const made = await callIn({ sdp: 'v=0 offer', headers: [REQUIRES] });
    made.session.ring();
    made.clock.advance(31_990);
    expect(made.ears.end).toBeUndefined();
    made.clock.advance(20);
    expect(made.ears.end).toEqual({ reason: 'no-ack', status: 504 });
    expect(made.phone.statuses('INVITE').at(-1)).toBe(504);
  });

  it('come one after the other, their numbers growing by one', async () => {
    const made = await callIn({ sdp: 'v=0 offer', headers: [REQUIRES] });
    made.session.ring(182);
    made.session.ring(180);
    deliver(made.clock);
    expect(made.phone.statuses('INVITE')).toEqual([182]);
    pracks(made, 2);
    deliver(made.clock);
    expect(made.phone.statuses('INVITE')).toEqual([182, 180]);
    const [first, second] = made.phone.responses('INVITE').map((response) => Number(response.headers.get('RSeq')));
    expect(second).toBe((first ?? 0) + 1);
  });

  it.each([
    ['another number', '1 1 INVITE'],
    ['another request', '- 2 INVITE'],
    ['another method', '- 1 UPDATE'],
    ['nothing that can be read', 'x'],
  ])('are not acknowledged by a PRACK of %s: 481', async (_, rack) => {
    const made = await callIn({ sdp: 'v=0 offer', headers: [REQUIRES] });
    made.session.ring();
    deliver(made.clock);
    const rseq = made.phone.response('INVITE').headers.get('RSeq') ?? '';
    pracks(made, 2, { rack: rack.replace('-', rseq) });
    expect(made.phone.statuses('PRACK')).toEqual([481]);
    made.clock.advance(500);
    expect(made.phone.statuses('INVITE')).toEqual([180, 180]);
  });

  it('are acknowledged once: a second PRACK gets 481, and so does one where none was sent', async () => {
    const made = await callIn({ sdp: 'v=0 offer', headers: [REQUIRES] });
    made.session.ring();
    deliver(made.clock);
    pracks(made, 2);
    pracks(made, 3);
    expect(made.phone.statuses('PRACK')).toEqual([200, 481]);
  });

  it('with a description keep the 2xx back until their PRACK is there; the 2xx then has none (§5)', async () => {
    const made = await callIn({ sdp: 'v=0 offer', headers: [SUPPORTS] });
    made.session.ring(183, sdp('answer'));
    made.session.accept(sdp('answer'));
    deliver(made.clock);
    expect([made.phone.statuses('INVITE'), made.session.state]).toEqual([[183], 'early']);
    pracks(made, 2);
    deliver(made.clock);
    expect(made.phone.statuses('INVITE')).toEqual([183, 200]);
    expect(made.phone.response('INVITE').body).toHaveLength(0);
    expect(made.session.state).toBe('confirmed');
  });

  it('without one do not', async () => {
    const made = await callIn({ sdp: 'v=0 offer', headers: [REQUIRES] });
    made.session.ring();
    made.session.accept(sdp('answer'));
    deliver(made.clock);
    expect(made.phone.statuses('INVITE')).toEqual([180, 200]);
    expect(made.phone.response('INVITE').body.toString()).toBe('v=0 answer');
    made.phone.send(
      made.phone.make('PRACK', {
        uri: `sip:door@${DOOR.address}`,
        from: `<${PHONE_URI}>;tag=phone-tag`,
        to: made.phone.response('INVITE').headers.get('To') ?? '',
        callId: 'call-1',
        sequence: 2,
        headers: [['RAck', `${made.phone.responses('INVITE')[0]?.headers.get('RSeq')} 1 INVITE`]],
      }),
      DOOR,
    );
    deliver(made.clock);
    expect(made.phone.statuses('PRACK')).toEqual([200]);
  });

  it.each([
    ['cancelled', 487],
    ['hung up', 603],
  ])('keep the 2xx back, and the call is %s meanwhile', async (how, status) => {
    const made = await callIn({ sdp: 'v=0 offer', headers: [SUPPORTS] });
    made.session.ring(183, sdp('answer'));
    made.session.accept(sdp('answer'));
    deliver(made.clock);
    if (how === 'hung up') made.session.hangup();
    else {
      const { branch = '' } = made.invite.topVia;
      const { callId } = made.invite;
      const [from, to] = [`<${PHONE_URI}>;tag=phone-tag`, made.invite.headers.get('To') ?? ''];
      made.phone.send(
        made.phone.make('CANCEL', { uri: made.invite.requestUri, from, to, callId, sequence: 1, branch }),
        DOOR,
      );
    }
    deliver(made.clock);
    expect(made.phone.statuses('INVITE')).toEqual([183, status]);
    pracks(made, 2, { rack: `${made.phone.responses('INVITE')[0]?.headers.get('RSeq')} 1 INVITE` });
    expect(made.phone.statuses('INVITE')).toEqual([183, status]);
    made.clock.advance(40_000);
    expect(made.phone.statuses('INVITE').includes(200)).toBe(false);
  });

  it('take an offer in the PRACK, answered in its 2xx (§5)', async () => {
    const made = await callIn({ sdp: 'v=0 offer', headers: [SUPPORTS] });
    made.session.ring(183, sdp('answer'));
    deliver(made.clock);
    pracks(made, 2, { sdp: 'v=0 second' });
    expect(made.ears.heard).toEqual(['negotiation: v=0 second']);
    made.ears.negotiations[0]?.accept(sdp('second answer'));
    deliver(made.clock);
    expect(made.phone.response('PRACK').body.toString()).toBe('v=0 second answer');
  });

  it('have our offer where the INVITE had none, and the answer comes with the PRACK', async () => {
    const made = await callIn({ headers: [REQUIRES] });
    expect(made.session.ringNeedsOffer).toBe(true);
    made.session.ring(180, sdp('ours'));
    deliver(made.clock);
    expect(made.phone.response('INVITE').body.toString()).toBe('v=0 ours');
    pracks(made, 2, { sdp: 'v=0 theirs' });
    made.session.accept(sdp('ours'));
    deliver(made.clock);
    expect(made.phone.response('INVITE').status).toBe(200);
    expect(made.phone.response('INVITE').body).toHaveLength(0);
    peerSends(made, 'ACK', 1);
    deliver(made.clock);
    expect(made.ears.heard).toEqual(['answer: v=0 theirs', 'acknowledged']);
  });

  it('are not sent without the offer that they need', async () => {
    const made = await callIn({ headers: [REQUIRES] });
    made.session.ring();
    made.session.accept(sdp('ours'));
    deliver(made.clock);
    expect(made.phone.statuses('INVITE')).toEqual([200]);
    expect(made.phone.response('INVITE').body.toString()).toBe('v=0 ours');
  });

  it('never offer where they cannot be acknowledged', async () => {
    const made = await callIn({});
    expect(made.session.ringNeedsOffer).toBe(false);
    made.session.ring(183, sdp('ours'));
    deliver(made.clock);
    expect(made.phone.response('INVITE').body).toHaveLength(0);
  });

  it('say that we still ring every two and a half minutes', async () => {
    const made = await callIn({ sdp: 'v=0 offer', headers: [REQUIRES] });
    made.phone.onMessage = (heard) => {
      if (heard.kind !== 'response' || !heard.headers.has('RSeq')) return;
      pracksSoon(made, heard.headers.get('RSeq') ?? '');
    };
    made.session.ring();
    made.clock.advance(149_000);
    expect(made.phone.statuses('INVITE')).toEqual([180]);
    made.clock.advance(2000);
    expect(made.phone.statuses('INVITE')).toEqual([180, 180]);
  });
});

let sequence = 100;
function pracksSoon(made: InSession, rseq: string): void {
  sequence += 1;
  peerSends(made, 'PRACK', sequence, { headers: [['RAck', `${rseq} 1 INVITE`]] });
}
