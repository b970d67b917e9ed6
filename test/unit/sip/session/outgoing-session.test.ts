import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../../src/base/secret.ts';
import type { Session } from '../../../../src/sip/session/types.ts';
import { ScriptedPhone } from '../../../support/scripted-phone.ts';
import {
  answer,
  type Bench,
  bench,
  DOOR,
  deliver,
  offer,
  PHONE,
  peerAccount,
  SessionEars,
} from '../../../support/sip-bench.ts';

const TARGET = `sip:phone@${PHONE}`;

interface Called extends Bench {
  readonly session: Session;
  readonly ears: SessionEars;
}

/** The door has called the phone; the INVITE has arrived. */
async function called(): Promise<Called> {
  const made = await bench();
  const session = made.agent.invite({ target: TARGET, account: peerAccount, offer });
  const ears = new SessionEars(session);
  deliver(made.clock);
  return { ...made, session, ears };
}

/** As `called`, and the phone has answered. */
async function talking(): Promise<Called> {
  const made = await called();
  made.phone.answer(made.phone.request('INVITE'), 200, { sdp: 'v=0 answer' });
  deliver(made.clock);
  return made;
}

/** A request of the phone's in the dialog. */
function inDialog(
  { phone, session }: Called,
  method: string,
  sequence: number,
  more: { sdp?: string; type?: string; headers?: [string, string][]; from?: ScriptedPhone } = {},
): void {
  const invite = phone.requests('INVITE')[0];
  if (invite === undefined) throw new Error('no INVITE');
  const { from: sender = phone, ...content } = more;
  const to = `${invite.headers.get('From')}`;
  const from = `<${TARGET}>;tag=phone-tag`;
  sender.send(
    sender.make(method, { uri: `sip:door@${DOOR.address}`, from, to, callId: session.id, sequence, ...content }),
    DOOR,
  );
}

