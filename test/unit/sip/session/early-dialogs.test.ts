import { describe, expect, it } from 'vitest';
import { ALLOWS, callOut, type InSession, peerSends, sdp } from '../../../support/session-rig.ts';
import { deliver } from '../../../support/sip-bench.ts';

type HeaderList = (readonly [string, string])[];

function says(made: InSession, status: number, toTag: string, more: { sdp?: string; headers?: HeaderList } = {}): void {
  made.phone.answer(made.invite, status, { toTag, ...more });
  deliver(made.clock);
}

async function branches(): Promise<InSession & { readonly ended: string[] }> {
  const made = await callOut();
  const ended: string[] = [];
  made.session.on('branchEnded', (branch) => ended.push(branch));
  return { ...made, ended };
}

describe('an early dialog that ends by itself (199, RFC 6228 §4)', () => {
  it('is asked to be told of', async () => {
    const { invite } = await callOut();
    expect(invite.headers.list('Supported')).toContain('199');
  });

  it('is told of, once, and the call rings on', async () => {
    const made = await branches();
    says(made, 183, 'one', { sdp: 'v=0 one' });
    says(made, 180, 'two');
    says(made, 199, 'one');
    says(made, 199, 'one');
    expect([made.ended, made.session.state]).toEqual([['one'], 'early']);
    expect(made.ears.heard).toEqual(['progress 183: v=0 one', 'progress 180']);
    says(made, 200, 'two', { sdp: 'v=0 two' });
    expect(made.ears.heard.at(-1)).toBe('accepted 200: v=0 two');
  });

  it('leaves an INVITE that waits for other branches, though it was the last', async () => {
    const made = await branches();
    says(made, 180, 'one');
    says(made, 199, 'one');
    made.clock.advance(60_000);
    expect(made.session.state).toBe('early');
    says(made, 486, 'one');
    expect(made.ears.end).toEqual({ reason: 'rejected', status: 486, phrase: 'Busy Here' });
  });

  it('takes no request any more', async () => {
    const made = await branches();
    says(made, 180, 'one');
    says(made, 199, 'one');
    peerSends(made, 'UPDATE', 1, {
      tag: 'one',
      headers: [['User-Agent', 'a name that is long enough for any answer']],
    });
    deliver(made.clock);
    expect(made.phone.statuses('UPDATE')).toEqual([481]);
  });

  it('is none where nobody has heard of it', async () => {
    const made = await branches();
    says(made, 199, 'stranger');
    expect([made.ended, made.ears.heard, made.session.state]).toEqual([[], [], 'calling']);
  });

  it('is acknowledged where it is said reliably, known or not (RFC 3262)', async () => {
    const made = await branches();
    says(made, 199, 'stranger', {
      headers: [
        ['Require', '100rel'],
        ['RSeq', '3'],
      ],
    });
    expect(made.phone.request('PRACK').headers.get('RAck')).toBe('3 1 INVITE');
    expect(made.ears.heard).toEqual([]);
  });

  it('may answer all the same: its 2xx makes a session', async () => {
    const made = await branches();
    says(made, 180, 'one');
    says(made, 199, 'one');
    says(made, 200, 'one', { sdp: 'v=0 one' });
    expect(made.session.state).toBe('confirmed');
    made.session.hangup();
    deliver(made.clock);
    expect(made.phone.requests('BYE')).toHaveLength(1);
  });
});

describe('early dialogs of a forked call (RFC 3261 §13.2.2.4)', () => {
  it('make no more than sixteen; a 2xx of one more is taken all the same', async () => {
    const made = await branches();
    for (let branch = 0; branch < 40; branch += 1) {
      says(made, 183, `b${branch}`, {
        headers: [
          ['Require', '100rel'],
          ['RSeq', '1'],
        ],
      });
    }
    expect(made.phone.requests('PRACK')).toHaveLength(16);
    says(made, 200, 'b39', { sdp: 'v=0 late' });
    expect(made.ears.heard.at(-1)).toBe('accepted 200: v=0 late');
  });

  it('are all over when the call is refused', async () => {
    const made = await branches();
    says(made, 183, 'one', { headers: [['Require', '100rel'], ['RSeq', '1'], ALLOWS], sdp: 'v=0 one' });
    made.phone.answer(made.phone.request('PRACK'), 200);
    says(made, 180, 'two');
    says(made, 603, 'two');
    peerSends(made, 'UPDATE', 1, {
      tag: 'one',
      headers: [['User-Agent', 'a name that is long enough for any answer']],
    });
    deliver(made.clock);
    expect(made.phone.statuses('UPDATE')).toEqual([481]);
    made.clock.advance(120_000);
    expect(made.clock.timers).toEqual([]);
  });

  it('that has only rung is no session when another has answered: what it offers is refused', async () => {
    const made = await branches();
    says(made, 183, 'one', { headers: [['Require', '100rel'], ['RSeq', '1'], ALLOWS], sdp: 'v=0 one' });
    made.phone.answer(made.phone.request('PRACK'), 200);
    says(made, 200, 'two', { sdp: 'v=0 two' });
    peerSends(made, 'UPDATE', 1, { tag: 'one', sdp: 'v=0 more' });
    deliver(made.clock);
    expect(made.phone.statuses('UPDATE')).toEqual([488]);
    expect(made.ears.negotiations).toHaveLength(0);
  });

  it('offer each in its own dialog by UPDATE, and are answered there', async () => {
    const made = await branches();
    for (const tag of ['one', 'two']) {
      says(made, 183, tag, { headers: [['Require', '100rel'], ['RSeq', '1'], ALLOWS], sdp: `v=0 ${tag}` });
      made.phone.answer(made.phone.request('PRACK'), 200);
    }
    deliver(made.clock);
    const asked: (string | undefined)[] = [];
    made.session.on('negotiation', ({ branch, accept }) => {
      asked.push(branch);
      accept(sdp(`answer to ${branch}`));
    });
    for (const tag of ['one', 'two']) {
      peerSends(made, 'UPDATE', 1, { tag, sdp: `v=0 more of ${tag}` });
      deliver(made.clock);
      const response = made.phone.response('UPDATE');
      expect([response.status, response.body.toString()]).toEqual([200, `v=0 answer to ${tag}`]);
    }
    expect(asked).toEqual(['one', 'two']);
  });
});
