// Client-initiated connections: RFC 5626, with two edge proxies over UDP, after the flows of its §9.

import { describe, expect, it } from 'vitest';
import { seconds } from '../../../../src/base/units.ts';
import type { SipAgentOptions } from '../../../../src/sip/agent/sip-agent.ts';
import type { Account } from '../../../../src/sip/agent/types.ts';
import type { NameAddress, SipRequest } from '../../../../src/sip/message/types.ts';
import { EdgeProxy, type Location } from '../../../support/edge-proxy.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { answer, type Bench, bench, DOOR, deliver, offer, SessionEars } from '../../../support/sip-bench.ts';

const INSTANCE = 'urn:uuid:00000000-0000-1000-8000-aabbccddeeff';
const EP1 = '10.0.0.31';
const EP2 = '10.0.0.32';
const account: Account = {
  uri: 'sip:bob@example.com',
  outboundProxies: [`sip:${EP1};lr`, `sip:${EP2};lr`],
  expires: seconds(3600),
  register: true,
};

interface Edges extends Bench {
  readonly ep1: EdgeProxy;
  readonly ep2: EdgeProxy;
  readonly location: Location;
}

async function edges(
  prepare: (ep1: EdgeProxy, ep2: EdgeProxy) => void = () => undefined,
  options: Partial<Pick<SipAgentOptions, 'instance' | 'outbound'>> = { instance: INSTANCE },
): Promise<Edges> {
  const clock = new FakeClock();
  const location: Location = new Map();
  const proxies: EdgeProxy[] = [];
  const made = await bench({ clock, accounts: [account], ...options }, async (network) => {
    for (const address of [EP1, EP2]) {
      proxies.push(await EdgeProxy.start(network, address, location, () => clock.now()));
    }
    const [ep1, ep2] = proxies;
    if (ep1 !== undefined && ep2 !== undefined) prepare(ep1, ep2);
  });
  const [ep1, ep2] = proxies;
  if (ep1 === undefined || ep2 === undefined) throw new Error('no proxies');
  clock.advance(100);
  return { ...made, ep1, ep2, location };
}

function contactOf(request: SipRequest | undefined): NameAddress {
  const contacts = request?.addresses('Contact');
  const [contact] = contacts?.ok === true ? contacts.value : [];
  if (contact === undefined) throw new Error('no Contact');
  return contact;
}

const flowsOf = ({ agent }: Bench): readonly boolean[] | undefined =>
  agent.registrations[0]?.details?.flows.map(({ registered }) => registered);

describe('registration by two proxies (RFC 5626 §9.2)', () => {
  it('is one REGISTER by each: the same instance, a reg-id and a Call-ID of its own', async () => {
    const made = await edges();
    const [first] = made.ep1.binds;
    const [second] = made.ep2.binds;
    expect([first, second].map((request) => request?.headers.list('Route'))).toEqual([
      [`<sip:${EP1};lr>`],
      [`<sip:${EP2};lr>`],
    ]);
    for (const [request, regId] of [[first, '1'] as const, [second, '2'] as const]) {
      expect(request?.requestUri).toBe('sip:example.com');
      expect(request?.headers.list('Supported')).toEqual(expect.arrayContaining(['path', 'outbound']));
      expect(contactOf(request).parameters.get('reg-id')).toBe(regId);
      expect(contactOf(request).parameters.get('+sip.instance')).toBe(`<${INSTANCE}>`);
    }
    expect(first?.callId).not.toBe(second?.callId);
    expect([...made.location.keys()]).toEqual([`<${INSTANCE}> 1`, `<${INSTANCE}> 2`]);
  });

  it('is known by flow, and told once for each', async () => {
    const made = await edges();
    expect(made.agent.registrations[0]).toMatchObject({ registered: true, details: { outbound: true } });
    expect(flowsOf(made)).toEqual([true, true]);
    expect(made.registrations.map(({ details }) => details?.flows.map(({ registered }) => registered))).toEqual([
      [true, false],
      [true, true],
    ]);
  });

  it('takes the place of what was there before a restart: the same reg-ids', async () => {
    const made = await edges();
    const restarted = await bench({ accounts: [account], instance: INSTANCE }, async (network) => {
      await EdgeProxy.start(network, EP1, made.location);
      await EdgeProxy.start(network, EP2, made.location);
    });
    restarted.clock.advance(100);
    expect(flowsOf(restarted)).toEqual([true, true]);
    expect([...made.location.keys()]).toEqual([`<${INSTANCE}> 1`, `<${INSTANCE}> 2`]);
  });

  it('begins with the second proxy where the first is dead, and takes the first up when it is back', async () => {
    const made = await edges((ep1) => ep1.kill());
    made.clock.advance(3000);
    expect(flowsOf(made)).toEqual([false, true]);
    await made.ep1.restart();
    made.clock.advance(3000);
    expect(flowsOf(made)).toEqual([true, true]);
  });

  it('is taken back by each flow at the end', async () => {
    const made = await edges();
    const stopped = made.agent.stop();
    await made.clock.advanceAsync(10);
    await stopped;
    expect(made.location.size).toBe(0);
    expect(made.clock.timers).toEqual([]);
  });
});

