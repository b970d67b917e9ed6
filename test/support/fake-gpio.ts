// GPIO chips that behave as the kernel's character device does, with hands on their wires.

import { millis } from '../../src/base/units.ts';
import type {
  ChipDescription,
  Edge,
  GpioSystem,
  LineDescription,
  LineRequest,
} from '../../src/hardware/drivers/gpio/gpio-system.ts';
import type { FakeClock } from './fake-clock.ts';

const EBUSY = -16;
const EINVAL = -22;
const ENODEV = -19;
const EACCES = -13;

/** The edges that a kernel keeps of one request. */
const KEPT_EDGES = 64;

interface Wire {
  readonly name: string;
  /** What somebody outside puts on it; undefined: nothing, the bias holds it. */
  outside: boolean | undefined;
  /** What drives it from inside. */
  driven: boolean | undefined;
  consumer: string;
}

interface Taken {
  readonly chip: FakeChip;
  readonly offset: number;
  readonly request: LineRequest;
  sequence: number;
  edges: Edge[];
  told: () => void;
  /** The level that was told last. */
  level: boolean;
}

/** A chip of lines; levels are those of the wire, whatever is active. */
export class FakeChip {
  readonly wires: Wire[];
  present = true;
  /** Whether it can wait out the bouncing of a contact. */
  debounces = true;

  constructor(
    readonly label: string,
    names: readonly string[],
  ) {
    this.wires = names.map((name) => ({ name, outside: undefined, driven: undefined, consumer: '' }));
  }
}

/** A machine with chips. */
export class FakeGpio implements GpioSystem {
  readonly #taken = new Map<number, Taken>();
  readonly #open = new Map<number, FakeChip>();
  #next = 100;
  /** An output that is let go stays at its level, as with a Raspberry Pi's persist_gpio_outputs. */
  keepsLevels = false;
  /** Nobody may open a chip. */
  forbidden = false;
  /** What driving a line answers. */
  writes = 0;

  constructor(
    readonly fitted: readonly FakeChip[],
    private readonly clock: FakeClock,
  ) {}

  /** Descriptors that nobody has closed. */
  get descriptors(): number {
    return this.#taken.size + this.#open.size;
  }

