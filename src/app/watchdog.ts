// The board's own watchdog, where no manager of services holds it: fed while event loop and sound's threads are alive. The
// lines of the board are driven on the event loop, so that a driver that hangs is not fed either. A door that hangs has its
// board restarted; one that ends as it should lets the watchdog sleep.

import { getSystemErrorName } from 'node:util';
import type { Clock, Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { seconds } from '../base/units.ts';
import type { Watchdog } from '../hardware/ports/index.ts';
import type { Faults } from './faults.ts';

export interface WatchdogParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly faults: Faults;
  /** Whether a manager watches over this service: then it holds the watchdog, and we leave it alone. */
  readonly isManaged: boolean;
  readonly open: (path: string) => Watchdog | number;
  /** As ServiceManager's. */
  readonly feelPulse: () => boolean;
}

/** The least that watchdogs wait is some seconds; a Raspberry Pi's is 15 s. */
const FEED_EVERY = seconds(1);
const FAULT = 'watchdog';

/** Holds the watchdog that the configuration names. */
export class WatchdogKeeper {
  #path: string | undefined;
  #watchdog: Watchdog | undefined;
  #timer: Timer | undefined;
  #hangs = false;

  constructor(private readonly parts: WatchdogParts) {}

  /** The watchdog to be held from now on; undefined: none. */
  use(path: string | undefined): void {
    if (path === this.#path) return;
    this.stop();
    this.#path = path;
    const { isManaged, log } = this.parts;
    if (path === undefined) return;
    if (isManaged) {
      log.info('watchdog.not-held', {
        path,
        why: 'the manager of services watches over the door (RuntimeWatchdogSec)',
      });
      return;
    }
    this.#feed(path);
  }

  /** Lets it sleep. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const result = this.#watchdog?.close() ?? 0;
    if (result < 0) this.parts.log.warn('watchdog.not-stopped', { reason: getSystemErrorName(result) });
    this.#watchdog = undefined;
    this.#path = undefined;
    this.parts.faults.end(FAULT);
  }

  #feed(path: string): void {
    const { clock, log, feelPulse } = this.parts;
    this.#timer = clock.after(FEED_EVERY, 'board watchdog', () => this.#feed(path));
    const isAlive = feelPulse();
    if (!isAlive && !this.#hangs) log.error('media.hangs', { why: 'the board’s watchdog is not fed' });
    this.#hangs = !isAlive;
    if (!isAlive) return;
    const opened = this.#watchdog ?? this.parts.open(path);
    if (typeof opened === 'number') {
      this.#say(path, opened, 'opened');
      return;
    }
    if (this.#watchdog === undefined) log.info('watchdog.held', { path });
    this.#watchdog = opened;
    const result = opened.feed();
    if (result < 0) this.#say(path, result, 'fed');
    else this.parts.faults.end(FAULT);
  }

  #say(path: string, result: number, what: 'opened' | 'fed'): void {
    const reason = getSystemErrorName(result);
    const mends: Readonly<Record<string, string>> = {
      EACCES: 'let the user of the service write to it, by a udev rule',
      EBUSY: 'end the program that has it (systemd: RuntimeWatchdogSec), or take `watchdog` out',
      ENOENT: 'load its driver, or correct `watchdog`',
    };
    this.parts.faults.begin(
      FAULT,
      `the watchdog ${path} cannot be ${what} (${reason}): a board that hangs is not restarted`,
      mends[reason] ?? 'look after its driver',
    );
  }
}
