import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import { CodeBook } from '../../../src/door/code-book.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

function book(codes: Record<string, string>): CodeBook {
  const entries = Object.entries(codes).map(([door, code]) => [door, new Secret(code)] as const);
  return new CodeBook(new Map(entries), new SeededRandom());
}

describe('CodeBook', () => {
  it('knows a code at the end of what was typed', () => {
    const codes = book({ main: '42#' });
    expect(codes.match('42#')).toEqual(['main']);
    expect(codes.match('99942#')).toEqual(['main']);
  });

  it.each(['', '4', '42', '2#', '42#0', '#42', '24#', '042'])('does not take "%s"', (digits) => {
    expect(book({ main: '42#' }).match(digits)).toEqual([]);
  });

  it('means the longer code where one is the end of another', () => {
    for (const codes of [book({ gate: '42#', main: '1142#' }), book({ main: '1142#', gate: '42#' })]) {
      expect(codes.match('1142#')).toEqual(['main']);
      expect(codes.match('142#')).toEqual(['gate']);
    }
  });

  it('opens together the doors that share a code', () => {
    expect(book({ gate: '7788', main: '7788', cellar: '1234' }).match('7788')).toEqual(['gate', 'main']);
  });

  it('takes letters in either case', () => {
    expect(book({ main: '1a2b' }).match('1A2B')).toEqual(['main']);
  });

  it('knows whether there is anything to try', () => {
    expect(book({}).isEmpty).toBe(true);
    expect(book({}).match('42#')).toEqual([]);
    expect(book({ main: '1' }).isEmpty).toBe(false);
  });
});
