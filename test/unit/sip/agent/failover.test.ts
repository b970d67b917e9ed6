// A name that leads to several servers, and what becomes of calls when some of them are dead, slow, or both answer.

import { beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../../src/base/secret.ts';
import { seconds } from '../../../../src/base/units.ts';
import type { Account } from '../../../../src/sip/agent/types.ts';
import type { SipRequest } from '../../../../src/sip/message/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { MemoryDns, type MemoryDnsServer, zone as zoneOf } from '../../../support/memory-dns.ts';
import { ScriptedPhone } from '../../../support/scripted-phone.ts';
import { type Bench, bench, deliver, offer, peerAccount, SessionEars } from '../../../support/sip-bench.ts';

const FIRST = '10.0.0.5';
const SECOND = '10.0.0.6';
const THIRD = '10.0.0.7';
const TARGET = 'sip:101@pbx.example';

let made: Bench;
let first: ScriptedPhone;
let second: ScriptedPhone;
let third: ScriptedPhone;
let zone: MemoryDnsServer;

/** Three servers, in that order of priority. */
async function setUp(options: Parameters<typeof bench>[0] = {}): Promise<void> {
  const clock = new FakeClock();
  const dns = new MemoryDns(clock);
  zone = dns.server(
    '10.0.0.53',
    '_sip._udp.pbx.example 3600 SRV 1 0 5060 one.pbx.example',
    '_sip._udp.pbx.example 3600 SRV 2 0 5060 two.pbx.example',
    '_sip._udp.pbx.example 3600 SRV 3 0 5060 three.pbx.example',
    `one.pbx.example 3600 A ${FIRST}`,
    `two.pbx.example 3600 A ${SECOND}`,
    `three.pbx.example 3600 A ${THIRD}`,
  );
  made = await bench({
    clock,
    dns: { network: dns, servers: () => [{ address: '10.0.0.53', port: 53 }], hosts: () => new Set() },
    ...options,
  });
  [first, second, third] = [
    await ScriptedPhone.plug(made.network, FIRST),
    await ScriptedPhone.plug(made.network, SECOND),
    await ScriptedPhone.plug(made.network, THIRD),
  ];
  made.agent.prepare([TARGET]);
  await clock.advanceAsync(100);
}

beforeEach(() => setUp());

const call = () => {
  const session = made.agent.invite({ target: TARGET, account: peerAccount, offer });
  const ears = new SessionEars(session);
  deliver(made.clock);
  return { session, ears };
};

/** What identifies a request beside its branch. */
const identity = ({ callId, cseq, from, requestUri }: SipRequest) => [
  callId,
  cseq,
  from.parameters.get('tag'),
  requestUri,
];

describe('a dead first server', () => {
  beforeEach(() => first.unplug());

  it('costs two seconds on the first call, and nothing on the next', () => {
    const begin = made.clock.now();
    call();
    const at: number[] = [];
    second.onMessage = (message) => {
      if (message.kind === 'request' && message.method === 'INVITE') at.push(made.clock.now() - begin);
    };
    made.clock.advance(2001);
    expect(at[0]).toBeGreaterThan(1900);
    expect(at[0]).toBeLessThanOrEqual(2001);
    const again = made.clock.now();
    made.agent.invite({ target: TARGET, account: peerAccount, offer });
    expect(made.network.sent.at(-1)?.to.address).toBe(SECOND);
    expect(made.clock.now() - again).toBe(0);
  });

  it('is sent nothing more after that, and listened to all the same', () => {
    call();
    const sent = () => made.network.sent.filter(({ to }) => to.address === FIRST).length;
    made.clock.advance(2100);
    const before = sent();
    second.answer(second.request('INVITE'), 180);
    made.clock.advance(40_000);
    expect(sent()).toBe(before);
  });

  it('gets the next one the same request but for its branch (RFC 3263 §4.3)', () => {
    call();
    const original = made.network.sent.at(-1)?.bytes.toString() ?? '';
    made.clock.advance(2001);
    const request = second.request('INVITE');
    expect(original).toContain(`Call-ID: ${request.callId}`);
    expect(original).toContain('CSeq: 1 INVITE');
    expect(request.cseq.number).toBe(1);
    expect(original).toContain(`tag=${request.from.parameters.get('tag')}`);
    expect(original).not.toContain(String(request.topVia.branch));
    expect(request.body.toString()).toBe('v=0 offer');
    expect(request.headers.list('Via')).toHaveLength(1);
    expect(request.headers.all('Contact')).toHaveLength(1);
  });

  it('is tried again when its time has come', () => {
    call();
    made.clock.advance(2100);
    made.clock.advance(30_000);
    made.agent.invite({ target: TARGET, account: peerAccount, offer });
    expect(made.network.sent.at(-1)?.to.address).toBe(FIRST);
  });

  it('and a dead second one cost two seconds each; the last has its 32', () => {
    second.unplug();
    third.unplug();
    const { ears } = call();
    made.clock.advance(4100);
    expect(made.network.sent.at(-1)?.to.address).toBe(THIRD);
    made.clock.advance(31_700);
    expect(ears.end).toBeUndefined();
    made.clock.advance(500);
    expect(ears.end).toEqual({ reason: 'timeout' });
    expect(made.clock.timers.filter(({ name }) => name.startsWith('sign') || name.startsWith('transaction'))).toEqual(
      [],
    );
  });

  it('of which the system knows at once costs nothing', () => {
    made.network.conditions = { refusal: true };
    const begin = made.clock.now();
    call();
    deliver(made.clock);
    expect(second.requests('INVITE')).toHaveLength(1);
    expect(made.clock.now() - begin).toBeLessThan(100);
  });

  it('that comes to nothing with all the others by ICMP ends the call at once', () => {
    made.network.conditions = { refusal: true };
    second.unplug();
    third.unplug();
    const { ears } = call();
    made.clock.advance(100);
    expect(ears.end).toEqual({ reason: 'unreachable', phrase: 'nobody listens at udp 10.0.0.7:5060' });
  });

  it('takes no hang-up with it: nobody else is asked afterwards', () => {
    const { session, ears } = call();
    made.clock.advance(1000);
    session.hangup();
    made.clock.advance(60_000);
    expect(ears.heard).toEqual(['ended cancelled']);
    expect(second.requests('INVITE')).toEqual([]);
  });

  it('holds up no other request: OPTIONS, MESSAGE and the like go on after two seconds as well', async () => {
    const account: Account = { uri: 'sip:door@pbx.example', expires: seconds(300), register: true };
    await setUp({ accounts: [account] });
    first.unplug();
    made.agent.networkChanged();
    await made.clock.advanceAsync(2500);
    expect(second.requests('REGISTER').length).toBeGreaterThan(0);
  });
});

describe('the ACK of a call that rang for long', () => {
  it('goes by the server that let the INVITE through, though the dead one is to be tried again', () => {
    first.unplug();
    const { ears } = call();
    made.clock.advance(2100);
    const route: [string, string] = ['Record-Route', '<sip:pbx.example;lr>'];
    second.answer(second.request('INVITE'), 180, { headers: [route] });
    made.clock.advance(60_000);
    second.answer(second.request('INVITE'), 200, { sdp: 'v=0 answer', headers: [route] });
    deliver(made.clock);
    deliver(made.clock);
    expect(ears.heard).toEqual(['progress 180', 'accepted 200: v=0 answer']);
    expect(second.requests('ACK')).toHaveLength(1);
  });
});

describe('503', () => {
  it('leads to the next server at once', () => {
    const { ears } = call();
    first.answer(first.request('INVITE'), 100);
    first.answer(first.request('INVITE'), 503);
    deliver(made.clock);
    deliver(made.clock);
    expect(second.requests('INVITE')).toHaveLength(1);
    expect(identity(second.request('INVITE'))).toEqual(identity(first.request('INVITE')));
    second.answer(second.request('INVITE'), 200, { sdp: 'v=0 answer' });
    deliver(made.clock);
    expect(ears.heard).toEqual(['accepted 200: v=0 answer']);
    expect(first.requests('ACK')).toHaveLength(1);
  });

  it('with Retry-After is obeyed for that long', () => {
    call();
    first.answer(first.request('INVITE'), 503, { headers: [['Retry-After', '300']] });
    deliver(made.clock);
    made.clock.advance(200_000);
    made.agent.invite({ target: TARGET, account: peerAccount, offer });
    expect(made.network.sent.at(-1)?.to.address).toBe(SECOND);
    made.clock.advance(101_000);
    made.agent.invite({ target: TARGET, account: peerAccount, offer });
    expect(made.network.sent.at(-1)?.to.address).toBe(FIRST);
  });

  it('of all ends the call with it, and the servers are tried all the same the next time', () => {
    const { ears } = call();
    for (const phone of [first, second, third]) {
      phone.answer(phone.request('INVITE'), 503);
      deliver(made.clock);
      deliver(made.clock);
    }
    expect(ears.end).toMatchObject({ reason: 'rejected', status: 503 });
    made.agent.invite({ target: TARGET, account: peerAccount, offer });
    expect(made.network.sent.at(-1)?.to.address).toBe(FIRST);
  });

  it('of the last does not keep the caller waiting for the dead', () => {
    first.unplug();
    second.unplug();
    const { ears } = call();
    made.clock.advance(4100);
    third.answer(third.request('INVITE'), 503);
    made.clock.advance(2100);
    expect(ears.end).toMatchObject({ reason: 'rejected', status: 503 });
  });
});

describe('a slow first server', () => {
  /** Both have the INVITE; the first has said nothing yet. */
  const overtaken = () => {
    const made_ = call();
    made.clock.advance(2100);
    expect(second.requests('INVITE')).toHaveLength(1);
    return made_;
  };

  it('that rings after the second does is cancelled: no phone rings on', () => {
    const { ears } = overtaken();
    second.answer(second.request('INVITE'), 180, { toTag: 'two' });
    deliver(made.clock);
    first.answer(first.request('INVITE'), 180, { toTag: 'one' });
    deliver(made.clock);
    deliver(made.clock);
    expect(first.requests('CANCEL')).toHaveLength(1);
    expect(first.request('CANCEL').headers.get('Reason')).toBe('SIP;cause=200;text="Call completed elsewhere"');
    expect(second.requests('CANCEL')).toEqual([]);
    first.answer(first.request('INVITE'), 487, { toTag: 'one' });
    second.answer(second.request('INVITE'), 200, { toTag: 'two', sdp: 'v=0 answer' });
    deliver(made.clock);
    expect(ears.heard).toEqual(['progress 180', 'accepted 200: v=0 answer']);
  });

  it('that rings before the second is heard has the call', () => {
    const { ears } = overtaken();
    first.answer(first.request('INVITE'), 180, { toTag: 'one' });
    deliver(made.clock);
    const copies = second.requests('INVITE').length;
    made.clock.advance(5000);
    expect(second.requests('INVITE')).toHaveLength(copies);
    second.answer(second.request('INVITE'), 180, { toTag: 'two' });
    deliver(made.clock);
    deliver(made.clock);
    expect(second.requests('CANCEL')).toHaveLength(1);
    first.answer(first.request('INVITE'), 200, { toTag: 'one', sdp: 'v=0 answer' });
    deliver(made.clock);
    expect(ears.heard).toEqual(['progress 180', 'accepted 200: v=0 answer']);
  });

  it('that says 100 is waited for, and nobody else is asked', () => {
    call();
    made.clock.advance(1500);
    first.answer(first.request('INVITE'), 100);
    made.clock.advance(20_000);
    expect(second.requests('INVITE')).toEqual([]);
  });

  it('and the second may both say 100: neither is cancelled before one says more', () => {
    overtaken();
    first.answer(first.request('INVITE'), 100);
    second.answer(second.request('INVITE'), 100);
    made.clock.advance(3000);
    expect(third.requests('INVITE')).toEqual([]);
    expect(first.requests('CANCEL')).toEqual([]);
    first.answer(first.request('INVITE'), 183, { toTag: 'one' });
    deliver(made.clock);
    deliver(made.clock);
    expect(second.requests('CANCEL')).toHaveLength(1);
  });

  it('that has let the request through: the 482 of the second is no end of the call', () => {
    const { ears } = overtaken();
    second.answer(second.request('INVITE'), 100);
    second.answer(second.request('INVITE'), 482);
    made.clock.advance(3000);
    expect(ears.end).toBeUndefined();
    expect(third.requests('INVITE')).toEqual([]);
    // It is sent again there: the answer may have been lost.
    expect(first.requests('INVITE').length).toBeGreaterThan(3);
    first.answer(first.request('INVITE'), 180, { toTag: 'one' });
    first.answer(first.request('INVITE'), 200, { toTag: 'one', sdp: 'v=0 answer' });
    deliver(made.clock);
    expect(ears.heard).toEqual(['progress 180', 'accepted 200: v=0 answer']);
  });

  it('that never says another word after that: the 482 is the end', () => {
    const { ears } = overtaken();
    second.answer(second.request('INVITE'), 482);
    made.clock.advance(33_000);
    expect(ears.end).toMatchObject({ reason: 'rejected', status: 482 });
  });

  it('that answers after the second has: acknowledged, and ended', () => {
    const { ears } = overtaken();
    second.answer(second.request('INVITE'), 200, { toTag: 'two', sdp: 'v=0 two' });
    deliver(made.clock);
    first.answer(first.request('INVITE'), 200, { toTag: 'one', sdp: 'v=0 one' });
    deliver(made.clock);
    deliver(made.clock);
    expect(first.requests('ACK')).toHaveLength(1);
    expect(first.requests('BYE')).toHaveLength(1);
    expect(ears.heard).toEqual(['accepted 200: v=0 two']);
  });

  it('that answers while the second rings has the call, and the second is cancelled', () => {
    const { ears } = overtaken();
    second.answer(second.request('INVITE'), 180, { toTag: 'two' });
    deliver(made.clock);
    first.answer(first.request('INVITE'), 200, { toTag: 'one', sdp: 'v=0 one' });
    deliver(made.clock);
    deliver(made.clock);
    expect(second.requests('CANCEL')).toHaveLength(1);
    second.answer(second.request('INVITE'), 487, { toTag: 'two' });
    deliver(made.clock);
    expect(ears.heard).toEqual(['progress 180', 'accepted 200: v=0 one']);
    expect(ears.end).toBeUndefined();
  });

  it('that answers after the call was refused by the second is ended', () => {
    const { ears } = overtaken();
    second.answer(second.request('INVITE'), 486, { toTag: 'two' });
    deliver(made.clock);
    expect(ears.end).toMatchObject({ reason: 'rejected', status: 486 });
    first.answer(first.request('INVITE'), 200, { toTag: 'one', sdp: 'v=0 one' });
    deliver(made.clock);
    deliver(made.clock);
    expect(first.requests('BYE')).toHaveLength(1);
  });

  it('that rings after the call was refused by the second is cancelled', () => {
    overtaken();
    second.answer(second.request('INVITE'), 486, { toTag: 'two' });
    deliver(made.clock);
    first.answer(first.request('INVITE'), 180, { toTag: 'one' });
    deliver(made.clock);
    deliver(made.clock);
    expect(first.requests('CANCEL')).toHaveLength(1);
  });

  it('that lives is waited for though the second refuses', () => {
    const { ears } = overtaken();
    first.answer(first.request('INVITE'), 100);
    second.answer(second.request('INVITE'), 404, { toTag: 'two' });
    made.clock.advance(5000);
    expect(ears.end).toBeUndefined();
    first.answer(first.request('INVITE'), 200, { toTag: 'one', sdp: 'v=0 one' });
    deliver(made.clock);
    expect(ears.heard).toEqual(['accepted 200: v=0 one']);
  });

  it('is cancelled too when the caller hangs up, whenever it wakes', () => {
    const { session } = overtaken();
    second.answer(second.request('INVITE'), 180, { toTag: 'two' });
    deliver(made.clock);
    session.hangup();
    deliver(made.clock);
    expect(second.requests('CANCEL')).toHaveLength(1);
    second.answer(second.request('INVITE'), 487, { toTag: 'two' });
    made.clock.advance(3000);
    first.answer(first.request('INVITE'), 180, { toTag: 'one' });
    deliver(made.clock);
    deliver(made.clock);
    expect(first.requests('CANCEL')).toHaveLength(1);
  });

  it('is all there is when the others cannot be reached: it gets its time', () => {
    made.network.conditions = { refusal: true };
    second.unplug();
    third.unplug();
    const { ears } = call();
    made.clock.advance(2500);
    expect(ears.end).toBeUndefined();
    made.clock.advance(2500);
    first.answer(first.request('INVITE'), 200, { toTag: 'one', sdp: 'v=0 one' });
    deliver(made.clock);
    expect(ears.heard).toEqual(['accepted 200: v=0 one']);
  });
});

describe('a challenge', () => {
  const account: Account = {
    uri: 'sip:door@pbx.example',
    username: 'door',
    password: new Secret('sesame'),
    registrar: 'sip:pbx.example',
    expires: seconds(300),
    register: false,
  };
  const challenge: [string, string] = [
    'Proxy-Authenticate',
    'Digest realm="house", nonce="n1", algorithm=MD5, qop="auth"',
  ];

  it('of the server that took over is answered there, and the slow one is out of it', async () => {
    await setUp({ accounts: [account] });
    made.agent.invite({ target: TARGET, account, offer });
    made.clock.advance(2100);
    second.answer(second.request('INVITE'), 407, { headers: [challenge] });
    deliver(made.clock);
    deliver(made.clock);
    const authorized = second.request('INVITE');
    expect(authorized.cseq.number).toBe(2);
    expect(authorized.headers.get('Proxy-Authorization')).toContain('username="door"');
    first.answer(first.request('INVITE'), 180, { toTag: 'one' });
    deliver(made.clock);
    deliver(made.clock);
    expect(first.requests('CANCEL')).toHaveLength(1);
  });

  it('goes no further with its credentials: the next server asks for itself', async () => {
    await setUp({ accounts: [account] });
    made.agent.invite({ target: TARGET, account, offer });
    deliver(made.clock);
    first.answer(first.request('INVITE'), 407, { headers: [challenge] });
    deliver(made.clock);
    deliver(made.clock);
    first.answer(first.request('INVITE'), 503);
    deliver(made.clock);
    deliver(made.clock);
    const all = second.request('INVITE').headers.all('Proxy-Authorization');
    expect(all.length).toBeLessThanOrEqual(1);
    expect(all.join()).not.toBe(first.request('INVITE').headers.get('Proxy-Authorization'));
  });
});

describe('a request in a dialog', () => {
  it('goes to the next server of its route when the first is dead', () => {
    const { session } = call();
    const route: [string, string] = ['Record-Route', '<sip:pbx.example;lr>'];
    first.answer(first.request('INVITE'), 200, { sdp: 'v=0 answer', headers: [route] });
    deliver(made.clock);
    first.unplug();
    session.hangup();
    made.clock.advance(2100);
    expect(second.requests('BYE')).toHaveLength(1);
    expect(second.request('BYE').headers.all('Route')).toEqual(['<sip:pbx.example;lr>']);
    second.answer(second.request('BYE'), 200);
    made.clock.advance(100);
    expect(third.requests('BYE')).toEqual([]);
  });

  it('of which both copies are answered counts once', () => {
    const { session, ears } = call();
    const route: [string, string] = ['Record-Route', '<sip:pbx.example;lr>'];
    first.answer(first.request('INVITE'), 200, { sdp: 'v=0 answer', headers: [route] });
    deliver(made.clock);
    session.sendInfo({ type: 'application/dtmf-relay', data: Buffer.from('Signal=5') });
    made.clock.advance(2100);
    second.answer(second.request('INFO'), 200);
    first.answer(first.request('INFO'), 481);
    made.clock.advance(60_000);
    expect(ears.end).toBeUndefined();
  });
});

describe('all servers of a name', () => {
  it('count as the account’s: calls come in from each of them', async () => {
    const account: Account = { uri: 'sip:door@pbx.example', expires: seconds(300), register: true };
    await setUp({ accounts: [account] });
    await made.clock.advanceAsync(100);
    expect(made.agent.servers).toEqual(new Set([FIRST, SECOND, THIRD]));
    expect(zone.questions).toContain('SRV _sip._udp.pbx.example');
  });

  it('are where a host that a button calls may call from, with those of its explicit port', async () => {
    zone.records.push(...zoneOf('pbx.example 3600 A 10.0.0.80'));
    const found = made.agent.addressesOf('pbx.example');
    await made.clock.advanceAsync(10_000);
    expect(new Set(await found)).toEqual(new Set([FIRST, SECOND, THIRD, '10.0.0.80']));
    const nobody = made.agent.addressesOf('nobody.example');
    await made.clock.advanceAsync(10_000);
    expect(await nobody).toEqual([]);
  });
});
