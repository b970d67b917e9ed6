// Who of several servers gets a request: every state with every event, read off the rules by hand.

import { describe, expect, it } from 'vitest';
import { type Conclusion, preferred, retryAfterOf, waitsForSilent } from '../../../../src/sip/exchange/conclusion.ts';
import { type AttemptEvent, type AttemptState, failover } from '../../../../src/sip/exchange/failover.ts';
import { createRequest, createResponse } from '../../../../src/sip/message/index.ts';
import type { SipResponse } from '../../../../src/sip/message/types.ts';
import { step } from '../../../../src/sip/transaction/machine.ts';

// `state: event → next state: actions`. Whatever is not here must be ignored.
const rules = `
  asked: patience over → passed over: stop repeating, ask next
  asked: 100 → alive: quiet others
  asked: progress → leading: outrun others, pass progress
  asked: 2xx → answered: outrun others, pass 2xx
  asked: refusal → over: conclude
  asked: timeout → over: conclude
  asked: unreachable → over: conclude
  asked: other alive → passed over: stop repeating
  asked: outrun → outrun: stop repeating
  passed over: 100 → alive: quiet others
  passed over: progress → leading: outrun others, pass progress
  passed over: 2xx → answered: outrun others, pass 2xx
  passed over: refusal → over: conclude
  passed over: timeout → over: conclude
  passed over: unreachable → over: conclude
  passed over: outrun → outrun:
  passed over: last hope → asked: repeat
  alive: progress → leading: outrun others, pass progress
  alive: 2xx → answered: outrun others, pass 2xx
  alive: refusal → over: conclude
  alive: timeout → over: conclude
  alive: unreachable → over: conclude
  alive: outrun → unwanted: cancel
  leading: progress → leading: pass progress
  leading: 2xx → answered: outrun others, pass 2xx
  leading: refusal → over: conclude
  leading: timeout → over: conclude
  leading: unreachable → over: conclude
  leading: outrun → unwanted: cancel
  outrun: 100 → unwanted: cancel
  outrun: progress → unwanted: cancel
  outrun: 2xx → answered: outrun others, pass 2xx
  outrun: refusal → over:
  outrun: timeout → over:
  outrun: unreachable → over:
  unwanted: 2xx → answered: outrun others, pass 2xx
  unwanted: refusal → over:
  unwanted: timeout → over:
  unwanted: unreachable → over:
  answered: 2xx → answered: pass 2xx
`;

const events: readonly AttemptEvent[] = [
  'patience over',
  '100',
  'progress',
  '2xx',
  'refusal',
  'timeout',
  'unreachable',
  'other alive',
  'outrun',
  'last hope',
];
const states = Object.keys(failover) as AttemptState[];
const expected = new Map(
  rules
    .trim()
    .split('\n')
    .map((line) => {
      const [from = '', to = ''] = line.trim().split(' → ');
      return [from, to.replace(/:$/, ': ')] as const;
    }),
);

describe('the table', () => {
  it('names every state', () => {
    expect(states).toHaveLength(8);
  });

  it.each(states.flatMap((state) => events.map((event) => [state, event] as const)))('%s: %s', (state, event) => {
    const { state: next, actions } = step(failover, state, event);
    const rule = expected.get(`${state}: ${event}`) ?? `${state}: `;
    expect(`${next}: ${actions.join(', ')}`).toBe(rule);
  });

  it('has no rule that was not looked at', () => {
    const looked = states.flatMap((state) => events.map((event) => `${state}: ${event}`));
    expect([...expected.keys()].filter((rule) => !looked.includes(rule))).toEqual([]);
  });
});

const request = createRequest({
  method: 'OPTIONS',
  requestUri: 'sip:pbx.example',
  headers: [
    ['Via', 'SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1'],
    ['From', '<sip:door@house.example>;tag=1'],
    ['To', '<sip:pbx.example>'],
    ['Call-ID', 'c'],
    ['CSeq', '1 OPTIONS'],
  ],
});
const response = (status: number, headers: [string, string][] = []): SipResponse =>
  createResponse(request, status, { headers });
const said = (status: number): Conclusion => ({
  kind: 'final',
  response: response(status),
  sent: { request, target: { protocol: 'udp', address: '10.0.0.5', port: 5060 } },
});
const silence: Conclusion = { kind: 'failed', reason: 'timeout', phrase: 'no answer' };

describe('what is told of several ends', () => {
  it.each([
    ['a refusal rather than 503', said(503), said(486), 486],
    ['a refusal that came before a 503', said(486), said(503), 486],
    ['the later refusal', said(404), said(486), 486],
    ['503 rather than 482', said(482), said(503), 503],
    ['482 rather than silence', said(482), silence, 482],
    ['silence where there is nothing else', silence, silence, undefined],
  ])('%s', (_, held, other, status) => {
    const told = preferred(held, other);
    expect(told.kind === 'final' ? told.response.status : undefined).toBe(status);
  });

  it('is told at once, unless it says nothing about the call', () => {
    expect([486, 404, 600, 401, 500].map((status) => waitsForSilent(said(status)))).toEqual(Array(5).fill(false));
    expect([said(482), said(503), silence].map(waitsForSilent)).toEqual([true, true, true]);
  });
});

describe('Retry-After (RFC 3261 §20.33)', () => {
  it.each([
    ['120', 120_000],
    ['18000;duration=3600', 18_000_000],
    ['120 (I am in a meeting)', 120_000],
    ['120(x)', 120_000],
    ['0', 0],
    ['soon', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['99999999999999', undefined],
  ])('%s', (value, wait) => {
    expect(retryAfterOf(response(503, [['Retry-After', value]]))).toBe(wait);
    expect(retryAfterOf(response(503))).toBeUndefined();
  });
});
