// Our side of the event packages that we notify of: who may watch, how many may, for how long (RFC 6665 §4.2.1). Whoever
// comes here has been let in already, as a caller is.

import { ok, type Result } from '../../base/result.ts';
import { type Millis, millis, minutes, seconds } from '../../base/units.ts';
import { Dialog } from '../dialog/index.ts';
import type { CallCredentials } from '../exchange/index.ts';
import { createResponse, type EventType, eventOf, formatEventType, parseEventType } from '../message/index.ts';
import type { Endpoint, SipRequest, SipResponse } from '../message/types.ts';
import type { ServerTransaction } from '../transaction/index.ts';
import type { EventEnvironment } from './environment.ts';
import { EventDialog } from './event-dialog.ts';
import type { EventPackage, SubscriptionRecord, WatchRefusal } from './event-package.ts';
import { NotifierUsage } from './notifier-usage.ts';
import type { UsageTable } from './usage-table.ts';

/** As whom we answer a watcher. */
export interface WatchedIdentity {
  readonly contactUser: string | undefined;
  readonly credentials: CallCredentials | undefined;
}

export interface NotifierOptions {
  readonly environment: EventEnvironment;
  readonly packages: readonly EventPackage[];
  /** Value of Allow-Events (§4.4.4): these packages, and what others notify of. */
  readonly allowEvents: string;
  readonly table: UsageTable;
  readonly identityFor: (transaction: ServerTransaction) => WatchedIdentity;
  /** Whether NOTIFYs may go to an address other than that which SUBSCRIBE came from. */
  readonly mayGoTo: (address: string) => boolean;
  /** How many may watch; default: what a door has. */
  readonly limits?: WatcherLimits;
}

/** How many subscriptions may be up. */
export interface WatcherLimits {
  readonly most: number;
  readonly mostOfOneSource: number;
}

/** §4.2.1.1: a subscription that asks for less gets 423. */
const SHORTEST: Millis = minutes(1);
/** More watchers than a door has phones; and from one address, unless it is our server, behind which all of them are. */
const DOOR_LIMITS: WatcherLimits = { most: 64, mostOfOneSource: 16 };
const RETRY_WHEN_FULL = seconds(60);

interface WatcherParts {
  readonly resource: string;
  readonly event: EventType;
  readonly source: Endpoint;
  readonly request?: SipRequest;
  readonly identity: WatchedIdentity;
  readonly dialog: Dialog;
  readonly note?: string;
}

interface Watcher {
  readonly usage: NotifierUsage;
  readonly package: string;
  readonly address: string;
}

/** Everybody who watches. */
export class Notifier {
  readonly #packages: ReadonlyMap<string, EventPackage>;
  readonly #watchers = new Map<NotifierUsage, Watcher>();
  /** How many of them there are, by address. */
  readonly #sources = new Map<string, number>();
  #stopping = false;
  #told: () => void = nothing;

  constructor(private readonly options: NotifierOptions) {
    this.#packages = new Map(options.packages.map((known) => [known.name, known]));
  }

  get size(): number {
    return this.#watchers.size;
  }

  /** A SUBSCRIBE outside of any dialog, from somebody who was let in. */
  receive(transaction: ServerTransaction): void {
    const refusal = this.#begin(transaction);
    if (refusal !== undefined) transaction.respond(refusal);
  }

