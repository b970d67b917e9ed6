// The manager that has started this service (systemd): it is told when the door is ready, how it stands, and, while the door
// is truly alive, that it is. A door that hangs is not fed, and is started anew.

import { getSystemErrorName } from 'node:util';
import type { Clock, Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { type Millis, millis } from '../base/units.ts';

/** What the manager has said to this process (sd_notify(3), sd_watchdog_enabled(3)). */
export interface ManagerEnvironment {
  readonly NOTIFY_SOCKET?: string;
  /** Microseconds. */
  readonly WATCHDOG_USEC?: string;
  /** Whom it is meant for; left out: us. */
  readonly WATCHDOG_PID?: string;
}

export interface ServiceManagerParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly environment: ManagerEnvironment;
  readonly pid: number;
  /** @returns 0, or -errno */
  readonly send: (place: string, text: string) => number;
  /** Whether the sound's threads have given the sign of life that they were asked for the last time; asks for the next. */
  readonly feelPulse: () => boolean;
  /** In words. */
  readonly status: () => string;
}

/** A third of the time that the manager waits: two of them may be late. */
const FEEDS = 3;

/** What is told to the manager; without one, nothing. */
export class ServiceManager {
  readonly #place: string | undefined;
  readonly #every: Millis | undefined;
  #timer: Timer | undefined;
  #status = '';
  #hangs = false;

  constructor(private readonly parts: ServiceManagerParts) {
    const { environment, pid } = parts;
    this.#place = environment.NOTIFY_SOCKET;
    const usec = Number(environment.WATCHDOG_USEC);
    const isOurs = environment.WATCHDOG_PID === undefined || Number(environment.WATCHDOG_PID) === pid;
    this.#every = isOurs && Number.isFinite(usec) && usec > 0 ? millis(usec / 1000 / FEEDS) : undefined;
  }

  /** The door is at work. */
  ready(): void {
    if (this.#place === undefined) return;
    this.#status = this.parts.status();
    this.#send(`READY=1\nSTATUS=${this.#status}`);
    this.#feed();
  }

  /** Something has happened: says how it stands, where that is another. */
  changed(): void {
    if (this.#place === undefined) return;
    const status = this.parts.status();
    if (status === this.#status) return;
    this.#status = status;
    this.#send(`STATUS=${status}`);
  }

  stopping(): void {
    this.#timer?.cancel();
    this.#send('STOPPING=1');
  }

  #feed(): void {
    if (this.#every === undefined || this.#place === undefined) return;
    const isAlive = this.parts.feelPulse();
    if (isAlive) this.#send('WATCHDOG=1');
    if (!isAlive && !this.#hangs)
      this.parts.log.error('media.hangs', { why: 'the sound’s threads give no sign of life' });
    this.#hangs = !isAlive;
    this.#timer = this.parts.clock.after(this.#every, 'watchdog', () => this.#feed());
  }

  #send(text: string): void {
    if (this.#place === undefined) return;
    const result = this.parts.send(this.#place, text);
    if (result !== 0) this.parts.log.debug('service.not-notified', { reason: getSystemErrorName(result) });
  }
}
