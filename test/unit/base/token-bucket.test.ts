import { expect, it } from 'vitest';
import { TokenBucket } from '../../../src/base/token-bucket.ts';
import { seconds } from '../../../src/base/units.ts';
import { FakeClock } from '../../support/fake-clock.ts';

it('lets a burst through, then one each interval, and never saves up more than the burst', () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket(clock, 3, seconds(2));
  const taken = (tries: number): number => Array.from({ length: tries }, () => bucket.take()).filter(Boolean).length;
  expect(taken(10)).toBe(3);
  clock.advance(1999);
  expect(taken(10)).toBe(0);
  clock.advance(1);
  expect(taken(10)).toBe(1);
  clock.advance(3_600_000);
  expect(taken(10)).toBe(3);
});
