// The services of RFC 5359 as they look from the door: what the servers and phones around it do stands in scripted peers.
// src/sip/README.md says where each of its sections is tested, and which are not for a door.

import { describe, expect, it } from 'vitest';
import { ScriptedPhone } from '../../support/scripted-phone.ts';
import { answer, type Bench, bench, DOOR, deliver, offer, peerAccount, SessionEars } from '../../support/sip-bench.ts';

const BOB = 'sip:bob@10.0.0.1';

/** The door calls Bob; what he and the proxies before him say is the test's. */
async function calling(): Promise<Bench & { ears: SessionEars }> {
  const made = await bench();
  const ears = new SessionEars(made.agent.invite({ target: BOB, account: peerAccount, offer }));
  deliver(made.clock);
  return { ...made, ears };
}

const hold = (direction: string): string =>
  [
    'v=0',
    'o=- 1 2 IN IP4 10.0.0.1',
    's=-',
    'c=IN IP4 10.0.0.1',
    't=0 0',
    'm=audio 4000 RTP/AVP 8',
    `a=${direction}`,
    '',
  ].join('\r\n');

describe('RFC 5359 §2.1–2.3: hold', () => {
  it('a hold and its end are two offers in one dialog, each answered and acknowledged', async () => {
    const { phone, clock, ears } = await calling();
    const invite = phone.request('INVITE');
    phone.answer(invite, 200, { sdp: 'v=0 answer' });
    deliver(clock);
    const ack = phone.request('ACK');
    for (const [at, direction] of ['sendonly', 'sendrecv'].entries()) {
      phone.send(
        phone.make('INVITE', {
          uri: `sip:door@${DOOR.address}`,
          from: ack.headers.get('To') ?? '',
          to: ack.headers.get('From') ?? '',
          callId: ack.callId,
          sequence: at + 1,
          headers: [['Contact', phone.contact]],
          sdp: hold(direction),
        }),
        DOOR,
      );
      deliver(clock);
      expect(ears.negotiations[at]?.offer?.data.toString()).toContain(`a=${direction}`);
      ears.negotiations[at]?.accept(answer);
      deliver(clock);
      expect(phone.response('INVITE')).toMatchObject({ status: 200, cseq: { number: at + 1 } });
    }
    expect(ears.end).toBeUndefined();
  });
});

describe('RFC 5359 §2.7–2.9: forwarding', () => {
  it('unconditional: the call is told that it goes elsewhere (181), and answered there', async () => {
    const { phone, clock, ears } = await calling();
    const invite = phone.request('INVITE');
    phone.answer(invite, 181, { reason: 'Call Is Being Forwarded', toTag: 'proxy' });
    phone.answer(invite, 180, { toTag: 'carol' });
    phone.answer(invite, 200, { toTag: 'carol', sdp: 'v=0 answer', headers: [['Contact', '<sip:carol@10.0.0.1>']] });
    deliver(clock);
    expect(ears.heard).toEqual(['progress 181', 'progress 180', 'accepted 200: v=0 answer']);
    expect(phone.request('ACK').toTag).toBe('carol');
    expect(phone.request('ACK').requestUri).toBe('sip:carol@10.0.0.1');
  });

  it('when busy or not answered: the branch that rang is dropped, the one that answers is the call', async () => {
    const { phone, clock, ears, agent } = await calling();
    const invite = phone.request('INVITE');
    phone.answer(invite, 180, { toTag: 'bob' });
    phone.answer(invite, 181, { toTag: 'proxy' });
    phone.answer(invite, 180, { toTag: 'carol' });
    phone.answer(invite, 200, { toTag: 'carol', sdp: 'v=0 answer' });
    deliver(clock);
    expect(ears.heard.at(-1)).toBe('accepted 200: v=0 answer');
    const stopped = agent.stop();
    deliver(clock);
    expect(phone.requests('BYE').map(({ toTag }) => toTag)).toEqual(['carol']);
    phone.answer(phone.request('BYE'), 200);
    deliver(clock);
    await stopped;
  });
});

describe('RFC 5359 §2.12: find me', () => {
  it('phones are tried one after the other by the server, and it stays one call', async () => {
    const { phone, clock, ears } = await calling();
    const invite = phone.request('INVITE');
    for (const tag of ['office', 'mobile', 'home']) {
      phone.answer(invite, 180, { toTag: tag });
      clock.advance(10_000);
    }
    phone.answer(invite, 200, { toTag: 'home', sdp: 'v=0 answer' });
    deliver(clock);
    expect(ears.end).toBeUndefined();
    expect(phone.requests('INVITE')).toHaveLength(1);
    expect(phone.requests('ACK').map(({ toTag }) => toTag)).toEqual(['home']);
  });
});