describe('calling out (RFC 3261 §13.2, RFC 3665 §3.1)', () => {
  it('is not ended by a BYE before the answer: only a final response does that (§15)', async () => {
    const made = await called();
    made.phone.answer(made.phone.request('INVITE'), 180);
    deliver(made.clock);
    inDialog(made, 'BYE', 1);
    deliver(made.clock);
    expect(made.phone.statuses('BYE')).toEqual([481]);
    made.phone.answer(made.phone.request('INVITE'), 200, { sdp: 'v=0 answer' });
    deliver(made.clock);
    made.session.hangup();
    deliver(made.clock);
    expect(made.ears.heard).toEqual(['progress 180', 'accepted 200: v=0 answer', 'ended local-hangup']);
    expect(made.phone.requests('BYE')).toHaveLength(1);
  });

  it('has the INVITE on the wire before invite() returns', async () => {
    const { agent, network } = await bench();
    agent.invite({ target: TARGET, account: peerAccount, offer });
    expect(network.sent.map(({ bytes }) => bytes.toString().split('\r\n')[0])).toEqual([`INVITE ${TARGET} SIP/2.0`]);
  });

  it('sends an INVITE that has everything (§8.1.1, §13.2.1)', async () => {
    const { agent, phone, clock } = await bench();
    const headers = [['Alert-Info', '<urn:alert:service:normal>']] as const;
    agent.invite({ target: TARGET, account: peerAccount, offer, headers });
    deliver(clock);
    const invite = phone.request('INVITE');
    expect(invite.headers.get('From')).toMatch(/^"Front door" <sip:door@10\.0\.0\.9>;tag=[0-9a-f]{16}$/);
    expect(invite.headers.get('To')).toBe(`<${TARGET}>`);
    expect(invite.headers.get('Contact')).toBe('<sip:door@10.0.0.9:5060>');
    expect(invite.headers.get('Max-Forwards')).toBe('70');
    expect(invite.headers.get('Allow')).toContain('BYE');
    expect(invite.headers.get('User-Agent')).toBe('doorphone/test');
    expect(invite.headers.get('Alert-Info')).toBe('<urn:alert:service:normal>');
    expect(invite.topVia.parameters.has('rport')).toBe(true);
    expect([invite.contentType, invite.body.toString()]).toEqual(['application/sdp', 'v=0 offer']);
  });

  it('rings, is answered, acknowledges at once, and is hung up by us', async () => {
    const { phone, clock, session, ears } = await called();
    phone.answer(phone.request('INVITE'), 100);
    phone.answer(phone.request('INVITE'), 180);
    deliver(clock);
    expect([session.state, ears.heard]).toEqual(['early', ['progress 180']]);
    phone.answer(phone.request('INVITE'), 200, { sdp: 'v=0 answer' });
    deliver(clock);
    expect([session.state, ears.heard.at(-1)]).toEqual(['confirmed', 'accepted 200: v=0 answer']);
    const ack = phone.request('ACK');
    expect([ack.requestUri, ack.cseq.number, ack.toTag]).toEqual([`sip:phone@${PHONE}:5060`, 1, 'phone-tag']);
    expect(ack.topVia.branch).not.toBe(phone.request('INVITE').topVia.branch);
    session.hangup();
    expect([session.state, ears.end]).toEqual(['terminated', { reason: 'local-hangup' }]);
    deliver(clock);
    expect(phone.request('BYE').cseq.number).toBe(2);
    expect(phone.request('BYE').requestUri).toBe(`sip:phone@${PHONE}:5060`);
  });

  it('has its ACK on the wire when it says `accepted`', async () => {
    const { phone, clock, network, session } = await called();
    let sentBefore: readonly string[] = [];
    session.on('accepted', () => {
      sentBefore = network.sent.map(({ bytes }) => bytes.toString().slice(0, 3));
    });
    phone.answer(phone.request('INVITE'), 200);
    deliver(clock);
    expect(sentBefore.at(-1)).toBe('ACK');
  });

  it('passes early media on', async () => {
    const { phone, clock, ears } = await called();
    phone.answer(phone.request('INVITE'), 183, { sdp: 'v=0 early' });
    deliver(clock);
    expect(ears.heard).toEqual(['progress 183: v=0 early']);
  });

  it('acknowledges every repetition of the 2xx with the same ACK, and says so once (§13.2.2.4)', async () => {
    const { phone, clock, ears } = await talking();
    for (let repetition = 0; repetition < 3; repetition += 1) {
      phone.answer(phone.request('INVITE'), 200, { sdp: 'v=0 answer' });
      deliver(clock);
    }
    const acks = phone.requests('ACK');
    expect(acks).toHaveLength(4);
    expect(new Set(acks.map((ack) => ack.topVia.branch)).size).toBe(1);
    expect(ears.heard).toEqual(['accepted 200: v=0 answer']);
  });

  it.each([
    [486, 'Busy Here'],
    [404, 'Not Found'],
    [503, 'Service Unavailable'],
    [302, 'Moved Temporarily'],
    [600, 'Busy Everywhere'],
    [488, 'Not Acceptable Here'],
  ])('ends when it is refused with %i, which its transaction acknowledges', async (status, phrase) => {
    const { phone, clock, session, ears } = await called();
    phone.answer(phone.request('INVITE'), status);
    deliver(clock);
    expect([session.state, ears.end]).toEqual(['terminated', { reason: 'rejected', status, phrase }]);
    expect(phone.request('ACK').topVia.branch).toBe(phone.request('INVITE').topVia.branch);
  });

  it('ends when nobody answers: seven INVITEs in 32 s (§17.1.1.2)', async () => {
    const { phone, clock, ears } = await called();
    clock.advance(31_990);
    expect(ears.end).toBeUndefined();
    clock.advance(20);
    expect(ears.end).toEqual({ reason: 'timeout' });
    expect(phone.requests('INVITE')).toHaveLength(7);
  });

  it('goes on ringing for minutes once a provisional response came', async () => {
    const { phone, clock, session } = await called();
    phone.answer(phone.request('INVITE'), 180);
    clock.advance(170_000);
    expect(session.state).toBe('early');
  });

  it('says that a host has no address', async () => {
    const { agent, clock } = await bench();
    const ears = new SessionEars(agent.invite({ target: 'sip:101@nowhere.example', account: peerAccount, offer }));
    await clock.advanceAsync(10);
    expect(ears.end).toEqual({ reason: 'unreachable', phrase: 'nowhere.example has no address' });
  });

  it('says that the system could not send', async () => {
    const { network, agent, clock } = await bench();
    network.conditions = { refusal: true };
    const ears = new SessionEars(agent.invite({ target: 'sip:x@10.0.0.77', account: peerAccount, offer }));
    clock.advance(10);
    expect(ears.end).toEqual({ reason: 'unreachable', phrase: 'nobody listens at udp 10.0.0.77:5060' });
  });
});

