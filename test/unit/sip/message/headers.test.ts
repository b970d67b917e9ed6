import { beforeEach, describe, expect, it } from 'vitest';
import { SipHeaders } from '../../../../src/sip/message/index.ts';

let headers: SipHeaders;

beforeEach(() => {
  headers = new SipHeaders();
  headers.append('Via', 'SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b;branch=2');
  headers.append('To', '<sip:bob@biloxi.com>');
  headers.append('Via', 'SIP/2.0/UDP c;branch=3');
});

describe('SipHeaders', () => {
  it('compares names without case and takes compact forms (§7.3.3)', () => {
    expect(headers.get('tO')).toBe('<sip:bob@biloxi.com>');
    expect(headers.get('t')).toBe('<sip:bob@biloxi.com>');
    expect(headers.has('VIA')).toBe(true);
    expect(headers.has('v')).toBe(true);
    expect(headers.has('From')).toBe(false);
  });

  it('keeps fields of one name together, in order', () => {
    expect([...headers.entries()].map(([name]) => name)).toEqual(['Via', 'Via', 'To']);
    expect(headers.all('Via')).toEqual(['SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b;branch=2', 'SIP/2.0/UDP c;branch=3']);
  });

  it('takes lists apart over all their lines', () => {
    expect(headers.list('Via')).toEqual(['SIP/2.0/UDP a;branch=1', 'SIP/2.0/UDP b;branch=2', 'SIP/2.0/UDP c;branch=3']);
  });

  it.each([
    ['', []],
    ['a', ['a']],
    [' a , b ', ['a', 'b']],
    ['"a, b" <sip:x>, c', ['"a, b" <sip:x>', 'c']],
    ['"a\\", b" <sip:x>, c', ['"a\\", b" <sip:x>', 'c']],
    ['<sip:x;a=1,2>;q=1,d', ['<sip:x;a=1,2>;q=1', 'd']],
    ['"never ends, a', ['"never ends, a']],
    [',,a,,', ['a']],
  ])('list of %j', (value, elements) => {
    headers.set('Contact', value);
    expect(headers.list('Contact')).toEqual(elements);
  });

  it('removes the topmost element of a list', () => {
    headers.removeFirst('Via');
    expect(headers.list('Via')).toEqual(['SIP/2.0/UDP b;branch=2', 'SIP/2.0/UDP c;branch=3']);
    headers.removeFirst('Via');
    expect(headers.all('Via')).toEqual(['SIP/2.0/UDP c;branch=3']);
    headers.removeFirst('Via');
    headers.removeFirst('Via');
    expect(headers.has('Via')).toBe(false);
    expect(headers.has('To')).toBe(true);
  });

  it('sets in the place of the first, and once', () => {
    headers.set('v', 'SIP/2.0/UDP d');
    expect([...headers.entries()]).toEqual([
      ['Via', 'SIP/2.0/UDP d'],
      ['To', '<sip:bob@biloxi.com>'],
    ]);
  });

  it('prepends before its like, else on top', () => {
    headers.prepend('Record-Route', '<sip:p1>');
    headers.prepend('Via', 'SIP/2.0/UDP z');
    expect([...headers.entries()].map(([name]) => name)).toEqual(['Record-Route', 'Via', 'Via', 'Via', 'To']);
    expect(headers.get('Via')).toBe('SIP/2.0/UDP z');
  });

  it('removes every field of a name', () => {
    headers.remove('via');
    expect([...headers.entries()]).toEqual([['To', '<sip:bob@biloxi.com>']]);
  });

  it('lets no value begin a header of its own', () => {
    headers.set('Subject', 'lunch\r\nVia: SIP/2.0/UDP evil\r\n\r\nbody\n');
    expect(headers.get('Subject')).toBe('lunch Via: SIP/2.0/UDP evil body');
    headers.append('X', 'a\rb');
    expect(headers.get('X')).toBe('a b');
  });

  it.each(['', 'Sub ject', 'Subject:', 'Sub\r\nject', 'Tür'])('refuses the name %j', (name) => {
    expect(() => headers.set(name, 'x')).toThrow('header name');
  });

  it('keeps the spelling of a name that it does not know', () => {
    headers.append('X-Door', 'front');
    expect(headers.get('x-dOOR')).toBe('front');
    expect([...headers.entries()].at(-1)).toEqual(['X-Door', 'front']);
  });

  it('copies without a tie to the original', () => {
    const copy = headers.clone();
    copy.set('To', '<sip:carol@chicago.com>');
    copy.remove('Via');
    expect(headers.get('To')).toBe('<sip:bob@biloxi.com>');
    expect(headers.all('Via')).toHaveLength(2);
  });
});
