// The devices and their profiles: who is known, what each is to have, and whom a change concerns.

import type { Clock } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { isTable } from '../../config/index.ts';
import { parseUri } from '../../sip/index.ts';
import type { ProfileReport } from '../event/index.ts';
import type { Device, DeviceStore } from './device-store.ts';
import type { ProfileLayers } from './layers.ts';
import type { Work } from './work.ts';

/** A profile as it is handed out. */
export interface ProfileDocument {
  readonly serial: number;
  /** JSON, which is YAML too. */
  readonly text: Buffer;
  readonly fingerprint: string;
  /** RFC 6080 §6.2.3, in seconds; undefined: as the device likes. */
  readonly effectiveBy: number | undefined;
}

/** What a request says of who sent it. */
export interface Sighting {
  readonly id: string;
  readonly address: string;
  readonly vendor?: string;
  readonly model?: string;
  readonly version?: string;
  readonly report?: ProfileReport;
}

export interface FleetOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly store: DeviceStore;
  readonly layers: ProfileLayers;
  /** Whether a device that nobody has named gets the profile that all have. */
  readonly approve: 'manual' | 'automatic';
}

export type FleetEvents = {
  /** What this device is to have has changed. */
  changed: [id: string];
};

const TOKEN_BYTES = 16;
/** More devices than anybody has; who invents names must not fill the memory. */
const MOST_DEVICES = 200_000;
const MOST_WAITING = 1000;
/** Renewed sightings within this are not written down. */
const SEEN_RESOLUTION = 60_000;

/** Whether a sighting says nothing new. */
function isSame(before: Device, now: Device): boolean {
  return (
    before.address === now.address &&
    before.version === now.version &&
    before.model === now.model &&
    before.vendor === now.vendor &&
    (before.report === now.report || JSON.stringify(before.report) === JSON.stringify(now.report))
  );
}

/** All devices of one server. */
export class Fleet {
  readonly #events = new Emitter<FleetEvents>();
  #layers: ProfileLayers;
  #waiting: number;

  constructor(private readonly options: FleetOptions) {
    this.#layers = options.layers;
    this.#waiting = options.store.devices.filter(({ approved }) => !approved).length;
  }

  on<Name extends keyof FleetEvents>(name: Name, listener: (...args: FleetEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  get devices(): readonly Device[] {
    return this.options.store.devices;
  }

  /** A device has shown itself. @returns it; undefined: there is no room for strangers any more */
  see({ id, address, vendor, model, version, report }: Sighting): Device | undefined {
    const { store, clock, random, log } = this.options;
    const seen = clock.wall().getTime();
    const before = store.device(id);
    const approved = before?.approved ?? (this.options.approve === 'automatic' || this.#layers.has(id));
    if (before === undefined) {
      if (store.size >= MOST_DEVICES || (!approved && this.#waiting >= MOST_WAITING)) return undefined;
      if (!approved) this.#waiting += 1;
      log.info('fleet.new-device', { device: id, address, approved });
    }
    const known = before ?? {
      id,
      vendor: '',
      model: '',
      version: '',
      approved,
      serial: 0,
      fingerprint: '',
      token: random.hex(TOKEN_BYTES),
      seen: 0,
      address,
    };
    const device: Device = {
      ...known,
      address,
      ...(vendor === undefined ? {} : { vendor }),
      ...(model === undefined ? {} : { model }),
      ...(version === undefined ? {} : { version }),
      ...(report === undefined ? {} : { report }),
      seen,
    };
    if (before !== undefined && seen - before.seen < SEEN_RESOLUTION && isSame(before, device)) return before;
    if (report !== undefined) this.#sayReport(before, device);
    store.put(device);
    return device;
  }

  /** Lets a device have its profile. @returns false: nobody has seen it */
  approve(id: string): boolean {
    const device = this.options.store.device(id);
    if (device === undefined) return false;
    if (device.approved) return true;
    this.#waiting -= 1;
    this.options.store.put({ ...device, approved: true });
    this.options.log.info('fleet.approved', { device: id });
    this.#events.emit('changed', id);
    return true;
  }

  /** What a device is to have; undefined while it waits for approval, or nobody is known by that name. */
  profileOf(id: string): ProfileDocument | undefined {
    const { store } = this.options;
    const device = store.device(id);
    if (device === undefined || !device.approved) return undefined;
    const { fingerprint, effectiveBy, text: parts } = this.#layers.profileOf(device);
    const serial = device.fingerprint === fingerprint ? device.serial : device.serial + 1;
    if (serial !== device.serial) store.put({ ...device, serial, fingerprint });
    const text = Buffer.from(parts.join(String(serial)));
    return { serial, text, fingerprint, effectiveBy: typeof effectiveBy === 'number' ? effectiveBy : undefined };
  }

  /** Whose accounts a device's profile names, `alice@example.com`; none while it waits for approval. */
  accountsOf(id: string): readonly string[] {
    const device = this.options.store.device(id);
    if (device === undefined || !device.approved) return [];
    const { accounts } = this.#layers.render(device).values;
    return (Array.isArray(accounts) ? accounts : []).flatMap((account: unknown) => {
      const uri = parseUri(isTable(account) && typeof account.uri === 'string' ? account.uri : '');
      return uri.ok && uri.value.user !== undefined ? [`${uri.value.user}@${uri.value.host.toLowerCase()}`] : [];
    });
  }

  /** What would be wrong with the profiles of devices that have no file of their own: of each model, once. */
  *faultsWith(layers: ProfileLayers): Work<readonly string[]> {
    const plain = this.options.store.devices.filter(({ approved, id }) => approved && !layers.has(id));
    const models = new Set(plain.map(({ model }) => model));
    const faults = new Set<string>();
    for (const model of models) {
      for (const fault of layers.faultsOf({ id: '', model })) faults.add(fault);
      yield;
    }
    return [...faults];
  }

  /** The folder has changed and makes sense: tells of every device whose profile is another now. @returns how many */
  *using(layers: ProfileLayers): Work<number> {
    this.#layers = layers;
    let changed = 0;
    for (const device of this.options.store.devices) {
      if (!device.approved && layers.has(device.id)) this.approve(device.id);
      else if (device.approved && layers.profileOf(device).fingerprint !== device.fingerprint) {
        changed += 1;
        this.#events.emit('changed', device.id);
      }
      yield;
    }
    return changed;
  }

  #sayReport(before: Device | undefined, { id, report }: Device): void {
    if (report === undefined || JSON.stringify(before?.report) === JSON.stringify(report)) return;
    const { verdict, serial, refused, reason } = report;
    // It has none yet: that it is there has been said.
    if (verdict === 'none') return;
    const level = verdict === 'rejected' || verdict === 'rolled-back' ? 'warn' : 'info';
    this.options.log[level]('fleet.report', { device: id, verdict, serial, refused, reason });
  }
}
