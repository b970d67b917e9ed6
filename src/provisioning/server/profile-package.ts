// `ua-profile` as its notifier has it (RFC 6080 §6): who subscribes is a device, and is told where its profile is.

import { createHash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { seconds } from '../../base/units.ts';
import {
  createResponse,
  type Endpoint,
  type EventBody,
  type EventPackage,
  parseUri,
  type SipRequest,
  type SipResponse,
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
import type { Backlog } from './backlog.ts';
import { ChangePace } from './change-pace.ts';
import { deviceId } from './device-identity.ts';
import type { DevicePasswords, Shown } from './device-passwords.ts';
import type { DeviceStore } from './device-store.ts';
import type { Fleet, ProfileDocument } from './fleet.ts';
import { LoadGuard } from './load-guard.ts';
import { type SharedId, type SharedProfiles, sharedId } from './shared-profiles.ts';

const PROFILE_TYPE = 'application/yaml';

export interface ProfilePackageOptions {
  readonly clock: Clock;
  readonly backlog: Backlog;
  readonly random: Random;
  /** New subscriptions a second, and devices a second that are told of a change. */
  readonly rate: number;
  readonly fleet: Fleet;
  readonly shared: SharedProfiles;
  readonly store: DeviceStore;
  readonly passwords: DevicePasswords;
  /** Where a device's file is fetched. @param near an address of the device's, for a server that goes by no name */
  readonly urlFor: (token: string, id: string, near: string) => string;
}

/** One subscription of a device's. */
interface Watching {
  readonly changed: () => void;
  /** Whom to say that the device has answered. */
  told: (() => void) | undefined;
}

type Form = 'indirect' | 'url' | 'body';

/** A profile that somebody watches. */
interface WatchedProfile {
  readonly current: () => ProfileDocument | undefined;
  readonly token: () => string | undefined;
  readonly refreshed: NonNullable<Watch['refreshed']>;
  /** Who watches; undefined: known from before a restart. */
  readonly shown: Shown | undefined;
}

/** How a profile is told of. */
interface Telling {
  readonly id: string;
  readonly token: string;
  readonly form: Form;
  /** An address of the device's. */
  readonly near: string;
}

/** The notifier of profiles. */
export class ProfilePackage implements EventPackage {
  readonly name = PROFILE_EVENT;
  readonly types = [EXTERNAL_BODY, BARE_URL, GRANDSTREAM_URL, PROFILE_TYPE];
  /** RFC 6080 §6.4. */
  readonly expires = seconds(86_400);
  readonly #watching = new Map<string, Set<Watching>>();
  readonly #guard: LoadGuard;
  readonly #pace: ChangePace<Watching>;

  constructor(private readonly options: ProfilePackageOptions) {
    const { clock, fleet, shared, rate, backlog } = options;
    this.#guard = new LoadGuard(options);
    this.#pace = new ChangePace({ clock, rate, backlog, tell });
    const changed = (id: string): void => {
      for (const watching of this.#watching.get(id) ?? []) this.#pace.add(watching);
    };
    fleet.on('changed', changed);
    shared.on('changed', changed);
  }

  /** RFC 6080 §5.1.1, §6.6: 404 for profiles that there are none of here. */
  watch(request: WatchRequest): Result<Watch, WatchRefusal> {
    const { resource, event, note, source } = request;
    // Before anything else is said: who knows no password learns nothing of who is known here.
    const shown =
      request.request === undefined ? ok(undefined) : this.options.passwords.subscribe(request.request, source);
    if (!shown.ok) return shown;
    const wait = this.#waitBehindPassword(request);
    if (wait !== undefined) return err({ status: 503, headers: [['Retry-After', String(wait)]] });
    const { type } = readProfileEvent(event.parameters);
    if (type !== 'device') return this.#watchShared(type, request, shown.value);
    const uri = parseUri(resource);
    const user = uri.ok ? (uri.value.user ?? '') : '';
    const id = note ?? deviceId(user, userAgentIn(request));
    if (id === undefined) return err({ status: 404 });
    if (!this.#isDevice(shown.value, id)) return err({ status: 403 });
    if (!this.#see(id, request)) return err({ status: 503, headers: [['Retry-After', '600']] });
    const { fleet, store } = this.options;
    return this.#watchProfile(id, request, {
      current: () => fleet.profileOf(id),
      token: () => store.device(id)?.token,
      refreshed: (refresh) => this.#see(id, { ...request, request: refresh }),
      shown: shown.value,
    });
  }

  /**
   * The refusal of a device that is one too many, before anything else is made of what it asks. Where passwords are asked
   * for, only who has shown one takes a place.
   */
  overload(request: SipRequest, { address }: Endpoint): SipResponse | undefined {
    if (request.method !== 'SUBSCRIBE' || this.options.passwords.areAsked) return undefined;
    const wait = this.#guard.refuse(askerOf(request, address));
    return wait === undefined ? undefined : createResponse(request, 503, { headers: [['Retry-After', String(wait)]] });
  }

  #waitBehindPassword({ request, source }: WatchRequest): number | undefined {
    if (request === undefined || !this.options.passwords.areAsked) return undefined;
    return this.#guard.refuse(askerOf(request, source.address));
  }

  #isDevice(shown: Shown | undefined, id: string): boolean {
    return shown === undefined || this.options.passwords.isDevice(shown, id, 'sip');
  }

  /** Of a user or a network: to whom it may be told, or it is as if there were none. */
  #watchShared(
    type: 'user' | 'local-network',
    request: WatchRequest,
    shown: Shown | undefined,
  ): Result<Watch, WatchRefusal> {
    const { shared } = this.options;
    const id = request.note ?? this.#sharedIdFor(type, request, shown);
    if (id === undefined || shared.profileOf(id) === undefined) return err({ status: 404 });
    return this.#watchProfile(id, request, {
      current: () => shared.profileOf(id),
      token: () => shared.tokenOf(id),
      refreshed: () => undefined,
      shown,
    });
  }

  /** Undefined: there is none, or it is not for who asks. */
  #sharedIdFor(type: 'user' | 'local-network', request: WatchRequest, shown: Shown | undefined): SharedId | undefined {
    const uri = parseUri(request.resource);
    if (!uri.ok) return undefined;
    const { user, host } = uri.value;
    if (type === 'local-network') return sharedId(type, host.toLowerCase().replace(/^_sipuaconfig\./, ''));
    const name = `${user ?? ''}@${host.toLowerCase()}`;
    // Whose account a device has, its own profile says.
    const instance = /\+sip\.instance="?<([^>]+)>/i.exec(request.request?.headers.get('Contact') ?? '')?.[1] ?? '';
    const device = deviceId(instance, userAgentIn(request));
    if (device === undefined || !this.#isDevice(shown, device)) return undefined;
    return this.options.fleet.accountsOf(device).includes(name) ? sharedId(type, name) : undefined;
  }

  #watchProfile(id: string, request: WatchRequest, profile: WatchedProfile): Result<Watch, WatchRefusal> {
    const { changed, source } = request;
    const { current, refreshed, shown } = profile;
    const watching = this.#watching.get(id) ?? new Set();
    const own: Watching = { changed, told: undefined };
    this.#watching.set(id, watching.add(own));
    const form = formOf(request);
    let told: string | undefined;
    const tell = (document: ProfileDocument): EventBody => {
      told = document.fingerprint;
      return this.#write(document, { id, token: profile.token() ?? '', form, near: source.address });
    };
    return ok({
      note: id,
      headers: shown?.proof(NO_BODY) ?? [],
      full: () => {
        const document = current();
        return document === undefined ? undefined : tell(document);
      },
      changes: () => {
        const document = current();
        if (document !== undefined && document.fingerprint !== told) return tell(document);
        own.told?.();
        return undefined;
      },
      told: () => own.told?.(),
      refreshed,
      close: () => {
        watching.delete(own);
        this.#pace.remove(own);
        if (watching.size === 0) this.#watching.delete(id);
      },
    });
  }

  stop(): void {
    this.#pace.stop();
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

  #write({ text, effectiveBy, serial }: ProfileDocument, { id, token, form, near }: Telling): EventBody {
    const eventParameters = effectiveBy === undefined ? [] : [['effective-by', String(effectiveBy)] as const];
    if (form === 'body') return { type: PROFILE_TYPE, data: text, eventParameters };
    const url = this.options.urlFor(token, id, near);
    if (form === 'url') return { type: BARE_URL, data: Buffer.from(url), eventParameters };
    return { ...indirectionTo(url, { id, serial, text }).body, eventParameters };
  }
}

