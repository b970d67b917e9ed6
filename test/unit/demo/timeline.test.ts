import { describe, expect, it } from 'vitest';
import { millis } from '../../../src/base/units.ts';
import { STEP_ORDER, type Step, Timeline } from '../../../src/demo/timeline.ts';

function played(...without: readonly Step[]): Timeline {
  const timeline = new Timeline();
  STEP_ORDER.forEach((step, index) => {
    if (!without.includes(step)) timeline.stamp(step, millis(1000 + index * 10));
  });
  return timeline;
}

describe('Timeline', () => {
  it('is content when every step came in order', () => {
    expect(played().firstFailure).toBeUndefined();
  });

  it.each(STEP_ORDER)('names %s when it is missing', (step) => {
    expect(played(step).firstFailure).toEqual({ step, why: 'it did not happen' });
  });

  it('names a step that came too early', () => {
    const timeline = played('relay-on');
    timeline.stamp('relay-on', millis(1001));
    expect(timeline.firstFailure?.step).toBe('relay-on');
  });

  it('lets either side send first', () => {
    const timeline = played('rtp-in');
    timeline.stamp('rtp-in', millis(1035));
    expect(timeline.firstFailure).toBeUndefined();
  });

  it('keeps the first stamp of a step, and the last digit before the relay', () => {
    const timeline = new Timeline();
    for (const [step, at] of [
      ['digit', 1],
      ['digit', 2],
      ['relay-on', 3],
      ['digit', 4],
      ['relay-on', 5],
    ] as const) {
      timeline.stamp(step, millis(at));
    }
    expect(timeline.stamps).toEqual([
      { step: 'digit', at: 2 },
      { step: 'relay-on', at: 3 },
    ]);
  });

  it('prints milliseconds since the press and since the step before', () => {
    const timeline = new Timeline();
    timeline.stamp('press', millis(5000));
    timeline.stamp('invite', millis(5000.25));
    expect(timeline.render().map((line) => line.replace(/ +/g, ' ').trim())).toEqual([
      '0.000 ms +0.000 button pressed',
      '0.250 ms +0.250 INVITE on the wire',
    ]);
  });
});
