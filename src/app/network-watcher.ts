// Notices that the machine's network has changed: an address by DHCP, a cable, a default route. Node hears nothing of
// netlink, so it is looked at, once a second: a quarter of a millisecond, where a message would have to be told from
// hundreds that mean nothing. What has changed is acted on when it has stood still for a second: between losing one
// address and having the next a machine has none.

import { closeSync, openSync, readSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { Clock, Timer } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { seconds } from '../base/units.ts';

/** Looks at the network: equal texts for a network that is the same. */
export type NetworkReader = () => string;

export interface NetworkWatcherOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly read: NetworkReader;
  /** The network is another one than before. */
  readonly changed: () => void;
}

const INTERVAL = seconds(1);
/** A network that does not come to rest is acted on nevertheless, after so many looks. */
const MAXIMUM_UNREST = 2;

/** Watches from `start` until `stop`. */
export class NetworkWatcher {
  #timer: Timer | undefined;
  /** As it was acted on last, and as it was seen last. */
  #known: string | undefined;
  #seen: string | undefined;
  #unrest = 0;
  #blind = false;

  constructor(private readonly options: NetworkWatcherOptions) {}

  start(): void {
    this.#known = this.#read();
    this.#seen = this.#known;
    this.#lookLater();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #lookLater(): void {
    this.#timer = this.options.clock.after(INTERVAL, 'network', () => {
      this.#lookLater();
      this.#look();
    });
  }

  #look(): void {
    const now = this.#read();
    const rests = now === this.#seen;
    this.#seen = now;
    if (now === this.#known) {
      this.#unrest = 0;
      return;
    }
    this.#unrest += 1;
    if (!rests && this.#unrest < MAXIMUM_UNREST) return;
    this.#unrest = 0;
    this.#known = now;
    this.options.log.info('network.changed', { network: now });
    this.options.changed();
  }

  /** What cannot be read has not changed. */
  #read(): string | undefined {
    try {
      const text = this.options.read();
      this.#blind = false;
      return text;
    } catch (thrown) {
      if (!this.#blind) this.options.log.warn('network.not-read', { reason: describeError(thrown) });
      this.#blind = true;
      return this.#seen;
    }
  }
}

/**
 * The machine's network: the addresses of interfaces that are up and have a carrier, and the default routes where the
 * kernel shows them. Link-local IPv6 addresses are left out: containers bring and take them, and no server is there.
 */
export function systemNetwork(): NetworkReader {
  const routes = [new ProcFile('/proc/net/route'), new ProcFile('/proc/net/ipv6_route')];
  return () => {
    const addresses = Object.entries(networkInterfaces()).flatMap(([name, list = []]) =>
      list
        .filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address))
        .map(({ cidr }) => `${name} ${cidr}`),
    );
    const defaults = routes.flatMap((file) => defaultRoutes(file.read()));
    return [...addresses.sort(), ...defaults.sort()].join(', ');
  };
}

/**
 * Interface and gateway of the default routes in /proc/net/route (Iface Destination Gateway Flags RefCnt Use Metric
 * Mask …) and /proc/net/ipv6_route (destination length source length next-hop metric refcnt use flags device).
 */
export function defaultRoutes(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [, iface, gateway] = /^(\S+)\s+0{8}\s+([0-9A-F]{8})\s+\S+\s+\S+\s+\S+\s+\S+\s+0{8}\s/.exec(line) ?? [];
    if (iface !== undefined) return [`${iface} by ${String(gateway)}`];
    const [, nextHop, device] = /^0{32} 00 0{32} 00 ([0-9a-f]{32})(?: [0-9a-f]{8}){4}\s+(\S+)$/.exec(line) ?? [];
    return nextHop === undefined || device === 'lo' ? [] : [`${String(device)} by ${nextHop}`];
  });
}

/** More than any table of a device that is no router; what is behind it is not looked at. */
const MAXIMUM_BYTES = 16_384;

/** A file of the kernel's, kept open: opening it costs more than reading it. Where it is not to be had it is empty. */
class ProcFile {
  readonly #buffer = Buffer.alloc(MAXIMUM_BYTES);
  #file: number | undefined;

  constructor(private readonly path: string) {}

  read(): string {
    try {
      this.#file ??= openSync(this.path, 'r');
      const length = readSync(this.#file, this.#buffer, 0, MAXIMUM_BYTES, 0);
      return this.#buffer.toString('latin1', 0, length);
    } catch {
      if (this.#file !== undefined) closeSync(this.#file);
      this.#file = undefined;
      return '';
    }
  }
}
