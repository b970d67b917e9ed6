import { describe, expect, it } from 'vitest';
import { DoorphoneError } from '../../../../src/base/errors.ts';
import { Secret } from '../../../../src/base/secret.ts';
import { seconds } from '../../../../src/base/units.ts';
import { SipAgent } from '../../../../src/sip/agent/sip-agent.ts';
import type { Account, Admission } from '../../../../src/sip/agent/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { MemoryNetwork } from '../../../support/memory-network.ts';
import { RecordingLog } from '../../../support/recording-log.ts';
import { type Request, ScriptedPhone } from '../../../support/scripted-phone.ts';
import { ScriptedRegistrar } from '../../../support/scripted-registrar.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
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

const DOOR_URI = `sip:door@${DOOR.address}`;
const plain: Request = {
  uri: DOOR_URI,
  from: `<sip:kitchen@${PHONE}>;tag=caller`,
  to: `<${DOOR_URI}>`,
  callId: 'call-1',
  sequence: 1,
};
/** Enough to make any short answer smaller than the request. */
const talkative = {
  headers: [['User-Agent', 'a phone with a name that is longer than any answer']] as [string, string][],
};

const nobody: Admission = () => ({ status: 0, reason: 'unknown' });

function ask({ phone, clock }: Bench, method: string, more: Partial<Request> = {}): void {
  const contact: [string, string] = ['Contact', phone.contact];
  phone.send(phone.make(method, { ...plain, headers: [contact], ...more }), DOOR);
  deliver(clock);
}

describe('requests from those who are let in (RFC 3261 §8.2, §11.2)', () => {
  it('answers OPTIONS with what it can do', async () => {
    const made = await bench();
    ask(made, 'OPTIONS');
    const response = made.phone.response('OPTIONS');
    expect(response.status).toBe(200);
    expect(response.headers.list('Allow')).toEqual(
      expect.arrayContaining(['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS']),
    );
    expect(response.headers.list('Accept')).toContain('application/sdp');
    expect(response.toTag).toBeDefined();
  });

  it.each([
    ['REGISTER', 405],
    ['SUBSCRIBE', 489],
    ['NOTIFY', 489],
    ['MESSAGE', 200],
    ['PUBLISH', 405],
    ['FROBNICATE', 501],
    ['BYE', 481],
    ['UPDATE', 481],
    ['INFO', 481],
  ])('answers %s outside of a dialog with %i', async (method, status) => {
    const made = await bench();
    ask(made, method);
    expect(made.phone.statuses(method)).toEqual([status]);
    if (status === 405) expect(made.phone.response(method).headers.get('Allow')).toContain('INVITE');
  });

  it.each(['BYE', 'INVITE', 'INFO'])('answers %s in a dialog that does not exist with 481', async (method) => {
    const made = await bench();
    ask(made, method, { to: `<${DOOR_URI}>;tag=gone`, ...talkative });
    expect(made.phone.statuses(method)).toEqual([481]);
    expect(made.calls).toEqual([]);
  });

  it('lets an INVITE in whose Max-Forwards is used up: it has arrived', async () => {
    const made = await bench();
    ask(made, 'INVITE', {
      headers: [
        ['Contact', made.phone.contact],
        ['Max-Forwards', '0'],
      ],
    });
    expect(made.calls).toHaveLength(1);
  });

  it('refuses an extension that it does not know', async () => {
    const made = await bench();
    ask(made, 'INVITE', {
      headers: [
        ['Contact', made.phone.contact],
        ['Require', 'precondition'],
      ],
    });
    expect(made.phone.statuses('INVITE')).toEqual([420]);
    expect(made.phone.response('INVITE').headers.get('Unsupported')).toBe('precondition');
    expect(made.calls).toEqual([]);
  });

  it('refuses a body that it does not know, unless it is optional (§8.2.3, §20.11)', async () => {
    const made = await bench();
    ask(made, 'INVITE', { type: 'application/isup', sdp: 'x' });
    expect(made.phone.statuses('INVITE')).toEqual([415]);
    expect(made.phone.response('INVITE').headers.get('Accept')).toBe('application/sdp');
    const headers: [string, string][] = [
      ['Contact', made.phone.contact],
      ['Content-Disposition', 'signal;handling=optional'],
    ];
    ask(made, 'INVITE', { type: 'application/isup', sdp: 'x', headers, callId: 'call-2' });
    expect(made.calls.map((call) => call.offer)).toEqual([undefined]);
  });

  it('refuses a scheme that it does not know with 416, and an INVITE without Contact with 400', async () => {
    const made = await bench();
    ask(made, 'INVITE', { uri: 'tel:+4912345' });
    ask(made, 'INVITE', { headers: [], callId: 'call-2' });
    expect(made.phone.statuses('INVITE')).toEqual([416, 400]);
  });

  it('takes an INVITE that came by two ways once (§8.2.2.2)', async () => {
    const made = await bench();
    ask(made, 'INVITE');
    made.calls[0]?.ring();
    ask(made, 'INVITE');
    expect(made.phone.statuses('INVITE')).toEqual([180, 482]);
    expect(made.calls).toHaveLength(1);
  });

  it('asks who calls, and from where', async () => {
    const asked: unknown[] = [];
    const made = await bench({
      admit: (peer) => {
        asked.push(peer);
        return undefined;
      },
    });
    ask(made, 'INVITE');
    expect(asked).toEqual([{ uri: `sip:kitchen@${PHONE}`, source: { protocol: 'udp', address: PHONE, port: 5060 } }]);
  });
});

