// A module of relays and inputs beside the board, by whatever line it is reached.

import type { Millis } from '../../../base/units.ts';

/** Who is told what a module does by itself, or does not do. */
export interface ModuleListener {
  /** A relay has not done what it was told, or has done what it was not: nobody is to think it on. */
  relayFailed(relay: number, reason: string): void;
  inputChanged(input: number, active: boolean, at: Millis): void;
}

/** Relays and inputs count from 1. */
export interface LineModule {
  readonly relays: number;
  readonly inputs: number;
  /** Takes a relay: it is driven off now, or as soon as the module is there, and each time that it is there again. */
  useRelay(relay: number): void;
  useInput(input: number): void;
  /** Whether a relay has been switched on, and nothing speaks against it. */
  isOn(relay: number): boolean;
  isActive(input: number): boolean;
  /**
   * Switches a relay that is taken. Whether it obeys may turn out later: `relayFailed`.
   * @throws DoorphoneError `line-failed`: the module cannot be reached; off is always taken where it was not on
   */
  drive(relay: number, on: boolean): void;
  /** Resolves when every relay that is taken has been driven off since the start. @returns why that is not so */
  released(): Promise<string | undefined>;
  /** Drives what may be on off, and stands still until it is sent: the process ends. Never throws. */
  releaseNow(): void;
  /** `releaseNow`, then lets go of the device. */
  close(): void;
}
