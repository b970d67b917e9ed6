// `ua-profile` as its notifier has it (RFC 6080 §6): who subscribes is a device, and is told where its profile is.

import { createHash } from 'node:crypto';
import { err, ok, type Result } from '../../base/result.ts';
import { seconds } from '../../base/units.ts';
import {
  type EventBody,
  type EventPackage,
  parseUri,
  type SubscriptionRecord,
  type Watch,
  type WatchRefusal,
  type WatchRequest,
} from '../../sip/index.ts';
import {
  BARE_URL,
  EXTERNAL_BODY,
  GRANDSTREAM_URL,
  PROFILE_EVENT,
  REPORT_HEADER,
  readProfileEvent,
  readReport,
  writeIndirection,
} from '../event/index.ts';
import { deviceId } from './device-identity.ts';
import type { DeviceStore } from './device-store.ts';
import type { Fleet, ProfileDocument } from './fleet.ts';

export const PROFILE_TYPE = 'application/yaml';

export interface ProfilePackageOptions {
  readonly fleet: Fleet;
  readonly store: DeviceStore;
  /** Where a device's file is fetched. @param near an address of the device's, for a server that goes by no name */
  readonly urlFor: (token: string, id: string, near: string) => string;
}

type Form = 'indirect' | 'url' | 'body';

/** The notifier of profiles. */
export class ProfilePackage implements EventPackage {
  readonly name = PROFILE_EVENT;
  readonly types = [EXTERNAL_BODY, BARE_URL, GRANDSTREAM_URL, PROFILE_TYPE];
  /** RFC 6080 §6.4. */
  readonly expires = seconds(86_400);
  readonly #watching = new Map<string, Set<() => void>>();

  constructor(private readonly options: ProfilePackageOptions) {
    options.fleet.on('changed', (id) => {
      for (const changed of this.#watching.get(id) ?? []) changed();
    });
  }

  /** RFC 6080 §5.1.1, §6.6: 404 for profiles that there are none of here. */
  watch(request: WatchRequest): Result<Watch, WatchRefusal> {
    const { resource, event, changed, source, note } = request;
    const uri = parseUri(resource);
    const { type } = readProfileEvent(event.parameters);
    const user = uri.ok ? (uri.value.user ?? '') : '';
    const id = note ?? deviceId(user, request.request?.headers.get('User-Agent') ?? '');
    if (id === undefined || type !== 'device') return err({ status: 404 });
    if (!this.#see(id, request)) return err({ status: 503, headers: [['Retry-After', '600']] });
    const watching = this.#watching.get(id) ?? new Set();
    this.#watching.set(id, watching.add(changed));
    const form = formOf(request);
    let told: string | undefined;
    const tell = (profile: ProfileDocument): EventBody => {
      told = profile.fingerprint;
      return this.#write(id, profile, form, source.address);
    };
    const current = (): ProfileDocument | undefined => this.options.fleet.profileOf(id);
    return ok({
      note: id,
      full: () => {
        const profile = current();
        return profile === undefined ? undefined : tell(profile);
      },
      changes: () => {
        const profile = current();
        return profile === undefined || profile.fingerprint === told ? undefined : tell(profile);
      },
      refreshed: (refresh) => this.#see(id, { ...request, request: refresh }),
      close: () => {
        watching.delete(changed);
        if (watching.size === 0) this.#watching.delete(id);
      },
    });
  }

  keep(key: string, record: SubscriptionRecord | undefined): void {
    this.options.store.keep(key, record);
  }

  #see(id: string, { source, event, request }: WatchRequest): boolean {
    // Taken up after a restart: nobody has shown himself.
    if (request === undefined) return true;
    const { vendor, model, version } = readProfileEvent(event.parameters);
    const report = readReport(request.headers.get(REPORT_HEADER) ?? '');
    const sighting = { id, address: source.address, vendor, model, version };
    return this.options.fleet.see({ ...sighting, ...(report === undefined ? {} : { report }) }) !== undefined;
  }

  #write(id: string, { text, effectiveBy, serial }: ProfileDocument, form: Form, near: string): EventBody {
    const eventParameters = effectiveBy === undefined ? [] : [['effective-by', String(effectiveBy)] as const];
    if (form === 'body') return { type: PROFILE_TYPE, data: text, eventParameters };
    const token = this.options.store.device(id)?.token ?? '';
    const url = this.options.urlFor(token, id, near);
    if (form === 'url') return { type: BARE_URL, data: Buffer.from(url), eventParameters };
    const hash = createHash('sha1').update(text).digest('hex');
    const contentId = `${id}-${serial}-${hash.slice(0, 8)}@profile`;
    const body = writeIndirection({ url, size: text.length, hash, contentId, contentType: PROFILE_TYPE });
    return { ...body, eventParameters };
  }
}

/** What the device understands, the best first. Nothing secret is in a body that travels in the clear (RFC 6080 §5.3.3). */
function formOf({ request, source }: WatchRequest): Form {
  const accepted = request?.headers.list('Accept').map((range) => range.split(';', 1)[0]?.trim().toLowerCase());
  if (accepted === undefined || accepted.length === 0 || accepted.includes(EXTERNAL_BODY)) return 'indirect';
  if (accepted.includes(PROFILE_TYPE) && source.protocol === 'tls') return 'body';
  return accepted.includes(BARE_URL) || accepted.includes(GRANDSTREAM_URL) ? 'url' : 'indirect';
}
