// Where events are said once, for everybody who reports them: log, control socket, MQTT, panel.

import type { Clock } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { DoorphoneEvent, EventFields, EventType } from './events.ts';

/** How many events `doorphone events` can look back on. */
const KEPT_EVENTS = 1000;

export type EventListener = (event: DoorphoneEvent) => void;

/**
 * Stamps events, keeps the latest, and hands them to its listeners, in order. They are told when the code that says the
 * event has run to its end: what a log or a broker costs is not paid between a press and its INVITE.
 */
export class Journal {
  readonly #recent: DoorphoneEvent[] = [];
  readonly #listeners = new Set<EventListener>();
  #untold: DoorphoneEvent[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Says an event. A listener that throws does not keep it from the others. */
  record<Type extends EventType>(type: Type, fields: EventFields[Type]): void {
    const event = { time: this.clock.wall().toISOString(), type, ...fields } as DoorphoneEvent;
    this.#recent.push(event);
    if (this.#recent.length > KEPT_EVENTS) this.#recent.shift();
    this.#untold.push(event);
    if (this.#untold.length === 1) queueMicrotask(() => this.#tell());
  }

  /** What happened since the start, oldest first, the latest 1,000 at most. */
  get recent(): readonly DoorphoneEvent[] {
    return this.#recent;
  }

  /** Calls `listener` for every event from now on; the returned function ends it. */
  subscribe(listener: EventListener): () => void {
    // What was said before is not from now on, also where it has not been told yet.
    this.#tell();
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(): void {
    const untold = this.#untold;
    this.#untold = [];
    for (const event of untold) for (const listener of [...this.#listeners]) this.#tellOne(listener, event);
  }

  #tellOne(listener: EventListener, event: DoorphoneEvent): void {
    try {
      listener(event);
    } catch (thrown) {
      this.log.error('journal.listener-failed', { event: event.type, reason: describeError(thrown) });
    }
  }
}