describe('a registrar or a first hop that knows no flows (§4.2.1)', () => {
  it('is registered with by one proxy, and gets no keep-alives', async () => {
    const made = await edges((ep1, ep2) => {
      ep1.outbound = false;
      ep2.outbound = false;
    });
    made.clock.advance(120_000);
    expect([...made.location.keys()]).toEqual([`sip:bob@${DOOR.address}:5060`]);
    expect(made.ep2.registers).toEqual([]);
    expect(made.ep1.keepAlives).toEqual([]);
    expect(made.agent.registrations[0]).toMatchObject({ registered: true, details: { outbound: false } });
  });

  it('is registered with by the other proxy when the first dies', async () => {
    const made = await edges((ep1, ep2) => {
      ep1.outbound = false;
      ep2.outbound = false;
    });
    made.ep1.kill();
    made.clock.advance(7000);
    expect(flowsOf(made)).toEqual([false, true]);
    expect(made.agent.registrations[0]?.registered).toBe(true);
  });

  it('says 439, and is asked again without a flow at once (§11.6)', async () => {
    const made = await edges((ep1) => {
      ep1.outbound = false;
      ep1.override = (request) =>
        request.headers.list('Supported').includes('outbound') ? { status: 439 } : undefined;
    });
    const [refused, taken] = made.ep1.binds;
    expect(contactOf(refused).parameters.has('reg-id')).toBe(true);
    expect(contactOf(taken).parameters.has('reg-id')).toBe(false);
    expect(taken?.headers.list('Supported')).not.toContain('outbound');
    expect(made.agent.registrations[0]).toMatchObject({ registered: true, details: { outbound: false } });
    expect(made.ep2.registers).toEqual([]);
  });

  it.each([
    ['the configuration says off', { instance: INSTANCE, outbound: false }],
    ['the device has no instance to show', {}],
  ])('is asked for no flows where %s', async (_, options) => {
    const made = await edges(undefined, options);
    expect(made.ep1.binds[0]?.headers.list('Supported')).not.toContain('outbound');
    expect(contactOf(made.ep1.binds[0]).parameters.has('reg-id')).toBe(false);
    expect(made.ep2.registers).toEqual([]);
    expect(made.agent.registrations[0]).toMatchObject({ registered: true, details: { outbound: false } });
  });
});

describe('keep-alives (§4.4)', () => {
  const gaps = (times: readonly number[]): number[] => times.slice(1).map((time, index) => time - (times[index] ?? 0));

  it('go to each proxy every 24 to 29 s', async () => {
    const made = await edges();
    made.clock.advance(300_000);
    for (const { keepAlives } of [made.ep1, made.ep2]) {
      expect(keepAlives.length).toBeGreaterThanOrEqual(10);
      for (const gap of gaps(keepAlives)) {
        expect(gap).toBeGreaterThanOrEqual(24_000);
        expect(gap).toBeLessThanOrEqual(29_000);
      }
    }
  });

  it('go as often as Flow-Timer says, chance taking off a fifth at most', async () => {
    const made = await edges((ep1) => ep1.extra.push(['Flow-Timer', '10']));
    made.clock.advance(120_000);
    expect(made.ep1.keepAlives.length).toBeGreaterThanOrEqual(11);
    for (const gap of gaps(made.ep1.keepAlives)) {
      expect(gap).toBeGreaterThanOrEqual(8000);
      expect(gap).toBeLessThanOrEqual(10_000);
    }
  });

  it('that show us at another address are the end of the flow: another is registered at once (§4.4.2)', async () => {
    const made = await edges((ep1) => {
      ep1.mapped = { address: '198.51.100.7', port: 40_000 };
    });
    made.clock.advance(40_000);
    const before = made.ep1.binds.length;
    made.ep1.mapped = { address: '198.51.100.7', port: 40_001 };
    made.clock.advance(30_000);
    expect(made.ep1.binds.length).toBe(before + 1);
    expect(flowsOf(made)).toEqual([true, true]);
  });

  it('whose mapping never stands still do not make a storm', async () => {
    const made = await edges((ep1) => ep1.extra.push(['Flow-Timer', '1']));
    let port = 40_000;
    for (let turn = 0; turn < 600; turn += 1) {
      port += 1;
      made.ep1.mapped = { address: '198.51.100.7', port };
      made.clock.advance(1000);
    }
    // Ten minutes: a wait of 30 to 60 s between two of them in the end.
    expect(made.ep1.binds.length).toBeLessThan(40);
  });
});