describe('strangers', () => {
  it.each(['INVITE', 'OPTIONS', 'REGISTER', 'MESSAGE', 'FROBNICATE', 'BYE'])('hear nothing to %s', async (method) => {
    const made = await bench({ admit: nobody });
    ask(made, method);
    made.clock.advance(10_000);
    expect(made.phone.received).toEqual([]);
    expect(made.calls).toEqual([]);
  });

  it('are told of once, however often they repeat their INVITE', async () => {
    const made = await bench({ admit: nobody });
    const invite = made.phone.make('INVITE', { ...plain, headers: [['Contact', made.phone.contact]] });
    for (let repetition = 0; repetition < 5; repetition += 1) made.phone.send(invite, DOOR);
    deliver(made.clock);
    expect(made.refusals).toEqual([
      { peer: `sip:kitchen@${PHONE}`, source: { protocol: 'udp', address: PHONE, port: 5060 }, why: 'unknown' },
    ]);
  });

  it('may get a refusal, where there is one for them', async () => {
    const made = await bench({ admit: () => ({ status: 403 }) });
    ask(made, 'INVITE', { headers: [['Contact', made.phone.contact], ...talkative.headers] });
    expect(made.phone.statuses('INVITE')).toEqual([403]);
    expect(made.refusals).toHaveLength(1);
  });

  it('flood in vain: few answers, few events, and the next call gets through', async () => {
    const made = await bench({ admit: ({ source }) => (source.address === PHONE ? undefined : { status: 403 }) });
    const scanner = await ScriptedPhone.plug(made.network, '10.0.0.66');
    for (let call = 0; call < 1000; call += 1) {
      const headers: [string, string][] = [['Contact', scanner.contact], ...talkative.headers];
      scanner.send(scanner.make('INVITE', { ...plain, callId: `scan-${call}`, headers }), DOOR);
    }
    made.clock.advance(1000);
    const answered = new Set(scanner.responses('INVITE').map(({ callId }) => callId));
    expect(answered.size).toBeLessThanOrEqual(6);
    expect(made.refusals.length).toBeLessThanOrEqual(6);
    ask(made, 'INVITE');
    expect(made.calls).toHaveLength(1);
  });

  it('never get more bytes than they brought', async () => {
    const made = await bench({ admit: () => ({ status: 403, reason: 'a reason that is long '.repeat(20) }) });
    const scanner = await ScriptedPhone.plug(made.network, '10.0.0.66');
    let asked = 0;
    let answered = 0;
    made.network.swallow = ({ from, to, bytes }) => {
      if (from.address === scanner.place.address) asked = bytes.length;
      if (to.address === scanner.place.address) answered = Math.max(answered, bytes.length);
      return false;
    };
    for (const [index, to] of [`<${DOOR_URI}>`, `<${DOOR_URI}>;tag=gone`].entries()) {
      scanner.send(scanner.make('INVITE', { ...plain, to, callId: `short-${index}` }), DOOR);
      deliver(made.clock);
      expect(answered).toBeLessThanOrEqual(asked);
    }
  });
});

