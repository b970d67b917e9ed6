import { describe, expect, it } from 'vitest';
import { ScriptedPhone } from '../../../support/scripted-phone.ts';
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
import { deliver, PHONE } from '../../../support/sip-bench.ts';

type HeaderList = (readonly [string, string])[];

/** A reliable 183 with the answer, acknowledged: the early exchange is through (RFC 3311 §5.1). */
async function earlyOut(headers: HeaderList = [ALLOWS]): Promise<InSession> {
  const made = await callOut();
  made.phone.answer(made.invite, 183, {
    sdp: 'v=0 answer',
    headers: [['Require', '100rel'], ['RSeq', '1'], ...headers],
  });
  deliver(made.clock);
  made.phone.answer(made.phone.request('PRACK'), 200);
  deliver(made.clock);
  made.ears.heard.length = 0;
  return made;
}

async function earlyIn(): Promise<InSession> {
  const made = await callIn({ sdp: 'v=0 offer', headers: [['Supported', '100rel'], ALLOWS] });
  made.session.ring(183, sdp('answer'));
  deliver(made.clock);
  const rseq = made.phone.response('INVITE').headers.get('RSeq');
  peerSends(made, 'PRACK', 2, { headers: [['RAck', `${rseq} 1 INVITE`]] });
  deliver(made.clock);
  return made;
}

describe('our UPDATE before the answer (RFC 3311 §5.1)', () => {
  it('carries an offer once the first exchange is through', async () => {
    const made = await earlyOut();
    made.session.reoffer(sdp('second'));
    deliver(made.clock);
    const update = made.phone.request('UPDATE');
    expect(update.body.toString()).toBe('v=0 second');
    expect(update.headers.get('Contact')).toBe('<sip:door@10.0.0.9:5060>');
    expect([update.cseq.number, update.toTag]).toEqual([3, 'phone-tag']);
    made.phone.answer(update, 200, { sdp: 'v=0 second answer' });
    deliver(made.clock);
    expect(made.ears.heard).toEqual(['answer: v=0 second answer']);
    made.phone.answer(made.invite, 200);
    deliver(made.clock);
    expect(made.phone.requests('INVITE')).toHaveLength(1);
  });

  it('waits for the 2xx of the PRACK (RFC 6337 §4.3, UAC-IU)', async () => {
    const made = await callOut();
    made.phone.answer(made.invite, 183, { sdp: 'v=0 a', headers: [['Require', '100rel'], ['RSeq', '1'], ALLOWS] });
    deliver(made.clock);
    made.session.reoffer(sdp('second'));
    deliver(made.clock);
    expect(made.phone.requests('UPDATE')).toHaveLength(0);
    made.phone.answer(made.phone.request('PRACK'), 200);
    deliver(made.clock);
    expect(made.phone.requests('UPDATE')).toHaveLength(1);
  });

  it.each([
    ['the peer does not say that it takes UPDATE', [] as HeaderList],
    ['the answer has only been previewed', undefined],
  ])('is not sent where %s; the offer goes by re-INVITE after the answer', async (_, headers) => {
    const made = headers === undefined ? await callOut() : await earlyOut(headers);
    if (headers === undefined) made.phone.answer(made.invite, 183, { sdp: 'v=0 preview', headers: [ALLOWS] });
    deliver(made.clock);
    made.session.reoffer(sdp('second'));
    deliver(made.clock);
    expect(made.phone.requests('UPDATE')).toHaveLength(0);
    made.phone.answer(made.invite, 200, { sdp: 'v=0 answer' });
    deliver(made.clock);
    expect(made.phone.request('INVITE').body.toString()).toBe('v=0 second');
    expect(made.phone.request('INVITE').toTag).toBe('phone-tag');
  });

  it('goes to the branch that it is meant for', async () => {
    const made = await earlyOut();
    const other = await ScriptedPhone.plug(made.network, '10.0.0.2');
    const headers: HeaderList = [['Require', '100rel'], ['RSeq', '9'], ALLOWS, ['Contact', other.contact]];
    made.phone.answer(made.invite, 183, { sdp: 'v=0 two', toTag: 'two', headers });
    deliver(made.clock);
    other.answer(other.request('PRACK'), 200);
    deliver(made.clock);
    made.session.reoffer(sdp('second'), 'phone-tag');
    deliver(made.clock);
    expect([made.phone.requests('UPDATE').length, other.requests('UPDATE').length]).toEqual([1, 0]);
    made.session.reoffer(sdp('third'));
    deliver(made.clock);
    expect(other.request('UPDATE').body.toString()).toBe('v=0 third');
  });

  it('is sent by who was called as well', async () => {
    const made = await earlyIn();
    made.session.reoffer(sdp('second'));
    deliver(made.clock);
    const update = made.phone.request('UPDATE');
    expect(update.body.toString()).toBe('v=0 second');
    made.phone.answer(update, 200, { sdp: 'v=0 second answer' });
    deliver(made.clock);
    expect(made.ears.heard).toEqual(['answer: v=0 second answer']);
    made.session.accept(sdp('unused'));
    deliver(made.clock);
    expect([made.phone.response('INVITE').status, made.phone.response('INVITE').body.length]).toEqual([200, 0]);
  });

  it('moves the peer’s target where its 2xx says so', async () => {
    const made = await earlyOut();
    made.session.reoffer(sdp('second'));
    deliver(made.clock);
    const headers: HeaderList = [['Contact', `<sip:phone@${PHONE}:5060;moved>`]];
    made.phone.answer(made.phone.request('UPDATE'), 200, { sdp: 'v=0 second answer', headers });
    deliver(made.clock);
    made.session.reoffer(sdp('third'));
    deliver(made.clock);
    expect(made.phone.request('UPDATE').requestUri).toBe(`sip:phone@${PHONE}:5060;moved`);
  });
});

