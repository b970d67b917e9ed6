// Brings the version that a profile names onto the board: fetched, checked, and handed to the helper that installs, when
// nobody talks. This process never installs anything: it may not, and it is what is replaced.

import type { KeyObject } from 'node:crypto';
import type { Journal } from '../../../api/journal.ts';
import type { Clock, Timer } from '../../../base/clock.ts';
import { describeError } from '../../../base/errors.ts';
import type { Random } from '../../../base/random.ts';
import { type Millis, millis, seconds } from '../../../base/units.ts';
import type { FirmwareOffer } from '../../../config/index.ts';
import type { HttpClient } from '../../../http/index.ts';
import { RetryAdvice } from '../retrieval/fault.ts';
import { type DownloadFrom, download, isSignedOffer } from './download.ts';
import { type FirmwareAction, type FirmwareEvent, type FirmwareState, firmwareMachine } from './firmware-machine.ts';
import type { PackageStore } from './package-store.ts';

export interface FirmwareUpdaterParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Pick<Journal, 'record'>;
  readonly http: Pick<HttpClient, 'get'>;
  readonly store: PackageStore;
  /** Keys of `provisioning.trust`: with none, no package is taken. */
  readonly signers: readonly KeyObject[];
  /** That of this program. */
  readonly version: string;
  /** Where an offer leads, and how far: a sentence where nowhere. */
  readonly whereto: (offer: FirmwareOffer) => DownloadFrom | string;
  /** Whether nobody talks and no door is open. */
  readonly isQuiet: () => boolean;
}

const LOOK = seconds(1);
/** The helper has so long to begin. */
const HELPER_BEGINS = seconds(60);
/** An event each so many percent. */
const STEP_PERCENT = 10;

/** The way of a package to the helper. */
export class FirmwareUpdater {
  #state: FirmwareState = 'idle';
  #offer: FirmwareOffer | undefined;
  #timer: Timer | undefined;
  #pause: Millis = seconds(2);
  #why = '';
  readonly #advice: RetryAdvice;
  /** Those that will not be tried again: by what was offered. */
  readonly #refused = new Set<string>();

  constructor(private readonly parts: FirmwareUpdaterParts) {
    this.#advice = new RetryAdvice(parts.clock, parts.random);
  }

  get state(): FirmwareState {
    return this.#state;
  }

  /** What the profile in force says of firmware. */
  consider(offer: FirmwareOffer | undefined): void {
    if (offer === undefined || offer.version === this.parts.version) {
      this.#offer = undefined;
      this.#handle('withdrawn');
      return;
    }
    const name = nameOf(offer);
    if (this.#refused.has(name) || (this.#offer !== undefined && nameOf(this.#offer) === name)) return;
    this.#offer = offer;
    if (!isSignedOffer(offer, this.parts.signers)) {
      this.#why = 'it is not signed by a key of provisioning.trust';
      this.#handle('withdrawn');
      this.#giveUp();
      return;
    }
    this.#handle('offered');
  }

  /** What runs goes on to its end, unheard. */
  stop(): void {
    this.#offer = undefined;
    this.#timer?.cancel();
  }

  #handle(event: FirmwareEvent): void {
    const row = firmwareMachine[this.#state][event];
    if (row === undefined) return;
    this.#state = row.to;
    for (const action of row.actions) this.#perform(action);
  }

  #perform(action: FirmwareAction): void {
    switch (action) {
      case 'download':
        // It never rejects.
        void this.#download();
        return;
      case 'pause':
        this.#timer = this.parts.clock.after(this.#pause, 'firmware', () => this.#handle('pause over'));
        return;
      case 'wait for quiet':
        this.#lookForQuiet();
        return;
      case 'stop pause':
      case 'stop waiting':
        this.#timer?.cancel();
        return;
      case 'hand over':
        void this.#handOver();
        return;
      case 'give up':
        this.#giveUp();
        return;
    }
  }

  async #download(): Promise<void> {
    const offer = this.#offer;
    if (offer === undefined) return;
    const from = (await this.#verdictBefore(offer)) ?? this.parts.whereto(offer);
    if (this.#offer !== offer) return;
    if (typeof from === 'string') {
      this.#why = from;
      this.#handle('never');
      return;
    }
    this.#record(offer, { state: 'downloading', progress: 0 });
    const outcome = await download(offer, from, {
      http: this.parts.http,
      store: this.parts.store,
      advice: this.#advice,
      isWanted: () => this.#offer === offer,
      progress: (percent) => {
        if (percent % STEP_PERCENT === 0 && percent > 0)
          this.#record(offer, { state: 'downloading', progress: percent });
      },
    });
    if (this.#offer !== offer) return;
    if (outcome.ok) {
      this.#advice.reset();
      this.#record(offer, { state: 'verified' });
      this.#handle('here');
      return;
    }
    this.#why = outcome.error.message;
    if (outcome.error.retryAfter === undefined) this.#handle('never');
    else {
      this.#pause = millis(outcome.error.retryAfter);
      this.#handle('not now');
    }
  }

  /** What the helper has said of this very package: one that went back is not tried for ever. */
  async #verdictBefore({ sha256 }: FirmwareOffer): Promise<string | undefined> {
    const result = await this.parts.store.readLetter('result.json');
    if (typeof result !== 'object' || result === null || !('sha256' in result) || !('why' in result)) return undefined;
    return result.sha256 === sha256 ? `it was tried: ${String(result.why).slice(0, 200)}` : undefined;
  }

  #lookForQuiet(): void {
    this.#timer = this.parts.clock.after(LOOK, 'firmware', () => {
      if (this.parts.isQuiet()) this.#handle('quiet');
      else this.#lookForQuiet();
    });
  }

  async #handOver(): Promise<void> {
    const offer = this.#offer;
    if (offer === undefined) return;
    const { store, version, clock } = this.parts;
    const { sha256, signature } = offer;
    const proveWithin = Math.round(offer.proveWithin / 1000);
    try {
      await store.writeLetter('request.json', {
        version: offer.version,
        previous: version,
        sha256,
        signature,
        proveWithin,
      });
      this.#record(offer, { state: 'handed-over' });
    } catch (thrown) {
      this.#why = `the helper cannot be asked: ${describeError(thrown)}`;
      this.#handle('refused');
      return;
    }
    this.#timer = clock.after(HELPER_BEGINS, 'firmware', () => void this.#readResult());
  }

  /** The helper would have stopped us; it is not there, or has said why not. */
  async #readResult(): Promise<void> {
    const said = this.#offer === undefined ? undefined : await this.#verdictBefore(this.#offer);
    this.#why = said ?? 'no helper has taken it: doorphone-firmware.path is not running';
    this.#handle('refused');
  }

  #giveUp(): void {
    const offer = this.#offer;
    if (offer === undefined) return;
    if (this.#refused.size >= MOST_REFUSED) this.#refused.clear();
    this.#refused.add(nameOf(offer));
    this.#offer = undefined;
    this.#record(offer, { state: 'failed', why: this.#why });
  }

  #record(
    { version }: FirmwareOffer,
    fields: { readonly state: 'downloading' | 'verified' | 'handed-over' | 'failed'; progress?: number; why?: string },
  ): void {
    this.parts.journal.record('firmware.changed', { version, ...fields });
  }
}

const MOST_REFUSED = 8;

const nameOf = ({ version, url, sha256, signature }: FirmwareOffer): string =>
  [version, url, sha256, signature].join('\n');
