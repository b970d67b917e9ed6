// What the server remembers of each device and each subscription, a line a change in one file.

import type { SubscriptionRecord } from '../../sip/index.ts';
import type { ProfileReport } from '../event/index.ts';
import { LineFile, type StoreFile } from './line-file.ts';

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

type Line =
  | { readonly device: Device }
  | { readonly subscription: string; readonly record: SubscriptionRecord | null }
  | { readonly key: string };

/** The server's memory. */
export class DeviceStore {
  readonly #devices = new Map<string, Device>();
  readonly #tokens = new Map<string, string>();
  readonly #subscriptions = new Map<string, SubscriptionRecord>();
  #key: string | undefined;
  readonly #lines: LineFile<Line>;

  /** @throws Error as the file does; a line that cannot be read is passed over */
  constructor(file: StoreFile) {
    this.#lines = new LineFile(file, { subject: subjectOf, read: readLine });
    this.#lines.load((line) => this.#take(line));
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
    this.#lines.flush(this.#live, () => this.#everything());
  }

  /** As `flush`, and the disk holds nobody up. To be called again when it is done. (Rejects with) Error as the file does */
  flushAside(): Promise<void> {
    return this.#lines.flushAside(this.#live, () => this.#everything());
  }

  get #live(): number {
    return this.#devices.size + this.#subscriptions.size;
  }

  #add(line: Line): void {
    this.#take(line);
    this.#lines.add(line);
  }

  #take(line: Line): void {
    if ('key' in line) {
      this.#key = line.key;
    } else if ('device' in line) {
      const { id, token } = line.device;
      const before = this.#devices.get(id)?.token;
      this.#devices.set(id, line.device);
      if (before === token) return;
      if (before !== undefined) this.#tokens.delete(before);
      this.#tokens.set(token, id);
    } else if (line.record === null) {
      this.#subscriptions.delete(line.subscription);
    } else {
      this.#subscriptions.set(line.subscription, line.record);
    }
  }

  #everything(): readonly Line[] {
    return [
      ...(this.#key === undefined ? [] : [{ key: this.#key }]),
      ...this.devices.map((device) => ({ device })),
      ...[...this.#subscriptions].map(([subscription, record]) => ({ subscription, record })),
    ];
  }
}

/** What a line is about. */
function subjectOf(line: Line): string {
  if ('device' in line) return `device ${line.device.id}`;
  return 'key' in line ? 'key' : `subscription ${line.subscription}`;
}

/** The file is the server's own: a line is whole, or torn, or not of this version. */
function readLine(value: unknown): Line | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const line: Partial<Record<'device' | 'subscription' | 'key', unknown>> = value;
  const isOurs = isDevice(line.device) || typeof line.subscription === 'string' || typeof line.key === 'string';
  return isOurs ? (line as Line) : undefined;
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