describe('where a request goes', () => {
  const house: Account = {
    uri: 'sip:door@house.example',
    registrar: 'sip:10.0.0.5',
    password: new Secret('sesame'),
    expires: seconds(300),
    register: true,
  };

  async function target(account: Account, uri: string): Promise<readonly string[]> {
    const made = await bench({ accounts: [account] });
    deliver(made.clock);
    made.network.sent.length = 0;
    made.agent.invite({ target: uri, account, offer });
    return made.network.sent.map(({ to, bytes }) => `${to.address}:${to.port} ${bytes.toString().split(' ')[1]}`);
  }

  it.each([
    ['a user of our own domain', 'sip:101@house.example', '10.0.0.5:5060 sip:101@house.example'],
    ['an address', 'sip:101@10.0.0.1:5070', '10.0.0.1:5070 sip:101@10.0.0.1:5070'],
    ['an address of IPv4 with transport=udp', 'sip:10.0.0.1;transport=udp', '10.0.0.1:5060 sip:10.0.0.1;transport=udp'],
  ])('%s', async (_, uri, expected) => {
    expect(await target(house, uri)).toEqual([expected]);
  });

  it('everything by the outbound proxy, where there is one', async () => {
    const account = { ...house, outboundProxy: 'sip:10.0.0.6:5080;lr' };
    expect(await target(account, 'sip:101@10.0.0.1')).toEqual(['10.0.0.6:5080 sip:101@10.0.0.1']);
  });

  it.each([
    ['sip:101@10.0.0.1;transport=sctp', 'asks for sctp'],
    ['sips:101@10.0.0.1;transport=udp', 'asks for udp'],
    ['tel:+4912345', 'is not a SIP URI'],
    ['101', 'is not a SIP URI'],
  ])('nowhere for %s, with a sentence', async (uri, sentence) => {
    const made = await bench();
    expect(() => made.agent.invite({ target: uri, account: peerAccount, offer })).toThrow(DoorphoneError);
    expect(() => made.agent.invite({ target: uri, account: peerAccount, offer })).toThrow(sentence);
    expect(made.network.sent).toEqual([]);
  });

  it('says which account cannot be used', async () => {
    await expect(bench({ accounts: [{ ...house, registrar: 'sip:pbx.example.com;transport=sctp' }] })).rejects.toThrow(
      'asks for sctp',
    );
  });

  it('gives no credentials to a host that the account does not name', async () => {
    const made = await bench({ accounts: [house] });
    const ears = new SessionEars(made.agent.invite({ target: `sip:x@${PHONE}`, account: house, offer }));
    deliver(made.clock);
    const challenge = 'Digest realm="house", nonce="n1", algorithm=MD5, qop="auth"';
    made.phone.answer(made.phone.request('INVITE'), 401, { headers: [['WWW-Authenticate', challenge]] });
    deliver(made.clock);
    expect(made.phone.requests('INVITE')).toHaveLength(1);
    expect(ears.end?.status).toBe(401);
  });
});

