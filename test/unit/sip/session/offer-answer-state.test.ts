// Every stage with every message, the ones included that must mean nothing; every pair of crossing requests of RFC 6337
// §4.3.

import { describe, expect, it } from 'vitest';
import {
  type Carrier,
  inviteExchange,
  OfferAnswerState,
  type Side,
  type Stage,
} from '../../../../src/sip/session/offer-answer-state.ts';
import { step } from '../../../../src/sip/transaction/machine.ts';

const table: readonly (readonly [Stage, Carrier, Stage, string | undefined])[] = [
  ['no offer', '1xx', 'no offer', undefined],
  ['no offer', 'reliable 1xx', 'offer in response', 'offer'],
  ['no offer', '2xx', 'offer in response', 'offer'],
  ['no offer', 'PRACK', 'no offer', undefined],
  ['no offer', 'ACK', 'no offer', undefined],
  ['offer in INVITE', '1xx', 'offer in INVITE', 'preview'],
  ['offer in INVITE', 'reliable 1xx', 'agreed', 'answer'],
  ['offer in INVITE', '2xx', 'agreed', 'answer'],
  ['offer in INVITE', 'PRACK', 'offer in INVITE', undefined],
  ['offer in INVITE', 'ACK', 'offer in INVITE', undefined],
  ['offer in response', '1xx', 'offer in response', undefined],
  ['offer in response', 'reliable 1xx', 'offer in response', undefined],
  ['offer in response', '2xx', 'offer in response', undefined],
  ['offer in response', 'PRACK', 'agreed', 'answer'],
  ['offer in response', 'ACK', 'agreed', 'answer'],
  ['agreed', '1xx', 'agreed', undefined],
  ['agreed', 'reliable 1xx', 'agreed', undefined],
  ['agreed', '2xx', 'agreed', undefined],
  ['agreed', 'PRACK', 'agreed', 'offer'],
  ['agreed', 'ACK', 'agreed', undefined],
];

describe('what a description means (RFC 6337 §2.2, Table 1)', () => {
  it.each(table)('%s: one in %s leads to %s and is %s', (stage, carrier, next, meaning) => {
    const { state, actions } = step(inviteExchange, stage, carrier);
    expect([state, actions[0]]).toEqual([next, meaning]);
  });

  it('is walked through completely', () => {
    expect(new Set(table.map(([stage, carrier]) => `${stage} ${carrier}`)).size).toBe(4 * 5);
  });
});

/** The states of RFC 6337 §4.3 by name, seen from us. */
const states: Readonly<Record<string, (by: Side) => OfferAnswerState>> = {
  'an INVITE': (by) => {
    const state = new OfferAnswerState();
    state.inviteBegins(by, true);
    return state;
  },
  'an INVITE without an offer': (by) => {
    const state = new OfferAnswerState();
    state.inviteBegins(by, false);
    return state;
  },
  'an INVITE whose answer came reliably, before its PRACK is through': (by) => {
    const state = new OfferAnswerState();
    state.inviteBegins(by, true);
    state.prackBegins();
    state.carries('reliable 1xx');
    return state;
  },
  'an INVITE whose exchange is through': (by) => {
    const state = new OfferAnswerState();
    state.inviteBegins(by, true);
    state.carries('reliable 1xx');
    return state;
  },
  'an UPDATE with an offer': (by) => {
    const state = new OfferAnswerState();
    state.innerBegins(by, true);
    return state;
  },
};

const refusals: readonly (readonly [string, Side, number | undefined, number | undefined])[] = [
  // state, whose, what an INVITE gets, what an UPDATE with an offer gets
  ['an INVITE', 'ours', 491, 491],
  ['an INVITE', 'theirs', 500, 500],
  ['an INVITE without an offer', 'ours', 491, 491],
  ['an INVITE without an offer', 'theirs', 500, 500],
  ['an INVITE whose answer came reliably, before its PRACK is through', 'ours', 491, 491],
  ['an INVITE whose answer came reliably, before its PRACK is through', 'theirs', 500, 500],
  ['an INVITE whose exchange is through', 'ours', 491, undefined],
  ['an INVITE whose exchange is through', 'theirs', 500, undefined],
  ['an UPDATE with an offer', 'ours', 491, 491],
  ['an UPDATE with an offer', 'theirs', 500, 500],
];

describe('what crosses another exchange (RFC 6337 §4.3)', () => {
  it.each(refusals)('during %s of %s: INVITE %s, UPDATE %s', (name, by, invite, update) => {
    const state = states[name]?.(by);
    expect([state?.refusalOf('INVITE'), state?.refusalOf('UPDATE with an offer')]).toEqual([invite, update]);
  });

  it.each(refusals)('during %s of %s: we send what would not be refused', (name, by, invite, update) => {
    const state = states[name]?.(by);
    expect([state?.maySend('INVITE'), state?.maySend('UPDATE with an offer')]).toEqual([
      invite === undefined,
      update === undefined,
    ]);
  });

  it('is nothing once all is agreed', () => {
    const state = new OfferAnswerState();
    state.inviteBegins('ours', true);
    state.carries('2xx');
    state.inviteEnds();
    expect([state.refusalOf('INVITE'), state.refusalOf('UPDATE with an offer')]).toEqual([undefined, undefined]);
    expect(state.maySend('INVITE')).toBe(true);
  });

  it('does not keep an UPDATE back that offers nothing, but for another UPDATE (RFC 3311 §5.2)', () => {
    for (const by of ['ours', 'theirs'] as const) {
      expect(states['an INVITE']?.(by).refusalOf('UPDATE')).toBeUndefined();
    }
    expect(states['an UPDATE with an offer']?.('theirs').refusalOf('UPDATE')).toBe(500);
    expect(states['an UPDATE with an offer']?.('ours').refusalOf('UPDATE')).toBeUndefined();
  });

  it('is none where our UPDATE only refreshes', () => {
    const state = new OfferAnswerState();
    state.innerBegins('ours', false);
    expect([state.refusalOf('INVITE'), state.refusalOf('UPDATE with an offer')]).toEqual([undefined, undefined]);
    expect(state.maySend('UPDATE')).toBe(false);
  });
});
