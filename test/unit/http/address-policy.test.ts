import { describe, expect, it } from 'vitest';
import { type AddressPolicy, classOf, objection } from '../../../src/http/address-policy.ts';

describe('where an address is', () => {
  it.each([
    ['127.0.0.1', 'loopback'],
    ['127.8.9.10', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::127.0.0.1', 'loopback'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['2002:7f00:1::', 'loopback'],
    ['0.0.0.0', 'unspecified'],
    ['::', 'unspecified'],
    ['::ffff:0.0.0.0', 'unspecified'],
    ['169.254.1.2', 'link-local'],
    ['fe80::1', 'link-local'],
    ['169.254.169.254', 'metadata'],
    ['::ffff:169.254.169.254', 'metadata'],
    ['64:ff9b::a9fe:a9fe', 'metadata'],
    ['fd00:ec2::254', 'metadata'],
    ['100.100.100.200', 'metadata'],
    ['224.0.1.75', 'multicast'],
    ['255.255.255.255', 'multicast'],
    ['ff05::1', 'multicast'],
    ['10.1.2.3', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12:3456::1', 'private'],
    ['172.32.0.1', 'public'],
    ['192.0.2.1', 'public'],
    ['2001:db8::1', 'public'],
  ])('%s is %s', (address, kind) => {
    expect(classOf(address)).toBe(kind);
  });
});

describe('where one is sent on to', () => {
  const strict: AddressPolicy = { http: false, redirects: 'same-host' };
  const at = (host: string): URL => new URL(`https://${host}/`);
  const hop = (host: string, address: string) => ({ url: at(host), address });

  it('is the same host, unless more is allowed', () => {
    const before = hop('a.example', '192.0.2.1');
    expect(objection(at('a.example'), '192.0.2.1', strict, before)).toBeUndefined();
    expect(objection(at('b.example'), '192.0.2.2', strict, before)).toContain('another host');
    expect(objection(at('b.example'), '192.0.2.2', { ...strict, redirects: 'private' }, before)).toContain(
      'another host',
    );
    expect(objection(at('b.example'), '192.0.2.2', { ...strict, redirects: 'any' }, before)).toBeUndefined();
  });

  it('is on the same side of the router', () => {
    const outside = hop('a.example', '192.0.2.1');
    const inside = hop('a.example', '10.0.0.1');
    for (const redirects of ['same-host', 'private'] as const) {
      expect(objection(at('a.example'), '10.0.0.1', { ...strict, redirects }, outside)).toContain('private');
      expect(objection(at('a.example'), '192.0.2.1', { ...strict, redirects }, inside)).toContain('public');
    }
    expect(objection(at('b.example'), '10.0.0.2', { ...strict, redirects: 'private' }, inside)).toBeUndefined();
    expect(objection(at('b.example'), '10.0.0.2', { ...strict, redirects: 'any' }, outside)).toBeUndefined();
  });

  it('is never this machine, the link or a cloud’s keys, whatever is allowed', () => {
    const any: AddressPolicy = { http: true, redirects: 'any' };
    for (const address of ['127.0.0.1', '169.254.169.254', '169.254.3.4', '0.0.0.0', '224.0.0.1', '::1']) {
      expect(objection(at('a.example'), address, any, hop('b.example', '192.0.2.1'))).toBeDefined();
      expect(objection(at('a.example'), address, any)).toBeDefined();
    }
  });

  it('is this machine where the owner has named it', () => {
    expect(objection(at('127.0.0.1'), '127.0.0.1', { ...strict, named: '127.0.0.1' })).toBeUndefined();
    expect(objection(at('localhost'), '::1', { ...strict, named: '127.0.0.1' })).toBeUndefined();
    expect(objection(at('boot.local'), '169.254.7.7', { ...strict, named: 'boot.local' })).toBeUndefined();
    expect(objection(at('a.example'), '169.254.169.254', { ...strict, named: '169.254.1.1' })).toBeDefined();
    expect(objection(at('a.example'), '0.0.0.0', { ...strict, named: 'a.example' })).toBeDefined();
  });

  it('begins in the house where somebody of the local network has named it', () => {
    expect(objection(at('a.example'), '192.0.2.1', { ...strict, houseOnly: true })).toContain('local network');
    expect(objection(at('a.example'), '10.0.0.9', { ...strict, houseOnly: true })).toBeUndefined();
  });
});
