// USB relay boards of the kind LCUS-1 to LCUS-8: a message is A0, the number of the relay, 1 or 0, and the sum of the three.
// They answer nothing: that a message has left is all that can be known of a relay.

import { DoorphoneError } from '../../../base/errors.ts';
import { type SerialDevice, SerialPort, type SerialServices } from '../serial/serial-port.ts';
import type { LineModule, ModuleListener } from './line-module.ts';

const START = 0xa0;

/** Switches a relay, 1 to 8. */
export function lcusMessage(relay: number, on: boolean): Uint8Array {
  const state = on ? 1 : 0;
  return Uint8Array.from([START, relay, state, (START + relay + state) & 0xff]);
}

/** One board. */
export class LcusModule implements LineModule {
  readonly inputs = 0;
  readonly #port: SerialPort;
  readonly #used = new Set<number>();
  /** Relays that may be on: switched on, and not off since. */
  readonly #on = new Set<number>();
  readonly #waiting: ((fault: string | undefined) => void)[] = [];
  #fault: string | undefined;

  constructor(
    readonly name: string,
    readonly relays: number,
    device: SerialDevice,
    services: SerialServices,
    private readonly listener: ModuleListener,
  ) {
    this.#port = new SerialPort(device, services, {
      opened: () => this.#opened(),
      received: () => undefined,
      lost: (why) => this.#lost(why),
    });
    this.#port.start();
  }

  useRelay(relay: number): void {
    this.#used.add(relay);
    if (this.#port.isOpen) this.#port.write(lcusMessage(relay, false));
  }

  useInput(): void {
    return;
  }

  isOn(relay: number): boolean {
    return this.#on.has(relay);
  }

  isActive(): boolean {
    return false;
  }

  drive(relay: number, on: boolean): void {
    if (!on && !this.#on.has(relay)) return;
    if (on) this.#on.add(relay);
    if (!this.#port.write(lcusMessage(relay, on))) {
      const what = this.#fault ?? `${this.#port.device.path} takes nothing`;
      if (on) this.#on.delete(relay);
      throw new DoorphoneError('line-failed', `relay ${relay} of module ${this.name} cannot be driven: ${what}`, {
        mend: 'look after its cable',
      });
    }
    if (!on) this.#on.delete(relay);
  }

  released(): Promise<string | undefined> {
    if (this.#port.isOpen) return Promise.resolve(undefined);
    if (this.#fault !== undefined) return Promise.resolve(this.#fault);
    return new Promise((done) => this.#waiting.push(done));
  }

  releaseNow(): void {
    for (const relay of this.#on) this.#port.write(lcusMessage(relay, false));
    this.#on.clear();
  }

  close(): void {
    this.releaseNow();
    this.#port.close();
  }

  /** Whatever it did before, and whoever told it to: now it is off. */
  #opened(): void {
    this.#fault = undefined;
    this.#on.clear();
    for (const relay of this.#used) this.#port.write(lcusMessage(relay, false));
    this.#settle();
  }

  #lost(why: string): void {
    this.#fault = why;
    for (const relay of [...this.#on]) this.listener.relayFailed(relay, why);
    this.#settle();
  }

  #settle(): void {
    for (const done of this.#waiting.splice(0)) done(this.#fault);
  }
}