/** What is said of a profile's file (RFC 4483), with the hash of its content: SHA-1, hexadecimal. */
export function indirectionTo(
  url: string,
  { id, serial, text }: { readonly id: string; readonly serial: number; readonly text: Buffer },
): { readonly hash: string; readonly body: EventBody } {
  const hash = createHash('sha1').update(text).digest('hex');
  const contentId = `${id.replace(/[^0-9a-z-]+/gi, '-')}-${serial}-${hash.slice(0, 8)}@profile`;
  return { hash, body: writeIndirection({ url, size: text.length, hash, contentId, contentType: PROFILE_TYPE }) };
}

const NO_BODY = Buffer.alloc(0);

/** A device that comes again asks for the same from the same place, whatever else of the request is new. */
const askerOf = ({ requestUri }: SipRequest, address: string): string => `${address} ${requestUri}`;

const userAgentIn = ({ request }: WatchRequest): string => request?.headers.get('User-Agent') ?? '';

function tell(watching: Watching, told: () => void): void {
  watching.told = told;
  watching.changed();
}

/** What the device understands, the best first. Nothing secret is in a body that travels in the clear (RFC 6080 §5.3.3). */
function formOf({ request, source }: WatchRequest): Form {
  const accepted = request?.headers.list('Accept').map((range) => range.split(';', 1)[0]?.trim().toLowerCase());
  if (accepted === undefined || accepted.length === 0 || accepted.includes(EXTERNAL_BODY)) return 'indirect';
  if (accepted.includes(PROFILE_TYPE) && source.protocol === 'tls') return 'body';
  return accepted.includes(BARE_URL) || accepted.includes(GRANDSTREAM_URL) ? 'url' : 'indirect';
}
