// Percent as alsamixer shows it. What belongs to what in the wide range was read from `amixer -M` of alsa-utils 1.2.8, with
// snd-dummy's Master in steps of 0.3 dB.

import { describe, expect, it } from 'vitest';
import {
  decibelsOfShare,
  isRange,
  shareOfDecibels,
  shareOfSteps,
  stepsOfShare,
} from '../../../../src/hardware/drivers/mixer/scale.ts';

describe('decibels', () => {
  const dummy = { min: -4500, max: 0 };

  it.each([
    [-4500, 0],
    [-3510, 10],
    [-2490, 25],
    [-1380, 50],
    [-870, 65],
    [-600, 75],
    [0, 100],
  ])('of a wide range: %s hundredths are %s %%', (value, percent) => {
    expect(Math.round(shareOfDecibels(value, dummy) * 100)).toBe(percent);
  });

  it('of 24 dB and less are straight', () => {
    const narrow = { min: -1200, max: 1200 };
    expect(shareOfDecibels(0, narrow)).toBe(0.5);
    expect(decibelsOfShare(0.25, narrow)).toBe(-600);
  });

  it('come back from each percentage', () => {
    for (const range of [dummy, { min: -1200, max: 0 }, { min: -9_999_999, max: 400 }, { min: -12_750, max: 2400 }]) {
      for (let percent = 0; percent <= 100; percent += 1) {
        const value = decibelsOfShare(percent / 100, range);
        expect(value).toBeGreaterThanOrEqual(range.min);
        expect(value).toBeLessThanOrEqual(range.max);
        expect(Math.round(shareOfDecibels(value, range) * 100)).toBe(percent);
      }
    }
  });

  it('of a control that can be silent: nothing is the least, a little is something', () => {
    const silent = { min: -9_999_999, max: 0 };
    expect(decibelsOfShare(0, silent)).toBe(-9_999_999);
    expect(decibelsOfShare(0.1, silent)).toBe(-6000);
  });

  it('outside of the range are its ends', () => {
    expect(shareOfDecibels(500, dummy)).toBe(1);
    expect(shareOfDecibels(-9_999_999, dummy)).toBe(0);
  });
});

describe('steps', () => {
  it('are straight, from wherever they begin', () => {
    expect(stepsOfShare(0.5, { min: -50, max: 100 })).toBe(25);
    expect(shareOfSteps(25, { min: -50, max: 100 })).toBe(0.5);
    expect(stepsOfShare(1, { min: 0, max: 37 })).toBe(37);
  });

  it('of which there is one are no range', () => {
    expect(isRange({ min: 3, max: 3 })).toBe(false);
    expect(isRange({ min: 0, max: 1 })).toBe(true);
  });
});
