// Profiles for a fleet that other people's servers serve: each into a file for any HTTPS store, and, where it is another
// than before, a PUBLISH (RFC 3903) of where it is (RFC 4483) to a presence server, which tells the device.

import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { type Millis, millis, minutes } from '../../base/units.ts';
import type { Account, EventAgent, PublishOptions, PublishOutcome, SipUri } from '../../sip/index.ts';
import { deviceUriAt, PROFILE_EVENT, urnOfMac } from '../event/index.ts';
import { profilePath } from './file-service.ts';
import { indirectionTo } from './profile-package.ts';
import type { Published, PublishedStore } from './published-store.ts';

/** A device's profile, as it is now. */
export interface ProfileToPublish {
  readonly id: string;
  /** Names its file; nobody can guess it. */
  readonly token: string;
  readonly serial: number;
  readonly text: Buffer;
}

/** Where the files go. */
export interface FileStore {
  /** Whole, in the file's place; does nothing where it is the same. @throws Error */
  put(path: string, text: Buffer): void;
  remove(path: string): void;
}

export interface PublisherOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly agent: Pick<EventAgent, 'publish'>;
  /** As whom. */
  readonly account: Account;
  /** What the devices' URIs are at, and by which the presence servers are found. */
  readonly server: SipUri;
  /** What addresses of files begin with. */
  readonly url: string;
  readonly files: FileStore;
  readonly store: PublishedStore;
}

/** What has become of them. */
export interface PublishTally {
  changed: number;
  refreshed: number;
  removed: number;
  unchanged: number;
  failed: number;
}

type Outcome = keyof PublishTally;

/** Wanted life of a publication; with less than half of it left it is refreshed. */
const LIFE: Millis = minutes(7 * 24 * 60);
/** A server may ask for no longer a life (423). */
const LONGEST_LIFE: Millis = minutes(30 * 24 * 60);
const AT_ONCE = 20;
/** The memory is written so often, so that an end in the middle loses little. */
const FLUSH_EVERY = 200;

/** One round over the whole fleet. */
export class Publisher {
  readonly #tally: PublishTally = { changed: 0, refreshed: 0, removed: 0, unchanged: 0, failed: 0 };

  constructor(private readonly options: PublisherOptions) {}

  /** Publishes what has changed, refreshes what is due, takes away what is no more. @throws Error where no file can be written */
  async run(profiles: readonly ProfileToPublish[]): Promise<PublishTally> {
    const { store } = this.options;
    const wanted = new Set(profiles.map(({ id }) => id));
    const jobs = [
      ...profiles.map((profile) => async () => await this.#publish(profile)),
      ...store.all.filter(({ id }) => !wanted.has(id)).map((gone) => async () => await this.#remove(gone)),
    ];
    let done = 0;
    const work = async (): Promise<void> => {
      for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
        this.#tally[await job()] += 1;
        done += 1;
        if (done % FLUSH_EVERY === 0) store.flush();
      }
    };
    try {
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    } finally {
      store.flush();
    }
    return this.#tally;
  }

  async #publish(profile: ProfileToPublish): Promise<Outcome> {
    const { id, token, text } = profile;
    const { files, store, url: base, clock } = this.options;
    const path = profilePath(token, id);
    files.put(path, text);
    const url = `${base}${path}`;
    const { hash, body } = indirectionTo(url, profile);
    const before = store.get(id);
    const isKnown = before?.url === url && before.hash === hash;
    const now = clock.wall().getTime();
    if (isKnown && before.until - now > LIFE / 2) return 'unchanged';
    const asked = before !== undefined && before.until > now ? before.tag : undefined;
    const outcome = await this.#send(id, body, { tag: asked, isKnown });
    if (outcome === undefined) return 'failed';
    const { tag, expires = LIFE } = outcome;
    store.put({ id, tag: tag ?? '', until: clock.wall().getTime() + expires, url, hash });
    return isKnown ? 'refreshed' : 'changed';
  }

  /** RFC 3903 §4.3, §4.4, §6. @returns undefined: it was refused, and the log says why */
  async #send(
    id: string,
    body: { readonly type: string; readonly data: Buffer },
    known: { readonly tag: string | undefined; readonly isKnown: boolean },
  ): Promise<PublishOutcome | undefined> {
    const attempt = async (expires: Millis, tag: string | undefined): Promise<PublishOutcome> =>
      await this.#request(id, {
        expires,
        ...(tag === undefined ? {} : { tag }),
        ...(known.isKnown && tag !== undefined ? {} : { body }),
      });
    let [expires, tag] = [LIFE, known.tag];
    let outcome = await attempt(expires, tag);
    if (outcome.status === 412 && tag !== undefined) {
      tag = undefined;
      outcome = await attempt(expires, tag);
    }
    if (outcome.status === 423 && outcome.expires !== undefined && outcome.expires <= LONGEST_LIFE) {
      expires = outcome.expires;
      outcome = await attempt(expires, tag);
    }
    if (outcome.status === 200) return outcome;
    this.options.log.warn('publish.refused', { device: id, status: outcome.status });
    return undefined;
  }

  /** Its file first: whoever is told by nobody finds nothing. */
  async #remove({ id, tag, url, until }: Published): Promise<Outcome> {
    const { files, store, url: base, clock } = this.options;
    if (url.startsWith(base)) files.remove(url.slice(base.length));
    if (until > clock.wall().getTime()) {
      const { status } = await this.#request(id, { expires: millis(0), tag });
      if (status !== 200 && status !== 412) {
        this.options.log.warn('publish.refused', { device: id, status });
        return 'failed';
      }
    }
    store.remove(id);
    return 'removed';
  }

  async #request(id: string, operation: Omit<PublishOptions, 'target' | 'account' | 'event'>): Promise<PublishOutcome> {
    const { agent, account, server } = this.options;
    const urn = id.length === 12 ? urnOfMac(id) : `urn:uuid:${id}`;
    return await agent.publish({ target: deviceUriAt(server, urn), account, event: PROFILE_EVENT, ...operation });
  }
}