describe('CANCEL (RFC 3261 §9.1, RFC 3665 §3.8)', () => {
  it('waits for a provisional response, and shares the branch of its INVITE', async () => {
    const { phone, clock, session, ears } = await called();
    session.hangup();
    expect(ears.end).toEqual({ reason: 'cancelled' });
    clock.advance(100);
    expect(phone.requests('CANCEL')).toHaveLength(0);
    phone.answer(phone.request('INVITE'), 180);
    clock.advance(100);
    const [invite, cancel] = [phone.request('INVITE'), phone.request('CANCEL')];
    expect(cancel.topVia.branch).toBe(invite.topVia.branch);
    expect([cancel.cseq.number, cancel.requestUri]).toEqual([invite.cseq.number, invite.requestUri]);
    phone.answer(cancel, 200);
    phone.answer(invite, 487);
    deliver(clock);
    expect(phone.requests('ACK')).toHaveLength(1);
    expect(ears.heard).toEqual(['ended cancelled']);
  });

  it('acknowledges and ends a call that was answered while the CANCEL was under way', async () => {
    const { phone, clock, session, ears } = await called();
    phone.answer(phone.request('INVITE'), 180);
    deliver(clock);
    phone.answer(phone.request('INVITE'), 200, { sdp: 'v=0 answer' });
    session.hangup();
    deliver(clock);
    expect(phone.requests('CANCEL')).toHaveLength(1);
    expect(phone.requests('ACK')).toHaveLength(1);
    expect(phone.requests('BYE')).toHaveLength(1);
    expect(ears.heard).toEqual(['progress 180', 'ended cancelled']);
  });

  it('says why in its CANCEL and in its BYE (RFC 3326 §2)', async () => {
    const reason = 'SIP;cause=200;text="Call completed elsewhere"';
    const ringing = await called();
    ringing.phone.answer(ringing.phone.request('INVITE'), 180);
    deliver(ringing.clock);
    ringing.session.hangup({ reason });
    deliver(ringing.clock);
    expect(ringing.phone.request('CANCEL').headers.get('Reason')).toBe(reason);
    const answered = await talking();
    answered.session.hangup({ reason });
    deliver(answered.clock);
    expect(answered.phone.request('BYE').headers.get('Reason')).toBe(reason);
  });

  it('sends nothing when it is hung up twice, or after its end', async () => {
    const { phone, clock, session, ears } = await talking();
    session.hangup();
    session.hangup();
    deliver(clock);
    session.hangup();
    deliver(clock);
    expect(phone.requests('BYE')).toHaveLength(1);
    expect(ears.heard.filter((heard) => heard.startsWith('ended'))).toHaveLength(1);
  });
});

