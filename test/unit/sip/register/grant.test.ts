// What a registrar grants beside the binding, and what the account's requests make of it.

import { describe, expect, it } from 'vitest';
import { Secret } from '../../../../src/base/secret.ts';
import { seconds } from '../../../../src/base/units.ts';
import type { Account } from '../../../../src/sip/agent/types.ts';
import { parseMessage } from '../../../../src/sip/message/index.ts';
import type { SipRequest, SipResponse } from '../../../../src/sip/message/types.ts';
import { findOwnBinding, readGrant } from '../../../../src/sip/register/grant.ts';
import { EdgeProxy } from '../../../support/edge-proxy.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { ScriptedPhone } from '../../../support/scripted-phone.ts';
import { answer, type Bench, bench, DOOR, deliver, offer, PHONE } from '../../../support/sip-bench.ts';
import { message } from '../../../support/sip-messages.ts';

const INSTANCE = 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6';
const P2 = '10.0.0.20';
const HSP = '10.0.0.21';
const account: Account = {
  uri: 'sip:callee@example.com',
  registrar: 'sip:10.0.0.5',
  expires: seconds(3600),
  register: true,
};

function ok(...headers: readonly string[]): SipResponse {
  const parsed = message(
    'SIP/2.0 200 OK',
    'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKnashds7',
    'From: Callee <sip:callee@example.com>;tag=a73kszlfl',
    'To: Callee <sip:callee@example.com> ;tag=b88sn',
    'Call-ID: 1j9FpLxk3uxtm8tn@192.0.2.1',
    'CSeq: 1 REGISTER',
    ...headers,
  );
  if (parsed.kind !== 'response') throw new Error('not a response');
  return parsed;
}

interface House extends Bench {
  readonly registrar: EdgeProxy;
}

async function house(
  own: Account = account,
  prepare: (registrar: EdgeProxy) => void = () => undefined,
  resolve?: (name: string) => Promise<string[]>,
): Promise<House> {
  const clock = new FakeClock();
  let registrar: EdgeProxy | undefined;
  const options = { clock, accounts: [own], instance: INSTANCE, ...(resolve === undefined ? {} : { resolve }) };
  const made = await bench(options, async (network) => {
    registrar = await EdgeProxy.start(network, '10.0.0.5');
    prepare(registrar);
  });
  if (registrar === undefined) throw new Error('no registrar');
  clock.advance(100);
  return { ...made, registrar };
}

/** The INVITE of a call to the domain's 101, as it leaves the door. */
function called(made: House, own: Account = account): { to: string; invite: SipRequest } {
  const before = made.network.sent.length;
  const session = made.agent.invite({ target: 'sip:101@example.com', account: own, offer });
  const sent = made.network.sent[before];
  session.hangup();
  if (sent === undefined) throw new Error('no INVITE left');
  const invite = parseMessage(sent.bytes);
  if (!invite.ok || invite.value.kind !== 'request') throw new Error('no INVITE left');
  return { to: sent.to.address, invite: invite.value };
}

