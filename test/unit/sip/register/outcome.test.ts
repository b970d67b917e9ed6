import { describe, expect, it } from 'vitest';
import { seconds } from '../../../../src/base/units.ts';
import type { SipResponse } from '../../../../src/sip/message/types.ts';
import { readOutcome } from '../../../../src/sip/register/outcome.ts';
import { message } from '../../../support/sip-messages.ts';

const CONTACT = 'sip:door@10.0.0.9:5060';
const OWN = { uri: CONTACT, instance: undefined, regId: undefined };

function answer(status: number, ...extra: readonly string[]): SipResponse {
  const parsed = message(
    `SIP/2.0 ${status} Phrase`,
    'Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKx',
    'From: <sip:door@example.com>;tag=1',
    'To: <sip:door@example.com>;tag=2',
    'Call-ID: c',
    'CSeq: 1 REGISTER',
    ...extra,
  );
  if (parsed.kind !== 'response') throw new Error('not a response');
  return parsed;
}

describe('a 2xx to REGISTER (RFC 3261 §10.2.4)', () => {
  it.each([
    ['its own parameter', ['Contact: <sip:door@10.0.0.9:5060>;expires=120'], 120],
    ['its own parameter, before Expires', ['Contact: <sip:door@10.0.0.9:5060>;expires=60', 'Expires: 3000'], 60],
    ['Expires', ['Contact: <sip:door@10.0.0.9:5060>', 'Expires: 90'], 90],
    ['its place among others', ['Contact: <sip:a@10.0.0.1>;expires=1, <sip:door@10.0.0.9:5060>;expires=77'], 77],
    ['an hour where nobody says anything', ['Contact: <sip:door@10.0.0.9:5060>'], 3600],
    ['a URI that differs in parameters that do not count', [`Contact: <${CONTACT};ob>;expires=33`], 33],
  ])('knows the life of our binding by %s', (_, headers, life) => {
    expect(readOutcome(answer(200, ...headers), OWN)).toMatchObject({ kind: 'success', listed: seconds(life) });
  });

  it.each([
    ['nothing', []],
    ['somebody else', ['Contact: <sip:door@10.0.0.8:5060>;expires=120']],
    ['another port of ours', ['Contact: <sip:door@10.0.0.9:5062>;expires=120']],
    ['garbage', ['Contact: <<>']],
  ])('does not find our binding in %s', (_, headers) => {
    expect(readOutcome(answer(200, ...headers), OWN)).toMatchObject({ kind: 'success', listed: undefined });
  });
});

describe('a refusal', () => {
  it('says the least interval (§10.2.8)', () => {
    expect(readOutcome(answer(423, 'Min-Expires: 600'), OWN)).toEqual({
      kind: 'interval too brief',
      minimum: seconds(600),
    });
  });

  it.each([
    [401, 'not authenticated'],
    [407, 'not authenticated'],
    [408, 'unavailable'],
    [500, 'unavailable'],
    [503, 'unavailable'],
    [504, 'unavailable'],
    [302, 'redirected'],
    [403, 'refused'],
    [404, 'refused'],
    [423, 'refused'],
    [439, 'no outbound'],
    [603, 'refused'],
  ])('%i is %s', (status, kind) => {
    expect(readOutcome(answer(status), OWN).kind).toBe(kind);
  });

  it('carries Retry-After', () => {
    expect(readOutcome(answer(503, 'Retry-After: 18 (busy);duration=3600'), OWN)).toMatchObject({
      retryAfter: seconds(18),
    });
  });
});
