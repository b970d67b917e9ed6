import { describe, expect, it } from 'vitest';
import { seconds } from '../../../../src/base/units.ts';
import {
  eventOf,
  formatEventType,
  formatSubscriptionState,
  parseEventType,
  parseSubscriptionState,
  sameEvent,
} from '../../../../src/sip/message/index.ts';
import { incoming } from '../../../support/sip-messages.ts';

function event(text: string) {
  const parsed = parseEventType(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

describe('Event (RFC 6665 §8.2.1)', () => {
  // The pairs of its note.
  it.each([
    ['foo; id=1234', 'foo; param=abcd; id=1234', true],
    ['foo; id=1234', 'foo', false],
    ['foo; id=1234', 'Foo; id=1234', false],
    ['foo', 'foo;param=x', true],
    ['foo;id=1', 'foo;id=2', false],
  ])('%s and %s', (one, other, same) => {
    expect(sameEvent(event(one), event(other))).toBe(same);
  });

  it.each(['', 'foo bar', '.winfo', 'presence.', 'pre@sence', 'foo,bar'])('does not take %j for a package', (text) => {
    expect(parseEventType(text).ok).toBe(false);
  });

  it('takes a template', () => {
    expect(formatEventType(event('presence.winfo;id=9'))).toBe('presence.winfo;id=9');
  });

  it('takes one Event a request, in its compact form too', () => {
    expect(eventOf(incoming('SUBSCRIBE', { extra: ['o: dialog'] }))).toMatchObject({ value: { name: 'dialog' } });
    expect(eventOf(incoming('SUBSCRIBE')).ok).toBe(false);
    expect(eventOf(incoming('SUBSCRIBE', { extra: ['Event: dialog', 'Event: reg'] })).ok).toBe(false);
  });
});

describe('Subscription-State (RFC 6665 §4.1.3)', () => {
  it.each([
    ['active;expires=600', { state: 'active', expires: seconds(600) }],
    ['Active ; Expires=1', { state: 'active', expires: seconds(1) }],
    ['pending', { state: 'pending' }],
    // Reason and retry-after mean nothing while it is active, expires nothing once it is over.
    ['active;reason=noresource;retry-after=5', { state: 'active' }],
    ['terminated;expires=600;reason=timeout', { state: 'terminated', reason: 'timeout' }],
    ['terminated;reason=giveup;retry-after=30', { state: 'terminated', reason: 'giveup', retryAfter: seconds(30) }],
    ['active;expires=never', { state: 'active' }],
    ['active;expires=99999999999', { state: 'active' }],
  ])('reads %s', (text, value) => {
    expect(parseSubscriptionState(text)).toEqual({ ok: true, value });
  });

  it.each(['', 'sleeping', 'active;expires="1'])('does not read %j', (text) => {
    expect(parseSubscriptionState(text).ok).toBe(false);
  });

  it('is written in whole seconds', () => {
    expect(formatSubscriptionState({ state: 'active', expires: seconds(59.2) })).toBe('active;expires=60');
    expect(formatSubscriptionState({ state: 'terminated', reason: 'probation', retryAfter: seconds(5) })).toBe(
      'terminated;reason=probation;retry-after=5',
    );
  });
});
