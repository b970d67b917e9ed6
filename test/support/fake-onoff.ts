// GPIO by sysfs as a kernel and the package onoff make it, with hands on the wires. An output that is let go keeps its level.

import type { OnoffConstructor, OnoffLine } from '../../src/hardware/drivers/sysfs/onoff.ts';
import type { SysfsFiles } from '../../src/hardware/drivers/sysfs/sysfs-system.ts';

interface SysfsWire {
  /** What somebody outside puts on it. */
  outside: boolean;
  /** What drives it from inside: also when nobody holds it any more. */
  driven: boolean | undefined;
  exported: boolean;
  activeLow: boolean;
  told: ((error: Error | null, value: number) => void) | undefined;
}

const failure = (code: string, errno: number): Error => Object.assign(new Error(code), { code, errno });

/** One chip of a kernel without character devices. */
export class FakeSysfs {
  readonly wires = new Map<number, SysfsWire>();
  /** Numbers that other drivers of the kernel hold. */
  readonly busy = new Set<number>();
  /** The user may not. */
  forbidden = false;
  /** Lines cannot be driven any more. */
  broken = false;
  readonly #chips: readonly { readonly label: string; readonly base: number; readonly lines: number }[];

  constructor(...chips: readonly { readonly label: string; readonly base: number; readonly lines: number }[]) {
    this.#chips = chips;
    for (const { base, lines } of chips) {
      for (let at = 0; at < lines; at += 1) {
        this.wires.set(base + at, {
          outside: false,
          driven: undefined,
          exported: false,
          activeLow: false,
          told: undefined,
        });
      }
    }
  }

  get files(): SysfsFiles {
    return {
      list: () => ['export', 'unexport', ...this.#chips.map(({ base }) => `gpiochip${base}`)],
      read: (path) => {
        const [, number, name] = /gpiochip(\d+)\/(\w+)$/.exec(path) ?? [];
        const chip = this.#chips.find(({ base }) => base === Number(number));
        if (chip === undefined) return undefined;
        const texts = new Map([
          ['label', `${chip.label}\n`],
          ['base', `${chip.base}\n`],
          ['ngpio', `${chip.lines}\n`],
        ]);
        return texts.get(name ?? '');
      },
    };
  }

  /** Numbers that are exported. */
  get exported(): readonly number[] {
    return [...this.wires].flatMap(([number, { exported }]) => (exported ? [number] : []));
  }

  isHigh(number: number): boolean {
    const wire = this.wire(number);
    return wire.driven ?? wire.outside;
  }

  put(number: number, high: boolean): void {
    const wire = this.wire(number);
    const before = this.isHigh(number);
    wire.outside = high;
    if (this.isHigh(number) !== before) wire.told?.(null, high === wire.activeLow ? 0 : 1);
  }

  wire(number: number): SysfsWire {
    const wire = this.wires.get(number);
    if (wire === undefined) throw failure('EINVAL', -22);
    return wire;
  }

  get Gpio(): OnoffConstructor {
    const sysfs = this;
    return class implements OnoffLine {
      readonly #wire: SysfsWire;

      constructor(
        readonly number: number,
        direction: 'in' | 'high' | 'low',
        edge: 'both' | 'none',
        { activeLow }: { readonly activeLow: boolean },
      ) {
        if (sysfs.forbidden) throw failure('EACCES', -13);
        if (sysfs.busy.has(number)) throw failure('EBUSY', -16);
        this.#wire = sysfs.wire(number);
        this.#wire.exported = true;
        this.#wire.activeLow = activeLow;
        this.#wire.driven = direction === 'in' ? undefined : direction === 'high';
        if (edge === 'none') this.#wire.told = undefined;
      }

      readSync(): number {
        return sysfs.isHigh(this.number) === this.#wire.activeLow ? 0 : 1;
      }

      writeSync(value: 0 | 1): void {
        if (sysfs.broken) throw failure('EIO', -5);
        this.#wire.driven = (value === 1) !== this.#wire.activeLow;
      }

      direction(): string {
        return this.#wire.driven === undefined ? 'in' : 'out';
      }

      watch(told: (error: Error | null, value: number) => void): void {
        this.#wire.told = told;
      }

      unexport(): void {
        this.#wire.told = undefined;
        this.#wire.exported = false;
      }
    };
  }
}