describe('RFC 5359 §2.13, §2.14: screening', () => {
  it('2.13 of calls that come in: a caller who is not let in gets the refusal of the policy', async () => {
    const made = await bench({ admit: () => ({ status: 403, reason: 'Forbidden' }) });
    made.phone.send(
      made.phone.make('INVITE', {
        uri: `sip:door@${DOOR.address}`,
        from: '<sip:spam@10.0.0.1>;tag=1',
        to: `<sip:door@${DOOR.address}>`,
        callId: 'screened',
        sequence: 1,
        headers: [['Contact', made.phone.contact]],
        sdp: 'v=0 offer',
      }),
      DOOR,
    );
    deliver(made.clock);
    expect(made.phone.statuses('INVITE')).toEqual([403]);
    expect(made.calls).toEqual([]);
  });

  it('2.14 of calls that go out: the server’s 403 ends the call, with its reason', async () => {
    const { phone, clock, ears } = await calling();
    phone.answer(phone.request('INVITE'), 403, { reason: 'Screening Failure (Terminating)' });
    deliver(clock);
    expect(ears.end).toMatchObject({ reason: 'rejected', status: 403, phrase: 'Screening Failure (Terminating)' });
    expect(phone.requests('ACK')).toHaveLength(1);
  });
});

describe('RFC 5359 §2.16, §2.17: who watches the door', () => {
  /** Subscribes to the door's calls. */
  async function watching(): Promise<Bench & { watcher: ScriptedPhone }> {
    const made = await bench();
    const watcher = await ScriptedPhone.plug(made.network, '10.0.0.2');
    watcher.onMessage = (message) => {
      if (message.kind === 'request') watcher.answer(message, 200);
    };
    watcher.send(
      watcher.make('SUBSCRIBE', {
        uri: `sip:door@${DOOR.address}`,
        from: '<sip:carol@10.0.0.2>;tag=carol',
        to: `<sip:door@${DOOR.address}>`,
        callId: 'watch',
        sequence: 1,
        headers: [
          ['Contact', watcher.contact],
          ['Event', 'dialog'],
          ['Expires', '600'],
        ],
      }),
      DOOR,
    );
    deliver(made.clock);
    return { ...made, watcher };
  }

  const newest = (watcher: ScriptedPhone): string => watcher.request('NOTIFY').body.toString();

  it('2.16 call pickup: from the dialog that is told comes the INVITE that takes the ringing call over', async () => {
    const made = await watching();
    const { agent, phone, watcher, clock, calls } = made;
    const ringing = agent.invite({ target: BOB, account: peerAccount, offer });
    const ears = new SessionEars(ringing);
    deliver(clock);
    phone.answer(phone.request('INVITE'), 180);
    deliver(clock);
    clock.advance(1_500);
    const told = newest(watcher);
    const [, callId = ''] = /call-id="([^"]+)"/.exec(told) ?? [];
    const [, local = ''] = /local-tag="([^"]+)"/.exec(told) ?? [];
    const [, remote = ''] = /remote-tag="([^"]+)"/.exec(told) ?? [];
    expect([callId, local, remote]).toEqual([ringing.id, phone.request('INVITE').fromTag, 'phone-tag']);
    watcher.send(
      watcher.make('INVITE', {
        uri: `sip:door@${DOOR.address}`,
        from: '<sip:carol@10.0.0.2>;tag=pickup',
        to: `<sip:door@${DOOR.address}>`,
        callId: 'pickup',
        sequence: 1,
        headers: [
          ['Contact', watcher.contact],
          ['Require', 'replaces'],
          ['Replaces', `${callId};to-tag=${local};from-tag=${remote};early-only`],
        ],
        sdp: 'v=0 offer',
      }),
      DOOR,
    );
    deliver(clock);
    expect(calls).toHaveLength(1);
    expect(calls[0]?.replaces).toBe(ringing);
    calls[0]?.accept(answer);
    ringing.hangup();
    deliver(clock);
    expect(watcher.statuses('INVITE')).toContain(200);
    expect(phone.requests('CANCEL')).toHaveLength(1);
    expect(ears.end?.reason).toBe('cancelled');
  });

  it('2.17 automatic redial: who found the door busy hears when it is free', async () => {
    const made = await watching();
    const { agent, phone, watcher, clock } = made;
    const session = agent.invite({ target: BOB, account: peerAccount, offer });
    deliver(clock);
    phone.answer(phone.request('INVITE'), 200, { sdp: 'v=0 answer' });
    deliver(clock);
    clock.advance(1_500);
    expect(newest(watcher)).toContain('<state>confirmed</state>');
    session.hangup();
    deliver(clock);
    phone.answer(phone.request('BYE'), 200);
    clock.advance(1_500);
    expect(newest(watcher)).toMatch(/<state[^>]*>terminated<\/state>/);
  });
});
