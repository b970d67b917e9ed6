// What a package is to the notifier: which bodies it writes, and for whom (RFC 6665 §5.4).

import type { Result } from '../../base/result.ts';
import type { Millis } from '../../base/units.ts';
import type { EventType } from '../message/index.ts';
import type { Endpoint } from '../message/types.ts';
import type { EventBody } from './environment.ts';

/** Who asks for what. */
export interface WatchRequest {
  /** The resource, as To names it. */
  readonly resource: string;
  readonly event: EventType;
  /** Contact of the watcher. */
  readonly watcher: string;
  readonly source: Endpoint;
}

/** The state of a resource as one watcher is told it. */
export interface Watch {
  /** All of it. */
  full(): EventBody;
  /** What has changed since the last body of either kind; undefined: nothing that this watcher is to be told. */
  changes(): EventBody | undefined;
}

/** A refusal of a SUBSCRIBE. */
export interface WatchRefusal {
  readonly status: number;
  readonly reason?: string;
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
}
