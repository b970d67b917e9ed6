// GPIO by sysfs on this machine.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Clock } from '../../../base/clock.ts';
import type { GpioSystem } from '../gpio/gpio-system.ts';
import { loadOnoff } from './onoff.ts';
import { SYSFS_FOLDER, SysfsGpio } from './sysfs-system.ts';

/** Whether this machine has GPIO by sysfs, and nothing better. */
export function hasSysfsAlone(): boolean {
  const hasDevices = readdirSync('/dev').some((name) => /^gpiochip\d+$/.test(name));
  return !hasDevices && existsSync(`${SYSFS_FOLDER}/export`);
}

/** @throws DoorphoneError `no-onoff` */
export function sysfsGpio(clock: Clock): GpioSystem {
  const attempt = <Value>(run: () => Value, otherwise: Value): Value => {
    try {
      return run();
    } catch {
      return otherwise;
    }
  };
  return new SysfsGpio({
    clock,
    files: {
      list: (folder) => attempt(() => readdirSync(folder), []),
      read: (path) => attempt(() => readFileSync(path, 'utf8'), undefined),
    },
    Gpio: loadOnoff(),
  });
}
