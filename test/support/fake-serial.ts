// Serial devices that behave as the kernel's do, with somebody at their other end.

import { err, ok, type Result } from '../../src/base/result.ts';
import type {
  OpenFault,
  SerialLink,
  SerialSettings,
  SerialSystem,
} from '../../src/hardware/drivers/serial/serial-system.ts';

/** One device. */
export class FakeSerialDevice {
  present = true;
  /** Whether somebody has it open. */
  isOpen = false;
  /** How it was opened last. */
  settings: SerialSettings | undefined;
  /** How many bytes are taken at once; 0: there is no room. */
  room = Number.POSITIVE_INFINITY;
  #incoming: number[] = [];
  readonly #written: number[] = [];
  #told: () => void = () => undefined;
  /** Told of what is written, as it is. */
  onWritten: (bytes: Uint8Array) => void = () => undefined;

  /** The other end sends. */
  send(bytes: string | readonly number[]): void {
    this.#incoming.push(...(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes));
    if (this.isOpen) this.#told();
  }

  /** What the other end has got since it was asked last. */
  takeWritten(): number[] {
    return this.#written.splice(0);
  }

  unplug(): void {
    this.present = false;
    if (this.isOpen) this.#told();
  }

  plug(): void {
    this.present = true;
    this.#incoming = [];
  }

  open(settings: SerialSettings): SerialLink {
    this.isOpen = true;
    this.settings = settings;
    // What came before it was opened is thrown away (TCIOFLUSH).
    this.#incoming = [];
    return {
      read: (into) => {
        if (!this.present) return 'gone';
        const bytes = this.#incoming.splice(0, into.length);
        into.set(bytes);
        return bytes.length;
      },
      write: (bytes) => {
        if (!this.present) return 'gone';
        const count = Math.min(bytes.length, this.room);
        this.#written.push(...bytes.subarray(0, count));
        if (count > 0) this.onWritten(Uint8Array.from(bytes.subarray(0, count)));
        return count;
      },
      watch: (told) => {
        this.#told = told;
      },
      close: () => {
        this.isOpen = false;
        this.#told = () => undefined;
      },
    };
  }
}

/** A machine with serial devices. */
export class FakeSerial implements SerialSystem {
  readonly devices = new Map<string, FakeSerialDevice>();
  /** How often any was opened, or tried to be. */
  tries = 0;
  /** How long it stood still, all in all. */
  slept = 0;

  device(path: string): FakeSerialDevice {
    const known = this.devices.get(path);
    if (known !== undefined) return known;
    const made = new FakeSerialDevice();
    this.devices.set(path, made);
    return made;
  }

  async open(path: string, settings: SerialSettings): Promise<Result<SerialLink, OpenFault>> {
    this.tries += 1;
    const device = this.devices.get(path);
    if (device === undefined || !device.present) {
      return err({ what: `${path} is not there`, mend: 'plug the device in, or correct its path' });
    }
    if (device.isOpen) return err({ what: `${path} is in use by another program`, mend: 'end that program' });
    return ok(device.open(settings));
  }

  sleep(time: number): void {
    this.slept += time;
  }
}
