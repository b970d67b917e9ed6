import { describe, expect, it } from 'vitest';
import {
  describeCards,
  describeDeviceFault,
  isByTurns,
  isMissingCard,
  lostSides,
} from '../../../src/media/device-fault.ts';

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

describe('a device of which one direction is missing', () => {
  it('is said to do the other, and takes one leg from a call', () => {
    expect(describeDeviceFault(card, 5, 16)).toBe(
      'sound device alsa:card=USB has no microphone that can be opened (EBUSY); it plays all the same',
    );
    expect(lostSides(5)).toEqual(['microphone']);
    expect(describeDeviceFault(card, 6, 2)).toBe(
      'sound device alsa:card=USB has no speaker that can be opened (ENOENT); it records all the same',
    );
    expect(lostSides(6)).toEqual(['speaker']);
  });

  it('is no fault where both are there by turns', () => {
    expect(describeDeviceFault(card, 7, 16)).toBeUndefined();
    expect(lostSides(7)).toEqual([]);
    expect([0, 5, 6, 7].map(isByTurns)).toEqual([false, false, false, true]);
  });

  it('is no such thing where the whole fails, or nothing', () => {
    for (const fault of [1, 2, 3]) expect(lostSides(fault)).toEqual(['microphone', 'speaker']);
    expect(lostSides(0)).toEqual([]);
  });
});
