// The files of DHCP clients on this machine: read as far as they are ours to read, and no further than a lease is long.

import { closeSync, constants, openSync, readdirSync, readSync } from 'node:fs';
import type { LeaseDisk } from './lease-files.ts';

/** dhclient's log of leases is the longest; what is behind this is not looked at. */
const MOST_BYTES = 65_536;

/** This machine's. Only src/app makes one. */
export const nodeLeaseDisk: LeaseDisk = {
  list: (folder) => {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  },
  read: (path) => {
    let file: number | undefined;
    try {
      // A pipe in its place must not hold the door up.
      file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const bytes = Buffer.alloc(MOST_BYTES);
      return bytes.subarray(0, readSync(file, bytes, 0, MOST_BYTES, 0));
    } catch {
      return undefined;
    } finally {
      if (file !== undefined) closeSync(file);
    }
  },
};
