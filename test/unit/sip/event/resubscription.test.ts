import { describe, expect, it } from 'vitest';
import { millis, minutes, seconds } from '../../../../src/base/units.ts';
import { ResubscriptionPolicy, renewalAfter, type SubscriptionEnd } from '../../../../src/sip/event/resubscription.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const terminated = (reason?: string, retryAfter?: number): SubscriptionEnd => ({
  kind: 'terminated',
  reason,
  retryAfter: retryAfter === undefined ? undefined : seconds(retryAfter),
});
const refused = (status: number): SubscriptionEnd => ({ kind: 'refused', status, phrase: '', retryAfter: undefined });

describe('what an end leads to (RFC 6665 §4.1.3)', () => {
  it.each([
    ['deactivated', 'at once'],
    ['probation', 'after retry-after'],
    ['rejected', 'never'],
    ['timeout', 'at once'],
    ['giveup', 'after retry-after'],
    ['noresource', 'never'],
    ['invariant', 'never'],
    ['something-new', 'after retry-after'],
    [undefined, 'after retry-after'],
  ])('%s: %s', (reason, renewal) => {
    expect(renewalAfter(terminated(reason))).toBe(renewal);
  });

  it('stops where the server has no such package', () => {
    expect(renewalAfter(refused(489))).toBe('never');
    expect(renewalAfter(refused(501))).toBe('never');
    expect(renewalAfter(refused(403))).toBe('after retry-after');
  });
});

describe('how long it waits', () => {
  const policy = () => new ResubscriptionPolicy(new SeededRandom(5));

  it('not at all after a good life', () => {
    expect(policy().waitAfter(terminated('deactivated'), minutes(5))).toBe(0);
    expect(policy().waitAfter({ kind: 'lost' }, minutes(5))).toBe(0);
  });

  it('longer and longer where each one is ended as soon as it is there', () => {
    const { ...waits } = { policy: policy() };
    const some = Array.from({ length: 8 }, () => waits.policy.waitAfter(terminated('deactivated'), millis(20)) ?? 0);
    expect(some[0]).toBeGreaterThanOrEqual(2000);
    expect(some.at(-1)).toBeGreaterThanOrEqual(30_000);
    expect(Math.max(...some)).toBeLessThanOrEqual(60_000);
  });

  it('as the notifier says, never less, a little more', () => {
    const wait = policy().waitAfter(terminated('probation', 120), minutes(5)) ?? 0;
    expect(wait).toBeGreaterThanOrEqual(120_000);
    expect(wait).toBeLessThanOrEqual(132_000);
  });

  it('not for a hundred years', () => {
    expect(policy().waitAfter(terminated('giveup', 4_000_000_000), minutes(5))).toBeLessThanOrEqual(1.1 * 86_400_000);
  });

  it('a second at the least', () => {
    expect(policy().waitAfter(terminated('giveup', 0), minutes(5))).toBeGreaterThanOrEqual(1000);
  });

  it('a minute and more after a refusal that only a person can mend', () => {
    expect(policy().waitAfter(refused(403), millis(0))).toBeGreaterThanOrEqual(60_000);
    expect(policy().waitAfter(refused(503), millis(0))).toBeLessThanOrEqual(4000);
  });

  it('differently for each device', () => {
    const [one, other] = [1, 2].map((seed) =>
      new ResubscriptionPolicy(new SeededRandom(seed)).waitAfter({ kind: 'silence', why: '' }, millis(0)),
    );
    expect(one).not.toBe(other);
  });
});
