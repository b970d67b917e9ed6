// Finds a line among the chips of the machine: by the board's data, by the kernel's name of the line, or by chip and
// number. Chip numbers are the kernel's and change between its versions; labels and names of lines do not.

import { getSystemErrorName } from 'node:util';
import { DoorphoneError } from '../../../base/errors.ts';
import type { ChipDescription, GpioSystem } from './gpio-system.ts';

/** Where a line is. */
export interface LinePlace {
  /** Label or name of the chip. */
  readonly chip: string;
  readonly offset: number;
}

/** A chip that is open. */
export interface OpenChip extends ChipDescription {
  readonly path: string;
  readonly descriptor: number;
}

/** The chips of one machine, opened when they are needed. */
export class Chips {
  #open: readonly OpenChip[] | undefined;

  constructor(private readonly system: GpioSystem) {}

  /** @throws DoorphoneError `no-gpio` where there is none that may be used */
  get all(): readonly OpenChip[] {
    this.#open ??= this.#openAll();
    return this.#open;
  }

  /** The chip of a place, however it is named. */
  chip(named: string): OpenChip | undefined {
    return this.all.find(({ label, name, path }) => label === named || name === named || path === named);
  }

  /** The line that the kernel calls so. */
  named(name: string): LinePlace | undefined {
    for (const line of this.#lines()) if (line.name === name) return line.place;
    return undefined;
  }

  /** What the kernel calls its lines; where it calls them nothing they are left out. */
  get names(): readonly string[] {
    return [...this.#lines()].flatMap(({ name }) => (name === '' ? [] : [name]));
  }

  /** The next use opens them anew: a chip that was pulled out may be back under another number. */
  close(): void {
    for (const { descriptor } of this.#open ?? []) this.system.close(descriptor);
    this.#open = undefined;
  }

  *#lines(): Generator<{ readonly name: string; readonly place: LinePlace }> {
    for (const { descriptor, lines, path } of this.all) {
      for (let offset = 0; offset < lines; offset += 1) {
        const line = this.system.describeLine(descriptor, offset);
        if (typeof line !== 'number') yield { name: line.name, place: { chip: path, offset } };
      }
    }
  }

  #openAll(): readonly OpenChip[] {
    const refused: string[] = [];
    const open = this.system.chips().flatMap((path): OpenChip[] => {
      const descriptor = this.system.open(path);
      if (descriptor < 0) {
        refused.push(`${path} (${getSystemErrorName(descriptor)})`);
        return [];
      }
      const described = this.system.describe(descriptor);
      if (typeof described !== 'number') return [{ ...described, path, descriptor }];
      this.system.close(descriptor);
      return [];
    });
    if (open.length > 0) return open;
    if (refused.length === 0) {
      throw new DoorphoneError('no-gpio', 'this machine has no GPIO chip (/dev/gpiochip…)', {
        mend: 'set board: virtual, or load the driver of the chip',
      });
    }
    throw new DoorphoneError('no-gpio', `no GPIO chip can be opened: ${refused.join(', ')}`, {
      mend: 'add the user of the service to the group gpio',
    });
  }
}

/** `pinctrl-bcm2711:17`, `gpiochip0:17`. */
export function placeIn(written: string): LinePlace | undefined {
  const [, chip, number] = /^([^:]+):(\d{1,5})$/.exec(written) ?? [];
  return chip === undefined || number === undefined ? undefined : { chip, offset: Number(number) };
}