describe('names', () => {
  const account: Account = { uri: 'sip:door@pbx.example', expires: seconds(300), register: true };

  it('are known before a call needs them: its INVITE leaves before invite() returns', async () => {
    const asked: string[] = [];
    const resolve = (host: string): Promise<string[]> => {
      asked.push(host);
      return Promise.resolve(['10.0.0.5']);
    };
    const made = await bench({ accounts: [account], resolve });
    await made.clock.advanceAsync(10);
    expect([...made.agent.servers]).toEqual(['10.0.0.5']);
    const before = made.network.sent.length;
    made.agent.invite({ target: 'sip:101@pbx.example', account, offer });
    expect(made.network.sent.slice(before).map(({ to }) => to.address)).toEqual(['10.0.0.5']);
    expect(new Set(asked)).toEqual(new Set(['pbx.example']));
    await made.clock.advanceAsync(61_000);
    expect(asked.length).toBeGreaterThan(1);
  });

  it('are asked for at once when the network has changed', async () => {
    let address = '10.0.0.5';
    const made = await bench({ accounts: [account], resolve: () => Promise.resolve([address]) });
    await made.clock.advanceAsync(10);
    address = '10.0.0.6';
    made.agent.networkChanged();
    await made.clock.advanceAsync(10);
    expect([...made.agent.servers]).toEqual(['10.0.0.6']);
    await made.clock.advanceAsync(3000);
    expect(made.network.sent.at(-1)?.to.address).toBe('10.0.0.6');
  });

  it('keep their old address while the resolver is away', async () => {
    let broken = false;
    const resolve = (): Promise<string[]> =>
      broken ? Promise.reject(new Error('SERVFAIL')) : Promise.resolve(['10.0.0.5']);
    const made = await bench({ accounts: [account], resolve });
    await made.clock.advanceAsync(10);
    broken = true;
    await made.clock.advanceAsync(200_000);
    expect([...made.agent.servers]).toEqual(['10.0.0.5']);
  });

  it('follow their server to a new address', async () => {
    let address = '10.0.0.5';
    const made = await bench({ accounts: [account], resolve: () => Promise.resolve([address]) });
    await made.clock.advanceAsync(10);
    address = '10.0.0.6';
    await made.clock.advanceAsync(61_000);
    expect([...made.agent.servers]).toEqual(['10.0.0.6']);
    expect(made.network.sent.at(-1)?.to.address).toBe('10.0.0.6');
  });

  it('stay with the address in use while their server rotates its answers', async () => {
    let turn = 0;
    const resolve = (): Promise<string[]> => {
      turn += 1;
      return Promise.resolve(turn % 2 === 0 ? ['10.0.0.6', '10.0.0.5'] : ['10.0.0.5', '10.0.0.6']);
    };
    const clock = new FakeClock();
    const made = await bench({ clock, accounts: [account], resolve }, async (network) => {
      await ScriptedRegistrar.start(network, () => clock.now());
    });
    await clock.advanceAsync(400_000);
    expect(turn).toBeGreaterThan(3);
    const asked = made.network.sent.filter(({ from }) => from.address === DOOR.address);
    expect(new Set(asked.map(({ to }) => to.address))).toEqual(new Set(['10.0.0.5']));
  });

  it('that resolve to a family without a socket are no use, and it is said', async () => {
    const made = await bench({ resolve: () => Promise.resolve(['fd00::5']) });
    const ears = new SessionEars(made.agent.invite({ target: 'sip:x@six.example', account: peerAccount, offer }));
    await made.clock.advanceAsync(10);
    expect(ears.end).toEqual({ reason: 'unreachable', phrase: 'no socket reaches six.example' });
  });

  it('take the first address that a socket reaches', async () => {
    const made = await bench({ resolve: () => Promise.resolve(['fd00::5', PHONE]) });
    made.agent.invite({ target: 'sip:x@both.example:5060', account: peerAccount, offer });
    await made.clock.advanceAsync(10);
    expect(made.phone.requests('INVITE')).toHaveLength(1);
  });
});

describe('a peer of IPv6', () => {
  const SIX = 'fd00::9';
  const CALLER = 'fd00::1';

  it.each(['fd00:0:0:0:0:0:0:1', 'FD00::1', 'fd00::0.0.0.1'])(
    'that spells its Contact [%s] is in its dialog, by a proxy as well',
    async (spelling) => {
      const clock = new FakeClock();
      const network = new MemoryNetwork(clock);
      const agent = new SipAgent({
        clock,
        random: new SeededRandom(3),
        log: new RecordingLog(),
        network: network.host(SIX),
        listen: [{ protocol: 'udp', address: SIX, port: 5060 }],
        accounts: [],
        admit: () => undefined,
        resolve: () => Promise.reject(new Error('no resolver')),
        userAgent: 'doorphone/test',
      });
      agent.on('invite', (session) => session.accept(answer));
      await agent.start();
      const proxy = await ScriptedPhone.plug(network, 'fd00::5');
      const caller = await ScriptedPhone.plug(network, CALLER);
      const call = { ...plain, uri: `sip:door@[${SIX}]`, to: `<sip:door@[${SIX}]>` };
      const headers: [string, string][] = [['Contact', `<sip:kitchen@[${spelling}]>`]];
      const place = { address: SIX, port: 5060 };
      const make = (from: ScriptedPhone, method: string, more: Partial<Request>) => {
        from.send(from.make(method, { ...call, ...more }), place);
        deliver(clock);
      };
      make(proxy, 'INVITE', { headers, sdp: 'v=0' });
      const to = proxy.response('INVITE').headers.get('To') ?? '';
      make(caller, 'ACK', { to });
      make(caller, 'BYE', { to, sequence: 2 });
      expect(caller.statuses('BYE')).toEqual([200]);
    },
  );
});

