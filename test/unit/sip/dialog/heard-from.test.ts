import { expect, it } from 'vitest';
import { HeardFrom } from '../../../../src/sip/dialog/index.ts';

it('remembers where a peer was heard from lately, however many addresses it has had', () => {
  const heard = new HeardFrom();
  const nights = Array.from({ length: 3650 }, (_, night) => `203.0.${night >> 8}.${night & 255}`);
  heard.add('198.51.100.1');
  for (const address of nights) {
    heard.add(address);
    // By its other way, every night.
    heard.add('10.0.0.1');
  }
  expect(heard.size).toBeLessThanOrEqual(16);
  expect(nights.slice(-8).every((address) => heard.has(address))).toBe(true);
  expect([heard.has('10.0.0.1'), heard.has('198.51.100.1')]).toEqual([true, false]);
});
