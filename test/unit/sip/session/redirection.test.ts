// Where a 3xx leads (RFC 3261 §8.1.3.4, §19.1.5, §21.3), and what it must not lead to.

import { describe, expect, it } from 'vitest';
import { Secret } from '../../../../src/base/secret.ts';
import { seconds } from '../../../../src/base/units.ts';
import type { Account } from '../../../../src/sip/agent/types.ts';
import { createResponse } from '../../../../src/sip/message/index.ts';
import type { SipResponse } from '../../../../src/sip/message/types.ts';
import { Redirection } from '../../../../src/sip/session/redirection.ts';
import type { Session } from '../../../../src/sip/session/types.ts';
import { ScriptedPhone } from '../../../support/scripted-phone.ts';
import { type Bench, bench, deliver, offer, PHONE, peerAccount, SessionEars } from '../../../support/sip-bench.ts';
import { incoming } from '../../../support/sip-messages.ts';

const redirecting = (status: number, ...contacts: readonly string[]): SipResponse =>
  createResponse(incoming('INVITE'), status, { headers: contacts.map((value) => ['Contact', value] as const) });

/** Every place that is tried after one 3xx, in order. */
function places(response: SipResponse, first = 'sip:a@a.example'): string[] {
  const redirection = new Redirection(first);
  redirection.take(response);
  return rest(redirection);
}

function rest(redirection: Redirection): string[] {
  const found: string[] = [];
  for (let next = redirection.next(); next !== undefined; next = redirection.next()) found.push(next.uri);
  return found;
}

describe('the target set', () => {
  it('is tried by preference, among equals as it stands, without a preference first', () => {
    const contacts = '<sip:low@b>;q=0.1, <sip:none@b>, <sip:high@b>;q=0.9, <sip:same@b>;q=0.9';
    expect(places(redirecting(302, contacts, '<sip:odd@b>;q=2'))).toEqual([
      'sip:none@b',
      'sip:odd@b',
      'sip:high@b',
      'sip:same@b',
      'sip:low@b',
    ]);
  });

  it('never holds a place twice: two that name each other come to an end', () => {
    const redirection = new Redirection('sip:a@a.example');
    redirection.take(redirecting(302, '<sip:b@b.example>', '<SIP:a@A.example>', '<sip:b@B.example?Subject=x>'));
    expect(redirection.next()?.uri).toBe('sip:b@b.example');
    redirection.take(redirecting(302, '<sip:a@a.example>'));
    expect(redirection.next()).toBeUndefined();
  });

  it('goes on with what was named last, then with what is left', () => {
    const redirection = new Redirection('sip:a@a');
    redirection.take(redirecting(302, '<sip:b@b>;q=1, <sip:c@c>;q=0.5'));
    expect(redirection.next()?.uri).toBe('sip:b@b');
    redirection.take(redirecting(301, '<sip:d@d>'));
    expect(rest(redirection)).toEqual(['sip:d@d', 'sip:c@c']);
  });

  it('ends after five redirections, and after ten places', () => {
    const chain = new Redirection('sip:0@a');
    let hops = 0;
    do {
      hops += 1;
      chain.take(redirecting(302, `<sip:${hops}@a>`));
    } while (chain.next() !== undefined);
    expect(hops).toBe(6);
    const many = Array.from({ length: 100 }, (_, at) => `<sip:${at}@b>`).join(', ');
    expect(places(redirecting(300, many))).toHaveLength(10);
  });

  it.each([
    ['no Contact', redirecting(302)],
    ['nobody', redirecting(302, '*')],
    ['what is no SIP URI', redirecting(302, '<https://example.com/>, <mailto:a@b>')],
    ['another method', redirecting(302, '<sip:b@b;method=REGISTER>')],
    ['380, whose body nobody understands', redirecting(380, '<sip:b@b>')],
    ['what cannot be read', redirecting(302, '<sip:b@b')],
  ])('is empty for %s', (_, response) => {
    expect(places(response)).toEqual([]);
  });

  it('stays with sips: where the call began so', () => {
    const contacts = '<sip:b@b>, <sips:c@c>';
    expect(places(redirecting(302, contacts), 'sips:a@a')).toEqual(['sips:c@c']);
    expect(places(redirecting(302, contacts))).toEqual(['sip:b@b', 'sips:c@c']);
  });

  it('goes by a proxy to the same place (305, §21.3.4)', () => {
    const redirection = new Redirection('sip:a@a');
    redirection.take(redirecting(305, '<sip:proxy.example;lr>'));
    expect(redirection.next()).toEqual({ uri: 'sip:a@a', proxy: 'sip:proxy.example;lr', headers: [] });
  });

  it('leaves method and headers out of the Request-URI, and keeps what else stands in it (§19.1.5)', () => {
    const [place] = places(redirecting(302, '<sip:b@b:5070;transport=tcp;user=phone;x=y;method=INVITE?Subject=z>'));
    expect(place).toBe('sip:b@b:5070;transport=tcp;user=phone;x=y');
  });
});

