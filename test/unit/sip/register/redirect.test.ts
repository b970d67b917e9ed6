// 3xx to a REGISTER: followed to a host that the account names, and to nobody else.

import { describe, expect, it } from 'vitest';
import { Secret } from '../../../../src/base/secret.ts';
import { seconds } from '../../../../src/base/units.ts';
import type { Account } from '../../../../src/sip/agent/types.ts';
import { EdgeProxy } from '../../../support/edge-proxy.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { type Bench, bench } from '../../../support/sip-bench.ts';

const [A, B, STRANGER] = ['10.0.0.5', '10.0.0.6', '10.0.0.66'];

const account: Account = {
  uri: 'sip:door@house.example',
  password: new Secret('sesame'),
  registrars: [[`sip:${A}`], [`sip:${B}`]],
  expires: seconds(300),
  register: true,
};

interface House extends Bench {
  readonly a: EdgeProxy;
  readonly b: EdgeProxy;
  readonly stranger: EdgeProxy;
}

/** The first registrar answers REGISTER with that. */
async function house(status: number, contact: string, own: Account = account): Promise<House> {
  const clock = new FakeClock();
  const servers: EdgeProxy[] = [];
  const made = await bench({ clock, accounts: [own] }, async (network) => {
    for (const address of [A, B, STRANGER]) servers.push(await EdgeProxy.start(network, address ?? ''));
    const [first] = servers;
    if (first !== undefined) first.override = () => ({ status, headers: [['Contact', contact]] });
  });
  const [a, b, stranger] = servers;
  if (a === undefined || b === undefined || stranger === undefined) throw new Error('no servers');
  clock.advance(100);
  return { ...made, a, b, stranger };
}

describe('a redirect of a REGISTER (RFC 3261 §8.1.3.4, §21.3)', () => {
  it.each([300, 301, 302, 380])('by %i is followed to a registrar that the account names', async (status) => {
    const { b, registrations } = await house(status, `<sip:${B}>`);
    expect(b.binds.map(({ requestUri }) => requestUri)).toEqual([`sip:${B}`]);
    expect(registrations).toMatchObject([{ registered: true }]);
  });

  it('names no user and no headers in its Request-URI (§10.2)', async () => {
    const { b } = await house(302, `<sip:door@${B};method=INVITE?Subject=x>`);
    expect(b.binds[0]?.requestUri).toBe(`sip:${B}`);
  });

  it('takes the best by q of those that the account names', async () => {
    const contact = `<sip:${STRANGER}>;q=1, <sip:${B}:5999>;q=0.2, <sip:${B}>;q=0.9`;
    const { b, stranger } = await house(302, contact);
    expect(b.binds).toHaveLength(1);
    expect(stranger.registers).toEqual([]);
  });

  it('to a stranger is not followed: it gets no registration and no digest, and a person is told', async () => {
    const { clock, stranger, a, registrations } = await house(302, `<sip:${STRANGER}>`);
    expect(registrations).toMatchObject([
      { registered: false, status: 302, reason: 'redirected to a server that the account does not name' },
    ]);
    const asked = a.registers.length;
    clock.advance(59_000);
    expect(a.registers.length).toBe(asked);
    expect(stranger.phone.received).toEqual([]);
  });

  it('in a circle ends', async () => {
    const { clock, a, b } = await house(302, `<sip:${B}>`);
    b.override = () => ({ status: 302, headers: [['Contact', `<sip:${A}>`]] });
    const before = a.registers.length + b.registers.length;
    clock.advance(3000);
    expect(a.registers.length + b.registers.length - before).toBeLessThanOrEqual(4);
  });

  it('by 305 goes by the proxy that it names, to the same registrar (§21.3.4)', async () => {
    const { b } = await house(305, `<sip:${B};lr>`);
    expect(b.binds[0]?.requestUri).toBe(`sip:${A}`);
    expect(b.binds[0]?.headers.list('Route')).toEqual([`<sip:${B};lr>`]);
  });

  it('by 305 to a stranger is not followed', async () => {
    const { stranger, registrations } = await house(305, `<sip:${STRANGER};lr>`);
    expect(stranger.phone.received).toEqual([]);
    expect(registrations).toMatchObject([{ registered: false, status: 305 }]);
  });

  it('that cannot be read is refused', async () => {
    const { registrations } = await house(302, '<<>');
    expect(registrations).toMatchObject([{ registered: false, status: 302 }]);
  });
});

describe('a challenge by a realm that changes', () => {
  it('is answered anew: the registrar has been set up again', async () => {
    const { clock, a, agent } = await house(401, '<sip:x@y>');
    let realm = 'old';
    a.override = (request) =>
      request.headers.all('Authorization').some((value) => value.includes(`realm="${realm}"`))
        ? undefined
        : { status: 401, headers: [['WWW-Authenticate', `Digest realm="${realm}", nonce="${realm}-1", qop="auth"`]] };
    agent.networkChanged();
    clock.advance(100);
    expect(agent.registrations[0]?.registered).toBe(true);
    realm = 'new';
    agent.networkChanged();
    clock.advance(100);
    expect(agent.registrations[0]?.registered).toBe(true);
  });
});

describe('Retry-After (RFC 3261 §20.33)', () => {
  it.each([404, 413, 480, 486, 500, 503, 600, 603])('is obeyed with %i', async (status) => {
    const { clock, a, agent } = await house(status, '<sip:x@y>', { ...account, registrars: [[`sip:${A}`]] });
    a.override = () => ({ status, headers: [['Retry-After', '90 (for repair);duration=3600']] });
    agent.networkChanged();
    clock.advance(1000);
    const asked = a.registers.length;
    clock.advance(87_000);
    expect(a.registers.length).toBe(asked);
    clock.advance(13_000);
    expect(a.registers.length).toBeGreaterThan(asked);
  });
});
