// A version that was just installed shows that it works, or asks for the old one. The helper counts its starts and has a
// time of its own, so that one that cannot even say so goes as well.

import type { Journal } from '../../../api/journal.ts';
import type { Clock, Timer } from '../../../base/clock.ts';
import { describeError } from '../../../base/errors.ts';
import type { Log } from '../../../base/log.ts';
import { seconds } from '../../../base/units.ts';
import type { PackageStore } from './package-store.ts';

export interface FirmwareTrialParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Pick<Journal, 'record'>;
  readonly store: Pick<PackageStore, 'readLetter' | 'writeLetter'>;
  /** That of this program. */
  readonly version: string;
  /** Whether all accounts are registered, or with none of them the server answers. */
  readonly works: () => boolean;
}

const LOOK = seconds(1);
const LONGEST = 3600;

/** The proof of a new version. */
export class FirmwareTrial {
  #look: Timer | undefined;
  #deadline: Timer | undefined;

  constructor(private readonly parts: FirmwareTrialParts) {}

  /** Begins, where the helper says that this version is new. Never rejects. */
  async begin(): Promise<void> {
    const trial = readTrial(await this.parts.store.readLetter('trial.json'));
    if (trial === undefined || trial.version !== this.parts.version) return;
    this.#deadline = this.parts.clock.after(seconds(trial.proveWithin), 'proof of a version', () => {
      this.stop();
      void this.#say('revert', 'returning', `not registered within ${trial.proveWithin} s`);
    });
    this.#lookLater();
  }

  stop(): void {
    this.#look?.cancel();
    this.#deadline?.cancel();
  }

  #lookLater(): void {
    this.#look = this.parts.clock.after(LOOK, 'proof of a version', () => {
      if (!this.parts.works()) {
        this.#lookLater();
        return;
      }
      this.stop();
      void this.#say('confirm', 'confirmed');
    });
  }

  async #say(letter: 'confirm' | 'revert', state: 'confirmed' | 'returning', why?: string): Promise<void> {
    const { version, journal, log, store } = this.parts;
    const reason = why === undefined ? {} : { why };
    try {
      await store.writeLetter(letter, { version, ...reason });
      journal.record('firmware.changed', { version, state, ...reason });
    } catch (thrown) {
      log.error('firmware.not-written', { letter, why: describeError(thrown) });
    }
  }
}

function readTrial(letter: unknown): { readonly version: string; readonly proveWithin: number } | undefined {
  if (typeof letter !== 'object' || letter === null || !('version' in letter) || !('proveWithin' in letter))
    return undefined;
  const { version, proveWithin } = letter;
  const isTime = typeof proveWithin === 'number' && proveWithin > 0 && proveWithin <= LONGEST;
  return typeof version === 'string' && isTime ? { version, proveWithin } : undefined;
}
