// What a package is to the notifier: which bodies it writes, and for whom (RFC 6665 §5.4).

import type { Result } from '../../base/result.ts';
import type { Millis } from '../../base/units.ts';
import type { DialogRecord } from '../dialog/index.ts';
import type { EventType } from '../message/index.ts';
import type { Endpoint, SipRequest } from '../message/types.ts';
import type { EventBody } from './environment.ts';

/** Who asks for what. */
export interface WatchRequest {
  /** The resource, as To names it. */
  readonly resource: string;
  readonly event: EventType;
  /** Contact of the watcher. */
  readonly watcher: string;
  readonly source: Endpoint;
  /** The SUBSCRIBE itself, for packages that go by what else is in it; undefined: the watch is taken up after a restart. */
  readonly request?: SipRequest;
  /** The watch's own `note`, then. */
  readonly note?: string;
  /** To be called when what this one watcher is told has changed; the notifier then asks for `changes`. */
  readonly changed: () => void;
}

/** The state of a resource as one watcher is told it. */
export interface Watch {
  /** What the package wants to know again when the watch is taken up after a restart. */
  readonly note?: string;
  /** Header fields of the answer to the SUBSCRIBE that began it: that a password of its was right. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** All of it; undefined: there is none yet, and the notification goes without a body. */
  full(): EventBody | undefined;
  /** What has changed since the last body of either kind; undefined: nothing that this watcher is to be told. */
  changes(): EventBody | undefined;
  /** The watcher refreshed it. */
  refreshed?(request: SipRequest): void;
  /** How a NOTIFY ended; undefined: without an answer. */
  told?(status: number | undefined): void;
  /** The subscription is over. */
  close?(): void;
}

/** A refusal of a SUBSCRIBE. */
export interface WatchRefusal {
  readonly status: number;
  readonly reason?: string;
  /** Header fields of the response: a challenge, Retry-After. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** An event package that we notify of. */
export interface EventPackage {
  /** `dialog` */
  readonly name: string;
  /** Body types that it writes; the first is meant where SUBSCRIBE has no Accept (§5.4.5). */
  readonly types: readonly string[];
  /** The life of a subscription that does not ask for one, and the longest (§5.4.4). */
  readonly expires: Millis;
  /** Begins to watch, for one subscription. */
  watch(request: WatchRequest): Result<Watch, WatchRefusal>;
  /** A subscription has been granted, refreshed or told something, or (undefined) is over: for who keeps them on a disk. */
  keep?(key: string, record: SubscriptionRecord | undefined): void;
}

/** All that is to be known to go on with a subscription in another life of the process. */
export interface SubscriptionRecord {
  readonly resource: string;
  /** As the Event header has it. */
  readonly event: string;
  readonly source: Endpoint;
  /** When it ends, in the time of day (ms since 1970). */
  readonly until: number;
  readonly dialog: DialogRecord;
  readonly note?: string;
}