describe('what is answered to our UPDATE (RFC 3311 §5.3)', () => {
  it('491: tried again 2.1 to 4 s later, since the Call-ID is ours', async () => {
    const made = await earlyOut();
    made.session.reoffer(sdp('second'));
    deliver(made.clock);
    made.phone.answer(made.phone.request('UPDATE'), 491);
    made.clock.advance(2095);
    expect(made.phone.requests('UPDATE')).toHaveLength(1);
    made.clock.advance(1910);
    expect(made.phone.requests('UPDATE')[1]?.cseq.number).toBe(4);
  });

  it('491: tried again within 2 s, where the Call-ID is the peer’s', async () => {
    const made = await earlyIn();
    made.session.reoffer(sdp('second'));
    deliver(made.clock);
    made.phone.answer(made.phone.request('UPDATE'), 491);
    made.clock.advance(2005);
    expect(made.phone.requests('UPDATE').length).toBeGreaterThan(1);
  });

  it('500 with Retry-After: tried again after that', async () => {
    const made = await earlyOut();
    made.session.reoffer(sdp('second'));
    deliver(made.clock);
    made.phone.answer(made.phone.request('UPDATE'), 500, { headers: [['Retry-After', '3']] });
    made.clock.advance(2990);
    expect(made.phone.requests('UPDATE')).toHaveLength(1);
    made.clock.advance(20);
    expect(made.phone.requests('UPDATE')).toHaveLength(2);
  });

  it.each([[500], [488], [504]])('%i: the session goes on as it was', async (status) => {
    const made = await earlyOut();
    made.session.reoffer(sdp('second'));
    deliver(made.clock);
    made.phone.answer(made.phone.request('UPDATE'), status);
    made.clock.advance(30_000);
    expect(made.phone.requests('UPDATE')).toHaveLength(1);
    expect(made.ears.heard).toEqual([`offer refused ${status}`]);
  });

  it.each([[405], [501]])('%i, though it was allowed: the offer goes by re-INVITE after the answer', async (status) => {
    const made = await earlyOut();
    made.session.reoffer(sdp('second'));
    deliver(made.clock);
    made.phone.answer(made.phone.request('UPDATE'), status);
    deliver(made.clock);
    made.phone.answer(made.invite, 200);
    deliver(made.clock);
    expect(made.phone.requests('UPDATE')).toHaveLength(1);
    expect(made.phone.request('INVITE').body.toString()).toBe('v=0 second');
  });

  it('a peer that says 491 for ever is not asked for ever', async () => {
    const made = await earlyOut();
    made.phone.onMessage = (message) => {
      if (message.kind === 'request' && message.method === 'UPDATE') made.phone.answer(message, 491);
    };
    made.session.reoffer(sdp('second'));
    made.clock.advance(120_000);
    expect(made.phone.requests('UPDATE')).toHaveLength(7);
    expect(made.ears.heard).toEqual(['offer refused 491']);
  });
});

