// RFC 3326.

import { describe, expect, it } from 'vitest';
import { causeOf, formatReason, readReasons } from '../../../../src/sip/identity/index.ts';
import { incoming } from '../../../support/sip-messages.ts';

const bye = (...values: readonly string[]) => incoming('BYE', { extra: values.map((value) => `Reason: ${value}`) });

describe('readReasons', () => {
  // The examples of §2.
  it.each([
    [
      'SIP ;cause=200 ;text="Call completed elsewhere"',
      { protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' },
    ],
    ['Q.850 ;cause=16 ;text="Terminated"', { protocol: 'Q.850', cause: 16, text: 'Terminated' }],
    ['SIP ;cause=600 ;text="Busy Everywhere"', { protocol: 'SIP', cause: 600, text: 'Busy Everywhere' }],
    ['SIP ;cause=580 ;text="Precondition Failure"', { protocol: 'SIP', cause: 580, text: 'Precondition Failure' }],
    ['preemption', { protocol: 'preemption', cause: undefined, text: undefined }],
  ])('reads %s', (value, expected) => {
    expect(readReasons(bye(value))).toEqual([expected]);
  });

  it('reads several, on one line or on two', () => {
    const one = readReasons(bye('SIP;cause=480, Q.850;cause=20;text="a, b; c"'));
    const two = readReasons(bye('SIP;cause=480', 'Q.850;cause=20;text="a, b; c"'));
    expect(one).toEqual(two);
    expect([causeOf(one, 'SIP'), causeOf(one, 'Q.850')]).toEqual([480, 20]);
  });

  it('has no case in its protocols', () => {
    expect(causeOf(readReasons(bye('q.850;CAUSE=17')), 'Q.850')).toBe(17);
  });

  it.each(['', ';cause=16', 'Q.850;text="', 'two words;cause=1', 'Q.850;cause=', 'Q.850;cause=99999'])(
    'makes no cause of %s',
    (value) => {
      expect(causeOf(readReasons(bye(value)), 'Q.850')).toBeUndefined();
    },
  );

  it('takes no more of them than anybody needs', () => {
    expect(readReasons(bye(Array.from({ length: 100 }, () => 'SIP;cause=200').join(', ')))).toHaveLength(4);
  });
});

describe('formatReason', () => {
  it('writes what it reads', () => {
    const reason = { protocol: 'Q.850', cause: 19, text: 'No answer' };
    expect(formatReason(reason)).toBe('Q.850;cause=19;text="No answer"');
    expect(readReasons(bye(formatReason(reason)))).toEqual([reason]);
    expect(formatReason({ protocol: 'SIP', cause: undefined, text: undefined })).toBe('SIP');
  });
});
