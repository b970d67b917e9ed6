// Keeps a device's profile up to date: servers that are found are subscribed to or asked, what they offer is fetched, and
// what was fetched goes to the keeper. One thing after another: the newest offer counts.

import type { Clock, Timer } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { Result } from '../../base/result.ts';
import { type Millis, millis, seconds } from '../../base/units.ts';
import type { ProfileOffer, ProfileText, Verdict } from './types.ts';

/** Why a profile could not be fetched. */
export interface FetchFault {
  /** One sentence; no secrets. */
  readonly message: string;
  readonly mend?: string;
  /** When to ask again; undefined: when there is another offer, or somebody asks. */
  readonly retryAfter?: Millis;
}

export interface ProvisioningClientParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** `unchanged`: what is in force is what is offered. */
  readonly retrieve: (offer: ProfileOffer) => Promise<Result<ProfileText | 'unchanged', FetchFault>>;
  readonly take: (profile: ProfileText) => Promise<Verdict>;
  /** A sentence about a profile that could not be had: said once. */
  readonly failed: (what: string, mend: string) => void;
  /** One could be had, or is there already. */
  readonly worked: () => void;
}

/** Boards of one network hear of its change at once, and must not all ask at once. */
const AFTER_CHANGE = seconds(1);
const MEND = 'mend it at the server';

/** From offers to profiles. */
export class ProvisioningClient {
  #offer: ProfileOffer | undefined;
  #timer: Timer | undefined;
  #fetching = false;
  #again = false;
  #said: string | undefined;
  #stopped = false;

  constructor(private readonly parts: ProvisioningClientParts) {}

  /** A server has said something. */
  offered(offer: ProfileOffer): void {
    if (offer.kind === 'none') {
      this.parts.log.info('provisioning.no-profile', { server: offer.server.uri });
      return;
    }
    this.#offer = offer;
    this.now();
  }

  /** Fetches what was offered last, at once. */
  now(): void {
    this.#timer?.cancel();
    if (this.#fetching) this.#again = true;
    else void this.#fetch();
  }

  /** The network is another one: what could not be fetched is tried again, however long it was to wait. */
  networkChanged(): void {
    if (this.#said === undefined || this.#stopped) return;
    const { clock, random } = this.parts;
    this.#timer?.cancel();
    const wait = millis(AFTER_CHANGE * random.uniform());
    this.#timer = clock.after(wait, 'fetch of a profile', () => this.now());
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #fetch(): Promise<void> {
    const offer = this.#offer;
    if (offer === undefined || this.#stopped) return;
    this.#fetching = true;
    this.#again = false;
    const fetched = await this.parts.retrieve(offer);
    this.#fetching = false;
    if (this.#stopped) return;
    if (this.#again) {
      void this.#fetch();
      return;
    }
    if (!fetched.ok) {
      this.#failed(fetched.error);
      return;
    }
    this.#said = undefined;
    this.parts.worked();
    if (fetched.value === 'unchanged') return;
    const verdict = await this.parts.take(fetched.value);
    this.parts.log.info('provisioning.profile', { where: fetched.value.where, verdict: verdict.kind });
  }

  #failed({ message, mend = MEND, retryAfter }: FetchFault): void {
    if (this.#said !== message) this.parts.failed(message, mend);
    this.#said = message;
    if (retryAfter === undefined) return;
    this.#timer = this.parts.clock.after(retryAfter, 'fetch of a profile', () => void this.#fetch());
  }
}
