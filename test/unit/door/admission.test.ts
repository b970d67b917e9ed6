// "Who may call in; default: the registrars and the hosts that buttons call."

import { describe, expect, it } from 'vitest';
import { silentLog } from '../../../src/base/log.ts';
import { Secret } from '../../../src/base/secret.ts';
import type { AcceptRule } from '../../../src/config/index.ts';
import { AdmissionPolicy, type AdmissionRules } from '../../../src/door/index.ts';

const REGISTRAR: AcceptRule = { kind: 'registrar' };
const network = (address: string, prefixLength: number): AcceptRule => ({ kind: 'network', address, prefixLength });

function createPolicy(rules: Partial<AdmissionRules>, names: Record<string, readonly string[]> = {}) {
  const policy = new AdmissionPolicy(
    { accept: undefined, targets: [], accountUris: ['sip:door@example.com'], ...rules },
    {
      log: silentLog,
      servers: () => new Set(['198.51.100.1', '2001:db8::1']),
      lookup: async (host) => {
        const addresses = names[host];
        if (addresses === undefined) throw new Error(`no address for ${host}`);
        return addresses;
      },
    },
  );
  const admits = (address: string, uri = 'sip:101@example.com') =>
    policy.admit({ uri, source: { protocol: 'udp', address, port: 5060 } }) === undefined;
  return { policy, admits };
}

describe('AdmissionPolicy', () => {
  it('lets in the registrars, in whatever spelling of their address', () => {
    const { admits } = createPolicy({});
    for (const address of ['198.51.100.1', '::ffff:198.51.100.1', '2001:db8::1', '2001:DB8:0:0::1']) {
      expect(admits(address)).toBe(true);
    }
    for (const address of ['198.51.100.2', '2001:db8::2', '::1', 'example.com', ''])
      expect(admits(address)).toBe(false);
  });

  it('lets in the hosts that buttons call', async () => {
    const targets = ['sip:phone@192.0.2.20', 'sip:[2001:db8::20]:5080', 'sip:101@phone.example'];
    const { policy, admits } = createPolicy({ targets }, { 'phone.example': ['192.0.2.30', '::ffff:192.0.2.31'] });
    expect(admits('192.0.2.20')).toBe(true);
    expect(admits('2001:db8:0::20')).toBe(true);
    expect(admits('192.0.2.30')).toBe(false);
    await policy.refresh();
    expect(admits('192.0.2.30')).toBe(true);
    expect(admits('192.0.2.31')).toBe(true);
    expect(admits('192.0.2.21')).toBe(false);
  });

  it('keeps the addresses of a host whose name cannot be looked up any more', async () => {
    const names: Record<string, readonly string[]> = { 'phone.example': ['192.0.2.30'] };
    const { policy, admits } = createPolicy({ targets: ['sip:101@phone.example'] }, names);
    await policy.refresh();
    delete names['phone.example'];
    await policy.refresh();
    expect(admits('192.0.2.30')).toBe(true);
  });

  it('lets in only what the list says, where there is one', () => {
    const { admits } = createPolicy({ accept: [network('192.0.2.0', 24)], targets: ['sip:phone@203.0.113.7'] });
    expect(admits('192.0.2.255')).toBe(true);
    expect(admits('::ffff:192.0.2.1')).toBe(true);
    expect(admits('192.0.3.0')).toBe(false);
    expect(admits('198.51.100.1')).toBe(false);
    expect(admits('203.0.113.7')).toBe(false);
  });

  it.each([
    ['192.0.2.128', 25, '192.0.2.200', '192.0.2.127'],
    ['192.0.2.5', 32, '192.0.2.5', '192.0.2.4'],
    ['0.0.0.0', 0, '203.0.113.1', '2001:db8::1'],
    ['2001:db8:1::', 48, '2001:db8:1:ffff::9', '2001:db8:2::1'],
  ])('reads %s/%i', (address, prefixLength, inside, outside) => {
    const { admits } = createPolicy({ accept: [network(address, prefixLength)] });
    expect(admits(inside)).toBe(true);
    expect(admits(outside)).toBe(false);
  });

  it('joins the registrars with networks', () => {
    const { admits } = createPolicy({ accept: [REGISTRAR, network('192.0.2.0', 24)] });
    expect([admits('198.51.100.1'), admits('192.0.2.9'), admits('203.0.113.1')]).toEqual([true, true, false]);
  });

  it('lets in hosts by their names, as often as these are looked up anew', async () => {
    const names: Record<string, readonly string[]> = { 'phone.example': ['192.0.2.30'] };
    const { policy, admits } = createPolicy({ accept: [{ kind: 'host', name: 'phone.example' }] }, names);
    expect(admits('192.0.2.30')).toBe(false);
    await policy.refresh();
    expect([admits('192.0.2.30'), admits('192.0.2.31'), admits('198.51.100.1')]).toEqual([true, false, false]);
    names['phone.example'] = ['192.0.2.31', '2001:db8::31'];
    await policy.refresh();
    expect([admits('192.0.2.30'), admits('192.0.2.31'), admits('2001:DB8:0::31')]).toEqual([false, true, true]);
  });

  it('knows the callers with a password, whose addresses mean nothing', () => {
    const password = new Secret('wonderland');
    const { policy, admits } = createPolicy({ accept: [{ kind: 'credentials', username: 'alice', password }] });
    expect([...policy.callers]).toEqual([['alice', password]]);
    expect(admits('198.51.100.1')).toBe(false);
  });

  it.each([
    [undefined, ['the servers of the accounts', '192.0.2.20 (a button calls it)']],
    [[], ['nobody']],
    [
      [
        REGISTRAR,
        network('192.0.2.0', 24),
        { kind: 'host', name: 'phone.example' } as const,
        { kind: 'credentials', username: 'alice', password: new Secret('wonderland') } as const,
      ],
      ['the servers of the accounts', '192.0.2.0/24', 'phone.example', 'alice, with a password'],
    ],
  ])('says in words who may call in (%#)', (accept, expected) => {
    expect(createPolicy({ accept, targets: ['sip:phone@192.0.2.20'] }).policy.description).toEqual(expected);
  });

  it('lets nobody in where the list is empty', () => {
    expect(createPolicy({ accept: [] }).admits('198.51.100.1')).toBe(false);
  });

  it('does not care who a caller claims to be', () => {
    expect(createPolicy({}).admits('203.0.113.1', 'sip:door@example.com')).toBe(false);
  });

  it('has strangers get no answer at all', () => {
    const { policy } = createPolicy({});
    const source = { protocol: 'udp', address: '203.0.113.1', port: 5060 } as const;
    expect(policy.admit({ uri: 'sip:100@1.1.1.1', source })).toMatchObject({ status: 0 });
  });

  it('takes digits from a number that a button calls, and from no other', () => {
    const { policy } = createPolicy({ targets: ['tel:+4930123456'] });
    expect([policy.mayOpen('tel:+4930123456'), policy.mayOpen('tel:+4930999')]).toEqual([true, false]);
  });

  it.each([
    ['sip:101@example.com', true],
    ['sip:phone@192.0.2.20', true],
    ['sip:anybody@192.0.2.20:5070', true],
    ['sip:pbx@198.51.100.1', true],
    ['sip:101@elsewhere.example', false],
    ['sip:101@203.0.113.1', false],
    ['tel:+49301234', false],
  ])('says whether digits from %s open doors: %s', (target, may) => {
    const { policy } = createPolicy({ targets: ['sip:phone@192.0.2.20'] });
    expect(policy.mayOpen(target)).toBe(may);
  });
});