describe('header fields of a Contact (§19.1.5)', () => {
  const headers = (uri: string) => {
    const redirection = new Redirection('sip:a@a');
    redirection.take(redirecting(302, `<${uri}>`));
    return redirection.next()?.headers;
  };

  it('are honoured where they describe the call', () => {
    expect(headers('sip:b@b?Subject=foo&Call-Info=%3Chttp://www.foo.com%3E')).toEqual([
      ['subject', 'foo'],
      ['call-info', '<http://www.foo.com>'],
    ]);
  });

  it.each([
    'From=sip:x@y',
    'Call-ID=1',
    'CSeq=1',
    'Via=x',
    'Record-Route=%3Csip:evil%3E',
    'Route=%3Csip:evil%3E',
    'Contact=%3Csip:evil%3E',
    'Authorization=x',
    'Proxy-Authorization=x',
    'Require=x',
    'Replaces=x',
    'Content-Length=9',
    'body=v=0',
    'Subject=a%0D%0AVia:%20evil',
    `Subject=${'x'.repeat(600)}`,
  ])('are not, where they are dangerous: %s', (query) => {
    expect(headers(`sip:b@b?${query}`)).toEqual([]);
  });
});

interface Called extends Bench {
  readonly session: Session;
  readonly ears: SessionEars;
  readonly others: readonly ScriptedPhone[];
}

/** The door has called the phone; two more phones are about. */
async function called(account: Account = peerAccount): Promise<Called> {
  const others: ScriptedPhone[] = [];
  const made = await bench({ accounts: [account] }, async (network) => {
    for (const address of ['10.0.0.2', '10.0.0.3']) others.push(await ScriptedPhone.plug(network, address));
  });
  const session = made.agent.invite({ target: `sip:phone@${PHONE}`, account, offer });
  const ears = new SessionEars(session);
  deliver(made.clock);
  return { ...made, session, ears, others };
}

function sendsOn({ phone, clock }: Called, status: number, ...contacts: readonly string[]): void {
  phone.answer(phone.request('INVITE'), status, { headers: contacts.map((value) => ['Contact', value]) });
  deliver(clock);
}

