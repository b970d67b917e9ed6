import { describe, expect, it } from 'vitest';
import { describeCards, isMissingCard } from '../../../src/media/device-fault.ts';

const card = { kind: 'alsa', name: 'card=USB' } as const;

describe('which cards there are', () => {
  it('is worth saying where the one that is wanted is not there', () => {
    // ENODEV: no such card; ENOENT: no such device in ALSA's configuration.
    expect(isMissingCard(card, 1, 19)).toBe(true);
    expect(isMissingCard(card, 1, 2)).toBe(true);
  });

  it('is not, where it is busy, was pulled out in use, or is no card', () => {
    expect(isMissingCard(card, 1, 16)).toBe(false);
    expect(isMissingCard(card, 2, 19)).toBe(false);
    expect(isMissingCard({ kind: 'virtual' }, 1, 19)).toBe(false);
  });

  it('is said by id and name', () => {
    expect(
      describeCards([
        ['Device', 'USB Audio Device'],
        ['Dummy', 'Dummy'],
      ]),
    ).toBe('there are Device (USB Audio Device), Dummy');
    expect(describeCards([])).toBe('there is no sound card');
  });
});