describe('forking (RFC 3261 §13.2.2.4)', () => {
  it('takes the first branch that answers; the second is acknowledged and ended', async () => {
    const made = await called();
    const { network, phone, clock, session, ears } = made;
    const other = await ScriptedPhone.plug(network, '10.0.0.2');
    const invite = phone.request('INVITE');
    phone.answer(invite, 180, { toTag: 'one' });
    phone.answer(invite, 180, { toTag: 'two', headers: [['Contact', other.contact]] });
    deliver(clock);
    phone.answer(invite, 200, { toTag: 'one', sdp: 'v=0 one' });
    phone.answer(invite, 200, { toTag: 'two', sdp: 'v=0 two', headers: [['Contact', other.contact]] });
    deliver(clock);
    expect(ears.heard).toEqual(['progress 180', 'progress 180', 'accepted 200: v=0 one']);
    expect(phone.requests('ACK').map((ack) => ack.toTag)).toEqual(['one']);
    expect([other.request('ACK').toTag, other.request('BYE').toTag]).toEqual(['two', 'two']);
    other.answer(other.request('BYE'), 200);
    deliver(clock);
    expect([session.state, phone.requests('BYE').length]).toEqual(['confirmed', 0]);
  });

  it('acknowledges a late answer of a branch that it has never heard of', async () => {
    const { phone, clock } = await talking();
    phone.answer(phone.request('INVITE'), 200, { toTag: 'late' });
    deliver(clock);
    expect(phone.requests('ACK').map((ack) => ack.toTag)).toEqual(['phone-tag', 'late']);
    expect(phone.requests('BYE').map((bye) => bye.toTag)).toEqual(['late']);
  });
});

describe('challenges (RFC 3261 §22.2)', () => {
  const account = { ...peerAccount, username: 'door', password: new Secret('sesame') };
  const challenge = 'Digest realm="house", nonce="n1", algorithm=MD5, qop="auth"';
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

  it('answers one with a new CSeq in the same call, and takes the credentials along in the ACK', async () => {
    const { agent, phone, clock, log } = await bench({ accounts: [account] });
    const ears = new SessionEars(agent.invite({ target: TARGET, account, offer }));
    deliver(clock);
    const first = phone.request('INVITE');
    phone.answer(first, 401, { headers: [['WWW-Authenticate', challenge]] });
    deliver(clock);
    const second = phone.request('INVITE');
    expect([second.callId, second.fromTag]).toEqual([first.callId, first.fromTag]);
    expect(second.cseq.number).toBe(first.cseq.number + 1);
    const credentials = second.headers.get('Authorization') ?? '';
    const [, cnonce] = /cnonce="([^"]+)"/.exec(credentials) ?? [];
    const expected = md5(`${md5('door:house:sesame')}:n1:00000001:${cnonce}:auth:${md5(`INVITE:${TARGET}`)}`);
    expect(credentials).toContain(`response="${expected}"`);
    phone.answer(second, 200);
    deliver(clock);
    expect(phone.requests('ACK').at(-1)?.headers.get('Authorization')).toBe(credentials);
    expect(ears.heard).toEqual(['accepted 200']);
    expect(log.text).not.toContain('sesame');
  });

  it('ends when the password is wrong, after two tries', async () => {
    const { agent, phone, clock } = await bench({ accounts: [account] });
    phone.onMessage = (message) => {
      if (message.kind === 'request' && message.method === 'INVITE') {
        const nonce = `n${message.cseq.number}`;
        phone.answer(message, 401, { headers: [['WWW-Authenticate', challenge.replace('n1', nonce)]] });
      }
    };
    const ears = new SessionEars(agent.invite({ target: TARGET, account, offer }));
    clock.advance(100);
    expect(ears.end).toEqual({ reason: 'rejected', status: 401, phrase: 'Unauthorized' });
    expect(phone.requests('INVITE')).toHaveLength(2);
  });

  it('does not go on for ever with a server that calls every nonce stale', async () => {
    const { agent, phone, clock } = await bench({ accounts: [account] });
    phone.onMessage = (message) => {
      if (message.kind === 'request' && message.method === 'INVITE') {
        const stale = `${challenge.replace('n1', `n${message.cseq.number}`)}, stale=true`;
        phone.answer(message, 401, { headers: [['WWW-Authenticate', stale]] });
      }
    };
    const ears = new SessionEars(agent.invite({ target: TARGET, account, offer }));
    clock.advance(1000);
    expect(ears.end?.status).toBe(401);
    expect(phone.requests('INVITE').length).toBeLessThanOrEqual(7);
  });

  it('ends when it has no password at all', async () => {
    const { phone, clock, ears } = await called();
    phone.answer(phone.request('INVITE'), 407, { headers: [['Proxy-Authenticate', challenge]] });
    deliver(clock);
    expect(ears.end?.status).toBe(407);
  });
});