  /** The state that a package tells of has changed. */
  changed(name: string): void {
    for (const watcher of [...this.#watchers.values()]) if (watcher.package === name) watcher.usage.changed();
  }

  /** Tells every watcher that it is over. @param done called when they have answered */
  stop(done: () => void): void {
    this.#stopping = true;
    this.#told = done;
    for (const { usage, package: name } of [...this.#watchers.values()]) {
      if (this.#packages.get(name)?.keep === undefined) usage.stop();
      else this.#leave(usage);
    }
    this.#checkDone();
  }

  /** Waits for nobody any longer. */
  close(): void {
    for (const { usage } of this.#watchers.values()) usage.close();
    this.#watchers.clear();
  }

  #begin(transaction: ServerTransaction): SipResponse | undefined {
    const { request, source } = transaction;
    const event = eventOf(request);
    const known = event.ok ? this.#packages.get(event.value.name) : undefined;
    // RFC 3515 §2.4.4: REFER alone makes such a subscription.
    if (event.ok && event.value.name === 'refer') return createResponse(request, 403);
    // §4.2.1.1, §4.2.3: no Event would mean PINT.
    if (!event.ok || known === undefined) return this.#badEvent(request);
    if (!takesOneOf(request, known.types)) return createResponse(request, 406);
    // No package of ours has filters (RFC 3261 §8.2.3).
    if (request.body.length > 0) return createResponse(request, 415, { headers: [['Accept', '']] });
    const life = this.#lifeFor(transaction, known);
    if (typeof life !== 'number') return life;
    if (this.#isFull(source.address)) {
      const retryAfter = String(RETRY_WHEN_FULL / 1000);
      return createResponse(request, 480, { headers: [['Retry-After', retryAfter]] });
    }
    return this.#open(transaction, known, event.value, life);
  }

  #open(transaction: ServerTransaction, known: EventPackage, event: EventType, life: Millis): SipResponse | undefined {
    const { request, source } = transaction;
    const { environment } = this.options;
    const dialog = Dialog.ofRequest(request, environment.random.hex(TAG_BYTES), 0);
    if (!dialog.ok) return createResponse(request, 400, { reason: `Bad Request: ${dialog.error}` });
    dialog.value.confirm();
    const identity = this.options.identityFor(transaction);
    const made = this.#make(known, {
      resource: request.to.uri,
      event,
      source,
      request,
      identity,
      dialog: dialog.value,
    });
    if (!made.ok) {
      const { status, reason, headers = [] } = made.error;
      return createResponse(request, status, { reason, headers });
    }
    made.value.begin(transaction, life);
    return undefined;
  }

  /**
   * Goes on with a subscription of an earlier life of the process, and tells its watcher the state if it differs.
   * @returns whether it could be taken up
   */
  restore({ resource, event, source, until, dialog, note }: SubscriptionRecord): boolean {
    const { environment } = this.options;
    const rest = millis(until - environment.clock.wall().getTime());
    const type = parseEventType(event);
    const known = type.ok ? this.#packages.get(type.value.name) : undefined;
    if (!type.ok || known === undefined || rest <= 0) return false;
    const made = this.#make(known, {
      resource,
      event: type.value,
      source,
      identity: { contactUser: undefined, credentials: undefined },
      dialog: Dialog.restore(dialog),
      ...(note === undefined ? {} : { note }),
    });
    if (!made.ok) return false;
    made.value.resume(rest);
    return true;
  }

  #make(
    known: EventPackage,
    { resource, event, source, request, identity, dialog, note }: WatcherParts,
  ): Result<NotifierUsage, WatchRefusal> {
    const { environment, mayGoTo, allowEvents, table } = this.options;
    let usage: NotifierUsage | undefined;
    const watch = known.watch({
      resource,
      event,
      watcher: dialog.remoteTarget,
      source,
      ...(request === undefined ? {} : { request }),
      ...(note === undefined ? {} : { note }),
      changed: () => usage?.changed(),
    });
    if (!watch.ok) return watch;
    const allowed = (address: string): boolean => address === source.address || mayGoTo(address);
    const key = `${dialog.id.callId} ${dialog.id.localTag}`;
    const made = new NotifierUsage({
      environment,
      peer: new EventDialog(dialog, { environment, ...identity, source, mayGoTo: allowed, holdsWays: true }),
      event,
      watch: watch.value,
      contact: environment.contact(source, identity.contactUser, dialog.sipsContact),
      lifeFor: (later) => this.#lifeFor(later, known),
      headers: [['Allow-Events', allowEvents]],
      moved: ({ rest }) =>
        known.keep?.(key, {
          resource,
          event: formatEventType(event),
          source: { protocol: source.protocol, address: source.address, port: source.port },
          until: environment.clock.wall().getTime() + rest,
          dialog: dialog.record,
          ...(watch.value.note === undefined ? {} : { note: watch.value.note }),
        }),
      over: (over) => {
        known.keep?.(key, undefined);
        this.#forget(over);
      },
    });
    usage = made;
    this.#watchers.set(made, { usage: made, package: known.name, address: source.address });
    this.#sources.set(source.address, (this.#sources.get(source.address) ?? 0) + 1);
    table.add(made);
    return ok(made);
  }

  #badEvent(request: SipRequest): SipResponse {
    return createResponse(request, 489, { headers: [['Allow-Events', this.options.allowEvents]] });
  }

  /** The life that a SUBSCRIBE gets: never more than it asks for (§4.2.1.1). */
  #lifeFor({ request }: ServerTransaction, known: EventPackage): Millis | SipResponse {
    const expires = request.integer('Expires');
    if (!expires.ok) return createResponse(request, 400, { reason: 'Bad Expires' });
    const asked = expires.value === undefined ? known.expires : seconds(expires.value);
    if (asked > 0 && asked < SHORTEST) {
      return createResponse(request, 423, { headers: [['Min-Expires', String(SHORTEST / 1000)]] });
    }
    return asked < known.expires ? asked : known.expires;
  }

  #isFull(address: string): boolean {
    const { limits = DOOR_LIMITS, environment } = this.options;
    if (this.#stopping || this.#watchers.size >= limits.most) return true;
    return !environment.servers.has(address) && (this.#sources.get(address) ?? 0) >= limits.mostOfOneSource;
  }

  #forget(usage: NotifierUsage): void {
    const address = this.#watchers.get(usage)?.address;
    this.#watchers.delete(usage);
    if (address !== undefined) this.#countDown(address);
    this.options.table.remove(usage);
    this.#checkDone();
  }

  /** It goes on in the next life of the process. */
  #leave(usage: NotifierUsage): void {
    usage.close();
    this.#watchers.delete(usage);
    this.options.table.remove(usage);
  }

  #countDown(address: string): void {
    const left = (this.#sources.get(address) ?? 1) - 1;
    if (left === 0) this.#sources.delete(address);
    else this.#sources.set(address, left);
  }

  #checkDone(): void {
    if (!this.#stopping || this.#watchers.size > 0) return;
    const told = this.#told;
    this.#told = nothing;
    told();
  }
}

/** Bytes of chance in a tag (RFC 3261 §19.3 asks for 32 bits at least). */
const TAG_BYTES = 8;

/** Whether a SUBSCRIBE takes a body of one of these types; without Accept it takes the package's own (§5.4.5). */
function takesOneOf(request: SipRequest, types: readonly string[]): boolean {
  if (!request.headers.has('Accept')) return true;
  const accepted = request.headers.list('Accept').map((range) => (range.split(';', 1)[0] ?? '').trim().toLowerCase());
  return types.some((type) => {
    const family = `${type.split('/', 1)[0]}/*`;
    return accepted.includes(type) || accepted.includes(family) || accepted.includes('*/*');
  });
}

function nothing(): void {
  return;
}
