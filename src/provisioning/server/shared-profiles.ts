// Profiles that are no device's: those of users and of local networks (RFC 6080 §5.1.1), each one file of the owner's. Their
// files go by a name that nobody can guess, which is the same after a restart.

import { createHmac } from 'node:crypto';
import { Emitter } from '../../base/emitter.ts';
import type { ProfileType } from '../event/index.ts';
import type { ProfileDocument } from './fleet.ts';
import type { ProfileLayers, SharedLayer } from './layers.ts';

/** `user alice@example.com`, `local-network lan.example.com`. */
export type SharedId = string;

export const sharedId = (type: Exclude<ProfileType, 'device'>, name: string): SharedId => `${type} ${name}`;

export type SharedProfilesEvents = {
  /** It is another now, or gone. */
  changed: [id: SharedId];
};

interface Shared {
  readonly document: ProfileDocument;
  readonly token: string;
}

const TOKEN_DIGITS = 32;
/** An empty profile. */
const NOTHING: ProfileDocument = { serial: 0, text: Buffer.from('{}\n'), fingerprint: 'none', effectiveBy: undefined };

/** The profiles of users and networks. */
export class SharedProfiles {
  readonly #events = new Emitter<SharedProfilesEvents>();
  #shared: ReadonlyMap<SharedId, Shared>;

  /** @param key what the names of files are made with: the server's own, for as long as it lives */
  constructor(
    private readonly key: string,
    layers: ProfileLayers,
  ) {
    this.#shared = this.#read(layers);
  }

  on(name: 'changed', listener: (id: SharedId) => void): () => void {
    return this.#events.on(name, listener);
  }

  /** The folder has changed and makes sense. */
  use(layers: ProfileLayers): void {
    const before = this.#shared;
    const now = this.#read(layers);
    const gone = [...before].filter(([id]) => !now.has(id));
    // Who has it discards it (RFC 6080 §5.3.2).
    this.#shared = new Map([...now, ...gone.map(([id, { token }]) => [id, { document: NOTHING, token }] as const)]);
    for (const [id, { document }] of this.#shared) {
      if (before.get(id)?.document.fingerprint !== document.fingerprint) this.#events.emit('changed', id);
    }
  }

  /** Nobody knows what those who watch were told by the last run. */
  retell(): void {
    for (const id of this.#shared.keys()) this.#events.emit('changed', id);
  }

  profileOf(id: SharedId): ProfileDocument | undefined {
    return this.#shared.get(id)?.document;
  }

  tokenOf(id: SharedId): string | undefined {
    return this.#shared.get(id)?.token;
  }

  /** What is behind the name of a file. */
  profileOfToken(token: string): ProfileDocument | undefined {
    return [...this.#shared.values()].find((one) => one.token === token)?.document;
  }

  #read(layers: ProfileLayers): ReadonlyMap<SharedId, Shared> {
    return new Map(
      layers.shared.map((layer) => {
        const id = sharedId(layer.type, layer.name);
        return [id, { document: documentOf(layer), token: this.#tokenFor(id) }];
      }),
    );
  }

  #tokenFor(id: SharedId): string {
    return createHmac('sha256', this.key).update(id).digest('hex').slice(0, TOKEN_DIGITS);
  }
}

function documentOf({ values, conditions, fingerprint }: SharedLayer): ProfileDocument {
  const { effectiveBy, ...shown } = conditions;
  const stated = Object.keys(shown).length === 0 ? {} : { profile: shown };
  return {
    serial: typeof shown.serial === 'number' ? shown.serial : 0,
    text: Buffer.from(`${JSON.stringify({ ...stated, ...values }, null, 2)}\n`),
    fingerprint,
    effectiveBy: typeof effectiveBy === 'number' ? effectiveBy : undefined,
  };
}
