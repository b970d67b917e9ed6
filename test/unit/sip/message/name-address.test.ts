import { describe, expect, it } from 'vitest';
import { formatNameAddress, parseNameAddress } from '../../../../src/sip/message/index.ts';

function read(text: string) {
  const parsed = parseNameAddress(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`);
  const { displayName, uri, parameters } = parsed.value;
  return { displayName, uri, parameters: Object.fromEntries(parameters) };
}

describe('parseNameAddress', () => {
  it.each([
    // §20.10
    [
      '"Mr. Watson" <sip:watson@worcester.bell-telephone.com>;q=0.7; expires=3600',
      'Mr. Watson',
      'sip:watson@worcester.bell-telephone.com',
      { q: '0.7', expires: '3600' },
    ],
    [
      '"Mr. Watson" <mailto:watson@bell-telephone.com> ;q=0.1',
      'Mr. Watson',
      'mailto:watson@bell-telephone.com',
      { q: '0.1' },
    ],
    ['<sips:bob@192.0.2.4>;expires=60', undefined, 'sips:bob@192.0.2.4', { expires: '60' }],
    // §20.20
    [
      '"A. G. Bell" <sip:agb@bell-telephone.com> ;tag=a48s',
      'A. G. Bell',
      'sip:agb@bell-telephone.com',
      { tag: 'a48s' },
    ],
    [
      'sip:+12125551212@server.phone2net.com;tag=887s',
      undefined,
      'sip:+12125551212@server.phone2net.com',
      { tag: '887s' },
    ],
    ['Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8', 'Anonymous', 'sip:c8oqz84zk7z@privacy.org', { tag: 'hyh8' }],
    // §20.39
    [
      'The Operator <sip:operator@cs.columbia.edu>;tag=287447',
      'The Operator',
      'sip:operator@cs.columbia.edu',
      { tag: '287447' },
    ],
    // URI parameters stay in the URI, header parameters do not
    ['<sip:a@b;transport=tcp>;Tag=X', undefined, 'sip:a@b;transport=tcp', { tag: 'X' }],
    ['"a \\"b\\" \\\\ <c>" <sip:a@b>', 'a "b" \\ <c>', 'sip:a@b', {}],
    ['"" <sip:a@b>', '', 'sip:a@b', {}],
    ['<sip:a@b>;x="a;b,c\\"";y', undefined, 'sip:a@b', { x: 'a;b,c"', y: true }],
    ['<tel:+4930123456>', undefined, 'tel:+4930123456', {}],
  ])('%s', (text, displayName, uri, parameters) => {
    expect(read(text)).toEqual({ displayName, uri, parameters });
  });

  it('takes the first of two parameters of one name', () => {
    expect(read('<sip:a@b>;tag=1;TAG=2').parameters).toEqual({ tag: '1' });
  });

  it.each([
    '',
    'bob',
    '<bob>',
    '<sip:a@b',
    'sip:a@b>',
    '"a" ',
    '"a',
    'a" <sip:a@b>',
    '<sip:a b@c>',
    '<sip:a@b> x',
    '<sip:a@b>;',
    '<sip:a@b>;;x',
    '<sip:a@b>;"x"=1',
    '<sip:a@b>;x="1',
    'sip:a@b?subject=x',
    '<<sip:a@b>>',
  ])('refuses %j', (text) => {
    expect(parseNameAddress(text)).toMatchObject({ ok: false, error: { code: 'bad-header' } });
  });
});

describe('formatNameAddress', () => {
  it('always writes brackets', () => {
    expect(formatNameAddress({ uri: 'sip:bob@biloxi.com;transport=tcp' })).toBe('<sip:bob@biloxi.com;transport=tcp>');
  });

  it('quotes the name and escapes what must be', () => {
    const text = formatNameAddress({
      displayName: 'Tür "1" \\ x',
      uri: 'sip:a@b',
      parameters: new Map([['tag', '1']]),
    });
    expect(text).toBe('"Tür \\"1\\" \\\\ x" <sip:a@b>;tag=1');
    expect(read(text).displayName).toBe('Tür "1" \\ x');
  });

  it('lets a name begin no header', () => {
    expect(formatNameAddress({ displayName: 'a\r\nVia: x', uri: 'sip:a@b' })).toBe('"a Via: x" <sip:a@b>');
  });

  it('quotes a parameter where it must be, and reads it back', () => {
    const parameters = new Map<string, string | true>([
      ['+sip.instance', '<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>'],
      ['received', '2001:db8::1'],
      ['lr', true],
      ['empty', ''],
    ]);
    const text = formatNameAddress({ uri: 'sip:a@b', parameters });
    expect(text).toBe(
      '<sip:a@b>;+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>";received=2001:db8::1;lr;empty=""',
    );
    expect(read(text).parameters).toEqual(Object.fromEntries(parameters));
  });

  it.each(['sip:a b@c', 'sip:a@b>', 'sip:a@b\r\nX: y'])('refuses to write %j', (uri) => {
    expect(() => formatNameAddress({ uri })).toThrow();
  });
});
