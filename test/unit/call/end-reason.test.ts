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

describe('what a gateway says beside the status (RFC 3326, ITU-T Q.850)', () => {
  const outgoing = { direction: 'outgoing', answered: false, rang: true } as const;
  const q850 = (cause: number) => [{ protocol: 'Q.850', cause, text: undefined }];

  // The statuses are those of RFC 3398 §7.2.4.1; some gateways have one for everything.
  it.each([
    [404, 1, 'refused', 'the number does not exist'],
    [404, 3, 'unreachable', 'the telephone network knows no way to the number'],
    [486, 17, 'busy', 'the phone is busy'],
    [480, 17, 'busy', 'the phone is busy'],
    [408, 18, 'no-answer', 'the phone does not respond'],
    [480, 19, 'no-answer', 'nobody answered'],
    [603, 21, 'refused', 'the call was declined'],
    [503, 34, 'unreachable', 'no line is free'],
    [500, 42, 'unreachable', 'the telephone network is overloaded'],
    [488, 65, 'failed', 'the telephone network does not carry such a call'],
  ])('%d with cause %d is %s: %s', (status, cause, reason, text) => {
    const end = meaningOfEnd({ reason: 'rejected', status, reasons: q850(cause) }, outgoing);
    expect(end).toEqual({ status, reason, cause: text });
  });

  it.each([
    [486, 16],
    [480, 31],
    [503, 0],
    [404, 999],
  ])('%d with cause %d is what the status says', (status, cause) => {
    const end = meaningOfEnd({ reason: 'rejected', status, reasons: q850(cause) }, outgoing);
    expect(end).toEqual(meaningOfStatus(status));
  });

  it('does not hide that the account is to be mended', () => {
    const end = meaningOfEnd({ reason: 'rejected', status: 401, reasons: q850(21) }, outgoing);
    expect(end).toEqual(meaningOfStatus(401));
  });

  it('tells why somebody hung up, where that is more than that they were done', () => {
    const answered = { ...outgoing, answered: true };
    const hangup = { reason: 'remote-hangup' } as const;
    expect(meaningOfEnd({ ...hangup, reasons: q850(16) }, answered)).toEqual({ reason: 'hangup-remote' });
    expect(meaningOfEnd({ ...hangup, reasons: q850(38) }, answered)).toEqual({
      reason: 'hangup-remote',
      cause: 'the telephone network is out of order',
    });
    const elsewhere = [{ protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' }];
    expect(meaningOfEnd({ reason: 'cancelled', reasons: elsewhere }, { ...outgoing, direction: 'incoming' })).toEqual({
      reason: 'cancelled',
      cause: 'somebody else answered',
    });
  });
});