describe('inside the dialog', () => {
  it('is hung up by the peer', async () => {
    const made = await talking();
    inDialog(made, 'BYE', 1);
    deliver(made.clock);
    expect(made.phone.statuses('BYE')).toEqual([200]);
    expect(made.ears.end).toEqual({ reason: 'remote-hangup' });
  });

  it('answers a BYE that crosses its own', async () => {
    const made = await talking();
    made.session.hangup();
    inDialog(made, 'BYE', 1);
    deliver(made.clock);
    expect(made.phone.statuses('BYE')).toEqual([200]);
    expect(made.ears.heard.filter((heard) => heard.startsWith('ended'))).toEqual(['ended local-hangup']);
  });

  it('refuses what comes out of order with 500 (§12.2.2)', async () => {
    const made = await talking();
    inDialog(made, 'INFO', 10);
    deliver(made.clock);
    inDialog(made, 'BYE', 9);
    deliver(made.clock);
    expect(made.phone.statuses('BYE')).toEqual([500]);
    expect(made.session.state).toBe('confirmed');
  });

  it.each(['application/dtmf-relay', 'application/dtmf'])('takes digits as %s', async (type) => {
    const made = await talking();
    inDialog(made, 'INFO', 1, { type, sdp: 'Signal=5' });
    deliver(made.clock);
    expect(made.phone.statuses('INFO')).toEqual([200]);
    expect(made.ears.heard.at(-1)).toBe(`info ${type}: Signal=5`);
  });

  it('refuses INFO of another kind with 415, and answers an empty one (RFC 6086 §4.2.2)', async () => {
    const made = await talking();
    inDialog(made, 'INFO', 1, { type: 'application/media_control+xml', sdp: '<x/>' });
    inDialog(made, 'INFO', 2);
    deliver(made.clock);
    expect(made.phone.statuses('INFO')).toEqual([415, 200]);
    expect(made.phone.responses('INFO')[0]?.headers.get('Accept')).toContain('application/dtmf-relay');
    expect(made.ears.heard).toEqual(['accepted 200: v=0 answer']);
  });

  it.each([
    ['OPTIONS', 200],
    ['PUBLISH', 405],
    ['FROBNICATE', 501],
  ])('answers %s with %i', async (method, status) => {
    const made = await talking();
    inDialog(made, method, 1);
    deliver(made.clock);
    expect(made.phone.statuses(method)).toEqual([status]);
    expect(made.phone.response(method).headers.get('Allow')).toContain('INVITE');
  });

  it('names every extension that it does not support (§8.2.2.3)', async () => {
    const made = await talking();
    inDialog(made, 'OPTIONS', 1, { headers: [['Require', '100rel, precondition, x-door']] });
    deliver(made.clock);
    expect(made.phone.statuses('OPTIONS')).toEqual([420]);
    expect(made.phone.response('OPTIONS').headers.list('Unsupported')).toEqual(['precondition', 'x-door']);
  });

  it('does not obey a BYE from elsewhere, and tells the sender nothing', async () => {
    const made = await talking();
    const thief = await ScriptedPhone.plug(made.network, '10.0.0.66');
    inDialog(made, 'BYE', 1, { from: thief, headers: [['User-Agent', 'a name that is long enough for any answer']] });
    deliver(made.clock);
    expect(thief.statuses('BYE')).toEqual([481]);
    expect(made.session.state).toBe('confirmed');
    expect(made.log.lines.map(({ event }) => event)).toContain('agent.foreign-request');
  });

  it('sends INFO, and ends the dialog when the peer does not know it any more (§12.2.1.2)', async () => {
    const made = await talking();
    made.session.sendInfo({ type: 'application/dtmf-relay', data: Buffer.from('Signal=1') });
    deliver(made.clock);
    const info = made.phone.request('INFO');
    expect([info.contentType, info.cseq.number]).toEqual(['application/dtmf-relay', 2]);
    made.phone.answer(info, 481);
    deliver(made.clock);
    expect(made.ears.end).toEqual({ reason: 'remote-hangup', status: 481 });
    expect(made.phone.requests('BYE')).toHaveLength(1);
  });

  it('ends when the peer answers nothing in the dialog any more', async () => {
    const made = await talking();
    made.session.sendInfo({ type: 'application/dtmf-relay', data: Buffer.from('Signal=1') });
    made.clock.advance(32_100);
    expect(made.ears.end).toEqual({ reason: 'timeout' });
    expect(made.phone.requests('BYE').length).toBeGreaterThan(0);
  });
});

