// Finds the server that a board has its profile from: asks one source after the other, in the order that is configured,
// and again later where none knew any. A server that turns out to be of no use makes room for the next, not before there
// is one.

import type { Clock, Timer } from '../../../base/clock.ts';
import { describeError } from '../../../base/errors.ts';
import type { Log } from '../../../base/log.ts';
import type { Random } from '../../../base/random.ts';
import { RetrySchedule } from '../../../base/retry-schedule.ts';
import { type Millis, millis, minutes, seconds } from '../../../base/units.ts';
import type { SourceKind } from '../../../config/index.ts';
import type { ServerFound } from '../types.ts';

/** Somebody who may know servers; the best first. It may be asked again and again. */
export type ServerSource = () => Promise<readonly ServerFound[]> | readonly ServerFound[];

export interface ServerFinderParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly order: readonly SourceKind[];
  readonly sources: ReadonlyMap<SourceKind, ServerSource>;
  /** Go by this one from now on, in place of the one before. */
  readonly found: (server: ServerFound) => void;
  /** Nobody knows any; said once, until one is found. */
  readonly nothing: (tried: readonly SourceKind[]) => void;
}

/** Between two rounds: boards without a server are many where a server is down. */
const BETWEEN_ROUNDS = { initial: seconds(32), maximum: minutes(10), factor: 2, jitter: 0.5 };
/** Boards of one network hear of its change at once, and must not all ask at once. */
const AFTER_CHANGE = seconds(2);

/** The search for a server. */
export class ServerFinder {
  readonly #waits: RetrySchedule;
  #timer: Timer | undefined;
  /** The round that is under way; an older one that comes to its end late is not heard. */
  #round = 0;
  #current: ServerFound | undefined;
  /** Those that were of no use in this round. */
  readonly #useless = new Set<string>();
  #said = false;
  #stopped = false;

  constructor(private readonly parts: ServerFinderParts) {
    this.#waits = new RetrySchedule(BETWEEN_ROUNDS, parts.random);
  }

  /** The server to go by. */
  get current(): ServerFound | undefined {
    return this.#current;
  }

  /** @param spread chance chooses a moment within it: after a power cut a whole fleet starts at once */
  start(spread: Millis = millis(0)): void {
    if (spread === 0) void this.#look();
    else this.#lookLater(millis(spread * this.parts.random.uniform()));
  }

  /** Somebody waits for it: looks at once, where no server is known. */
  now(): void {
    if (this.#current === undefined && !this.#stopped) void this.#look();
  }

  /** The server cannot be reached, or has nothing for us: others are looked for. It stays until there is another. */
  useless(server: ServerFound): void {
    if (server.uri !== this.#current?.uri || this.#useless.has(server.uri)) return;
    this.parts.log.info('provisioning.server-of-no-use', { server: placeOfServer(server.uri), by: server.by });
    this.#useless.add(server.uri);
    void this.#look();
  }

  /** The server has answered: nobody else is looked for. */
  useful(): void {
    this.#round += 1;
    this.#useless.clear();
    this.#timer?.cancel();
    this.#waits.reset();
  }

  /** Others may be there now. A server that is of use is kept. */
  networkChanged(): void {
    if (this.#current !== undefined && !this.#useless.has(this.#current.uri)) return;
    this.#waits.reset();
    this.#lookLater(millis(AFTER_CHANGE * this.parts.random.uniform()));
  }

  stop(): void {
    this.#stopped = true;
    this.#round += 1;
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    this.#timer?.cancel();
    this.#round += 1;
    const round = this.#round;
    for (const kind of this.parts.order) {
      const servers = await this.#ask(kind);
      if (this.#stopped || round !== this.#round) return;
      const server = servers.find(({ uri }) => !this.#useless.has(uri));
      if (server !== undefined) {
        this.#take(server);
        return;
      }
    }
    this.#foundNothing();
  }

  async #ask(kind: SourceKind): Promise<readonly ServerFound[]> {
    try {
      return (await this.parts.sources.get(kind)?.()) ?? [];
    } catch (thrown) {
      this.parts.log.warn('provisioning.source', { source: kind, reason: describeError(thrown) });
      return [];
    }
  }

  #take(server: ServerFound): void {
    const { log, found } = this.parts;
    this.#said = false;
    if (server.uri === this.#current?.uri) return;
    this.#current = server;
    log.info('provisioning.server-found', { server: placeOfServer(server.uri), by: server.by });
    found(server);
  }

  #foundNothing(): void {
    const { order, nothing, sources } = this.parts;
    if (this.#current === undefined && !this.#said) {
      this.#said = true;
      nothing(order.filter((kind) => sources.has(kind)));
    }
    this.#lookLater(this.#waits.next());
  }

  #lookLater(wait: Millis): void {
    this.#timer?.cancel();
    this.#timer = this.parts.clock.after(wait, 'search for a server', () => {
      // Each round begins with all of them.
      this.#useless.clear();
      void this.#look();
    });
  }
}

/** A server's address as it may be shown: without the path, which alone may open a profile, and without passwords. */
export function placeOfServer(uri: string): string {
  return uri.replace(/^(https?:\/\/)(?:[^/?#]*@)?([^/?#]*).*$/is, '$1$2').replace(/^(sips?:[^:@]*):[^@]*@/i, '$1@');
}
