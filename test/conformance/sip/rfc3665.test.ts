// The basic call flows of RFC 3665, with the door in each role of a user agent that they have. What proxies and servers say
// stands in one scripted peer: to a user agent it is the same wire. Message names (F1, F2 …) are the RFC's.

import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import { seconds } from '../../../src/base/units.ts';
import type { SipRequest } from '../../../src/sip/message/types.ts';
import { ScriptedPhone } from '../../support/scripted-phone.ts';
import { REGISTRAR, ScriptedRegistrar } from '../../support/scripted-registrar.ts';
import { answer, type Bench, bench, DOOR, deliver, offer, peerAccount, SessionEars } from '../../support/sip-bench.ts';

const PROXY_1 = '10.0.0.21';
const PROXY_2 = '10.0.0.22';
const BOB = 'sip:bob@10.0.0.1';

const registering = {
  ...peerAccount,
  uri: `sip:door@${REGISTRAR}`,
  password: new Secret('sesame'),
  expires: seconds(300),
  register: true,
};

/** A door that registers at a scripted registrar. */
async function registered(password = 'sesame'): Promise<Bench & { registrar: ScriptedRegistrar }> {
  let registrar: ScriptedRegistrar | undefined;
  const made = await bench({ accounts: [{ ...registering, password: new Secret(password) }] }, async (network) => {
    registrar = await ScriptedRegistrar.start(network, () => 0);
  });
  made.clock.advance(10);
  if (registrar === undefined) throw new Error('no registrar');
  return { ...made, registrar };
}

/** An INVITE by which a peer calls the door, with the routes that proxies have recorded. */
function callIn(
  { phone, clock }: Bench,
  fields: readonly (readonly [string, string])[] = [],
  sdp = 'v=0 offer',
): SipRequest {
  const invite = phone.make('INVITE', {
    uri: `sip:door@${DOOR.address}`,
    from: '<sip:alice@10.0.0.1>;tag=9fxced76sl',
    to: `<sip:door@${DOOR.address}>`,
    callId: '3848276298220188511',
    sequence: 2,
    headers: [['Contact', phone.contact], ...fields],
    sdp,
  });
  phone.send(invite, DOOR);
  deliver(clock);
  return invite;
}

function inDialog({ phone, clock }: Bench, method: string, sequence: number, sdp?: string): void {
  phone.send(
    phone.make(method, {
      uri: `sip:door@${DOOR.address}`,
      from: '<sip:alice@10.0.0.1>;tag=9fxced76sl',
      to: phone.response('INVITE').headers.get('To') ?? '',
      callId: '3848276298220188511',
      sequence,
      ...(method === 'ACK' || method === 'BYE' ? {} : { headers: [['Contact', phone.contact] as const] }),
      ...(sdp === undefined ? {} : { sdp }),
    }),
    DOOR,
  );
  deliver(clock);
}

