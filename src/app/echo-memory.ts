// Keeps what is known of the echo, how far behind it is and by which way it comes, so that the echo canceller need not find
// it anew after each start. It is the device's: with another one it does not count.

import * as v from 'valibot';
import type { Journal } from '../api/journal.ts';
import { describeError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { type Millis, millis } from '../base/units.ts';
import type { KnownEcho, MediaEngine } from '../media/index.ts';
import { readResponse, writeResponse } from './response-text.ts';

/** Where it is kept. */
export interface EchoStore {
  /** Empty where nothing is kept. */
  read(): string;
  /** In the file's place, or not at all. */
  replace(text: string): void;
}

export interface EchoMemoryParts {
  readonly engine: Pick<MediaEngine, 'expectEcho' | 'voiceFigures' | 'state'>;
  readonly journal: Journal;
  readonly log: Log;
  /** Undefined: nowhere. */
  readonly store: EchoStore | undefined;
}

/** Later than that the canceller does not look. */
export const ECHO_FARTHEST_MS = 500;
/**
 * What is nearer to what is kept is not worth a write to an SD card: the canceller looks around it, as a card's delay is
 * another one in each call.
 */
const WORTH_KEEPING_MS = 40;
/** A response of 160 ms at 16 kHz has 14 kB. */
const MOST_CHARACTERS = 20_000;

const record = v.strictObject({
  device: v.string(),
  delayMs: v.pipe(v.number(), v.minValue(0), v.maxValue(ECHO_FARTHEST_MS)),
  path: v.optional(v.pipe(v.string(), v.transform(readResponse))),
});

export class EchoMemory {
  #kept: KnownEcho | undefined;
  #stop: (() => void) | undefined;

  constructor(private readonly parts: EchoMemoryParts) {}

  /** Tells the engine what is known, and listens for what calls find. */
  start(): void {
    const { engine, journal } = this.parts;
    this.#kept = this.#read();
    if (this.#kept !== undefined) engine.expectEcho(this.#kept);
    this.#stop = journal.subscribe(({ type }) => {
      if (type === 'call.ended') this.#learn();
    });
  }

  stop(): void {
    this.#stop?.();
  }

  /** It was measured. @returns whether it will be known after the next start */
  keep(echo: KnownEcho): boolean {
    if (echo.delay > ECHO_FARTHEST_MS) return false;
    this.parts.engine.expectEcho(echo);
    return this.#write(echo);
  }

  /** What the canceller has found in a call. The way is what it was: it was found by that, or is looked for there the next time. */
  #learn(): void {
    const { echoDelayMs } = this.parts.engine.voiceFigures;
    if (echoDelayMs === undefined) return;
    if (this.#kept !== undefined && Math.abs(echoDelayMs - this.#kept.delay) < WORTH_KEEPING_MS) return;
    this.#write({ ...this.#kept, delay: millis(echoDelayMs) });
  }

  #read(): KnownEcho | undefined {
    const { store, engine, log } = this.parts;
    try {
      const text = store?.read() ?? '';
      if (text === '') return undefined;
      if (text.length > MOST_CHARACTERS) throw new RangeError(`longer than ${MOST_CHARACTERS} characters`);
      const { device, delayMs, path } = v.parse(record, JSON.parse(text));
      return device === engine.state.device ? { delay: millis(delayMs), path } : undefined;
    } catch (thrown) {
      // It is found anew.
      log.warn('echo.not-read', { reason: describeError(thrown) });
      return undefined;
    }
  }

  /** @returns whether it is on the disk */
  #write(echo: KnownEcho): boolean {
    const { store, engine, log } = this.parts;
    this.#kept = echo;
    const { delay, path } = echo;
    try {
      const kept = { device: engine.state.device, delayMs: tenths(delay), path: path && writeResponse(path) };
      store?.replace(`${JSON.stringify(kept)}\n`);
      return store !== undefined;
    } catch (thrown) {
      log.warn('echo.not-kept', { reason: describeError(thrown) });
      return false;
    }
  }
}

const tenths = (delay: Millis): number => Math.round(delay * 10) / 10;
