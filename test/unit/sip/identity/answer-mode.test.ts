// How a caller wants to be answered: RFC 5373, and what phones say instead.

import { describe, expect, it } from 'vitest';
import { readAnswerMode } from '../../../../src/sip/identity/index.ts';
import { incoming } from '../../../support/sip-messages.ts';

const modeOf = (...extra: readonly string[]) => readAnswerMode(incoming('INVITE', { extra }));

describe('readAnswerMode', () => {
  it.each([
    ['Answer-Mode: Auto', { mode: 'auto', required: false }],
    ['Answer-Mode: Manual', { mode: 'manual', required: false }],
    ['Answer-Mode: auto;require', { mode: 'auto', required: true }],
    ['Answer-Mode: Manual ; Require', { mode: 'manual', required: true }],
    ['Call-Info: <sip:pbx.example.com>;answer-after=0', { mode: 'auto', required: false }],
    ['Call-Info: <https://a.example/x.png>;purpose=icon, <sip:b>; answer-after = 0', { mode: 'auto', required: false }],
    ['Alert-Info: <http://www.notused.com>;info=alert-autoanswer;delay=0', { mode: 'auto', required: false }],
    ['Alert-Info: info=alert-autoanswer', { mode: 'auto', required: false }],
    ['Alert-Info: <sip:pbx>;info="intercom"', { mode: 'auto', required: false }],
    ['Alert-Info: Intercom=true', { mode: 'auto', required: false }],
    ['Alert-Info: <sip:pbx>;answer-after=0', { mode: 'auto', required: false }],
  ] as const)('reads %s', (line, expected) => {
    expect(modeOf(line)).toEqual(expected);
  });

  it.each([
    'Answer-Mode: Sometimes',
    'Answer-Mode: ;',
    'Priv-Answer-Mode: Auto',
    'Call-Info: <http://www.example.com/answer-after>;purpose=info',
    'Alert-Info: <http://www.example.com/sounds/moo.wav>',
    'Alert-Info: <urn:alert:source:external>;info=external',
  ])('finds no wish in %s', (line) => {
    expect(modeOf(line)).toBeUndefined();
  });

  it('goes by the standard where both are there', () => {
    expect(modeOf('Answer-Mode: Manual', 'Call-Info: <sip:b>;answer-after=0')?.mode).toBe('manual');
  });
});