describe('its surroundings', () => {
  it('knows the local address that reaches a target', async () => {
    const made = await bench({ resolve: () => Promise.resolve(['10.0.0.5']) });
    expect(made.agent.localAddress(`sip:x@${PHONE}`)).toBe(DOOR.address);
    expect(made.agent.localAddress(PHONE)).toBe(DOOR.address);
    expect(made.agent.localAddress('sip:x@unknown.example')).toBe(DOOR.address);
    expect(made.agent.listening).toEqual([{ protocol: 'udp', ...DOOR }]);
  });

  it('knows where calls of an account go: by its proxy, and to an address of the house rather than another', async () => {
    const addresses: Record<string, string[]> = {
      'one.example': ['198.51.100.7'],
      'both.example': ['198.51.100.7', PHONE],
    };
    const made = await bench({ resolve: (host) => Promise.resolve(addresses[host] ?? []) });
    const outside = { ...peerAccount, uri: 'sip:door@one.example', outboundProxy: 'sip:203.0.113.5;lr' };
    expect(made.agent.remoteAddress(`sip:x@${PHONE}`, peerAccount)).toBe(PHONE);
    expect(made.agent.remoteAddress('sip:x@one.example', outside)).toBe('203.0.113.5');
    expect(made.agent.remoteAddress('sip:x@one.example', peerAccount)).toBeUndefined();
    made.agent.prepare(['sip:x@one.example', 'sip:x@both.example']);
    await made.clock.advanceAsync(10);
    expect(made.agent.remoteAddress('sip:x@one.example', peerAccount)).toBe('198.51.100.7');
    expect(made.agent.remoteAddress('sip:x@both.example', peerAccount)).toBe(PHONE);
  });

  it('shows every message on the wire, with its time', async () => {
    const made = await bench();
    const wire: string[] = [];
    made.agent.on('wire', ({ direction, message, peer }) => {
      wire.push(`${direction} ${message.kind === 'request' ? message.method : message.status} ${peer.address}`);
    });
    ask(made, 'OPTIONS');
    expect(wire).toEqual([`in OPTIONS ${PHONE}`, `out 200 ${PHONE}`]);
  });

  it('says when a port is taken', async () => {
    await expect(
      bench({}, async (network) => {
        await network.host(DOOR.address).bind(DOOR.address, DOOR.port);
      }),
    ).rejects.toThrow(DoorphoneError);
  });
});