describe('by way of proxies (RFC 3665 §3.2)', () => {
  it('follows the recorded route with everything in the dialog', async () => {
    const { agent, network, phone, clock } = await bench();
    const proxy = await ScriptedPhone.plug(network, '10.0.0.5');
    const session = agent.invite({
      target: TARGET,
      account: { ...peerAccount, uri: 'sip:door@house.example', outboundProxy: 'sip:10.0.0.5' },
      offer,
    });
    deliver(clock);
    const invite = proxy.request('INVITE');
    expect([invite.requestUri, invite.headers.all('Route')]).toEqual([TARGET, ['<sip:10.0.0.5;lr>']]);
    proxy.answer(invite, 200, {
      headers: [
        ['Record-Route', '<sip:10.0.0.6;lr>'],
        ['Record-Route', '<sip:10.0.0.5;lr>'],
        ['Contact', phone.contact],
      ],
    });
    deliver(clock);
    session.hangup();
    deliver(clock);
    for (const request of [proxy.request('ACK'), proxy.request('BYE')]) {
      expect(request.requestUri).toBe(`sip:phone@${PHONE}:5060`);
      expect(request.headers.list('Route')).toEqual(['<sip:10.0.0.5;lr>', '<sip:10.0.0.6;lr>']);
    }
    expect(phone.received).toHaveLength(0);
  });

  it('speaks with a strict router as RFC 2543 did (§12.2.1.1)', async () => {
    const { agent, network, phone, clock } = await bench();
    const router = await ScriptedPhone.plug(network, '10.0.0.5');
    const session = agent.invite({ target: TARGET, account: peerAccount, offer });
    deliver(clock);
    phone.answer(phone.request('INVITE'), 200, { headers: [['Record-Route', '<sip:10.0.0.5>']] });
    deliver(clock);
    session.hangup();
    deliver(clock);
    expect(router.request('ACK').requestUri).toBe('sip:10.0.0.5');
    expect(router.request('BYE').headers.list('Route')).toEqual([`<sip:phone@${PHONE}:5060>`]);
  });
});

describe('a Contact that leads nowhere', () => {
  it.each([
    ['a transport that is not carried', 'sip:phone@10.0.0.1;transport=tcp'],
    ['a name that nobody knows', 'sip:phone@kitchen.invalid'],
  ])('(%s) leaves the address that the peer answers from', async (_, contact) => {
    const { phone, clock, session, ears } = await called();
    phone.answer(phone.request('INVITE'), 200, { headers: [['Contact', `<${contact}>`]] });
    await clock.advanceAsync(10);
    expect(phone.request('ACK').requestUri).toBe(contact);
    expect(ears.heard).toEqual(['accepted 200']);
    session.hangup();
    await clock.advanceAsync(10);
    expect(phone.request('BYE').requestUri).toBe(contact);
  });
});

describe('a refusal with warnings (RFC 3261 §20.43)', () => {
  it('is told with their codes', async () => {
    const { phone, clock, ears } = await called();
    const headers: (readonly [string, string])[] = [
      ['Warning', '304 phone.example.com "Media type not available", 399 10.0.0.1 "a, b"'],
      ['Warning', 'nonsense'],
    ];
    phone.answer(phone.request('INVITE'), 488, { headers });
    deliver(clock);
    expect(ears.end).toMatchObject({ reason: 'rejected', status: 488, warnings: [304, 399] });
  });
});