describe('an UPDATE of the peer’s (RFC 3311 §5.2)', () => {
  it('is negotiated before the answer, once the first exchange is through', async () => {
    const made = await earlyOut();
    peerSends(made, 'UPDATE', 1, { sdp: 'v=0 second' });
    deliver(made.clock);
    expect(made.ears.heard).toEqual(['negotiation: v=0 second']);
    expect(made.ears.negotiations[0]?.branch).toBe('phone-tag');
    made.ears.negotiations[0]?.accept(sdp('second answer'));
    deliver(made.clock);
    expect(made.phone.response('UPDATE').body.toString()).toBe('v=0 second answer');
  });

  it('gets 491 while the offer in our INVITE has no answer', async () => {
    const made = await callOut();
    made.phone.answer(made.invite, 183, { sdp: 'v=0 preview' });
    deliver(made.clock);
    peerSends(made, 'UPDATE', 1, { sdp: 'v=0 second' });
    deliver(made.clock);
    expect(made.phone.statuses('UPDATE')).toEqual([491]);
    expect(made.ears.negotiations).toHaveLength(0);
  });

  it('gets 500 and Retry-After while the offer in its INVITE has no answer', async () => {
    const made = await callIn();
    made.session.ring();
    deliver(made.clock);
    peerSends(made, 'UPDATE', 2, { sdp: 'v=0 second' });
    deliver(made.clock);
    expect(made.phone.statuses('UPDATE')).toEqual([500]);
    const wait = Number(made.phone.response('UPDATE').headers.get('Retry-After'));
    expect(wait >= 0 && wait <= 10).toBe(true);
  });

  it('gets 500 while one before it is open, and even without an offer', async () => {
    const made = await talkIn();
    peerSends(made, 'UPDATE', 2, { sdp: 'v=0 a' });
    peerSends(made, 'UPDATE', 3, { sdp: 'v=0 b' });
    peerSends(made, 'UPDATE', 4);
    deliver(made.clock);
    expect(made.phone.statuses('UPDATE')).toEqual([500, 500]);
  });

  it('and ours that cross are both refused with 491, and both tried again', async () => {
    const made = await earlyOut();
    made.session.reoffer(sdp('ours'));
    peerSends(made, 'UPDATE', 1, { sdp: 'v=0 theirs' });
    deliver(made.clock);
    expect(made.phone.statuses('UPDATE')).toEqual([491]);
    made.phone.answer(made.phone.request('UPDATE'), 491);
    made.clock.advance(4000);
    expect(made.phone.requests('UPDATE').length).toBeGreaterThan(1);
  });

  it('gets 491 while our re-INVITE is open, 500 while its own is', async () => {
    const ours = await talkOut([ALLOWS]);
    ours.session.reoffer(sdp('ours'));
    deliver(ours.clock);
    peerSends(ours, 'UPDATE', 1, { sdp: 'v=0 theirs' });
    deliver(ours.clock);
    expect(ours.phone.statuses('UPDATE')).toEqual([491]);
    const theirs = await talkOut([ALLOWS]);
    peerSends(theirs, 'INVITE', 1, { sdp: 'v=0 a' });
    peerSends(theirs, 'UPDATE', 2, { sdp: 'v=0 b' });
    deliver(theirs.clock);
    expect(theirs.phone.statuses('UPDATE')).toEqual([500]);
  });

  it('is answered while our re-INVITE is open, where it only refreshes the target', async () => {
    const made = await talkOut([ALLOWS]);
    made.session.reoffer(sdp('ours'));
    deliver(made.clock);
    peerSends(made, 'UPDATE', 1);
    deliver(made.clock);
    expect(made.phone.statuses('UPDATE')).toEqual([200]);
  });

  it('gets 488 where it cannot be met, and nothing changes, the target included', async () => {
    const made = await talkOut();
    peerSends(made, 'UPDATE', 1, { sdp: 'v=0 video', headers: [['Contact', '<sip:other@10.0.0.44>']] });
    deliver(made.clock);
    made.ears.negotiations[0]?.reject({ status: 488, headers: [['Warning', '305 door "no codec"']] });
    deliver(made.clock);
    expect(made.phone.response('UPDATE').headers.get('Warning')).toContain('305');
    made.session.hangup();
    deliver(made.clock);
    expect(made.phone.requests('BYE')).toHaveLength(1);
  });
});

describe('re-INVITEs of a peer that acknowledges none', () => {
  it('are answered four times, then with 500', async () => {
    const made = await talkOut();
    made.session.on('negotiation', (negotiation) => negotiation.accept(sdp('answer')));
    for (let sequence = 1; sequence <= 20; sequence += 1) {
      peerSends(made, 'INVITE', sequence, { sdp: `v=0 ${sequence}` });
      deliver(made.clock);
    }
    expect(made.phone.statuses('INVITE').filter((status) => status === 200)).toHaveLength(4);
    expect(made.phone.statuses('INVITE').filter((status) => status === 500)).toHaveLength(16);
  });
});