describe('stopping', () => {
  it('hangs up, cancels, and closes when everybody has answered', async () => {
    const made = await bench();
    const talking = made.agent.invite({ target: `sip:a@${PHONE}`, account: peerAccount, offer });
    deliver(made.clock);
    made.phone.answer(made.phone.request('INVITE'), 200);
    deliver(made.clock);
    const ringing = made.agent.invite({ target: `sip:b@${PHONE}`, account: peerAccount, offer });
    deliver(made.clock);
    made.phone.answer(made.phone.request('INVITE'), 180);
    deliver(made.clock);
    made.phone.onMessage = (message) => {
      if (message.kind !== 'request' || message.method === 'ACK') return;
      made.phone.answer(message, 200);
      if (message.method === 'CANCEL') made.phone.answer(made.phone.request('INVITE'), 487);
    };
    let stopped = false;
    void made.agent.stop().then(() => {
      stopped = true;
    });
    await made.clock.advanceAsync(50);
    expect([talking.state, ringing.state, stopped]).toEqual(['terminated', 'terminated', true]);
    expect([made.phone.requests('BYE').length, made.phone.requests('CANCEL').length]).toEqual([1, 1]);
    expect(made.clock.timers).toEqual([]);
    expect(made.agent.listening).toEqual([]);
  });

  it('does not wait longer than two seconds for a peer that is gone', async () => {
    const made = await bench();
    made.agent.invite({ target: `sip:a@${PHONE}`, account: peerAccount, offer });
    made.phone.unplug();
    let stopped = false;
    void made.agent.stop().then(() => {
      stopped = true;
    });
    await made.clock.advanceAsync(1900);
    expect(stopped).toBe(false);
    await made.clock.advanceAsync(200);
    expect(stopped).toBe(true);
    expect(made.clock.timers).toEqual([]);
  });

  it('leaves nothing waiting, not even for an ACK that never came', async () => {
    const made = await bench();
    ask(made, 'INVITE', { sdp: 'v=0' });
    ask(made, 'INVITE', { sdp: 'v=0', callId: 'call-2' });
    made.calls[0]?.accept(answer);
    made.calls[1]?.ring();
    const stopped = made.agent.stop();
    await made.clock.advanceAsync(2001);
    await stopped;
    expect(made.clock.timers).toEqual([]);
  });

  it('begins no call meanwhile that would ring on afterwards', async () => {
    const made = await bench();
    made.agent.invite({ target: `sip:a@${PHONE}`, account: peerAccount, offer });
    deliver(made.clock);
    const stopped = made.agent.stop();
    expect(() => made.agent.invite({ target: `sip:b@${PHONE}`, account: peerAccount, offer })).toThrow(DoorphoneError);
    await made.clock.advanceAsync(2001);
    await stopped;
    expect(made.phone.requests('INVITE').filter(({ to }) => to.uri.startsWith('sip:b'))).toEqual([]);
  });

  it('takes no new call meanwhile', async () => {
    const made = await bench();
    made.agent.invite({ target: `sip:a@${PHONE}`, account: peerAccount, offer });
    deliver(made.clock);
    const stopped = made.agent.stop();
    ask(made, 'INVITE');
    expect(made.phone.statuses('INVITE')).toEqual([503]);
    expect(made.calls).toEqual([]);
    await made.clock.advanceAsync(2001);
    await stopped;
  });
});

describe('what stays behind', () => {
  it('is nothing: a hundred calls of either kind leave no timer and no session', async () => {
    const made = await bench();
    for (let call = 0; call < 100; call += 1) {
      ask(made, 'INVITE', { callId: `in-${call}`, sdp: 'v=0' });
      made.calls.at(-1)?.accept(answer);
      deliver(made.clock);
      const to = made.phone.response('INVITE').headers.get('To') ?? '';
      ask(made, 'ACK', { callId: `in-${call}`, to });
      ask(made, 'BYE', { callId: `in-${call}`, to, sequence: 2 });
    }
    made.clock.advance(65_000);
    expect(made.clock.timers).toEqual([]);
    expect(made.calls.every((call) => call.state === 'terminated')).toBe(true);
    const stopped = made.agent.stop();
    await made.clock.advanceAsync(0);
    await stopped;
  });

  it('a call in by way of the registrar uses the account that it was for', async () => {
    let registrar: ScriptedRegistrar | undefined;
    const account: Account = {
      uri: 'sip:door@10.0.0.5',
      password: new Secret('sesame'),
      expires: seconds(300),
      register: true,
    };
    const made = await bench({ accounts: [account] }, async (network) => {
      registrar = await ScriptedRegistrar.start(network, () => 0);
    });
    deliver(made.clock);
    const proxy = registrar?.phone;
    if (proxy === undefined) throw new Error('no registrar');
    const headers: [string, string][] = [
      ['Contact', made.phone.contact],
      ['Record-Route', '<sip:10.0.0.5;lr>'],
    ];
    proxy.send(proxy.make('INVITE', { ...plain, headers, sdp: 'v=0' }), DOOR);
    deliver(made.clock);
    const session = made.calls[0];
    session?.accept(answer);
    deliver(made.clock);
    const to = proxy.response('INVITE').headers.get('To') ?? '';
    proxy.send(proxy.make('ACK', { ...plain, to }), DOOR);
    deliver(made.clock);
    session?.hangup();
    deliver(made.clock);
    const challenge = 'Digest realm="house", nonce="p", algorithm=MD5, qop="auth"';
    proxy.answer(proxy.request('BYE'), 407, { headers: [['Proxy-Authenticate', challenge]] });
    deliver(made.clock);
    expect(proxy.requests('BYE')).toHaveLength(2);
    expect(proxy.request('BYE').headers.get('Proxy-Authorization')).toContain('username="door"');
    expect(proxy.request('BYE').requestUri).toBe(`sip:phone@${PHONE}:5060`);
  });
});
