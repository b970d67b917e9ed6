import { describe, expect, it } from 'vitest';
import { formatValued, parseValued } from '../../../../src/sip/message/index.ts';

describe('a value with parameters', () => {
  it.each([
    ['dialog', 'dialog', {}],
    ['refer;id=93809824', 'refer', { id: '93809824' }],
    ['terminated ; reason=timeout;retry-after=30', 'terminated', { reason: 'timeout', 'retry-after': '30' }],
    ['ua-profile;vendor="Open Door";network', 'ua-profile', { vendor: 'Open Door', network: true }],
    // RFC 3891 §6.1: the first example, and one whose Call-ID is no token.
    ['98732@sip.example.com\t;from-tag=r33th4x0r;to-tag=ff87ff', '98732@sip.example.com', { 'from-tag': 'r33th4x0r' }],
    ['12adf2f34456gs5;to-tag=12345;from-tag=54321;early-only', '12adf2f34456gs5', { 'early-only': true }],
    ['a"b<c>@[::1];to-tag=1;from-tag=2', 'a"b<c>@[::1]', { 'to-tag': '1' }],
  ])('reads %s', (text, value, parameters) => {
    const parsed = parseValued(text);
    expect(parsed.ok && parsed.value.value).toBe(value);
    expect(parsed.ok && Object.fromEntries(parsed.value.parameters)).toMatchObject(parameters);
  });

  it.each(['', '  ', ';id=1', 'two words', 'dialog;', 'dialog;=x', 'dialog;id="open', 'dialog;id=1,other'])(
    'does not read %j',
    (text) => {
      expect(parseValued(text).ok).toBe(false);
    },
  );

  it('bounds the parameters', () => {
    expect(parseValued(`dialog${';a=b'.repeat(1000)}`).ok).toBe(false);
  });

  it('writes what it reads', () => {
    const text = 'ua-profile;vendor="Open Door";network;id=7';
    const parsed = parseValued(text);
    expect(parsed.ok && formatValued(parsed.value)).toBe(text);
  });
});
