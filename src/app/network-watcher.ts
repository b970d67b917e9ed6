// Notices that the machine's network has changed: an address by DHCP, a cable, a default route. The kernel tells that
// something has (rtnetlink), and of hundreds of messages few mean anything: whatever they say, the network is looked at,
// once a second at most. What has changed is acted on when it has stood still for a second: between losing one address
// and having the next a machine has none. Where the kernel's news cannot be had it is looked at every second.

import { closeSync, openSync, readSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { Clock, Timer } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { type Millis, millis, seconds } from '../base/units.ts';
import { loadNative } from '../native.ts';

/** Looks at the network: equal texts for a network that is the same. */
export type NetworkReader = () => string;

/**
 * Calls `told` when the kernel says that something has changed. @returns what ends it; undefined: there is no news here
 * @param lost called when there will be no more
 */
export type NetworkNews = (told: () => void, lost: () => void) => (() => void) | undefined;

export interface NetworkWatcherOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly read: NetworkReader;
  /** Left out: there is none. */
  readonly news?: NetworkNews;
  /** The network is another one than before. */
  readonly changed: () => void;
}

const INTERVAL = seconds(1);
/** With news nothing has to be looked for; what they should not have told is found nevertheless. */
const RESTING = seconds(60);
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
  #endNews: (() => void) | undefined;
  /** Nothing has been told since the network was seen at rest. */
  #rests = false;
  #lookedAt: Millis | undefined;

  constructor(private readonly options: NetworkWatcherOptions) {}

  start(): void {
    this.#known = this.#read();
    this.#seen = this.#known;
    const told = (): void => this.#told();
    const lost = (): void => {
      this.#endNews = undefined;
      this.#told();
    };
    this.#endNews = this.options.news?.(told, lost);
    this.#lookAfter(INTERVAL);
  }

  stop(): void {
    this.#rests = false;
    this.#timer?.cancel();
    this.#endNews?.();
    this.#endNews = undefined;
  }

  /** Looks at once where it has not just done so, and again a second later; what is told until then is seen then. */
  #told(): void {
    if (!this.#rests) return;
    this.#rests = false;
    this.#timer?.cancel();
    const now = this.options.clock.now();
    const next = this.#lookedAt === undefined ? now : millis(this.#lookedAt + INTERVAL);
    if (next <= now) this.#look();
    this.#lookAfter(next <= now ? INTERVAL : millis(next - now));
  }

  #lookAfter(interval: Millis): void {
    this.#timer = this.options.clock.after(interval, 'network', () => {
      this.#look();
      this.#rests = this.#endNews !== undefined && this.#unrest === 0;
      this.#lookAfter(this.#rests ? RESTING : INTERVAL);
    });
  }

  #look(): void {
    this.#lookedAt = this.options.clock.now();
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

/** The kernel's own news. */
export function systemNetworkNews(): NetworkNews {
  return (told, lost) => {
    const addon = loadNative();
    const descriptor = addon.networkNewsOpen();
    if (descriptor < 0) return undefined;
    const end = (): void => {
      addon.unwatchReadable(watch);
      closeSync(descriptor);
    };
    const watch = addon.watchReadable(descriptor, () => {
      const taken = addon.networkNewsTake(descriptor);
      if (taken > 0) told();
      if (taken >= 0) return;
      end();
      lost();
    });
    return end;
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
