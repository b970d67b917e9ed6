// The header of a board as text, two pins a row as they lie, with the board held so that pin 1 is at the top left.

import type { BoardData } from '../../config/index.ts';

/** One pin of the header. */
export interface HeaderPin {
  readonly number: number;
  /** `GPIO17`, `5 V`; empty: nothing is known of it. */
  readonly label: string;
  /** What is wired to it; empty: nothing. */
  readonly uses: readonly string[];
}

/** Every pin, in the order of the numbers, with gaps filled. @param uses by the name of a line: `GPIO17` */
export function headerPins(
  { pins, header }: Pick<BoardData, 'pins' | 'header'>,
  uses: ReadonlyMap<string, readonly string[]>,
): readonly HeaderPin[] {
  const known = new Map<number, Omit<HeaderPin, 'number'>>();
  for (const [number, label] of Object.entries(header)) known.set(Number(number), { label, uses: [] });
  for (const [label, { pin }] of Object.entries(pins)) {
    if (pin !== undefined) known.set(pin, { label, uses: uses.get(label) ?? [] });
  }
  const last = Math.max(0, ...known.keys());
  return Array.from({ length: last + (last % 2) }, (_, at) => {
    return { number: at + 1, ...(known.get(at + 1) ?? { label: '', uses: [] }) };
  });
}

/** The rows; what is used stands in brackets, and is named. */
export function drawHeader(pins: readonly HeaderPin[]): readonly string[] {
  const left = pins.filter(({ number }) => number % 2 === 1).map((pin) => ({ pin, text: beside(pin, 'left') }));
  const width = Math.max(0, ...left.map(({ text }) => text.length));
  return left.map(({ pin, text }) => {
    const other = pins[pin.number];
    const right = other === undefined ? '' : ` ${boxed(other).padEnd(4)} ${beside(other, 'right')}`;
    return `${text.padStart(width)} ${boxed(pin).padStart(4)}${right}`.trimEnd();
  });
}

const boxed = ({ number, uses }: HeaderPin): string => (uses.length === 0 ? `(${number})` : `[${number}]`);

function beside({ label, uses }: HeaderPin, side: 'left' | 'right'): string {
  if (uses.length === 0) return label;
  const named = uses.join(', ');
  return side === 'left' ? `${named} = ${label}` : `${label} = ${named}`;
}
