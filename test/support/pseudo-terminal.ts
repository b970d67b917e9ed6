// A pair of ends of the kernel's own: one is a serial device to whoever opens it, the other the test's.

import { closeSync, constants, readSync, writeSync } from 'node:fs';
import koffi from 'koffi';
import { loadNative } from '../../src/native.ts';

const libc = koffi.load('libc.so.6');
const posixOpenpt: (flags: number) => number = libc.func('int posix_openpt(int)');
const grantpt: (descriptor: number) => number = libc.func('int grantpt(int)');
const unlockpt: (descriptor: number) => number = libc.func('int unlockpt(int)');
const ptsname: (descriptor: number) => string = libc.func('const char *ptsname(int)');

/** As Linux has it: a service that is started meanwhile must not hold the test's end open. */
const O_CLOEXEC = 0o2000000;

/** One pair. */
export class PseudoTerminal {
  readonly #master: number;
  /** `/dev/pts/3` */
  readonly path: string;
  #isOpen = true;
  #unwatch: () => void = () => undefined;

  /** @throws Error where the machine gives none */
  constructor() {
    this.#master = posixOpenpt(constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK | O_CLOEXEC);
    if (this.#master < 0 || grantpt(this.#master) !== 0 || unlockpt(this.#master) !== 0) {
      throw new Error('no pseudo-terminal can be had');
    }
    this.path = ptsname(this.#master);
  }

  send(bytes: string | readonly number[]): void {
    writeSync(this.#master, typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Uint8Array.from(bytes));
  }

  /** What has been written to it until now. */
  takeWritten(): number[] {
    const into = new Uint8Array(4096);
    try {
      return [...into.subarray(0, readSync(this.#master, into))];
    } catch {
      // Nothing, or nobody has it open.
      return [];
    }
  }

  /** Calls `listener` with all that is written to it, as it comes. */
  watch(listener: (bytes: Uint8Array) => void): void {
    const addon = loadNative();
    const watch = addon.watchReadable(this.#master, () => {
      const written = this.takeWritten();
      if (written.length > 0) listener(Uint8Array.from(written));
    });
    this.#unwatch = () => addon.unwatchReadable(watch);
  }

  /** The device is gone. */
  unplug(): void {
    this.#unwatch();
    if (this.#isOpen) closeSync(this.#master);
    this.#isOpen = false;
  }
}
