// What each status means to the visitor; the statuses are those of RFC 3261 §21.

import { describe, expect, it } from 'vitest';
import { meaningOfEnd, meaningOfStatus } from '../../../src/call/end-reason.ts';

describe('meaningOfStatus', () => {
  it.each([
    [486, 'busy'],
    [600, 'busy'],
    [408, 'no-answer'],
    [480, 'no-answer'],
    [487, 'no-answer'],
    [403, 'refused'],
    [404, 'refused'],
    [410, 'refused'],
    [484, 'refused'],
    [603, 'refused'],
    [604, 'refused'],
    [401, 'refused'],
    [407, 'refused'],
    [302, 'refused'],
    [499, 'refused'],
    [488, 'failed'],
    [606, 'failed'],
    [415, 'failed'],
    [482, 'failed'],
    [500, 'failed'],
    [502, 'unreachable'],
    [503, 'unreachable'],
    [504, 'unreachable'],
    [799, 'failed'],
  ])('%d is %s', (status, reason) => expect(meaningOfStatus(status)).toMatchObject({ status, reason }));

  it('names codec and encryption where they are at fault', () => {
    expect(meaningOfStatus(488).cause).toMatch(/codec.*encryption/);
  });
});

describe('meaningOfEnd', () => {
  const outgoing = { direction: 'outgoing', answered: false, rang: false } as const;

  it('tells silence from ringing that nobody answers', () => {
    expect(meaningOfEnd({ reason: 'timeout' }, outgoing).reason).toBe('unreachable');
    expect(meaningOfEnd({ reason: 'timeout' }, { ...outgoing, rang: true }).reason).toBe('no-answer');
  });

  it('calls a peer that vanished during the call unreachable', () => {
    const end = meaningOfEnd({ reason: 'timeout', status: 408 }, { ...outgoing, rang: true, answered: true });
    expect(end).toMatchObject({ reason: 'unreachable', status: 408 });
  });

  it('hands on why a request could not be sent', () => {
    const end = meaningOfEnd({ reason: 'unreachable', phrase: 'no address for pbx.invalid' }, outgoing);
    expect(end).toEqual({ reason: 'unreachable', cause: 'no address for pbx.invalid' });
  });

  it('reads a rejection of an incoming call as our refusal, whatever its status', () => {
    const incoming = { direction: 'incoming', answered: false, rang: true } as const;
    expect(meaningOfEnd({ reason: 'rejected', status: 486 }, incoming)).toEqual({ reason: 'refused', status: 486 });
  });

  it.each([
    ['remote-hangup', 'hangup-remote'],
    ['local-hangup', 'hangup-local'],
    ['cancelled', 'cancelled'],
    ['no-ack', 'failed'],
  ] as const)('%s is %s', (session, reason) => {
    expect(meaningOfEnd({ reason: session }, { ...outgoing, answered: true }).reason).toBe(reason);
  });
});
