// Keeps how far behind the echo is, so that the echo canceller need not find it anew after each start. It is the device's:
// with another one it does not count.

import * as v from 'valibot';
import type { Journal } from '../api/journal.ts';
import { describeError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { type Millis, millis } from '../base/units.ts';
import type { MediaEngine } from '../media/index.ts';

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
/** What is nearer to what is kept is not worth a write to an SD card. */
const WORTH_KEEPING_MS = 2;

const record = v.strictObject({
  device: v.string(),
  delayMs: v.pipe(v.number(), v.minValue(0), v.maxValue(ECHO_FARTHEST_MS)),
});

export class EchoMemory {
  #kept: Millis | undefined;
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

  /** It was measured. */
  keep(delay: Millis): void {
    if (delay > ECHO_FARTHEST_MS) return;
    this.parts.engine.expectEcho(delay);
    this.#write(delay);
  }

  /** What the canceller has found in a call. */
  #learn(): void {
    const { echoDelayMs } = this.parts.engine.voiceFigures;
    if (echoDelayMs === undefined) return;
    if (this.#kept !== undefined && Math.abs(echoDelayMs - this.#kept) < WORTH_KEEPING_MS) return;
    this.#write(millis(echoDelayMs));
  }

  #read(): Millis | undefined {
    const { store, engine, log } = this.parts;
    try {
      const text = store?.read() ?? '';
      if (text === '') return undefined;
      const { device, delayMs } = v.parse(record, JSON.parse(text));
      return device === engine.state.device ? millis(delayMs) : undefined;
    } catch (thrown) {
      // It is found anew.
      log.warn('echo.not-read', { reason: describeError(thrown) });
      return undefined;
    }
  }

  #write(delay: Millis): void {
    const { store, engine, log } = this.parts;
    this.#kept = delay;
    try {
      store?.replace(`${JSON.stringify({ device: engine.state.device, delayMs: Math.round(delay * 10) / 10 })}\n`);
    } catch (thrown) {
      log.warn('echo.not-kept', { reason: describeError(thrown) });
    }
  }
}
