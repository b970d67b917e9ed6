// The pages of wiring are what the boards' data says.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadBoard } from '../../../../src/app/boards.ts';
import { packagePath } from '../../../../src/native.ts';
import { wiringPages } from '../../../../tools/wiring-pages.ts';

const folder = packagePath('board');

describe.each(wiringPages(folder).map(({ board, text }) => [board, text] as const))('the page of %s', (board, text) => {
  it('is current', () => {
    expect(readFileSync(`${folder}/${board}/wiring.md`, 'utf8'), 'run: node tools/write-wiring-pages.mjs').toBe(text);
  });

  it('names pins as the header has them, and no others', () => {
    const { pins, header } = loadBoard(board, folder);
    const labels = new Map(Object.entries(header).map(([number, label]) => [Number(number), label]));
    for (const [label, { pin }] of Object.entries(pins)) if (pin !== undefined) labels.set(pin, label);
    for (const [, number, label] of text.matchAll(/\bpin (\d+) \(([^)]+)\)/g)) {
      expect(labels.get(Number(number)), `pin ${number}`).toBe(label);
    }
    expect(text).not.toContain('undefined');
  });
});

it('the button of a Raspberry Pi 4 is between pin 11 and the ground beside it', () => {
  const page = wiringPages(folder).find(({ board }) => board === 'raspberry-pi-4')?.text;
  expect(page).toMatch(/pin 11 \(GPIO17\) ─+┐\n +\/ button\npin 9 \(GND\)/);
});
