// Whom a button may call: a SIP address, or a telephone number (RFC 3966).

import { describe, expect, it } from 'vitest';
import { checkCallTarget } from '../../../src/config/uri.ts';

const check = (text: string) => checkCallTarget(text, 'sip:101@example.com');

describe('checkCallTarget', () => {
  it.each(['sip:101@example.com', 'tel:+4930123456', 'tel:+49-(30)-123.456;ext=7', 'TEL:110;phone-context=+49'])(
    'takes %s',
    (text) => {
      expect(check(text)).toBeUndefined();
    },
  );

  it.each([
    ['tel:110', 'is a number that is not known everywhere'],
    ['tel:+49 30', 'is no telephone number'],
    ['tel:', 'is no telephone number'],
    ['tel:+49;', 'is no telephone number'],
    ['tel:reception', 'is no telephone number'],
    ['101', 'is not a SIP URI: it does not begin with sip:'],
  ])('says what is wrong with %s', (text, what) => {
    expect(check(text)).toMatchObject({ what });
  });
});
