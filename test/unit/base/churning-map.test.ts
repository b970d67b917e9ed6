import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { ChurningMap } from '../../../src/base/churning-map.ts';

function filled(): ChurningMap<string, number> {
  const map = new ChurningMap<string, number>();
  map.set('a', 1);
  map.set('b', 2);
  map.set('c', 3);
  return map;
}

describe('ChurningMap', () => {
  it('finds what was put in last under a key', () => {
    const map = filled();
    map.set('a', 4);
    expect([map.get('a'), map.get('b'), map.get('d'), map.size]).toEqual([4, 2, undefined, 3]);
  });

  it('goes through its entries in the order in which their keys came', () => {
    const map = filled();
    map.set('a', 4);
    expect([...map]).toEqual([
      ['a', 4],
      ['b', 2],
      ['c', 3],
    ]);
  });

  it('has nothing of what was taken out', () => {
    const map = filled();
    map.delete('b');
    map.delete('never there');
    expect([map.get('b'), map.size]).toEqual([undefined, 2]);
    expect([...map].map(([key]) => key)).toEqual(['a', 'c']);
  });

  it('can be changed by who goes through it, as a map can', () => {
    const map = filled();
    const seen: string[] = [];
    for (const [key] of map) {
      seen.push(key);
      map.delete('b');
      if (key === 'a') map.set('d', 5);
    }
    expect(seen).toEqual(['a', 'c', 'd']);
  });

  it('is empty when it was cleared', () => {
    const map = filled();
    map.clear();
    expect([map.size, map.get('a'), [...map]]).toEqual([0, undefined, []]);
  });
});

describe('the young generation', () => {
  setFlagsFromString('--expose-gc');
  const collect: (options: { readonly type: 'minor' | 'major' }) => void = runInNewContext('gc');
  const VALUES = 10_000;
  const AT_A_TIME = 10;
  const OCTETS = 8000;

  it('loses what was taken out, however long the map has been there', () => {
    const map = new ChurningMap<number, readonly number[]>();
    map.set(-1, []);
    collect({ type: 'major' });
    // Into the old generation.
    for (let turn = 0; turn < 3; turn += 1) collect({ type: 'minor' });
    const before = process.memoryUsage().heapUsed;
    for (let value = 0; value < VALUES; value += 1) {
      map.set(value, new Array<number>(OCTETS / 8).fill(value));
      map.delete(value - AT_A_TIME);
      if (value % 100 === 0) collect({ type: 'minor' });
    }
    for (let turn = 0; turn < 2; turn += 1) collect({ type: 'minor' });
    // A Map keeps two fifths of all that was made.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan((VALUES * OCTETS) / 8);
    expect(map.size).toBe(AT_A_TIME);
  });
});
