// What of a configuration hangs on lines of the board: for whoever shows a board, and for whoever tries it out.

import type { BoardData, Configuration } from '../../config/index.ts';

/** What kind of thing it is: what is done to try it follows. */
export type UseKind = 'button' | 'exit' | 'contact' | 'tamper' | 'motion' | 'relay' | 'lamp';

/** One thing that is wired to the board. */
export interface LineUse {
  readonly kind: UseKind;
  /** In words: `button front`, `relay of door main`. */
  readonly what: string;
  readonly line: string;
}

export type WiredParts = Pick<Configuration, 'buttons' | 'doors' | 'lamps' | 'tamper' | 'motion'>;

/** In the order of the file, inputs first. */
export function lineUses({ buttons, doors, lamps, tamper, motion }: WiredParts): readonly LineUse[] {
  const inputs = Object.entries(doors).flatMap(([name, { exit, contact }]): LineUse[] => [
    ...(exit === undefined ? [] : [{ kind: 'exit', what: `exit button of door ${name}`, line: exit } as const]),
    ...(contact === undefined
      ? []
      : [{ kind: 'contact', what: `contact of door ${name}`, line: contact.line } as const]),
  ]);
  return [
    ...Object.entries(buttons).map(([name, { line }]) => ({ kind: 'button', what: `button ${name}`, line }) as const),
    ...inputs,
    ...(tamper === undefined ? [] : [{ kind: 'tamper', what: 'tamper switch', line: tamper.line } as const]),
    ...(motion === undefined ? [] : [{ kind: 'motion', what: 'motion detector', line: motion.line } as const]),
    ...Object.entries(doors).map(
      ([name, { relay }]) => ({ kind: 'relay', what: `relay of door ${name}`, line: relay }) as const,
    ),
    ...Object.entries(buttons).flatMap(([name, { held }]): LineUse[] => {
      const line = held?.switch;
      return line === undefined ? [] : [{ kind: 'relay', what: `output of button ${name}`, line }];
    }),
    ...Object.entries(lamps).map(([name, { line }]) => ({ kind: 'lamp', what: `lamp ${name}`, line }) as const),
  ];
}

/** What is wired to a board usually: for one that nobody has configured. */
export function usualUses({ lines }: Pick<BoardData, 'lines'>): readonly LineUse[] {
  const kinds = ['button', 'contact', 'relay', 'lamp'] as const;
  return kinds.flatMap((kind) =>
    Object.keys(lines).flatMap((line) => (line.replace(/\d+$/, '') === kind ? [{ kind, what: line, line }] : [])),
  );
}