describe('RFC 3665 §2: registration', () => {
  it('2.1 a challenge is answered, and the binding is there', async () => {
    const { registrar, registrations } = await registered();
    expect(registrar.notes.map(({ status }) => status).slice(0, 2)).toEqual([401, 200]);
    expect(registrar.notes[1]?.sequence).toBe((registrar.notes[0]?.sequence ?? 0) + 1);
    expect(registrar.notes[1]?.callId).toBe(registrar.notes[0]?.callId);
    expect([...registrar.bindings.keys()]).toHaveLength(1);
    expect(registrations.at(-1)).toMatchObject({ registered: true });
  });

  it('2.2 another device of the same user is left alone when the contact is updated', async () => {
    const { registrar, agent, clock } = await registered();
    registrar.bindings.set('sip:door@10.0.0.77', 300);
    agent.networkChanged();
    clock.advance(20);
    expect(registrar.bindings.has('sip:door@10.0.0.77')).toBe(true);
    expect(registrar.bindings.size).toBe(2);
  });

  it('2.3 the list is asked for without a Contact, and nothing is changed by it', async () => {
    const { registrar, clock } = await registered();
    clock.advance(3_000);
    const question = registrar.notes.find(({ contact }) => contact === undefined);
    expect(question).toMatchObject({ status: 200 });
    expect(registrar.bindings.size).toBe(1);
  });

  it('2.4 the end takes the binding away', async () => {
    const { registrar, agent, clock } = await registered();
    const stopped = agent.stop();
    await clock.advanceAsync(10);
    await stopped;
    expect(registrar.bindings.size).toBe(0);
  });

  it('2.5 credentials that are refused are not sent again and again', async () => {
    const { registrar, registrations, clock } = await registered('wrong');
    clock.advance(10_000);
    expect(registrar.notes.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(2);
    expect(registrar.bindings.size).toBe(0);
    expect(registrations.at(-1)).toMatchObject({ registered: false, status: 401 });
  });
});

describe('RFC 3665 §3.1: a session between two phones', () => {
  it('as Alice: INVITE, 180, 200, ACK, and BYE from the other side', async () => {
    const made = await bench();
    const { agent, phone, clock } = made;
    const session = agent.invite({ target: BOB, account: peerAccount, offer });
    const ears = new SessionEars(session);
    deliver(clock);
    const invite = phone.request('INVITE'); // F1
    expect(invite).toMatchObject({ requestUri: BOB, contentType: 'application/sdp' });
    for (const name of ['Via', 'Max-Forwards', 'From', 'To', 'Call-ID', 'CSeq', 'Contact']) {
      expect(invite.headers.has(name)).toBe(true);
    }
    phone.answer(invite, 180); // F2
    deliver(clock);
    phone.answer(invite, 200, { sdp: 'v=0 answer' }); // F3
    deliver(clock);
    const ack = phone.request('ACK'); // F4
    expect(ack.cseq.number).toBe(invite.cseq.number);
    expect(ack.topVia.branch).not.toBe(invite.topVia.branch);
    expect(ack.requestUri).toBe('sip:phone@10.0.0.1:5060');
    phone.send(
      phone.make('BYE', {
        uri: `sip:door@${DOOR.address}`,
        from: ack.headers.get('To') ?? '',
        to: ack.headers.get('From') ?? '',
        callId: ack.callId,
        sequence: 1,
      }),
      DOOR,
    ); // F5
    deliver(clock);
    expect(phone.statuses('BYE')).toEqual([200]); // F6
    expect(ears.heard).toEqual(['progress 180', 'accepted 200: v=0 answer', 'ended remote-hangup']);
  });

  it('as Bob: 180, 200, and BYE from our side', async () => {
    const made = await bench();
    const { phone, clock, calls } = made;
    callIn(made); // F1
    calls[0]?.ring(); // F2
    calls[0]?.accept(answer); // F3
    deliver(clock);
    expect(phone.statuses('INVITE')).toEqual([180, 200]);
    const [ringing, ok] = phone.responses('INVITE');
    expect(ringing?.toTag).toBe(ok?.toTag);
    expect(ok?.headers.has('Contact')).toBe(true);
    inDialog(made, 'ACK', 2); // F4
    calls[0]?.hangup();
    deliver(clock);
    const bye = phone.request('BYE'); // F5
    expect(bye.fromTag).toBe(ok?.toTag);
    expect(bye.toTag).toBe('9fxced76sl');
    phone.answer(bye, 200); // F6
    deliver(clock);
    clock.advance(40_000);
    expect(phone.requests('BYE')).toHaveLength(1);
  });
});

describe('RFC 3665 §3.2: by way of two proxies', () => {
  const RECORDED = `<sip:${PROXY_2};lr>, <sip:10.0.0.1;lr>`;

  it('as Alice: the dialog goes by the routes that they recorded, nearest first', async () => {
    const { agent, phone, clock } = await bench();
    const session = agent.invite({ target: BOB, account: peerAccount, offer });
    deliver(clock);
    const invite = phone.request('INVITE');
    phone.answer(invite, 100);
    phone.answer(invite, 180, { headers: [['Record-Route', RECORDED]] });
    phone.answer(invite, 200, {
      sdp: 'v=0 answer',
      headers: [
        ['Record-Route', RECORDED],
        ['Contact', '<sip:bob@192.0.2.4>'],
      ],
    });
    deliver(clock);
    expect(phone.request('ACK').requestUri).toBe('sip:bob@192.0.2.4');
    expect(phone.request('ACK').headers.list('Route')).toEqual(['<sip:10.0.0.1;lr>', `<sip:${PROXY_2};lr>`]);
    session.hangup();
    deliver(clock);
    expect(phone.request('BYE').headers.list('Route')).toEqual(['<sip:10.0.0.1;lr>', `<sip:${PROXY_2};lr>`]);
  });

  it('as Bob: Record-Route is copied into the answers, and used in its order', async () => {
    const made = await bench();
    const { phone, clock, calls } = made;
    callIn(made, [['Record-Route', `<sip:10.0.0.1;lr>, <sip:${PROXY_2};lr>`]]);
    calls[0]?.ring();
    calls[0]?.accept(answer);
    deliver(clock);
    for (const response of phone.responses('INVITE')) {
      expect(response.headers.list('Record-Route')).toEqual(['<sip:10.0.0.1;lr>', `<sip:${PROXY_2};lr>`]);
    }
    inDialog(made, 'ACK', 2);
    calls[0]?.hangup();
    deliver(clock);
    expect(phone.request('BYE').headers.list('Route')).toEqual(['<sip:10.0.0.1;lr>', `<sip:${PROXY_2};lr>`]);
  });
});

describe('RFC 3665 §3.3: two proxies that both ask who we are', () => {
  it('each gets its own answer, and both get theirs in the third INVITE', async () => {
    const account = {
      ...peerAccount,
      uri: 'sip:door@10.0.0.1',
      password: new Secret('sesame'),
      outboundProxy: 'sip:10.0.0.1;lr',
    };
    const { agent, phone, clock } = await bench({ accounts: [account] });
    agent.invite({ target: BOB, account, offer });
    deliver(clock);
    const challenge = (realm: string): [string, string] => [
      'Proxy-Authenticate',
      `Digest realm="${realm}", qop="auth", nonce="nonce of ${realm}", algorithm=MD5`,
    ];
    phone.answer(phone.request('INVITE'), 407, { headers: [challenge('atlanta.example.com')] }); // F2
    deliver(clock);
    phone.answer(phone.request('INVITE'), 407, { headers: [challenge('biloxi.example.com')] }); // F9
    deliver(clock);
    const third = phone.request('INVITE'); // F12
    const realms = third.headers.all('Proxy-Authorization').map((value) => /realm="([^"]+)"/.exec(value)?.[1]);
    expect(realms.sort()).toEqual(['atlanta.example.com', 'biloxi.example.com']);
    const [first, second] = phone.requests('INVITE');
    expect([second?.cseq.number, third.cseq.number]).toEqual([
      (first?.cseq.number ?? 0) + 1,
      (first?.cseq.number ?? 0) + 2,
    ]);
    expect(new Set(phone.requests('INVITE').map(({ callId }) => callId)).size).toBe(1);
    // §17.1.1.3: each refusal is acknowledged within its own transaction.
    expect(phone.requests('ACK')).toHaveLength(2);
  });
});

