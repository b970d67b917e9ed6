// The configuration as the rest of the program sees it: checked, defaults filled in, secrets read, paths absolute,
// durations in milliseconds. `schema.ts` says what a file may hold; the compiler checks that it yields this.

import type { Secret } from '../base/secret.ts';
import type { Millis } from '../base/units.ts';
import type {
  ButtonConfiguration,
  DoorConfiguration,
  KeypadConfiguration,
  LampConfiguration,
  LineConfiguration,
  ModuleConfiguration,
  MotionConfiguration,
  ReaderConfiguration,
  TamperConfiguration,
} from './types-door.ts';
import type {
  AccountConfiguration,
  MediaConfiguration,
  ProvisioningConfiguration,
  SipConfiguration,
} from './types-network.ts';

export * from './types-door.ts';
export * from './types-network.ts';

export type AudioDevice =
  | { readonly kind: 'auto' }
  | { readonly kind: 'virtual' }
  | { readonly kind: 'file'; readonly input: string | undefined; readonly output: string | undefined }
  | { readonly kind: 'alsa'; readonly name: string };

export interface AudioConfiguration {
  /** `auto`: the board's. The others fit the engine's DeviceOptions as they are; paths are absolute. */
  readonly device: AudioDevice;
  /** Percent, 0 to 100. */
  readonly speaker: number;
  /** Percent, 0 to 100. */
  readonly microphone: number;
  readonly echoCancellation: boolean;
  readonly noiseSuppression: boolean;
  readonly gainControl: boolean;
  /** `tone`, `off`, or the absolute path of a WAV file. */
  readonly announcements: { readonly [Name in 'ringback' | 'busy' | 'failure' | 'opened']: string };
  readonly voiceActivityDetection: boolean;
  /** `auto`: the card's of the device; `off`; else the name of a control interface, `hw:Device`. */
  readonly mixer: string;
  /** Names of the card's controls. */
  readonly controls: { readonly speaker?: string; readonly microphone?: string };
}

export interface CallsConfiguration {
  readonly ringFor: Millis;
  readonly maxDuration: Millis;
  /** A press while it rings. */
  readonly pressAgain: 'cancel' | 'ignore';
}

/** The commands that MQTT may be allowed. */
export const MQTT_COMMANDS = ['press', 'answer', 'hangup', 'hold', 'resume', 'transfer', 'volume', 'open'] as const;
export type MqttCommandName = (typeof MQTT_COMMANDS)[number];

export interface MqttConfiguration {
  /** `mqtt://host[:port]` or `mqtts://host[:port]`. */
  readonly url: string;
  readonly username?: string;
  readonly password?: Secret;
  /** Without a slash at its end. */
  readonly prefix: string;
  readonly commands: readonly MqttCommandName[];
  readonly homeAssistant: boolean;
}

export interface LogConfiguration {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Whether `digit.received` may name the digit. */
  readonly digits: boolean;
}

export interface Configuration {
  readonly name: string;
  /** `virtual`, `auto`, a name in board/, or a path. */
  readonly board: string;
  /** Names in board/ of what is put on it. */
  readonly addons: readonly string[];
  /** By the name that buttons and doors call them by. */
  readonly lines: Readonly<Record<string, LineConfiguration>>;
  /** May be empty: then the door calls peer to peer under an address of its own. The first is the default identity. */
  readonly accounts: readonly AccountConfiguration[];
  readonly sip: SipConfiguration;
  readonly media: MediaConfiguration;
  readonly audio: AudioConfiguration;
  readonly calls: CallsConfiguration;
  /** By name, in the order of the file. */
  readonly buttons: Readonly<Record<string, ButtonConfiguration>>;
  /** By name, in the order of the file. */
  readonly doors: Readonly<Record<string, DoorConfiguration>>;
  readonly lamps: Readonly<Record<string, LampConfiguration>>;
  readonly keypads: Readonly<Record<string, KeypadConfiguration>>;
  readonly readers: Readonly<Record<string, ReaderConfiguration>>;
  /** By the name that the places of their lines begin with: `io:relay1`. */
  readonly modules: Readonly<Record<string, ModuleConfiguration>>;
  readonly tamper?: TamperConfiguration;
  readonly motion?: MotionConfiguration;
  readonly mqtt?: MqttConfiguration;
  readonly provisioning?: ProvisioningConfiguration;
  /** `/dev/watchdog0`; absent: none is held. */
  readonly watchdog?: string;
  readonly log: LogConfiguration;
}

/** One thing that is wrong in a file, or that a reader should know (a warning). Never holds a secret. */
export interface Fault {
  /** As it was given. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
  /** `doors.main.openFor`, `accounts[0].uri`; empty: the file as a whole. */
  readonly key: string;
  readonly what: string;
  readonly mend: string;
}

/** The text of a file with its permission bits. */
export interface FileContent {
  readonly text: string;
  /** As in `stat`; undefined where it is not known. */
  readonly mode: number | undefined;
}

/** How long the relays of a board may be on. */
export interface RelayLimit {
  /** Its name. */
  readonly board: string;
  readonly limit: Millis;
}

/** What `board/` has data of. */
export type BoardKind = 'board' | 'add-on';

/** What there is to say of a name that there is no data of. */
export interface UnknownName {
  readonly what: string;
  readonly mend: string;
}

export interface ParseOptions {
  /** Name of the file for faults; relative paths in it are relative to its folder. */
  readonly file: string;
  /** Reads the files that secrets name. Throws as node:fs does. */
  readonly readFile: (path: string) => FileContent;
  readonly environment: { readonly [name: string]: string | undefined };
  /** What is behind a text that is encrypted to this device (`{ age: … }`); undefined: it is to another, or to none. */
  readonly unseal?: (sealed: string) => string | undefined;
  /** How long the relays of a board may be on; left out, or undefined: nothing is known of it. */
  readonly relayLimit?: (board: string) => RelayLimit | undefined;
  /** What is wrong with the name of a board or an add-on, or its path; undefined: there is one. Left out: all are taken. */
  readonly unknownBoard?: (named: string, kind: BoardKind) => UnknownName | undefined;
  /** Why a sound file cannot be played; undefined: it can. Left out: none is tried. */
  readonly unplayable?: (file: string) => UnknownName | undefined;
  /** What a codec needs and is not there; undefined: nothing. Left out: nothing is looked for. */
  readonly missingCodec?: (codec: string) => UnknownName | undefined;
  /** Permission bits of the file itself, where they are known: a secret in clear is warned of when others can read it. */
  readonly mode?: number;
}

export interface ParseOutcome {
  /** Present when there are no faults. */
  readonly configuration?: Configuration;
  readonly faults: readonly Fault[];
  /** What is well formed but unwise, or not carried out by this version. */
  readonly warnings: readonly Fault[];
}