describe('our re-INVITE (RFC 3261 §14.1)', () => {
  it('is answered and acknowledged', async () => {
    const { phone, clock, session, ears } = await talking();
    session.reoffer({ type: 'application/sdp', data: Buffer.from('v=0 hold') });
    deliver(clock);
    const again = phone.request('INVITE');
    expect([again.cseq.number, again.toTag, again.body.toString()]).toEqual([2, 'phone-tag', 'v=0 hold']);
    phone.answer(again, 200, { sdp: 'v=0 held', headers: [['Contact', `<sip:phone@${PHONE}:5060;x=2>`]] });
    deliver(clock);
    expect(ears.heard.at(-1)).toBe('answer: v=0 held');
    expect(phone.request('ACK').cseq.number).toBe(2);
    session.hangup();
    deliver(clock);
    expect(phone.request('BYE').requestUri).toBe(`sip:phone@${PHONE}:5060;x=2`);
  });

  it('leaves the session as it is when it is refused', async () => {
    const { phone, clock, session, ears } = await talking();
    session.reoffer(offer);
    deliver(clock);
    phone.answer(phone.request('INVITE'), 488);
    deliver(clock);
    expect([session.state, ears.heard.at(-1)]).toEqual(['confirmed', 'offer refused 488']);
  });

  it('is tried again 2.1 to 4 s after a 491, since the Call-ID is ours', async () => {
    const { phone, clock, session, ears } = await talking();
    session.reoffer(offer);
    deliver(clock);
    phone.answer(phone.request('INVITE'), 491);
    clock.advance(2095);
    expect(phone.requests('INVITE')).toHaveLength(2);
    clock.advance(1910);
    expect(phone.requests('INVITE').length).toBeGreaterThan(2);
    expect(phone.request('INVITE').cseq.number).toBe(3);
    expect(ears.heard).toEqual(['accepted 200: v=0 answer']);
  });

  it('waits for the one before it', async () => {
    const { phone, clock, session } = await talking();
    session.reoffer(offer);
    session.reoffer(answer);
    deliver(clock);
    expect(phone.requests('INVITE')).toHaveLength(2);
    phone.answer(phone.request('INVITE'), 200, { sdp: 'v=0 a' });
    deliver(clock);
    expect(phone.request('INVITE').body.toString()).toBe('v=0 answer');
    expect(phone.request('INVITE').cseq.number).toBe(3);
  });

  it('ends the call when the peer does not know it any more', async () => {
    const { phone, clock, session, ears } = await talking();
    session.reoffer(offer);
    deliver(clock);
    phone.answer(phone.request('INVITE'), 481);
    deliver(clock);
    expect(ears.end).toEqual({ reason: 'remote-hangup', status: 481 });
    expect(phone.requests('BYE')).toHaveLength(1);
  });
});

