// What a command sees of the world: two outputs, the environment, a clock, and the parts that only some commands load.

import type { Clock } from '../base/clock.ts';

/** Where text goes. A reader that has gone away is not an error: what is written then is lost. */
export interface Output {
  write(text: string): void;
  /** Whether the reader has gone away. */
  readonly closed: boolean;
  /** Calls `listener` when the reader goes away. */
  onClose(listener: () => void): void;
}

export interface ServiceOptions {
  readonly configFile: string;
  /** Whether `--config` named it: then a missing file is an error. */
  readonly configGiven: boolean;
  readonly stateFolder: string;
  readonly socketPath: string;
  readonly version: string;
}

export interface ProvisionServerOptions {
  readonly profiles: string;
  readonly stateFolder: string;
  readonly version: string;
  readonly check: boolean;
}

export type PublishOptions = Omit<ProvisionServerOptions, 'check'>;

/** What became of the profiles of a fleet. */
export interface PublishTally {
  readonly changed: number;
  readonly refreshed: number;
  readonly removed: number;
  readonly unchanged: number;
  readonly failed: number;
}

export interface BoardTestOptions {
  readonly configFile: string;
  readonly configGiven: boolean;
  readonly stateFolder: string;
  readonly socketPath: string;
  /** Where questions go; answers come from standard input, where that is a terminal. */
  readonly questions: 'out' | 'err';
  /** Told of each finding at once, as one line. */
  readonly found: (line: string) => void;
}

/** How a board is: findings for programs. */
export interface BoardTest {
  readonly board: string;
  readonly title: string;
  readonly findings: readonly object[];
  readonly ok: boolean;
}

/** The heavy parts, each loaded by the command that needs it. */
export interface Programs {
  /** @returns the exit code */
  runService(options: ServiceOptions): Promise<number>;
  /** @returns the exit code */
  runDemo(options: { readonly once: boolean; readonly json: boolean; readonly version: string }): Promise<number>;
  /** @returns the exit code */
  runProvisionServer(options: ProvisionServerOptions): Promise<number>;
  /** @throws DoorphoneError `service-runs` and the like */
  testBoard(options: BoardTestOptions): Promise<BoardTest>;
  /** @throws DoorphoneError */
  publishProfiles(options: PublishOptions): Promise<PublishTally>;
  /** Rejects where the file cannot be written. */
  informByDhcp(options: { readonly file?: string; readonly warn: (what: string) => void }): Promise<{
    readonly file: string;
    readonly answered: readonly string[];
  }>;
  releaseRelays(options: {
    readonly configFile: string;
    readonly configGiven: boolean;
    readonly stateFolder: string;
  }): Promise<{
    readonly released: readonly string[];
    readonly message: string;
  }>;
}

export interface Surroundings {
  readonly out: Output;
  readonly err: Output;
  readonly environment: { readonly [name: string]: string | undefined };
  readonly clock: Clock;
  readonly version: string;
  readonly programs: Programs;
}
