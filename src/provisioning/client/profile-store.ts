// What a device remembers of its profiles, in one file that is replaced as a whole: whatever moment the power goes, the next
// start finds what stood there before, or what was to stand there.

import { createHash } from 'node:crypto';
import type { ServerFound } from './types.ts';

/** A profile that is in force, or is to be. */
export interface StoredProfile {
  readonly text: string;
  readonly where: string;
  readonly server: ServerFound;
  /** SHA-256 of the text. */
  readonly fingerprint: string;
  readonly serial?: number;
  readonly signed: boolean;
  /** When it came: ISO-8601. */
  readonly received: string;
}

export type PastVerdict = 'applied' | 'rejected' | 'rolled-back';

/** One that came, and what became of it. */
export interface PastProfile {
  readonly where: string;
  readonly fingerprint: string;
  readonly serial?: number;
  readonly received: string;
  readonly verdict: PastVerdict;
  /** Why it is not in force; one line each, no secrets. */
  readonly faults: readonly string[];
}

/** Everything that is remembered. */
export interface ProfileMemory {
  /** The last that has proved itself. */
  readonly good?: StoredProfile;
  /** In force, and not proved yet; `starts`: how often the service has started with it. */
  readonly proving?: StoredProfile & { readonly starts: number };
  /** The last ones, the newest first. */
  readonly past: readonly PastProfile[];
  /** How often one failed, by its fingerprint: the newest first. */
  readonly bad: readonly { readonly fingerprint: string; readonly times: number }[];
  /** The highest that was in force: no lower one is taken. */
  readonly serial?: number;
  /** The server whose profile proved itself. */
  readonly server?: ServerFound;
}

type Forgettable = 'good' | 'proving' | 'server' | 'serial';

/** The file. */
export interface MemoryFile {
  /** Whole; empty where there is none. */
  read(): string;
  /** In the file's place, or not at all. */
  replace(text: string): void;
}

const NOTHING: ProfileMemory = { past: [], bad: [] };

const MOST_PAST = 3;
const MOST_BAD = 16;

export const fingerprintOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The memory of a device. */
export class ProfileStore {
  #memory: ProfileMemory;

  /** A file that cannot be understood is one that holds nothing. @throws Error as the file does */
  constructor(private readonly file: MemoryFile) {
    this.#memory = readMemory(file.read());
  }

  get memory(): ProfileMemory {
    return this.#memory;
  }

  /** The profile to start with: one that is to prove itself, else the last good one. */
  get current(): StoredProfile | undefined {
    return this.#memory.proving ?? this.#memory.good;
  }

  /** @throws Error as the file does; then nothing has changed */
  change(changed: Partial<ProfileMemory>, without: readonly Forgettable[] = []): void {
    const memory = this.#with(changed, without);
    this.file.replace(`${JSON.stringify(memory)}\n`);
    this.#memory = memory;
  }

  /**
   * Of what has happened already: it counts in this life of the service even where the file does not take it.
   * @throws Error as the file does
   */
  note(changed: Partial<ProfileMemory>, without: readonly Forgettable[] = []): void {
    this.#memory = this.#with(changed, without);
    this.file.replace(`${JSON.stringify(this.#memory)}\n`);
  }

  #with(changed: Partial<ProfileMemory>, without: readonly Forgettable[]): ProfileMemory {
    const kept = Object.entries({ ...this.#memory, ...changed }).filter(
      ([name]) => !without.some((one) => one === name),
    );
    return { ...NOTHING, ...Object.fromEntries(kept) };
  }

  /** What the memory says after one more has come. */
  pastWith(one: PastProfile): readonly PastProfile[] {
    const others = this.#memory.past.filter(({ fingerprint }) => fingerprint !== one.fingerprint);
    return [one, ...others].slice(0, MOST_PAST);
  }

  badWith(fingerprint: string): ProfileMemory['bad'] {
    const times = this.timesBad(fingerprint) + 1;
    const others = this.#memory.bad.filter((one) => one.fingerprint !== fingerprint);
    return [{ fingerprint, times }, ...others].slice(0, MOST_BAD);
  }

  timesBad(fingerprint: string): number {
    return this.#memory.bad.find((one) => one.fingerprint === fingerprint)?.times ?? 0;
  }

  /** Back to a board that was never provisioned. @throws Error as the file does */
  forget(): void {
    this.file.replace('');
    this.#memory = NOTHING;
  }
}

/** The file is our own: it is whole, or not of this version. */
function readMemory(text: string): ProfileMemory {
  if (text.trim() === '') return NOTHING;
  try {
    const value: unknown = JSON.parse(text);
    return isMemory(value) ? value : NOTHING;
  } catch {
    return NOTHING;
  }
}

function isMemory(value: unknown): value is ProfileMemory {
  if (typeof value !== 'object' || value === null || !('past' in value) || !('bad' in value)) return false;
  if (!Array.isArray(value.past) || !Array.isArray(value.bad)) return false;
  return (
    isProfileOrNone('good' in value ? value.good : undefined) &&
    isProfileOrNone('proving' in value ? value.proving : undefined)
  );
}

function isProfileOrNone(value: unknown): boolean {
  if (value === undefined) return true;
  return typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string';
}