describe('the re-INVITE of the peer (RFC 3261 §14.2, RFC 3665 §3.7)', () => {
  it('is negotiated, answered, and its ACK awaited', async () => {
    const made = await talking();
    inDialog(made, 'INVITE', 1, { sdp: 'v=0 hold', headers: [['Contact', `<sip:phone@${PHONE}:5060;y=1>`]] });
    deliver(made.clock);
    expect(made.ears.heard.at(-1)).toBe('negotiation: v=0 hold');
    made.ears.negotiations[0]?.accept(answer);
    deliver(made.clock);
    expect(made.phone.response('INVITE').body.toString()).toBe('v=0 answer');
    inDialog(made, 'ACK', 1);
    made.clock.advance(40_000);
    expect(made.phone.statuses('INVITE')).toEqual([200]);
    expect(made.session.state).toBe('confirmed');
    made.session.hangup();
    deliver(made.clock);
    expect(made.phone.request('BYE').requestUri).toBe(`sip:phone@${PHONE}:5060;y=1`);
  });

  it('changes nothing when it is refused, the target included (§12.2.2)', async () => {
    const made = await talking();
    inDialog(made, 'INVITE', 1, { sdp: 'v=0 video', headers: [['Contact', '<sip:other@10.0.0.44>']] });
    deliver(made.clock);
    made.ears.negotiations[0]?.reject({ status: 488 });
    made.ears.negotiations[0]?.accept(answer);
    deliver(made.clock);
    made.session.hangup();
    deliver(made.clock);
    expect(made.phone.statuses('INVITE')).toEqual([488]);
    expect(made.phone.requests('BYE')).toHaveLength(1);
  });

  it('is refused with 491 while ours is under way', async () => {
    const made = await talking();
    made.session.reoffer(offer);
    deliver(made.clock);
    inDialog(made, 'INVITE', 1, { sdp: 'v=0 glare' });
    deliver(made.clock);
    expect(made.phone.statuses('INVITE')).toEqual([491]);
  });

  it('is refused with 500 and Retry-After while one is open', async () => {
    const made = await talking();
    inDialog(made, 'INVITE', 1, { sdp: 'v=0 a' });
    inDialog(made, 'INVITE', 2, { sdp: 'v=0 b' });
    deliver(made.clock);
    expect(made.phone.statuses('INVITE')).toEqual([500]);
    expect(Number(made.phone.response('INVITE').headers.get('Retry-After'))).toBeLessThanOrEqual(10);
  });

  it('gets our offer when it has none, and the answer comes with the ACK', async () => {
    const made = await talking();
    inDialog(made, 'INVITE', 1);
    deliver(made.clock);
    expect(made.ears.negotiations[0]?.offer).toBeUndefined();
    made.ears.negotiations[0]?.accept(offer);
    deliver(made.clock);
    inDialog(made, 'ACK', 1, { sdp: 'v=0 theirs' });
    deliver(made.clock);
    expect(made.ears.heard.at(-1)).toBe('answer: v=0 theirs');
  });

  it('gets 487 when a BYE overtakes our answer (§15.1.2)', async () => {
    const made = await talking();
    inDialog(made, 'INVITE', 1, { sdp: 'v=0 a' });
    inDialog(made, 'BYE', 2);
    deliver(made.clock);
    expect([made.phone.statuses('INVITE'), made.phone.statuses('BYE')]).toEqual([[487], [200]]);
  });

  it('ends the call when its 2xx is never acknowledged', async () => {
    const made = await talking();
    inDialog(made, 'INVITE', 1, { sdp: 'v=0 a' });
    deliver(made.clock);
    made.ears.negotiations[0]?.accept(answer);
    made.clock.advance(32_100);
    expect(made.ears.end).toEqual({ reason: 'no-ack' });
    expect(made.phone.requests('BYE').length).toBeGreaterThan(0);
  });
});

describe('UPDATE of the peer (RFC 3311 §5.2)', () => {
  it('refreshes the target when it brings no offer', async () => {
    const made = await talking();
    inDialog(made, 'UPDATE', 1, { headers: [['Contact', `<sip:phone@${PHONE}:5060;z=1>`]] });
    deliver(made.clock);
    expect(made.phone.statuses('UPDATE')).toEqual([200]);
    made.session.hangup();
    deliver(made.clock);
    expect(made.phone.request('BYE').requestUri).toBe(`sip:phone@${PHONE}:5060;z=1`);
  });

  it('is negotiated when it brings one, without an ACK', async () => {
    const made = await talking();
    inDialog(made, 'UPDATE', 1, { sdp: 'v=0 hold' });
    deliver(made.clock);
    made.ears.negotiations[0]?.accept(answer);
    made.clock.advance(40_000);
    expect(made.phone.statuses('UPDATE')).toEqual([200]);
    expect(made.phone.response('UPDATE').body.toString()).toBe('v=0 answer');
    expect(made.session.state).toBe('confirmed');
  });
});
