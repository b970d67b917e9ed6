// What the configuration gives, and what a caller may ask for (RFC 5373 §4.5.1).

import { describe, expect, it } from 'vitest';
import { answeringOf } from '../../../src/door/answering.ts';

const auto = { mode: 'auto', required: false } as const;
const autoOnly = { mode: 'auto', required: true } as const;
const manual = { mode: 'manual', required: false } as const;
const manualOnly = { mode: 'manual', required: true } as const;

describe('answeringOf', () => {
  it.each([
    ['automatic', undefined, true, 'answer'],
    ['automatic', auto, false, 'answer'],
    ['automatic', autoOnly, false, 'answer'],
    ['automatic', manual, false, 'ring'],
    ['automatic', manualOnly, false, 'ring'],
    ['manual', undefined, true, 'ring'],
    ['manual', auto, true, 'ring'],
    ['manual', autoOnly, true, 'refuse'],
    ['manual', manualOnly, true, 'ring'],
    ['on-request', undefined, true, 'ring'],
    ['on-request', manual, true, 'ring'],
    ['on-request', auto, true, 'answer'],
    ['on-request', autoOnly, true, 'answer'],
    ['on-request', auto, false, 'ring'],
    ['on-request', autoOnly, false, 'refuse'],
    ['never', auto, true, 'refuse'],
    ['never', undefined, true, 'refuse'],
  ] as const)('%s, asked for %o, vouched for %s: %s', (rule, answerMode, isVouchedFor, act) => {
    expect(answeringOf(rule, { answerMode, isVouchedFor }).act).toBe(act);
  });

  it('refuses with the phrase of RFC 5373', () => {
    expect(answeringOf('manual', { answerMode: autoOnly, isVouchedFor: true })).toMatchObject({
      phrase: 'automatic answer forbidden',
    });
  });

  it('goes by the configuration alone where nothing is known of the caller', () => {
    expect(answeringOf('automatic', undefined)).toEqual({ act: 'answer' });
    expect(answeringOf('on-request', undefined)).toEqual({ act: 'ring' });
  });
});
