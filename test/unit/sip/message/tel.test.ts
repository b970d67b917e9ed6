// RFC 3966, and RFC 3261 §19.1.6.

import { describe, expect, it } from 'vitest';
import { formatUri, parseTel, parseUri, telToSip } from '../../../../src/sip/message/index.ts';

function asSip(text: string, at = 'sip:foo.com'): string | undefined {
  const [tel, place] = [parseTel(text), parseUri(at)];
  return tel.ok && place.ok ? formatUri(telToSip(tel.value, place.value)) : undefined;
}

describe('a telephone number as a SIP URI (RFC 3261 §19.1.6)', () => {
  it.each([
    // The section's examples; separators please the eye only (RFC 3966 §5.1.1).
    ['tel:+358-555-1234567;postd=pp22', 'sip:+3585551234567;postd=pp22@foo.com;user=phone'],
    ['tel:+358-555-1234567;POSTD=PP22', 'sip:+3585551234567;postd=pp22@foo.com;user=phone'],
    ['tel:+358-555-1234567;postd=pp22;isub=1411', 'sip:+3585551234567;isub=1411;postd=pp22@foo.com;user=phone'],
    ['tel:+358-555-1234567;tsp=a.b;phone-context=5', 'sip:+3585551234567;phone-context=5;tsp=a.b@foo.com;user=phone'],
    ['TEL:+1(201)555.0123', 'sip:+12015550123@foo.com;user=phone'],
    ['tel:7042;phone-context=example.com', 'sip:7042;phone-context=example.com@foo.com;user=phone'],
    ['tel:*21#;phone-context=+49', 'sip:*21%23;phone-context=+49@foo.com;user=phone'],
  ])('%s is %s', (tel, sip) => {
    expect(asSip(tel)).toBe(sip);
    expect(parseUri(sip).ok).toBe(true);
  });

  it('keeps scheme and port of where it is known', () => {
    expect(asSip('tel:+49301', 'sips:door@example.com:5071')).toBe('sips:+49301@example.com:5071;user=phone');
  });
});

describe('what is no telephone number', () => {
  it.each([
    'sip:+4930@example.com',
    'tel:',
    'tel:+',
    'tel:110',
    'tel:+49 30',
    'tel:+49x',
    'tel:+49;=1',
    'tel:+49;a=1;A=2',
    'tel:+49;a=%FF',
    'tel:+49;a="x"',
    'tel:+49\r\nVia: evil',
    'tel:+49@evil.example',
    `tel:+${'1'.repeat(300)}`,
  ])('%j', (text) => {
    expect(parseTel(text).ok).toBe(false);
  });
});
