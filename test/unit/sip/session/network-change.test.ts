// The door gets another address in the middle of a call (RFC 6141 §4): the peer is told where to reach it.

import { describe, expect, it } from 'vitest';
import { createResponse } from '../../../../src/sip/message/index.ts';
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

const NEW = '10.0.0.77';
const AT_NEW = { address: NEW, port: 5060 };
const MOVED = `<sip:door@${NEW}:5060>`;
/** Bound to whatever addresses the machine has. */
const anywhere = { listen: [{ protocol: 'udp' as const, address: '0.0.0.0', port: 5060 }] };
const RELIABLE: (readonly [string, string])[] = [
  ['Require', '100rel'],
  ['RSeq', '1'],
];

function move(made: InSession): void {
  made.host.renumber(NEW);
  made.agent.networkChanged();
  deliver(made.clock);
}

/** A request of the phone's to where the door is now. */
function toNew(made: InSession, method: string, sequence: number, text?: string): void {
  const request = peerSends(made, method, sequence, text === undefined ? {} : { sdp: text });
  made.phone.send(request, AT_NEW);
}

describe('an address of ours that changes in a call', () => {
  it.each([
    ['that we began', talkOut],
    ['that the peer began', talkIn],
  ] as const)('%s: is told by UPDATE where the peer takes it', async (_, talk) => {
    const made = await talk([ALLOWS], anywhere);
    move(made);
    const update = made.phone.request('UPDATE');
    expect([update.headers.get('Contact'), update.body.length]).toEqual([MOVED, 0]);
    expect(update.topVia.host).toBe(NEW);
    made.phone.answer(update, 200);
    deliver(made.clock);
    expect([made.session.state, made.phone.requests('UPDATE').length]).toEqual(['confirmed', 1]);
  });

  it('is told by a re-INVITE that changes nothing, where it does not', async () => {
    const made = await talkOut([], anywhere);
    move(made);
    const again = made.phone.request('INVITE');
    expect([again.headers.get('Contact'), again.body.toString()]).toEqual([MOVED, made.invite.body.toString()]);
    made.phone.answer(again, 200, { sdp: 'v=0 answer' });
    deliver(made.clock);
    expect(made.ears.heard).toEqual([]);
    expect(made.phone.request('ACK').topVia.host).toBe(NEW);
  });

  it('is told once, with the offer that its user makes of it', async () => {
    const made = await talkOut([ALLOWS], anywhere);
    made.session.on('networkChanged', () => made.session.reoffer(sdp('from the new address')));
    move(made);
    const again = made.phone.request('INVITE');
    expect([again.headers.get('Contact'), again.body.toString()]).toEqual([MOVED, 'v=0 from the new address']);
    made.phone.answer(again, 200, { sdp: 'v=0 answer 2' });
    made.clock.advance(10_000);
    expect([made.phone.requests('UPDATE').length, made.phone.requests('INVITE').length]).toEqual([0, 2]);
  });

  it('is told when an offer that was under way is through', async () => {
    const made = await talkOut([ALLOWS], anywhere);
    made.session.reoffer(sdp('hold'));
    deliver(made.clock);
    // The old one is still there, and answers come to it.
    made.host.renumber(NEW, '10.0.0.9');
    made.agent.networkChanged();
    deliver(made.clock);
    expect(made.phone.requests('UPDATE')).toHaveLength(0);
    made.phone.answer(made.phone.request('INVITE'), 488);
    deliver(made.clock);
    expect(made.phone.request('UPDATE').headers.get('Contact')).toBe(MOVED);
  });

  describe('while a re-INVITE of ours is under way, whose answer goes to the old one', () => {
    /** The phone has accepted it, and its 200 went astray. */
    async function movedInOffer() {
      const made = await talkOut([], anywhere);
      made.session.reoffer(sdp('hold'));
      deliver(made.clock);
      const first = made.phone.request('INVITE');
      move(made);
      made.phone.answer(first, 200, { sdp: 'v=0 answer to hold' });
      deliver(made.clock);
      return { ...made, first };
    }

    it('has it acknowledged unseen, and sent anew from the new one', async () => {
      const made = await movedInOffer();
      expect(made.phone.requests('INVITE')).toHaveLength(2);
      made.clock.advance(1000);
      const second = made.phone.request('INVITE');
      const ack = made.phone.request('ACK');
      // §13.3.1.4: without it the phone would repeat its 200, and hang up after 32 s.
      expect([ack.cseq.number, ack.topVia.host]).toEqual([made.first.cseq.number, NEW]);
      expect([second.headers.get('Contact'), second.topVia.host]).toEqual([MOVED, NEW]);
      expect([second.cseq.number, second.body.toString()]).toEqual([made.first.cseq.number + 1, 'v=0 hold']);
      made.phone.answer(second, 200, { sdp: 'v=0 answer from hold' });
      made.clock.advance(60_000);
      expect(made.ears.heard).toEqual(['answer: v=0 answer from hold']);
      expect([made.session.state, made.phone.requests('INVITE').at(-1)?.cseq.number]).toEqual([
        'confirmed',
        second.cseq.number,
      ]);
    });

    it('takes 491 from a phone that has not done with the first, and offers it again', async () => {
      const made = await movedInOffer();
      made.clock.advance(1000);
      const second = made.phone.request('INVITE');
      made.phone.answer(second, 491);
      // §14.1: the owner of the Call-ID waits for 2.1 to 4 s.
      made.clock.advance(4100);
      const third = made.phone.request('INVITE');
      expect([third.cseq.number, third.headers.get('Contact')]).toEqual([second.cseq.number + 1, MOVED]);
      made.phone.answer(third, 200, { sdp: 'v=0 answer' });
      made.clock.advance(40_000);
      expect(made.session.state).toBe('confirmed');
    });

    it('has a 200 that comes after all acknowledged again, and what it says passed over', async () => {
      const made = await movedInOffer();
      made.clock.advance(1000);
      made.phone.answer(made.phone.request('INVITE'), 200, { sdp: 'v=0 answer from hold' });
      deliver(made.clock);
      const acks = made.phone.requests('ACK').length;
      const response = createResponse(made.first, 200, {
        toTag: 'phone-tag',
        headers: [['Contact', made.phone.contact]],
        body: sdp('late'),
      });
      made.phone.send(response, AT_NEW);
      deliver(made.clock);
      expect(made.phone.requests('ACK')).toHaveLength(acks + 1);
      expect(made.phone.request('ACK').cseq.number).toBe(made.first.cseq.number);
      expect(made.ears.heard).toEqual(['answer: v=0 answer from hold']);
    });
  });

  it.each([
    ['UPDATE', '10.0.0.78', (made: InSession) => made.agent.networkChanged()],
    ['BYE', '10.0.0.9', (made: InSession) => made.session.hangup()],
  ] as const)('has %s sent anew, whose answer would go to the old one', async (method, old, begin) => {
    const made = await talkOut([ALLOWS], anywhere);
    made.host.renumber('10.0.0.78');
    begin(made);
    deliver(made.clock);
    const first = made.phone.request(method);
    move(made);
    const second = made.phone.request(method);
    expect([first.topVia.host, second.topVia.host]).toEqual([old, NEW]);
    expect(second.cseq.number).toBeGreaterThan(first.cseq.number);
    made.phone.answer(second, 200);
    made.clock.advance(100_000);
    expect(made.phone.requests(method)).toHaveLength(2);
    expect(made.clock.timers).toEqual([]);
  });

  it('has no digit sent anew: it may have arrived', async () => {
    const made = await talkOut([ALLOWS], anywhere);
    made.session.sendInfo({ type: 'application/dtmf', data: Buffer.from('5') });
    deliver(made.clock);
    move(made);
    made.phone.answer(made.phone.request('UPDATE'), 200);
    made.clock.advance(40_000);
    expect([made.phone.requests('INFO').length, made.session.state]).toEqual([1, 'confirmed']);
  });

  it('is not told when it has not changed', async () => {
    const made = await talkOut([ALLOWS], anywhere);
    made.agent.networkChanged();
    made.clock.advance(10_000);
    expect([made.phone.requests('UPDATE').length, made.phone.requests('INVITE').length]).toEqual([0, 1]);
  });

  it('is tried again while there is no way: a machine has none between two addresses', async () => {
    const made = await talkOut([ALLOWS], anywhere);
    made.network.conditions = { refusal: true };
    made.phone.unplug();
    move(made);
    made.clock.advance(3000);
    expect(made.session.state).toBe('confirmed');
    const updates = made.network.sent.filter(({ bytes }) => bytes.toString().startsWith('UPDATE'));
    expect(updates.length).toBeGreaterThan(1);
  });

  it('is in what we answer: the caller is told with the 2xx', async () => {
    const made = await callIn({ sdp: 'v=0 offer', options: anywhere });
    made.session.ring();
    deliver(made.clock);
    move(made);
    made.session.accept(sdp('answer'));
    deliver(made.clock);
    expect(made.phone.response('INVITE').headers.get('Contact')).toBe(MOVED);
    toNew(made, 'ACK', 1);
    deliver(made.clock);
    expect(made.ears.heard).toContain('acknowledged');
  });

  it('is told in an early dialog too, where UPDATE is taken', async () => {
    const made = await callOut({ options: anywhere });
    made.phone.answer(made.invite, 183, { sdp: 'v=0 early', headers: [...RELIABLE, ALLOWS] });
    deliver(made.clock);
    made.phone.answer(made.phone.request('PRACK'), 200);
    deliver(made.clock);
    move(made);
    expect(made.phone.request('UPDATE').headers.get('Contact')).toBe(MOVED);
  });

  it('leaves the call as it is for the peer, which hangs up at the new one', async () => {
    const made = await talkOut([ALLOWS], anywhere);
    move(made);
    made.phone.answer(made.phone.request('UPDATE'), 200);
    deliver(made.clock);
    toNew(made, 'BYE', 1);
    deliver(made.clock);
    expect(made.phone.statuses('BYE')).toEqual([200]);
    expect(made.ears.end?.reason).toBe('remote-hangup');
    expect(made.phone.place.address).toBe(PHONE);
  });
});
