import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';

describe('Secret', () => {
  const secret = new Secret('hunter2');

  it.each([
    ['a template', `${secret}`],
    ['JSON', JSON.stringify({ password: secret })],
    ['console', inspect({ password: secret }, { showHidden: true, depth: 5 })],
    ['concatenation', `x${String(secret)}`],
  ])('does not appear in %s', (_, text) => {
    expect(text).not.toContain('hunter2');
    expect(text).toContain('[secret]');
  });

  it('is given away by reveal alone', () => {
    expect(secret.reveal()).toBe('hunter2');
  });
});