describe('a proxy that dies', () => {
  it('leaves the account registered by the other; its flow is told of, and is made again when it is back (§9.4)', async () => {
    const made = await edges();
    const [first] = made.ep1.binds;
    made.ep1.kill();
    made.clock.advance(20_000);
    expect(flowsOf(made)).toEqual([false, true]);
    expect(made.registrations.every(({ registered }) => registered)).toBe(true);
    await made.ep1.restart();
    made.clock.advance(3000);
    expect(flowsOf(made)).toEqual([true, true]);
    const again = made.ep1.binds.at(-1);
    expect(again?.callId).toBe(first?.callId);
    expect(again?.cseq.number).toBeGreaterThan(first?.cseq.number ?? 0);
    expect(contactOf(again).parameters.get('reg-id')).toBe('1');
    expect(made.location.size).toBe(2);
  });

  it('is not waited for by a call: its INVITE leaves by the other', async () => {
    const made = await edges();
    made.ep1.kill();
    made.clock.advance(6000);
    const began = made.clock.now();
    made.agent.invite({ target: 'sip:alice@a.example', account, offer });
    deliver(made.clock);
    const invite = made.ep2.phone.request('INVITE');
    expect(made.clock.now() - began).toBeLessThanOrEqual(1);
    expect(invite.headers.list('Route')).toEqual([`<sip:${EP2};lr>`]);
  });

  it('is left by an INVITE that it does not take, within 2 s or so', async () => {
    const made = await edges();
    made.ep1.kill();
    made.agent.invite({ target: 'sip:alice@a.example', account, offer });
    made.clock.advance(2500);
    expect(made.ep2.phone.requests('INVITE').length).toBeGreaterThan(0);
    expect(made.ep2.phone.request('INVITE').headers.list('Route')).toEqual([`<sip:${EP2};lr>`]);
  });

  it('ends no call: its BYE goes by the other, to what was behind it', async () => {
    const made = await edges();
    const session = made.agent.invite({ target: 'sip:alice@a.example', account, offer });
    const ears = new SessionEars(session);
    deliver(made.clock);
    const routes: [string, string] = ['Record-Route', `<sip:home@10.0.0.40;lr>, <sip:3yJEbr1GYZ@${EP1};lr>`];
    const headers: [string, string][] = [routes, ['Contact', '<sip:alice@10.0.0.50>']];
    made.ep1.phone.answer(made.ep1.phone.request('INVITE'), 200, { headers, sdp: 'v=0' });
    deliver(made.clock);
    made.ep1.kill();
    made.clock.advance(20_000);
    expect(ears.end).toBeUndefined();
    session.hangup();
    deliver(made.clock);
    const bye = made.ep2.phone.request('BYE');
    expect(bye.requestUri).toBe('sip:alice@10.0.0.50');
    expect(bye.headers.list('Route')).toEqual([`<sip:${EP2};lr>`, '<sip:home@10.0.0.40;lr>']);
  });

  it('that is not alone brings nobody else down: with all of them dead the account is not registered', async () => {
    const made = await edges();
    made.ep1.kill();
    made.ep2.kill();
    made.clock.advance(8000);
    expect(made.registrations.at(-1)?.registered).toBe(false);
    await made.ep2.restart();
    made.clock.advance(5000);
    expect(made.agent.registrations[0]?.registered).toBe(true);
    expect(flowsOf(made)).toEqual([false, true]);
  });
});

describe('calls by flows', () => {
  it('come in by either proxy (§9.3)', async () => {
    const made = await edges();
    for (const [turn, proxy] of [made.ep1, made.ep2].entries()) {
      const headers: [string, string][] = [
        ['Contact', '<sip:alice@a.example>'],
        ['Record-Route', `<sip:wazHDLdIMtUg6r0I@${proxy.address};lr>`],
      ];
      const request = { uri: `sip:bob@${DOOR.address}:5060`, from: `<sip:alice@a.example>;tag=0293${turn}` };
      const more = { to: '<sip:bob@example.com>', callId: `in-${turn}`, sequence: 1, sdp: 'v=0' };
      proxy.phone.send(proxy.phone.make('INVITE', { ...request, ...more, headers }), DOOR);
      deliver(made.clock);
      made.calls[turn]?.accept(answer);
      deliver(made.clock);
      expect(proxy.phone.statuses('INVITE')).toContain(200);
    }
  });

  it('go out with `ob` in our Contact (§9.5, message 42)', async () => {
    const made = await edges();
    made.agent.invite({ target: 'sip:alice@a.example', account, offer });
    deliver(made.clock);
    const { headers } = made.ep1.phone.request('INVITE');
    expect(headers.get('Contact')).toBe(`<sip:bob@${DOOR.address}:5060;ob>`);
    // RFC 5627 §4.4 has the second tag.
    expect(headers.list('Supported')).toEqual(expect.arrayContaining(['outbound', 'gruu']));
  });
});
