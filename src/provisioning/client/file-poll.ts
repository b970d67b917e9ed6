// A server that is no more than files tells nobody of a change: it is asked now and then, at an hour of chance, so that two
// hundred boards that were switched on together do not come together for ever.

import type { Clock, Timer } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { type Millis, millis, minutes } from '../../base/units.ts';
import type { ProfileOffer, ServerFound } from './types.ts';

export interface FilePollParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly offered: (offer: ProfileOffer) => void;
}

const EVERY: Millis = minutes(60);

/** Asks one server for as long as it is wanted. */
export class FilePoll {
  #timer: Timer | undefined;

  constructor(
    private readonly server: ServerFound,
    private readonly parts: FilePollParts,
  ) {}

  /** Asks at once, then every half to whole hour. */
  start(): void {
    const { clock, random, offered } = this.parts;
    offered({ server: this.server, type: 'device', kind: 'url', url: this.server.uri });
    const wait = millis(EVERY * (0.5 + random.uniform() / 2));
    this.#timer = clock.after(wait, 'poll for a profile', () => this.start());
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
