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
  /** What the kernel wakes. */
  told: (() => void) | undefined;
}

const failure = (code: string, errno: number): Error => Object.assign(new Error(code), { code, errno });

/** One chip of a kernel without character devices. */
export class FakeSysfs {
  readonly wires = new Map<number, SysfsWire>();
  /** Numbers that other drivers of the kernel hold. */
  readonly busy = new Set<number>();
  /** The user may not. */
  forbidden = false;
  /** Numbers of lines whose chip is pulled out. */
  readonly #gone = new Set<number>();
  /** Lines cannot be driven any more. */
  broken = false;
  #chips: readonly { readonly label: string; readonly base: number; readonly lines: number }[] = [];

  constructor(...chips: readonly { readonly label: string; readonly base: number; readonly lines: number }[]) {
    for (const chip of chips) this.plug(chip);
  }

  get files(): SysfsFiles {
    return {
      list: () => ['export', 'unexport', ...this.#chips.map(({ base }) => `gpiochip${base}`)],
      read: (path) => {
        const [, line] = /gpio(\d+)\/direction$/.exec(path) ?? [];
        if (line !== undefined) return this.wires.get(Number(line))?.exported === true ? 'in\n' : undefined;
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
    if (this.isHigh(number) !== before) wire.told?.();
  }

  /** Takes a chip away. @param wakes whether the kernel wakes who waits for its lines: what that throws would end the process */
  unplug(label: string, wakes = false): void {
    const chip = this.#chips.find((one) => one.label === label);
    this.#chips = this.#chips.filter((one) => one !== chip);
    const numbers = Array.from({ length: chip?.lines ?? 0 }, (_, at) => (chip?.base ?? 0) + at);
    for (const number of numbers) this.#gone.add(number);
    for (const number of numbers) this.wire(number).exported = false;
    if (wakes) for (const number of numbers) this.wire(number).told?.();
  }

  /** Puts one in, its lines not held by anybody. */
  plug(chip: { readonly label: string; readonly base: number; readonly lines: number }): void {
    this.#chips = [...this.#chips, chip];
    for (let number = chip.base; number < chip.base + chip.lines; number += 1) {
      this.#gone.delete(number);
      this.wires.set(number, { outside: false, driven: undefined, exported: false, activeLow: false, told: undefined });
    }
  }

  /** As a system call on a file that is no more. @throws Error */
  assertThere(number: number): void {
    if (this.#gone.has(number)) throw failure('ENODEV', -19);
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
        sysfs.assertThere(this.number);
        return sysfs.isHigh(this.number) === this.#wire.activeLow ? 0 : 1;
      }

      writeSync(value: 0 | 1): void {
        sysfs.assertThere(this.number);
        if (sysfs.broken) throw failure('EIO', -5);
        this.#wire.driven = (value === 1) !== this.#wire.activeLow;
      }

      direction(): string {
        return this.#wire.driven === undefined ? 'in' : 'out';
      }

      watch(told: (error: Error | null, value: number) => void): void {
        // As onoff's own: it reads, and calls nobody for what is no level.
        this.#wire.told = () => {
          const value = this.readSync();
          if (value === 0 || value === 1) told(null, value);
        };
      }

      unexport(): void {
        this.#wire.told = undefined;
        this.#wire.exported = false;
      }
    };
  }
}