  /** What was asked for a line that is taken. */
  requestOf(name: string): LineRequest | undefined {
    return [...this.#taken.values()].find(({ chip, offset }) => chip.wires[offset]?.name === name)?.request;
  }

  /** Puts a level on a wire from outside, for a moment or for good. */
  put(name: string, high: boolean | undefined): void {
    const { chip, offset, wire } = this.#wire(name);
    wire.outside = high;
    for (const taken of this.#taken.values()) {
      if (taken.chip === chip && taken.offset === offset && !taken.request.output) this.#edge(taken);
    }
  }

  /** The level of a wire as a meter shows it. */
  isHigh(name: string): boolean {
    const { wire, chip, offset } = this.#wire(name);
    return wire.driven ?? wire.outside ?? this.#pulled(chip, offset);
  }

  /** Takes a chip out of the machine, or puts it in again. */
  plug(label: string, present: boolean): void {
    for (const chip of this.fitted) if (chip.label === label) chip.present = present;
    if (present) return;
    for (const { chip, told } of [...this.#taken.values()]) if (chip.label === label) told();
  }

  chips(): readonly string[] {
    return this.fitted.flatMap(({ present }, at) => (present ? [`/dev/gpiochip${at}`] : []));
  }

  open(path: string): number {
    if (this.forbidden) return EACCES;
    const chip = this.fitted[Number(path.replace('/dev/gpiochip', ''))];
    if (chip === undefined || !chip.present) return ENODEV;
    this.#next += 1;
    this.#open.set(this.#next, chip);
    return this.#next;
  }

  describe(descriptor: number): ChipDescription | number {
    const chip = this.#open.get(descriptor);
    if (chip === undefined) return ENODEV;
    return { name: `gpiochip${this.fitted.indexOf(chip)}`, label: chip.label, lines: chip.wires.length };
  }

  describeLine(descriptor: number, offset: number): LineDescription | number {
    const wire = this.#open.get(descriptor)?.wires[offset];
    if (wire === undefined) return EINVAL;
    return { name: wire.name, consumer: wire.consumer, used: wire.consumer !== '' };
  }

  take(descriptor: number, request: LineRequest): number {
    const chip = this.#open.get(descriptor);
    const [offset = -1] = request.offsets;
    const wire = chip?.wires[offset];
    if (chip === undefined || !chip.present) return ENODEV;
    if (wire === undefined) return EINVAL;
    if (wire.consumer !== '') return EBUSY;
    if (request.debounceUs > 0 && !chip.debounces) return EINVAL;
    wire.consumer = request.consumer;
    if (request.output) wire.driven = (request.initial === 1) !== request.activeLow;
    this.#next += 1;
    const taken = { chip, offset, request, sequence: 0, edges: [], told: () => undefined, level: false };
    this.#taken.set(this.#next, taken);
    taken.level = this.#isActive(taken);
    return this.#next;
  }

  read(descriptor: number): number {
    const taken = this.#taken.get(descriptor);
    return taken === undefined || !taken.chip.present ? ENODEV : Number(this.#isActive(taken));
  }

  write(descriptor: number, _mask: number, values: number): number {
    const taken = this.#taken.get(descriptor);
    if (taken === undefined || !taken.chip.present) return ENODEV;
    if (this.writes < 0) return this.writes;
    const wire = taken.chip.wires[taken.offset];
    if (wire !== undefined) wire.driven = (values === 1) !== taken.request.activeLow;
    return 0;
  }

  edges(descriptor: number): readonly Edge[] | number {
    const taken = this.#taken.get(descriptor);
    if (taken === undefined || !taken.chip.present) return ENODEV;
    return taken.edges.splice(0);
  }

  watch(descriptor: number, told: () => void): () => void {
    const taken = this.#taken.get(descriptor);
    if (taken !== undefined) taken.told = told;
    return () => {
      if (taken !== undefined) taken.told = () => undefined;
    };
  }

  close(descriptor: number): void {
    const taken = this.#taken.get(descriptor);
    const wire = taken?.chip.wires[taken.offset];
    if (wire !== undefined) {
      if (this.keepsLevels && wire.driven !== undefined) wire.outside = wire.driven;
      Object.assign(wire, { consumer: '', driven: undefined });
    }
    this.#taken.delete(descriptor);
    this.#open.delete(descriptor);
  }

  keepsOutputs(label: string): string | undefined {
    return this.keepsLevels ? `${label}.persist_gpio_outputs` : undefined;
  }

  #wire(name: string): { readonly chip: FakeChip; readonly offset: number; readonly wire: Wire } {
    for (const chip of this.fitted) {
      const offset = chip.wires.findIndex((wire) => wire.name === name);
      const wire = chip.wires[offset];
      if (wire !== undefined) return { chip, offset, wire };
    }
    throw new Error(`no chip has a line ${name}`);
  }

  /** What the bias that was asked for makes of a wire that nobody holds. */
  #pulled(chip: FakeChip, offset: number): boolean {
    const taken = [...this.#taken.values()].find((one) => one.chip === chip && one.offset === offset);
    return taken?.request.bias === 1;
  }

  #isActive({ chip, offset, request }: Taken): boolean {
    const wire = chip.wires[offset];
    const high = wire?.driven ?? wire?.outside ?? this.#pulled(chip, offset);
    return high !== request.activeLow;
  }

  /** With a debounce of the kernel's an edge is told when the level has stood. */
  #edge(taken: Taken): void {
    const wait = millis(taken.request.debounceUs / 1000);
    if (wait === 0) this.#tell(taken);
    else this.clock.after(wait, 'debounce of the kernel', () => this.#tell(taken));
  }

  #tell(taken: Taken): void {
    const active = this.#isActive(taken);
    if (active === taken.level) return;
    taken.level = active;
    taken.sequence += 1;
    taken.edges.push({ offset: taken.offset, active, at: this.clock.now(), sequence: taken.sequence });
    // A queue that is full loses its oldest.
    if (taken.edges.length > KEPT_EDGES) taken.edges.shift();
    taken.told();
  }
}
