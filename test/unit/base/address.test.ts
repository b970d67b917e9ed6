import { describe, expect, it } from 'vitest';
import { isBehindNat, isOfTheHouse, isPublic } from '../../../src/base/address.ts';

describe('addresses of the house', () => {
  it.each([
    ['127.0.0.1', true],
    ['10.1.2.3', true],
    ['172.16.0.1', true],
    ['172.31.255.1', true],
    ['172.32.0.1', false],
    ['192.168.3.4', true],
    ['192.169.3.4', false],
    ['169.254.1.1', true],
    ['203.0.113.9', false],
    ['::1', true],
    ['fd00::5', true],
    ['fe80::1', true],
    ['2001:db8::1', false],
  ])('%s is of the house: %s', (address, expected) => {
    expect(isOfTheHouse(address)).toBe(expected);
  });
});

describe('public addresses', () => {
  it.each([
    ['203.0.113.9', true],
    ['1.1.1.1', true],
    ['223.255.255.1', true],
    ['100.128.0.1', true],
    ['2001:db8::1', true],
    ['192.168.3.4', false],
    ['10.1.2.3', false],
    ['127.0.0.1', false],
    ['100.64.0.1', false], // RFC 6598
    ['0.0.0.0', false],
    ['224.0.0.251', false],
    ['255.255.255.255', false],
    ['::', false],
    ['::1', false],
    ['::ffff:203.0.113.9', false],
    ['fd00::5', false],
    ['fe80::1', false],
    ['ff02::1', false],
  ])('%s: %s', (address, expected) => {
    expect(isPublic(address)).toBe(expected);
  });
});

describe('behind a NAT', () => {
  it.each([
    // What the description says, where the signalling comes from.
    ['192.168.1.20', '203.0.113.9', true],
    ['100.64.3.4', '203.0.113.9', true], // RFC 6598
    ['100.127.255.1', '203.0.113.9', true],
    ['fd00::20', '2001:db8::9', true],
    ['192.168.1.20', '10.0.0.2', true],
    ['192.168.1.20', '192.168.1.20', false],
    // A media server of its own is none: it is where it says.
    ['198.51.100.7', '203.0.113.9', false],
    ['100.128.0.1', '203.0.113.9', false],
    ['198.51.100.7', '192.168.1.1', false],
  ])('%s, heard from %s: %s', (stated, known, expected) => {
    expect(isBehindNat(stated, known)).toBe(expected);
  });
});