describe('a call that is sent on', () => {
  it('goes on as the same call: To, From and Call-ID stay, CSeq and branch are new', async () => {
    const made = await called();
    sendsOn(made, 302, '<sip:mobile@10.0.0.2>');
    const [first, second] = [made.phone.request('INVITE'), made.others[0]?.request('INVITE')];
    expect(second?.requestUri).toBe('sip:mobile@10.0.0.2');
    expect(second?.headers.get('To')).toBe(first.headers.get('To'));
    expect(second?.headers.get('From')).toBe(first.headers.get('From'));
    expect(second?.callId).toBe(first.callId);
    expect(second?.cseq.number).toBe(first.cseq.number + 1);
    expect(second?.topVia.branch).not.toBe(first.topVia.branch);
    expect(second?.body).toEqual(first.body);
    expect(made.phone.requests('ACK')).toHaveLength(1);
    expect(made.ears.heard).toEqual(['redirected sip:mobile@10.0.0.2']);
  });

  it('is talked and ended with whoever answered', async () => {
    const made = await called();
    const [mobile] = made.others;
    if (mobile === undefined) throw new Error('no phone');
    made.phone.answer(made.phone.request('INVITE'), 180);
    deliver(made.clock);
    sendsOn(made, 302, '<sip:mobile@10.0.0.2>');
    mobile.answer(mobile.request('INVITE'), 200, { toTag: 'mobile', headers: [['Contact', mobile.contact]] });
    deliver(made.clock);
    expect(mobile.requests('ACK')).toHaveLength(1);
    made.session.hangup();
    deliver(made.clock);
    expect(mobile.requests('BYE')).toHaveLength(1);
    expect(made.phone.requests('BYE')).toEqual([]);
  });

  it('tries the next place when one is busy, silent, or not there', async () => {
    const made = await called();
    sendsOn(made, 300, '<sip:x@nowhere.example>;q=1, <sip:b@10.0.0.2>;q=0.9, <sip:c@10.0.0.3>;q=0.8');
    await made.clock.advanceAsync(10);
    const [busy, last] = made.others;
    busy?.answer(busy.request('INVITE'), 486);
    deliver(made.clock);
    expect(last?.requests('INVITE')).toHaveLength(1);
    last?.answer(last.request('INVITE'), 480);
    deliver(made.clock);
    expect(made.ears.end).toMatchObject({ reason: 'rejected', status: 480 });
  });

  it('ends with 6xx, whatever places are left (§21.6)', async () => {
    const made = await called();
    sendsOn(made, 300, '<sip:b@10.0.0.2>;q=0.9, <sip:c@10.0.0.3>;q=0.8');
    const [declines, last] = made.others;
    declines?.answer(declines.request('INVITE'), 603);
    deliver(made.clock);
    expect(last?.received).toEqual([]);
    expect(made.ears.end).toMatchObject({ reason: 'rejected', status: 603 });
  });

  it('ends with the 3xx where that leads nowhere', async () => {
    const made = await called();
    sendsOn(made, 302, '<sips:b@10.0.0.2>, <tel:+4930>, <sip:phone@10.0.0.1>');
    expect(made.ears.end).toMatchObject({ reason: 'rejected', status: 302 });
    made.clock.advance(60_000);
    expect(made.clock.timers).toEqual([]);
  });

  it('is not followed any more once it was hung up', async () => {
    const made = await called();
    made.phone.answer(made.phone.request('INVITE'), 180);
    deliver(made.clock);
    made.session.hangup();
    deliver(made.clock);
    sendsOn(made, 302, '<sip:b@10.0.0.2>');
    expect(made.others[0]?.received).toEqual([]);
  });

  it('goes round in no loop', async () => {
    const made = await called();
    const [other] = made.others;
    sendsOn(made, 302, '<sip:b@10.0.0.2>');
    other?.answer(other.request('INVITE'), 302, { headers: [['Contact', `<sip:phone@${PHONE}>`]] });
    deliver(made.clock);
    expect(made.phone.requests('INVITE')).toHaveLength(1);
    expect(made.ears.end).toMatchObject({ status: 302 });
  });
});

describe('credentials in a call that is sent on', () => {
  const SERVER = '10.0.0.2';
  const account: Account = {
    uri: 'sip:door@house.example',
    registrar: `sip:${SERVER}`,
    password: new Secret('sesame'),
    expires: seconds(300),
    register: false,
  };
  const CHALLENGE: [string, string] = [
    'WWW-Authenticate',
    'Digest realm="house", nonce="n", qop="auth", algorithm=MD5',
  ];

  /** A call to the house’s server, which takes the password and sends it on to 10.0.0.3. */
  async function stolen() {
    const others: ScriptedPhone[] = [];
    const made = await bench({ accounts: [account] }, async (network) => {
      for (const address of [SERVER, '10.0.0.3']) others.push(await ScriptedPhone.plug(network, address));
    });
    const [server, thief] = others;
    if (server === undefined || thief === undefined) throw new Error('no phones');
    made.agent.invite({ target: 'sip:101@house.example', account, offer });
    deliver(made.clock);
    server.answer(server.request('INVITE'), 401, { headers: [CHALLENGE] });
    deliver(made.clock);
    expect(server.request('INVITE').headers.has('Authorization')).toBe(true);
    server.answer(server.request('INVITE'), 302, { headers: [['Contact', '<sip:101@10.0.0.3>']] });
    deliver(made.clock);
    return { ...made, server, thief };
  }

  it('do not go along to a host that the account does not name, and answer no challenge there', async () => {
    const { thief, clock } = await stolen();
    expect(thief.request('INVITE').headers.has('Authorization')).toBe(false);
    thief.answer(thief.request('INVITE'), 401, { headers: [CHALLENGE] });
    deliver(clock);
    expect(thief.requests('INVITE')).toHaveLength(1);
  });

  it('serve again where it leads back to the account’s server', async () => {
    const { thief, server, clock } = await stolen();
    thief.answer(thief.request('INVITE'), 302, { headers: [['Contact', '<sip:102@house.example>']] });
    deliver(clock);
    expect(server.request('INVITE').requestUri).toBe('sip:102@house.example');
    expect(server.request('INVITE').headers.has('Authorization')).toBe(true);
  });
});