describe('RFC 3665 §3.4: the first proxy does not answer', () => {
  it('the second is tried, with the same call', async () => {
    let second: ScriptedPhone | undefined;
    const account = { ...peerAccount, uri: 'sip:door@proxies.example', outboundProxy: 'sip:proxies.example;lr' };
    const { agent, clock } = await bench(
      { accounts: [account], resolve: () => Promise.resolve([PROXY_1, PROXY_2]) },
      async (network) => {
        second = await ScriptedPhone.plug(network, PROXY_2);
      },
    );
    agent.prepare(['sip:proxies.example']);
    await clock.advanceAsync(10);
    agent.invite({ target: BOB, account, offer });
    clock.advance(32_100);
    expect(second?.requests('INVITE').length).toBeGreaterThan(0);
    expect(second?.request('INVITE').requestUri).toBe(BOB);
  });
});

describe('RFC 3665 §3.5: a gateway between the networks', () => {
  it('the description and the Contact are what it wrote into them', async () => {
    const made = await bench();
    const { phone, clock, calls } = made;
    callIn(made, [
      ['Record-Route', '<sip:10.0.0.1:5060;lr>'],
      ['Contact', '<sip:alice@192.0.2.101>'],
    ]);
    expect(calls[0]?.offer?.data.toString()).toBe('v=0 offer');
    calls[0]?.accept(answer);
    deliver(clock);
    inDialog(made, 'ACK', 2);
    calls[0]?.hangup();
    deliver(clock);
    expect(phone.request('BYE').headers.list('Route')).toEqual(['<sip:10.0.0.1:5060;lr>']);
  });
});

describe('RFC 3665 §3.6: a redirection, and the description in the ACK', () => {
  it('the call goes to where it is redirected, and offers only when it is asked', async () => {
    const { agent, phone, clock } = await bench();
    const session = agent.invite({ target: BOB, account: peerAccount, offer: undefined });
    const ears = new SessionEars(session);
    deliver(clock);
    const first = phone.request('INVITE'); // F1
    expect(first.body.length).toBe(0);
    phone.answer(first, 302, { headers: [['Contact', '<sip:bob@10.0.0.1:5060;transport=udp>']] }); // F2
    deliver(clock);
    expect(phone.requests('ACK')).toHaveLength(1); // F3
    const second = phone.request('INVITE'); // F4
    expect(second.requestUri).toBe('sip:bob@10.0.0.1:5060;transport=udp');
    expect(second.callId).toBe(first.callId);
    expect(second.cseq.number).toBe(first.cseq.number + 1);
    phone.answer(second, 180);
    phone.answer(second, 200, { sdp: 'v=0 their offer' }); // F14
    deliver(clock);
    expect(ears.negotiations).toHaveLength(1);
    ears.negotiations[0]?.accept(answer);
    deliver(clock);
    const ack = phone.requests('ACK').at(-1); // F15
    expect(ack?.body.toString()).toBe('v=0 answer');
  });
});

