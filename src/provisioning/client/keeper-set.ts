// All profiles of a board, one keeper each: the network's, its own, and those of its users. They count together, so that only
// one at a time waits or proves itself: what comes meanwhile is taken afterwards.

import type { Configuration, LayeredOutcome, ProfileType } from '../../config/index.ts';
import { PROFILE_TYPES } from '../event/index.ts';
import type { ProfileKeeper } from './profile-keeper.ts';
import type { StoredProfile } from './profile-store.ts';
import type { ProfileText, Verdict } from './types.ts';

/** What a profile is for. */
export interface ProfileSlot {
  readonly type: ProfileType;
  /** Of a user's: the address of the account. */
  readonly user?: string;
}

export const DEVICE: ProfileSlot = { type: 'device' };

/** A profile in its place. */
export interface PlacedProfile {
  readonly slot: ProfileSlot;
  readonly profile: Pick<StoredProfile, 'text' | 'where'>;
}

interface Entry {
  readonly slot: ProfileSlot;
  readonly keeper: ProfileKeeper;
  /** It counts from then on: before, nobody has looked whether it makes sense. */
  begun: boolean;
  /** The newest that came while another was under way. */
  held: ProfileText | undefined;
}

/** The name of a slot; no two have the same. */
export const nameOfSlot = ({ type, user }: ProfileSlot): string => (user === undefined ? type : `${type} ${user}`);

/** The keepers of one board. */
export class KeeperSet {
  readonly #entries = new Map<string, Entry>();
  /** One is taken after the other. */
  #taking: Promise<unknown> = Promise.resolve();

  /** @param make a keeper with its memory; it tells `settled` to this set */
  constructor(private readonly make: (slot: ProfileSlot) => ProfileKeeper) {}

  /** The keeper of a slot, made where there is none. */
  keeper(slot: ProfileSlot): ProfileKeeper {
    return this.#entry(slot).keeper;
  }

  /** In the order in which they count, the strongest last. */
  get slots(): readonly ProfileSlot[] {
    return this.#ordered().map(({ slot }) => slot);
  }

  /** Every text that is in force, or may be again. */
  get texts(): readonly string[] {
    return this.#ordered().flatMap(({ keeper }) => keeper.texts);
  }

  /** What counts, the strongest last. @param instead of what counts in one of them; undefined: nothing */
  layers(slot?: ProfileSlot, instead?: PlacedProfile['profile']): readonly PlacedProfile[] {
    const name = slot === undefined ? undefined : nameOfSlot(slot);
    return this.#ordered().flatMap((entry) => {
      const isAsked = nameOfSlot(entry.slot) === name;
      const profile = isAsked ? instead : entry.begun ? entry.keeper.layer : undefined;
      return profile === undefined ? [] : [{ slot: entry.slot, profile }];
    });
  }

  /** What is remembered of each, whether it makes sense or not. */
  get remembered(): readonly PlacedProfile[] {
    return this.#ordered().flatMap(({ slot, keeper }) =>
      keeper.remembered === undefined ? [] : [{ slot, profile: keeper.remembered }],
    );
  }

  /** The configuration to start with. A profile that makes no sense over those below it gives way. */
  begin(): LayeredOutcome {
    let outcome = this.#begin(this.#entry(DEVICE));
    for (const entry of this.#ordered()) {
      if (outcome.configuration === undefined) return outcome;
      if (!entry.begun) outcome = this.#begin(entry);
    }
    this.adopt(outcome.configuration);
    return outcome;
  }

  /** The board's own file has changed: what did not make sense with it may do so now. */
  reconsider(): void {
    for (const { keeper } of this.#ordered()) keeper.reconsider();
  }

  /** What waits or proves itself is in this configuration. */
  adopt(configuration: Configuration | undefined): void {
    if (configuration === undefined) return;
    for (const { keeper } of this.#ordered()) keeper.adopt(configuration);
  }

  /** A profile has come. Never rejects. */
  take(slot: ProfileSlot, profile: ProfileText): Promise<Verdict> {
    const taken = this.#taking.then(() => this.#take(this.#entry(slot), profile));
    this.#taking = taken;
    return taken;
  }

  /** Takes what was held while another was under way. */
  settled(): void {
    const next = this.#ordered().find(({ held }) => held !== undefined);
    if (next?.held === undefined) return;
    const { slot, held } = next;
    next.held = undefined;
    void this.take(slot, held);
  }

  inForce(configuration: Configuration): void {
    for (const { keeper } of this.#ordered()) keeper.inForce(configuration);
  }

  notInForce(configuration: Configuration): void {
    for (const { keeper } of this.#ordered()) keeper.notInForce(configuration);
  }

  /** Forgets all of them. @throws Error as the disk does */
  forget(): void {
    for (const entry of this.#ordered()) {
      entry.held = undefined;
      entry.keeper.forget();
    }
  }

  stop(): void {
    for (const { keeper } of this.#ordered()) keeper.stop();
  }

  async #take(entry: Entry, profile: ProfileText): Promise<Verdict> {
    const others = this.#ordered().filter((one) => one !== entry);
    if (others.some(({ keeper }) => keeper.state !== 'settled')) {
      entry.held = profile;
      return { kind: 'waiting' };
    }
    entry.held = undefined;
    entry.begun = true;
    return await entry.keeper.take(profile);
  }

  #begin(entry: Entry): LayeredOutcome {
    entry.begun = true;
    return entry.keeper.begin();
  }

  #entry(slot: ProfileSlot): Entry {
    const name = nameOfSlot(slot);
    const known = this.#entries.get(name);
    if (known !== undefined) return known;
    const entry: Entry = { slot, keeper: this.make(slot), begun: false, held: undefined };
    this.#entries.set(name, entry);
    return entry;
  }

  #ordered(): readonly Entry[] {
    return PROFILE_TYPES.flatMap((type) => [...this.#entries.values()].filter(({ slot }) => slot.type === type));
  }
}
