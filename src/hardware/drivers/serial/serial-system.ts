// What the serial drivers ask of the machine. The real one opens by @serialport/bindings-cpp, which knows the settings of
// Linux' terminals; it reads and writes without waiting, so that a relay can be driven while the process ends.

import { accessSync, closeSync, constants, readSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { LinuxBindingInterface } from '@serialport/bindings-cpp';
import { describeError, errorCode } from '../../../base/errors.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import { loadNative, type NativeAddon } from '../../../native.ts';

export type Parity = 'none' | 'even' | 'odd';

/** How the characters travel. */
export interface SerialSettings {
  readonly baud: number;
  readonly dataBits: 7 | 8;
  readonly parity: Parity;
  readonly stopBits: 1 | 2;
}

/** Why a device cannot be opened, and what helps. */
export interface OpenFault {
  readonly what: string;
  readonly mend: string;
}

/** A device that is open. None of this waits. */
export interface SerialLink {
  /** @returns how many bytes there were; 0: none now; `gone`: the device is not there any more */
  read(into: Uint8Array): number | 'gone';
  /** @returns how many bytes were taken: 0 where there is no room now */
  write(bytes: Uint8Array): number | 'gone';
  /** Calls `told` when there is something to read, or the device is gone. */
  watch(told: () => void): void;
  close(): void;
}

/** The serial devices of a machine. */
export interface SerialSystem {
  open(path: string, settings: SerialSettings): Promise<Result<SerialLink, OpenFault>>;
  /** Stands still, for the silence between two messages of a process that ends. @param time in ms */
  sleep(time: number): void;
}

/** Nothing to do now: the device is there, and has no byte or no room. */
const LATER = new Set(['EAGAIN', 'EINTR']);

/** The serial devices of this machine. */
export function nativeSerial(): SerialSystem {
  return {
    open: async (path, settings) => {
      const missing = lookAt(path);
      if (missing !== undefined) return err(missing);
      const binding = loadBinding();
      if (binding === undefined) {
        const mend =
          'install doorphone with its packages (npm ci), or take the serial devices out of the configuration';
        return err({ what: `${path} cannot be opened: the package @serialport/bindings-cpp is not there`, mend });
      }
      try {
        const addon = loadNative();
        const { baud, ...how } = settings;
        const port = await binding.open({ path, baudRate: baud, ...how });
        if (port.fd === null) throw new Error('it was closed');
        return ok(linkOf(addon, port.fd, () => port.poller.destroy()));
      } catch (thrown) {
        return err(faultOf(path, describeError(thrown)));
      }
    },
    sleep: (time) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, time);
    },
  };
}

/** Loaded where a configuration names a serial device, and not with the program: it takes a tenth of a second. */
function loadBinding(): LinuxBindingInterface | undefined {
  try {
    const loaded: { readonly LinuxBinding: LinuxBindingInterface } = createRequire(import.meta.url)(
      '@serialport/bindings-cpp',
    );
    return loaded.LinuxBinding;
  } catch {
    return undefined;
  }
}

/** What the kernel says of a path, with its code: the binding has a text only. */
function lookAt(path: string): OpenFault | undefined {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (thrown) {
    switch (errorCode(thrown)) {
      case 'ENOENT':
      case 'ENOTDIR':
      case 'ELOOP':
        return { what: `${path} is not there`, mend: 'plug the device in, or correct its path' };
      case 'EACCES':
      case 'EPERM':
        return { what: `${path} may not be opened`, mend: 'add the user of the service to the group dialout' };
      default:
        return { what: `${path} cannot be opened: ${describeError(thrown)}`, mend: 'look after the device' };
    }
  }
}

function faultOf(path: string, text: string): OpenFault {
  if (/cannot lock/i.test(text)) {
    return { what: `${path} is in use by another program`, mend: 'end that program, or name another device' };
  }
  if (/inappropriate ioctl/i.test(text)) {
    return { what: `${path} is not a serial device`, mend: 'correct its path' };
  }
  return { what: `${path} cannot be opened: ${text.replace(/^Error:? /, '')}`, mend: 'look after the device' };
}

function linkOf(addon: NativeAddon, descriptor: number, forget: () => void): SerialLink {
  let unwatch = (): void => undefined;
  return {
    read: (into) => {
      try {
        const count = readSync(descriptor, into);
        // A terminal that was hung up has an end, as a file does.
        return count === 0 ? 'gone' : count;
      } catch (thrown) {
        return LATER.has(errorCode(thrown)) ? 0 : 'gone';
      }
    },
    write: (bytes) => {
      try {
        return writeSync(descriptor, bytes);
      } catch (thrown) {
        return LATER.has(errorCode(thrown)) ? 0 : 'gone';
      }
    },
    watch: (told) => {
      const watch = addon.watchReadable(descriptor, told);
      unwatch = () => addon.unwatchReadable(watch);
    },
    close: () => {
      unwatch();
      unwatch = () => undefined;
      forget();
      closeSync(descriptor);
    },
  };
}
