// What this layer has written as sent-by: a response whose topmost Via has something else is not for us
// (RFC 3261 §18.1.2).

import type { Via } from '../message/types.ts';
import { defaultPort } from './via-rules.ts';

type SentBy = Pick<Via, 'protocol' | 'host' | 'port'>;

/** More than one machine has addresses and ports to listen on; the oldest is forgotten. */
const MAXIMUM_SENT_BY = 64;

/** Remembers sent-by values. */
export class SentByMemory {
  readonly #places = new Set<string>();
  /** Nearly always the same again. */
  #latest: SentBy | undefined;

  remember(via: SentBy): void {
    if (this.#isLatest(via)) return;
    this.#latest = via;
    const place = placeOf(via);
    this.#places.delete(place);
    this.#places.add(place);
    if (this.#places.size <= MAXIMUM_SENT_BY) return;
    for (const oldest of this.#places) {
      this.#places.delete(oldest);
      return;
    }
  }

  has(via: SentBy): boolean {
    return this.#isLatest(via) || this.#places.has(placeOf(via));
  }

  #isLatest({ protocol, host, port }: SentBy): boolean {
    const latest = this.#latest;
    return latest?.host === host && latest.port === port && latest.protocol === protocol;
  }
}

function placeOf({ protocol, host, port }: SentBy): string {
  return `${host.toLowerCase()} ${port ?? defaultPort(protocol)}`;
}