describe('a 200 to REGISTER', () => {
  it('grants the GRUUs of RFC 5627 §9, message 2', () => {
    const response = ok(
      'Contact: <sip:callee@192.0.2.1>' +
        ';pub-gruu="sip:callee@example.com;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"' +
        ';temp-gruu="sip:tgruu.7hs==jd7vnzga5w7fajsc7-ajd6fabz0f8g5@example.com;gr"' +
        ';+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>";expires=3600',
    );
    const own = findOwnBinding(response, { uri: 'sip:callee@192.0.2.1', instance: INSTANCE, regId: undefined });
    expect(readGrant(response, own)).toMatchObject({
      publicGruu: 'sip:callee@example.com;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
      temporaryGruu: 'sip:tgruu.7hs==jd7vnzga5w7fajsc7-ajd6fabz0f8g5@example.com;gr',
      outbound: false,
      mapped: undefined,
    });
  });

  it('grants the service route of RFC 3608 §6.4.1, in its order', () => {
    const response = ok(
      'Service-Route: <sip:P2.HOME.EXAMPLE.COM;lr>,',
      ' <sip:HSP.HOME.EXAMPLE.COM;lr>',
      'P-Associated-URI: <sip:callee@example.com>, <tel:+4930123>',
      'Require: outbound',
      'Flow-Timer: 90',
    );
    const grant = readGrant(response, undefined);
    expect(grant.serviceRoute.map(({ uri }) => uri)).toEqual([
      'sip:P2.HOME.EXAMPLE.COM;lr',
      'sip:HSP.HOME.EXAMPLE.COM;lr',
    ]);
    expect(grant).toMatchObject({
      associated: ['sip:callee@example.com', 'tel:+4930123'],
      outbound: true,
      flowTimer: seconds(90),
    });
  });

  it('tells where we were seen (RFC 3581 §4)', () => {
    const response = ok();
    response.headers.set('Via', 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx;received=198.51.100.7;rport=40022');
    expect(readGrant(response, undefined).mapped).toBe('198.51.100.7:40022');
    response.headers.set('Via', 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx;received=192.0.2.1;rport=5060');
    expect(readGrant(response, undefined).mapped).toBeUndefined();
  });

  it('is no memory for what a registrar sends without end', () => {
    const values = Array.from({ length: 60 }, (_, index) => `<sip:hop${index}.example.com;lr>`);
    expect(readGrant(ok(`Service-Route: ${values.join(', ')}`), undefined).serviceRoute.length).toBeLessThanOrEqual(16);
  });

  it('knows the flow that the binding belongs to: two flows have one Contact (RFC 5626 §9.2, message 16)', () => {
    const contact = (regId: number, expires: number): string =>
      `Contact: <sip:bob@192.0.2.2;transport=tcp>;reg-id=${regId};expires=${expires};+sip.instance="<${INSTANCE}>"`;
    const response = ok(contact(1, 3600), contact(2, 1800));
    const find = (regId: number) =>
      findOwnBinding(response, { uri: 'sip:bob@192.0.2.2;transport=tcp', instance: INSTANCE, regId });
    expect(find(1)?.parameters.get('expires')).toBe('3600');
    expect(find(2)?.parameters.get('expires')).toBe('1800');
    expect(find(3)).toBeUndefined();
  });

  it('is ours by the instance where the registrar has rewritten the URI', () => {
    const response = ok(`Contact: <sip:callee@198.51.100.7:40022>;expires=60;+sip.instance="<${INSTANCE}>"`);
    const own = { uri: 'sip:callee@10.0.0.9:5060', regId: 1 };
    expect(findOwnBinding(response, { ...own, instance: INSTANCE })?.uri).toBe('sip:callee@198.51.100.7:40022');
    expect(findOwnBinding(response, { ...own, instance: 'urn:uuid:other' })).toBeUndefined();
  });
});

describe('other names of an account (RFC 7315 §4.1)', () => {
  it('are shown as long as the registrar says so, and used for nothing', async () => {
    const made = await house(account, (registrar) =>
      registrar.extra.push(['P-Associated-URI', '<sip:123@example.com>, <tel:+4930123>']),
    );
    expect(made.agent.registrations[0]?.details?.associated).toEqual(['sip:123@example.com', 'tel:+4930123']);
    expect(called(made).invite.from.uri).toBe(account.uri);
    made.registrar.extra = [];
    made.agent.networkChanged();
    await made.clock.advanceAsync(1000);
    expect(made.agent.registrations[0]?.details?.associated).toEqual([]);
  });
});

describe('the service route (RFC 3608 §6.1)', () => {
  const SERVICE: [string, string] = ['Service-Route', `<sip:${P2};lr>, <sip:${HSP};lr>`];
  const named = (host: string): [string, string] => ['Service-Route', `<sip:${host}.example.com;lr>`];

  it('is the route of new requests (§6.4.2, F1)', async () => {
    const made = await house(account, (registrar) => registrar.extra.push(SERVICE));
    const { to, invite } = called(made);
    expect(to).toBe(P2);
    expect(invite.headers.list('Route')).toEqual([`<sip:${P2};lr>`, `<sip:${HSP};lr>`]);
    expect(invite.requestUri).toBe('sip:101@example.com');
  });

  it('follows the way that is configured', async () => {
    const own = { ...account, outboundProxy: 'sip:10.0.0.5;lr' };
    const made = await house(own, (registrar) => registrar.extra.push(SERVICE));
    const { to, invite } = called(made, own);
    expect(to).toBe('10.0.0.5');
    expect(invite.headers.list('Route')).toEqual(['<sip:10.0.0.5;lr>', `<sip:${P2};lr>`, `<sip:${HSP};lr>`]);
  });

  it('does not visit the outbound proxy twice', async () => {
    const own = { ...account, outboundProxy: 'sip:10.0.0.5:5060;lr' };
    const made = await house(own, (registrar) => registrar.extra.push(['Service-Route', '<sip:orig@10.0.0.5;lr>']));
    expect(called(made, own).invite.headers.list('Route')).toEqual(['<sip:orig@10.0.0.5;lr>']);
  });

  it('is no route of the REGISTERs', async () => {
    const made = await house(account, (registrar) => registrar.extra.push(SERVICE));
    made.clock.advance(5000);
    expect(made.registrar.registers.length).toBeGreaterThan(2);
    expect(made.registrar.registers.filter(({ headers }) => headers.has('Route'))).toEqual([]);
  });

  it('is replaced by the latest 2xx, and cleared by one without', async () => {
    const made = await house(account, (registrar) => registrar.extra.push(SERVICE));
    made.registrar.extra = [['Service-Route', `<sip:${HSP};lr>`]];
    made.agent.networkChanged();
    deliver(made.clock);
    expect(called(made).invite.headers.list('Route')).toEqual([`<sip:${HSP};lr>`]);
    made.registrar.extra = [];
    made.agent.networkChanged();
    deliver(made.clock);
    expect(called(made)).toMatchObject({ to: '10.0.0.5' });
    expect(called(made).invite.headers.has('Route')).toBe(false);
  });

  it('of another server each time leaves nothing behind of those before it', async () => {
    const asked: string[] = [];
    const resolve = (name: string): Promise<string[]> => {
      asked.push(name);
      return Promise.resolve([HSP]);
    };
    const made = await house(account, () => undefined, resolve);
    for (let turn = 1; turn <= 20; turn += 1) {
      made.registrar.override = () => ({ status: 403 });
      made.agent.networkChanged();
      await made.clock.advanceAsync(10);
      made.registrar.override = undefined;
      made.registrar.extra = [['Service-Route', `<sip:token${turn}@node${turn}.example.com;lr>`]];
      made.agent.networkChanged();
      await made.clock.advanceAsync(10);
    }
    expect(called(made).to).toBe(HSP);
    asked.length = 0;
    await made.clock.advanceAsync(120_000);
    expect(new Set(asked)).toEqual(new Set(['node20.example.com']));
  });

  it('is looked for ahead where a refresh names another: no call waits for the DNS', async () => {
    const asked: string[] = [];
    const resolve = (name: string): Promise<string[]> => {
      asked.push(name);
      return name.startsWith('node2') ? Promise.resolve([HSP]) : Promise.resolve([P2]);
    };
    const made = await house(account, (registrar) => registrar.extra.push(named('node1')), resolve);
    await made.clock.advanceAsync(10);
    made.registrar.extra = [named('node2')];
    made.agent.networkChanged();
    await made.clock.advanceAsync(10);
    expect(made.agent.registrations[0]?.registered).toBe(true);
    expect(asked).toContain('node2.example.com');
    expect([...made.agent.servers]).toContain(HSP);
    expect(called(made).to).toBe(HSP);
  });

  it('goes with the registration', async () => {
    const made = await house(account, (registrar) => registrar.extra.push(SERVICE));
    made.registrar.override = () => ({ status: 403 });
    made.agent.networkChanged();
    deliver(made.clock);
    expect(called(made).invite.headers.has('Route')).toBe(false);
  });

  it('leads to servers of ours: they get credentials, and may call in as servers do', async () => {
    const own = { ...account, password: new Secret('sesame') };
    const made = await house(own, (registrar) => registrar.extra.push(SERVICE));
    expect([...made.agent.servers]).toEqual(expect.arrayContaining(['10.0.0.5', P2, HSP]));
    const p2 = await ScriptedPhone.plug(made.network, P2);
    made.agent.invite({ target: 'sip:101@example.com', account: own, offer });
    deliver(made.clock);
    const challenge = 'Digest realm="house", nonce="n1", algorithm=MD5, qop="auth"';
    p2.answer(p2.request('INVITE'), 407, { headers: [['Proxy-Authenticate', challenge]] });
    deliver(made.clock);
    expect(p2.request('INVITE').headers.get('Proxy-Authorization')).toContain('username="callee"');
  });
});

describe('GRUU (RFC 5627)', () => {
  const PUBLIC = `sip:callee@example.com;gr=${INSTANCE}`;
  const GRANTED = `;pub-gruu="${PUBLIC}";temp-gruu="sip:tgruu.7hs==jd7vnzga5w7fajsc7-ajd6fabz0f8g5@example.com;gr"`;
  const own = { ...account, gruu: true };

  const grants = (registrar: EdgeProxy): void => {
    registrar.outbound = false;
    registrar.contactParameters = GRANTED;
  };

  it('is asked for: the REGISTER of §9, message 1', async () => {
    const { registrar } = await house(own, grants);
    const [register] = registrar.registers;
    expect(register?.headers.list('Supported')).toContain('gruu');
    const contacts = register?.addresses('Contact');
    const [contact] = contacts?.ok === true ? contacts.value : [];
    expect(contact?.uri).toBe(`sip:callee@${DOOR.address}:5060`);
    expect(contact?.parameters.get('+sip.instance')).toBe(`<${INSTANCE}>`);
  });

  it('is the Contact of a call while it is registered (§4.4)', async () => {
    const made = await house(own, grants);
    expect(called(made, own).invite.headers.get('Contact')).toBe(`<${PUBLIC}>`);
  });

  it('is the Contact of a 200 to an INVITE by the registrar (§9, message 5)', async () => {
    const made = await house(own, grants);
    const { phone: proxy } = made.registrar;
    const request = { uri: `sip:callee@${DOOR.address}:5060`, from: '<sip:caller@example.com>;tag=n88ah' };
    const more = { to: '<sip:callee@example.com>', callId: 'in', sequence: 1, sdp: 'v=0' };
    const headers: [string, string][] = [['Contact', '<sip:caller@host.example.com>']];
    proxy.send(proxy.make('INVITE', { ...request, ...more, headers }), DOOR);
    deliver(made.clock);
    made.calls[0]?.accept(answer);
    deliver(made.clock);
    expect(proxy.response('INVITE').headers.get('Contact')).toBe(`<${PUBLIC}>`);
  });

  it('is none without a registration, nor to a phone that is called straight', async () => {
    const made = await house(own, grants);
    made.agent.invite({ target: `sip:101@${PHONE}`, account: own, offer });
    deliver(made.clock);
    expect(made.phone.request('INVITE').headers.get('Contact')).toBe(`<sip:callee@${DOOR.address}:5060>`);
    made.registrar.override = () => ({ status: 403 });
    made.agent.networkChanged();
    deliver(made.clock);
    expect(called(made, own).invite.headers.get('Contact')).toBe(`<sip:callee@${DOOR.address}:5060>`);
  });

  it('is left alone where the account does not ask for it', async () => {
    const made = await house(account, grants);
    expect(called(made).invite.headers.get('Contact')).toBe(`<sip:callee@${DOOR.address}:5060>`);
  });
});
