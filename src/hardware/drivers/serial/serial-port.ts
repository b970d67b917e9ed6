// A serial device that is kept open: it is opened, read, and opened again when it comes back, be it after days. Whoever
// uses it is told when it is there and when it is not; people are told once each time.

import type { Clock, Timer } from '../../../base/clock.ts';
import type { Random } from '../../../base/random.ts';
import { RetrySchedule } from '../../../base/retry-schedule.ts';
import { TokenBucket } from '../../../base/token-bucket.ts';
import { millis, minutes, seconds } from '../../../base/units.ts';
import type { SerialLink, SerialSettings, SerialSystem } from './serial-system.ts';

/** Who tells people of serial devices. */
export interface SerialReports {
  /** Said once until `found`. */
  lost(device: string, what: string, mend: string): void;
  /** After `lost` only. */
  found(device: string): void;
  /** What came makes no sense. */
  garbled(device: string, why: string): void;
}

export interface SerialServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly system: SerialSystem;
  readonly reports: SerialReports;
}

/** A device, and how it is spoken with. */
export interface SerialDevice {
  readonly path: string;
  readonly settings: SerialSettings;
}

/** Who uses a device. */
export interface SerialUser {
  /** It is there, and nothing that was sent before counts. */
  opened(): void;
  /** The bytes are valid until this returns. */
  received(bytes: Uint8Array): void;
  /** It is not there: not at the start, or not any more. Once until it is opened. */
  lost(why: string): void;
}

const RETRY = { initial: millis(250), maximum: seconds(5), factor: 2, jitter: 0.1 };
/** A device that is there for so long is no loose contact: the next time it is looked for at once again. */
const STEADY = seconds(30);
/** A loose contact is told of so often at once, and once a minute then. */
const REPORTS = 3;
/** Bytes that are read in one go, and how often before others have their turn: a device may send garbage without end. */
const CHUNK = 256;
const MOST_CHUNKS = 4;
/** What waits for room in the kernel. More is never under way: messages are short, and answers are waited for. */
const MOST_WAITING = 512;
const ROOM_AGAIN = millis(10);

/** One device. */
export class SerialPort {
  readonly #retries: RetrySchedule;
  readonly #told: TokenBucket;
  readonly #chunk = new Uint8Array(CHUNK);
  #link: SerialLink | undefined;
  #again: Timer | undefined;
  #steady: Timer | undefined;
  #room: Timer | undefined;
  #waiting: Uint8Array = new Uint8Array(0);
  #lostSaid = false;
  #isAbsent = false;
  #closed = false;

  constructor(
    readonly device: SerialDevice,
    private readonly services: SerialServices,
    private readonly user: SerialUser,
  ) {
    this.#retries = new RetrySchedule(RETRY, services.random);
    this.#told = new TokenBucket(services.clock, REPORTS, minutes(1));
  }

  get isOpen(): boolean {
    return this.#link !== undefined;
  }

  start(): void {
    void this.#open();
  }

  /**
   * Sends, now or as soon as there is room.
   * @returns false when the device is not there, or takes nothing any more: none of it is sent then
   */
  write(bytes: Uint8Array): boolean {
    if (this.#link === undefined || this.#waiting.length + bytes.length > MOST_WAITING) return false;
    this.#waiting = this.#waiting.length === 0 ? bytes : Buffer.concat([this.#waiting, bytes]);
    this.#send();
    return this.isOpen;
  }

  close(): void {
    this.#closed = true;
    this.#again?.cancel();
    this.#letGo();
  }

  async #open(): Promise<void> {
    const { path, settings } = this.device;
    const opened = await this.services.system.open(path, settings);
    if (this.#closed) {
      if (opened.ok) opened.value.close();
      return;
    }
    if (!opened.ok) {
      this.#openAgain();
      this.#miss(opened.error.what, opened.error.mend);
      return;
    }
    this.#link = opened.value;
    this.#isAbsent = false;
    this.#steady = this.services.clock.after(STEADY, 'a serial device that stays', () => {
      this.#retries.reset();
      this.#sayFound();
    });
    opened.value.watch(() => this.#read());
    if (this.#lostSaid && this.#told.take()) this.#sayFound();
    this.user.opened();
  }

  #openAgain(): void {
    const wait = this.#retries.next();
    this.#again = this.services.clock.after(wait, 'a serial device that is not there', () => void this.#open());
  }

  #read(): void {
    for (let turn = 0; turn < MOST_CHUNKS; turn += 1) {
      const count = this.#link?.read(this.#chunk) ?? 0;
      if (count === 0) return;
      if (count === 'gone') {
        this.#lose();
        return;
      }
      this.user.received(this.#chunk.subarray(0, count));
    }
  }

  #send(): void {
    this.#room?.cancel();
    while (this.#link !== undefined && this.#waiting.length > 0) {
      const count = this.#link.write(this.#waiting);
      if (count === 'gone') {
        this.#lose();
        return;
      }
      if (count === 0) {
        this.#room = this.services.clock.after(ROOM_AGAIN, 'room at a serial device', () => this.#send());
        return;
      }
      this.#waiting = this.#waiting.subarray(count);
    }
  }

  #lose(): void {
    this.#letGo();
    this.#openAgain();
    this.#miss(`${this.device.path} is gone`, 'plug the device in again; it is looked for meanwhile');
  }

  #miss(what: string, mend: string): void {
    this.#sayLost(what, mend);
    if (this.#isAbsent) return;
    this.#isAbsent = true;
    this.user.lost(what);
  }

  #letGo(): void {
    this.#steady?.cancel();
    this.#room?.cancel();
    this.#waiting = new Uint8Array(0);
    this.#link?.close();
    this.#link = undefined;
  }

  #sayFound(): void {
    if (this.#lostSaid) this.services.reports.found(this.device.path);
    this.#lostSaid = false;
  }

  #sayLost(what: string, mend: string): void {
    if (this.#lostSaid) return;
    this.#lostSaid = true;
    this.services.reports.lost(this.device.path, what, mend);
  }
}