describe('our re-INVITE, after the answer', () => {
  it('is what an offer goes by, though the peer takes UPDATE (RFC 3311 §5.1)', async () => {
    const made = await talkOut([ALLOWS]);
    made.session.reoffer(sdp('hold'));
    deliver(made.clock);
    expect([made.phone.requests('UPDATE').length, made.phone.request('INVITE').body.toString()]).toEqual([
      0,
      'v=0 hold',
    ]);
  });

  it('has its reliable responses acknowledged, with the answer in them', async () => {
    const made = await talkOut();
    made.session.reoffer(sdp('hold'));
    deliver(made.clock);
    const again = made.phone.request('INVITE');
    made.phone.answer(again, 183, {
      sdp: 'v=0 held',
      headers: [
        ['Require', '100rel'],
        ['RSeq', '40'],
      ],
    });
    deliver(made.clock);
    expect(made.phone.request('PRACK').headers.get('RAck')).toBe('40 2 INVITE');
    made.phone.answer(made.phone.request('PRACK'), 200);
    made.phone.answer(again, 200);
    deliver(made.clock);
    expect(made.ears.heard).toEqual(['answer: v=0 held']);
    expect(made.phone.request('ACK').cseq.number).toBe(2);
  });

  it('is given up when the peer rings on for 32 s: nothing else could be offered', async () => {
    const made = await talkOut();
    made.session.reoffer(sdp('hold'));
    deliver(made.clock);
    const again = made.phone.request('INVITE');
    made.phone.answer(again, 180);
    made.clock.advance(32_100);
    expect(made.phone.requests('CANCEL')).toHaveLength(1);
    made.phone.answer(made.phone.request('CANCEL'), 200);
    made.phone.answer(again, 487);
    deliver(made.clock);
    expect([made.session.state, made.ears.heard]).toEqual(['confirmed', ['offer refused 487']]);
  });

  it('that is never answered does not outlive the call', async () => {
    const made = await talkOut();
    made.session.reoffer(sdp('hold'));
    deliver(made.clock);
    made.phone.answer(made.phone.request('INVITE'), 100);
    deliver(made.clock);
    made.session.hangup();
    deliver(made.clock);
    made.phone.answer(made.phone.request('BYE'), 200);
    made.clock.advance(70_000);
    expect(made.clock.timers).toEqual([]);
  });
});

describe('our re-INVITE that fails after something was agreed inside of it (RFC 6141 §3.4)', () => {
  const reliably = (number: number): (readonly [string, string])[] => [
    ['Require', '100rel'],
    ['RSeq', String(number)],
  ];

  async function holding() {
    const made = await talkOut([ALLOWS]);
    made.session.reoffer(sdp('hold'));
    deliver(made.clock);
    return { ...made, again: made.phone.request('INVITE') };
  }

  function saysHeld(made: Awaited<ReturnType<typeof holding>>): void {
    made.phone.answer(made.again, 183, { sdp: 'v=0 held', headers: reliably(7) });
    deliver(made.clock);
    made.phone.answer(made.phone.request('PRACK'), 200);
    deliver(made.clock);
  }

  it('by the answer in a reliable response: is said, and what its user then offers goes out at once', async () => {
    const made = await holding();
    made.session.on('outOfStep', () => made.session.reoffer(sdp('as before')));
    saysHeld(made);
    made.phone.answer(made.again, 488);
    deliver(made.clock);
    expect(made.ears.heard).toEqual(['answer: v=0 held', 'offer refused 488', 'out of step']);
    const resync = made.phone.request('INVITE');
    expect([resync.body.toString(), resync.cseq.number > made.again.cseq.number]).toEqual(['v=0 as before', true]);
    made.phone.answer(resync, 200, { sdp: 'v=0 answer' });
    deliver(made.clock);
    expect(made.ears.heard.at(-1)).toBe('answer: v=0 answer');
  });

  it('by an UPDATE of the peer’s', async () => {
    const made = await holding();
    saysHeld(made);
    made.session.on('negotiation', ({ accept }) => accept(sdp('as you like')));
    peerSends(made, 'UPDATE', 1, { sdp: 'v=0 other' });
    deliver(made.clock);
    made.phone.answer(made.again, 500);
    deliver(made.clock);
    expect(made.ears.heard.at(-1)).toBe('out of step');
  });

  it.each([
    ['it was refused without more', () => undefined],
    [
      'what it said early was no answer',
      (made: Awaited<ReturnType<typeof holding>>) => made.phone.answer(made.again, 183, { sdp: 'v=0 preview' }),
    ],
  ])('is in step where %s', async (_, before) => {
    const made = await holding();
    before(made);
    deliver(made.clock);
    made.phone.answer(made.again, 488);
    deliver(made.clock);
    expect(made.ears.heard).toEqual(['offer refused 488']);
  });

  it('is over where the peer has lost the call', async () => {
    const made = await holding();
    saysHeld(made);
    made.phone.answer(made.again, 481);
    deliver(made.clock);
    expect(made.ears.heard.at(-1)).toBe('ended remote-hangup');
  });
});
