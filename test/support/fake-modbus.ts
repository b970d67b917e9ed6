// Modbus modules at the other end of a serial device. They answer as the specification has it, or as a test has them.

import { crc16 } from '../../src/hardware/drivers/modules/modbus-frames.ts';

export class FakeModbusModule {
  readonly coils: boolean[];
  readonly inputs: boolean[];
  /** Whether it has power. */
  isOn = true;
  /** It answers every write with this exception. */
  exception: number | undefined;
  /** The next answers are spoilt. */
  spoilt = 0;
  /** Every request that it got, as hexadecimal digits without the CRC. */
  readonly asked: string[] = [];

  constructor(relays: number, inputs: number) {
    this.coils = Array<boolean>(relays).fill(false);
    this.inputs = Array<boolean>(inputs).fill(false);
  }

  /** The power fails, and comes back: every relay falls. */
  restart(): void {
    this.coils.fill(false);
  }
}

/** A line with modules, by their numbers. */
export class FakeModbusLine {
  readonly modules = new Map<number, FakeModbusModule>();
  /** Whether the adapter hears what it sends. */
  echoes = false;

  constructor(private readonly send: (bytes: readonly number[]) => void) {}

  add(unit: number, relays: number, inputs: number): FakeModbusModule {
    const module = new FakeModbusModule(relays, inputs);
    this.modules.set(unit, module);
    return module;
  }

  /** A message has come: all requests of ours have eight bytes. */
  take(message: Uint8Array): void {
    if (this.echoes) this.send([...message]);
    const [unit = 0, called = 0, high = 0, low = 0, third = 0, fourth = 0] = message;
    const module = this.modules.get(unit);
    const isWhole =
      message.length === 8 && crc16(message.subarray(0, 6)) === ((message[6] ?? 0) | ((message[7] ?? 0) << 8));
    if (module === undefined || !module.isOn || !isWhole) return;
    module.asked.push(Buffer.from(message.subarray(0, 6)).toString('hex'));
    const body = this.#answer(module, called, (high << 8) | low, (third << 8) | fourth);
    const bytes = [unit, ...body];
    const crc = crc16(Uint8Array.from(bytes)) ^ (module.spoilt > 0 ? 0x55 : 0);
    module.spoilt -= 1;
    this.send([...bytes, crc & 0xff, crc >> 8]);
  }

  #answer(module: FakeModbusModule, called: number, first: number, value: number): readonly number[] {
    if (called === 5) {
      if (module.exception !== undefined) return [0x85, module.exception];
      if (first >= module.coils.length) return [0x85, 2];
      module.coils[first] = value === 0xff00;
      return [called, first >> 8, first & 0xff, value >> 8, value & 0xff];
    }
    const all = called === 1 ? module.coils : module.inputs;
    if (first + value > all.length) return [called | 0x80, 2];
    const bytes = Array<number>(Math.ceil(value / 8)).fill(0);
    for (const [at, bit] of all.slice(first, first + value).entries()) {
      if (bit) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (1 << (at & 7));
    }
    return [called, bytes.length, ...bytes];
  }
}
