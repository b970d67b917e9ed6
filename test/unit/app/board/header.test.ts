// The drawing of a header: pins where they lie, what is used named beside them.

import { describe, expect, it } from 'vitest';
import { drawHeader, headerPins } from '../../../../src/app/board/header.ts';
import { loadBoard } from '../../../../src/app/boards.ts';
import { packagePath } from '../../../../src/native.ts';

const SMALL = {
  pins: { A0: { offset: 0, pin: 3 }, A1: { offset: 1, pin: 4 }, B7: { offset: 39 } },
  header: { 1: '3.3 V', 2: 'GND' },
};

describe('a header', () => {
  it('has its odd pins at the left, its even ones at the right', () => {
    expect(drawHeader(headerPins(SMALL, new Map()))).toEqual(['3.3 V  (1) (2)  GND', '   A0  (3) (4)  A1']);
  });

  it('names what is used, and marks its pin', () => {
    const uses = new Map([
      ['A0', ['button front']],
      ['A1', ['relay of door main', 'lamp']],
    ]);
    expect(drawHeader(headerPins(SMALL, uses))).toEqual([
      '            3.3 V  (1) (2)  GND',
      'button front = A0  [3] [4]  A1 = relay of door main, lamp',
    ]);
  });

  it('has a place for pins of which nothing is known', () => {
    expect(drawHeader(headerPins({ pins: { A: { offset: 0, pin: 3 } }, header: {} }, new Map()))).toEqual([
      '   (1) (2)',
      'A  (3) (4)',
    ]);
  });

  it('of a board without one is nothing', () => {
    expect(drawHeader(headerPins({ pins: {}, header: {} }, new Map()))).toEqual([]);
  });
});

/** Where every Raspberry Pi with 40 pins has power and ground: its documentation's figure of the header. */
const POWER = {
  '3.3 V': [1, 17],
  '5 V': [2, 4],
  GND: [6, 9, 14, 20, 25, 30, 34, 39],
};

describe.each(['raspberry-pi-zero-2-w', 'raspberry-pi-3', 'raspberry-pi-4', 'raspberry-pi-5', 'raspberry-pi-cm4'])(
  'the header of a %s',
  (name) => {
    const pins = headerPins(loadBoard(name, packagePath('board')), new Map());

    it('has all of its 40 pins, each known', () => {
      expect(pins.map(({ number }) => number)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
      expect(pins.filter(({ label }) => label === '')).toEqual([]);
    });

    it('has power and ground where they are', () => {
      const found = Object.keys(POWER).map((label) => [
        label,
        pins.filter((pin) => pin.label === label).map(({ number }) => number),
      ]);
      expect(Object.fromEntries(found)).toEqual(POWER);
    });
  },
);
