// "A code opens as soon as the collected digits end with it. A try is wrong at #, after 3 s of pause, or at 16 digits,
// when no code matched."

import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import { millis } from '../../../src/base/units.ts';
import { CodeBook } from '../../../src/door/code-book.ts';
import { CodeLockout } from '../../../src/door/code-lockout.ts';
import { CodeReader } from '../../../src/door/code-reader.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

/** Types digits; a number of milliseconds in braces is a pause: `4{2000}2#`. Answers with what came of it, in order. */
function createReader(codes: Record<string, string>, source?: string) {
  const clock = new FakeClock();
  const entries = Object.entries(codes).map(([door, code]) => [door, new Secret(code)] as const);
  const book = new CodeBook(new Map(entries), new SeededRandom());
  const came: string[] = [];
  const reader = new CodeReader({
    clock,
    lockout: new CodeLockout(clock),
    codes: () => book,
    caller: { name: 'sip:101@example.com', source },
    opens: (doors) => came.push(`open ${doors.join('+')}`),
    refused: ({ attempts, lockedFor }) =>
      came.push(lockedFor === undefined ? `wrong ${attempts}` : `locked ${lockedFor}`),
  });
  const type = (script: string): readonly string[] => {
    for (const [, pause, digit] of script.matchAll(/\{(\d+)\}|(.)/g)) {
      if (pause !== undefined) clock.advance(Number(pause));
      else if (digit !== undefined) reader.take(digit);
    }
    return came.splice(0);
  };
  return { clock, reader, type, came };
}

describe('CodeReader', () => {
  it.each([
    ['at its last digit', '42#', ['open main']],
    ['after other digits', '77742#', ['open main']],
    ['typed as slowly as is allowed', '4{2999}2{2999}#', ['open main']],
    ['twice in a row', '42#42#', ['open main', 'open main']],
    ['after a wrong try', '99#42#', ['wrong 1', 'open main']],
    ['clears the count of wrong ones', '99#98#42#97#', ['wrong 1', 'wrong 2', 'open main', 'wrong 1']],
    ['wrong at #', '43#', ['wrong 1']],
    ['wrong after a pause of 3 s', '42{3000}#{3000}', ['wrong 1']],
    ['not wrong before the pause is over', '42{2999}', []],
    ['wrong at the sixteenth digit', '1234567890123456', ['wrong 1']],
    ['not wrong at the fifteenth', '123456789012345', []],
    ['at the sixteenth digit', '123456789012342#', ['open main']],
    ['after the sixteenth digit', '123456789012345642#', ['wrong 1', 'open main']],
    ['split by the sixteenth digit', '1234567890123442#', ['wrong 1']],
    ['a # alone is no try', '#{5000}##', []],
    ['other keys count as digits', '4*2#', ['wrong 1']],
  ])('code 42# %s: %s', (_name, script, outcome) => {
    expect(createReader({ main: '42#' }).type(script)).toEqual(outcome);
  });

  it('takes a code without # at once, and a # after it for nothing', () => {
    const { type } = createReader({ main: '4711' });
    expect(type('4711#{5000}')).toEqual(['open main']);
  });

  it('goes on collecting after a code: more digits are a try of their own', () => {
    const { type } = createReader({ main: '4711' });
    expect(type('471199{3000}')).toEqual(['open main', 'wrong 1']);
  });

  it('means the longer code where one is the end of another', () => {
    const { type } = createReader({ gate: '42#', main: '1142#' });
    expect(type('1142#')).toEqual(['open main']);
    expect(type('142#')).toEqual(['open gate']);
  });

  it('does not look at the right code while the caller is locked out, and says so', () => {
    const { clock, type } = createReader({ main: '42#' });
    expect(type('1#2#3#4#5#')).toEqual(['wrong 1', 'wrong 2', 'wrong 3', 'wrong 4', 'locked 30000']);
    clock.advance(10_000);
    expect(type('42#')).toEqual(['locked 20000']);
    clock.advance(20_000);
    expect(type('42#')).toEqual(['open main']);
  });

  it('judges a pause by the digits’ own times when the program was held up', () => {
    const { clock, reader, came } = createReader({ main: '42#' });
    const start = clock.now();
    reader.take('4', start);
    clock.stall(5000);
    // The timer of the pause is the first to run after it, and the digits of the meantime come behind it.
    clock.advance(10);
    expect(came).toEqual([]);
    reader.take('2', millis(start + 1000));
    reader.take('#', millis(start + 2000));
    expect(came).toEqual(['open main']);
    clock.advance(10_000);
    expect(came).toEqual(['open main']);
  });

  it('judges a try that nothing followed while the program was held up', () => {
    const { clock, reader, came } = createReader({ main: '42#' });
    reader.take('4', clock.now());
    clock.stall(5000);
    clock.advance(1000);
    expect(came).toEqual(['wrong 1']);
  });

  it('sees a pause between digits that come at once after it was held up', () => {
    const { clock, reader, came } = createReader({ main: '42#' });
    const start = clock.now();
    clock.stall(9000);
    reader.take('4', start);
    reader.take('2', millis(start + 1000));
    reader.take('#', millis(start + 4000));
    expect(came).toEqual(['wrong 1']);
  });

  it('charges a long try of somebody who calls in for every code that it holds', () => {
    const { type } = createReader({ main: '4711' }, '192.0.2.66');
    // Thirteen codes of four digits, where ten may be tried.
    expect(type('1234567890123456')).toEqual(['locked 1440000']);
  });

  it('judges a try though nothing follows', () => {
    const { type } = createReader({ main: '42#' });
    expect(type('41{60000}')).toEqual(['wrong 1']);
  });

  it('counts nothing where there is no code to guess', () => {
    expect(createReader({}).type('1#2#3#{9000}')).toEqual([]);
  });
});
