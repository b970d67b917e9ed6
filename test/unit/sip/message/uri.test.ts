import { describe, expect, it } from 'vitest';
import { formatUri, parseUri, type SipUri, urisEqual } from '../../../../src/sip/message/index.ts';

function uri(text: string): SipUri {
  const parsed = parseUri(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`);
  return parsed.value;
}

const plain = (text: string) => {
  const { parameters, headers, ...rest } = uri(text);
  return { ...rest, parameters: Object.fromEntries(parameters), headers: Object.fromEntries(headers) };
};

describe('parseUri', () => {
  it.each([
    ['sip:alice@atlanta.com', { user: 'alice', host: 'atlanta.com' }],
    ['sip:alice:secretword@atlanta.com;transport=tcp', { password: 'secretword', parameters: { transport: 'tcp' } }],
    [
      'sips:alice@atlanta.com?subject=project%20x&priority=urgent',
      { scheme: 'sips', headers: { subject: 'project x', priority: 'urgent' } },
    ],
    [
      'sip:+1-212-555-1212:1234@gateway.com;user=phone',
      { user: '+1-212-555-1212', password: '1234', parameters: { user: 'phone' } },
    ],
    ['sips:1212@gateway.com', { user: '1212' }],
    ['sip:alice@192.0.2.4', { host: '192.0.2.4' }],
    [
      'sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com',
      { user: undefined, host: 'atlanta.com', headers: { to: 'alice@atlanta.com' } },
    ],
    ['sip:alice;day=tuesday@atlanta.com', { user: 'alice;day=tuesday', parameters: {} }],
  ])('reads an example of §19.1.3: %s', (text, expected) => {
    expect(plain(text)).toMatchObject(expected);
  });

  it('reads host, port and bare parameters', () => {
    expect(plain('SIP:Bob@BiLoXi.COM:5070;LR;Transport=TCP')).toEqual({
      scheme: 'sip',
      user: 'Bob',
      password: undefined,
      host: 'biloxi.com',
      port: 5070,
      parameters: { lr: true, transport: 'TCP' },
      headers: {},
    });
  });

  it('reads IPv6 references (RFC 5954)', () => {
    expect(plain('sip:[2001:db8::10]:5070')).toMatchObject({ host: '2001:db8::10', port: 5070 });
    expect(plain('sip:bob@[::FFFF:192.0.2.128]')).toMatchObject({ user: 'bob', host: '::ffff:192.0.2.128' });
  });

  it.each([
    ['tel:+4930123456', 'uri-scheme'],
    ['bob@biloxi.com', 'uri-scheme'],
    ['', 'uri-scheme'],
    ['sip:', 'uri'],
    ['sip:@biloxi.com', 'uri'],
    ['sip:bob@', 'uri'],
    ['sip:bob@biloxi.com:', 'uri'],
    ['sip:bob@biloxi.com:0', 'uri'],
    ['sip:bob@biloxi.com:65536', 'uri'],
    ['sip:bob@biloxi.com:5060x', 'uri'],
    ['sip:bob@bil oxi.com', 'uri'],
    ['sip:bob@biloxi.com\r\nVia: x', 'uri'],
    ['sip:bob@444.555.666.777', 'uri'], // RFC 5954 §4.1
    ['sip:bob@1.2.3', 'uri'],
    ['sip:2001:db8::10', 'uri'], // RFC 5118 §4.2
    ['sip:[2001:db8::10', 'uri'],
    ['sip:[2001:db8:::10]', 'uri'], // RFC 5118 §4.9 tells of the extra colon
    ['sip:[1:2:3:4:5:6:7]', 'uri'],
    ['sip:[1:2:3:4:5:6:7:8:9]', 'uri'],
    ['sip:[::12345]', 'uri'],
    ['sip:b%ZZb@biloxi.com', 'uri'],
    ['sip:b%ffb@biloxi.com', 'uri'],
    ['sip:b"b@biloxi.com', 'uri'],
    ['sip:bob@biloxi.com?subject', 'uri'],
    ['sip:bob@biloxi.com;=x', 'uri'],
  ])('refuses %j: %s', (text, code) => {
    expect(parseUri(text)).toMatchObject({ ok: false, error: { code } });
  });
});

describe('formatUri', () => {
  it.each([
    'sip:alice@atlanta.com',
    'sip:alice:secretword@atlanta.com:5070;transport=tcp;lr',
    'sips:alice@atlanta.com?subject=project%20x&priority=urgent',
    'sip:alice;day=tuesday@atlanta.com',
    'sip:bob@[2001:db8::9:1]:5060',
    'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
  ])('writes %s as it was read', (text) => {
    expect(formatUri(uri(text))).toBe(text);
  });

  it('escapes what may not stand in its part (§19.1.2)', () => {
    const text = formatUri({ ...uri('sip:x@h'), user: 'a@b <ü>\r\n', password: ':' });
    expect(text).toBe('sip:a%40b%20%3C%C3%BC%3E%0D%0A:%3A@h');
    expect(uri(text)).toMatchObject({ user: 'a@b <ü>\r\n', password: ':' });
  });
});

describe('urisEqual (§19.1.4)', () => {
  it.each([
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;security=on'],
    ['sip:carol@chicago.com;newparam=5', 'sip:carol@chicago.com;security=on'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;security=off'],
    // RFC 5954 §4.2
    ['sip:bob@[::ffff:192.0.2.128]', 'sip:bob@[::ffff:c000:280]'],
    ['sip:bob@[2001:db8::9:1]', 'sip:bob@[2001:db8::9:01]'],
    ['sip:bob@[0:0:0:0:0:FFFF:129.144.52.38]', 'sip:bob@[::FFFF:129.144.52.38]'],
  ])('%s = %s', (one, other) => {
    expect(urisEqual(uri(one), uri(other))).toBe(true);
    expect(urisEqual(uri(other), uri(one))).toBe(true);
  });

  it.each([
    ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:bob@biloxi.com', 'sips:bob@biloxi.com'],
    ['sip:bob@biloxi.com', 'sip:bob:pw@biloxi.com'],
    ['sip:bob@biloxi.com', 'sip:biloxi.com'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;user=phone'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;ttl=1'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;method=INVITE'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;maddr=192.0.2.1'],
    ['sip:bob@[2001:db8::9:1]', 'sip:bob@[2001:db8::9:2]'],
  ])('%s ≠ %s', (one, other) => {
    expect(urisEqual(uri(one), uri(other))).toBe(false);
    expect(urisEqual(uri(other), uri(one))).toBe(false);
  });
});
