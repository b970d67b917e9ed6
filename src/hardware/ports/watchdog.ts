// A watchdog in hardware: it restarts the machine when nobody has fed it for a while.

/** One that runs: from the moment in which it is opened. */
export interface Watchdog {
  /** @returns 0, or -errno: it has not been fed */
  feed(): number;
  /** Lets it sleep, where the kernel allows that. @returns 0, or -errno: it may restart the machine */
  close(): number;
}