describe('RFC 3665 §3.7: a re-INVITE changes the address', () => {
  it('of the other side: our answer is 200, and requests go to the new Contact', async () => {
    const made = await bench();
    const { phone, clock, calls } = made;
    callIn(made);
    calls[0]?.accept(answer);
    deliver(clock);
    inDialog(made, 'ACK', 2);
    const ears = calls[0] === undefined ? undefined : new SessionEars(calls[0]);
    phone.send(
      phone.make('INVITE', {
        uri: `sip:door@${DOOR.address}`,
        from: '<sip:alice@10.0.0.1>;tag=9fxced76sl',
        to: phone.response('INVITE').headers.get('To') ?? '',
        callId: '3848276298220188511',
        sequence: 14,
        headers: [['Contact', '<sip:alice@10.0.0.1:5080>']],
        sdp: 'v=0 new offer',
      }),
      DOOR,
    ); // F7
    deliver(clock);
    ears?.negotiations[0]?.accept({ ...answer, data: Buffer.from('v=0 new answer') });
    deliver(clock);
    expect(phone.response('INVITE')).toMatchObject({ status: 200 }); // F8
    expect(phone.response('INVITE').body.toString()).toBe('v=0 new answer');
    inDialog(made, 'ACK', 14); // F9
    calls[0]?.hangup();
    deliver(clock);
    clock.advance(10);
    const bye = made.network.sent.map(({ bytes }) => bytes.toString()).find((text) => text.startsWith('BYE'));
    expect(bye).toMatch(/^BYE sip:alice@10\.0\.0\.1:5080 /);
  });
});

describe('RFC 3665 §3.8–3.11: calls that come to nothing', () => {
  it('3.8 nobody answers: CANCEL after the 180, and the 487 is acknowledged', async () => {
    const { agent, phone, clock } = await bench();
    const session = agent.invite({ target: BOB, account: peerAccount, offer });
    const ears = new SessionEars(session);
    deliver(clock);
    const invite = phone.request('INVITE');
    phone.answer(invite, 180);
    deliver(clock);
    session.hangup();
    deliver(clock);
    const cancel = phone.request('CANCEL'); // F9
    expect(cancel.topVia.branch).toBe(invite.topVia.branch);
    expect(cancel.cseq.number).toBe(invite.cseq.number);
    expect(cancel.toTag).toBeUndefined();
    phone.answer(cancel, 200);
    phone.answer(invite, 487); // F16
    deliver(clock);
    expect(phone.request('ACK').topVia.branch).toBe(invite.topVia.branch); // F17
    expect(ears.end?.reason).toBe('cancelled');
  });

  it.each([
    ['3.9', 486, 'busy here'],
    ['3.10', 480, 'no response, said by the proxy'],
    ['3.11', 480, 'temporarily unavailable'],
  ])('%s: %i, %s, is acknowledged and ends the call', async (_, status) => {
    const { agent, phone, clock } = await bench();
    const session = agent.invite({ target: BOB, account: peerAccount, offer });
    const ears = new SessionEars(session);
    deliver(clock);
    const invite = phone.request('INVITE');
    phone.answer(invite, 100);
    phone.answer(invite, status);
    deliver(clock);
    const ack = phone.request('ACK');
    expect(ack.topVia.branch).toBe(invite.topVia.branch);
    expect(ack.toTag).toBe('phone-tag');
    expect(ears.end).toMatchObject({ reason: 'rejected', status });
  });

  it('3.8 as Bob: a CANCEL while it rings is answered, and the INVITE with 487', async () => {
    const made = await bench();
    const { phone, clock, calls } = made;
    const invite = callIn(made);
    calls[0]?.ring();
    const ears = calls[0] === undefined ? undefined : new SessionEars(calls[0]);
    deliver(clock);
    phone.send(
      phone.make('CANCEL', {
        uri: invite.requestUri,
        from: invite.headers.get('From') ?? '',
        to: invite.headers.get('To') ?? '',
        callId: invite.callId,
        sequence: invite.cseq.number,
        branch: invite.topVia.branch ?? '',
      }),
      DOOR,
    );
    deliver(clock);
    expect(phone.statuses('CANCEL')).toEqual([200]);
    expect(phone.statuses('INVITE')).toEqual([180, 487]);
    expect(ears?.end?.reason).toBe('cancelled');
  });
});
