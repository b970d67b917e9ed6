// What the server remembers of each device and each subscription, in one append-only file: a line a change, read again at
// start and written anew when most of it is past. A line that a power cut tore is the last one, and is left out.

import type { SubscriptionRecord } from '../../sip/index.ts';
import type { ProfileReport } from '../event/index.ts';

/** A device as the server knows it. */
export interface Device {
  /** Hardware address (12 hexadecimal digits) or UUID. */
  readonly id: string;
  readonly vendor: string;
  readonly model: string;
  readonly version: string;
  /** Whether it may have its profile. */
  readonly approved: boolean;
  /** Of the profile that it is to have; 0: it was never given one. */
  readonly serial: number;
  /** What that serial stands for. */
  readonly fingerprint: string;
  /** Names its files; nobody can guess it. */
  readonly token: string;
  /** Last SUBSCRIBE or fetch: ms since 1970, and from where. */
  readonly seen: number;
  readonly address: string;
  /** What it said of its profile. */
  readonly report?: ProfileReport;
}

/** The file. */
export interface StoreFile {
  /** Whole; empty where there is none. */
  read(): string;
  append(lines: string): void;
  /** In the file's place, or not at all. */
  replace(lines: string): void;
}

type Line =
  | { readonly device: Device }
  | { readonly subscription: string; readonly record: SubscriptionRecord | null }
  | { readonly key: string };

/** Lines that may be past before the file is written anew. */
const MOST_PAST = 1000;

/** The server's memory. */
export class DeviceStore {
  readonly #devices = new Map<string, Device>();
  readonly #tokens = new Map<string, string>();
  readonly #subscriptions = new Map<string, SubscriptionRecord>();
  #key: string | undefined;
  /** What is to be appended; written together, as one change mostly brings others. */
  #pending = new Map<string, Line>();
  #lines = 0;

  /** @throws Error as the file does; a line that cannot be read is passed over */
  constructor(private readonly file: StoreFile) {
    for (const text of file.read().split('\n')) {
      const line = readLine(text);
      if (line === undefined) continue;
      this.#lines += 1;
      this.#take(line);
    }
  }

  get devices(): readonly Device[] {
    return [...this.#devices.values()];
  }

  /** How many devices there are. */
  get size(): number {
    return this.#devices.size;
  }

  get subscriptions(): ReadonlyMap<string, SubscriptionRecord> {
    return this.#subscriptions;
  }

  device(id: string): Device | undefined {
    return this.#devices.get(id);
  }

  deviceOfToken(token: string): Device | undefined {
    return this.#devices.get(this.#tokens.get(token) ?? '');
  }

  /** What this server makes names with that nobody can guess. @param made the first time */
  key(made: () => string): string {
    if (this.#key === undefined) this.#add({ key: made() });
    return this.#key ?? '';
  }

  put(device: Device): void {
    this.#add({ device });
  }

  /** @param record undefined: it is over */
  keep(key: string, record: SubscriptionRecord | undefined): void {
    if (record === undefined && !this.#subscriptions.has(key)) return;
    this.#add({ subscription: key, record: record ?? null });
  }

  /** Writes what has changed. @throws Error as the file does; what could not be written is tried again with the next */
  flush(): void {
    if (this.#pending.size === 0) return;
    const live = this.#devices.size + this.#subscriptions.size;
    if (this.#lines + this.#pending.size > 2 * live + MOST_PAST) {
      this.file.replace(this.#everything());
      this.#lines = live;
    } else {
      this.file.append([...this.#pending.values()].map(formatLine).join(''));
      this.#lines += this.#pending.size;
    }
    this.#pending.clear();
  }

  #add(line: Line): void {
    this.#take(line);
    // Of what changes more than once, the last counts.
    this.#pending.set(subjectOf(line), line);
  }

  #take(line: Line): void {
    if ('key' in line) {
      this.#key = line.key;
    } else if ('device' in line) {
      const before = this.#devices.get(line.device.id);
      if (before !== undefined) this.#tokens.delete(before.token);
      this.#devices.set(line.device.id, line.device);
      this.#tokens.set(line.device.token, line.device.id);
    } else if (line.record === null) {
      this.#subscriptions.delete(line.subscription);
    } else {
      this.#subscriptions.set(line.subscription, line.record);
    }
  }

  #everything(): string {
    const devices = this.devices.map((device) => formatLine({ device }));
    const subscriptions = [...this.#subscriptions].map(([subscription, record]) =>
      formatLine({ subscription, record }),
    );
    const key = this.#key === undefined ? [] : [formatLine({ key: this.#key })];
    return [...key, ...devices, ...subscriptions].join('');
  }
}

/** What a line is about. */
function subjectOf(line: Line): string {
  if ('device' in line) return `device ${line.device.id}`;
  return 'key' in line ? 'key' : `subscription ${line.subscription}`;
}

const formatLine = (line: Line): string => `${JSON.stringify(line)}\n`;

/** The file is the server's own: a line is whole, or torn, or not of this version. */
function readLine(text: string): Line | undefined {
  if (text === '') return undefined;
  try {
    const line: Partial<Record<'device' | 'subscription' | 'key', unknown>> = JSON.parse(text);
    if (typeof line !== 'object' || line === null) return undefined;
    const isOurs = isDevice(line.device) || typeof line.subscription === 'string' || typeof line.key === 'string';
    return isOurs ? (line as Line) : undefined;
  } catch {
    return undefined;
  }
}

function isDevice(value: unknown): value is Device {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    typeof value.id === 'string' &&
    'token' in value &&
    typeof value.token === 'string'
  );
}
