import { describe, expect, it } from 'vitest';
import { nearestName } from '../../../src/base/nearest-name.ts';

describe('nearestName', () => {
  const known = ['button', 'buttons', 'relay', 'openFor'];

  it.each([
    ['buton', 'button'],
    ['BUTTONS', 'buttons'],
    ['openfor', 'openFor'],
    ['rely', 'relay'],
  ])('takes %s for %s', (wrong, meant) => expect(nearestName(wrong, known)).toBe(meant));

  it.each(['doorbell', 'x', ''])('makes no guess at "%s"', (wrong) =>
    expect(nearestName(wrong, known)).toBeUndefined(),
  );

  it('knows nothing of an empty list', () => expect(nearestName('relay', [])).toBeUndefined());
});
