// What of a configuration is of the door: what is wired to the board, and what hangs on serial lines, as the rest of the program sees it: see types.ts.

import type { KeypadKey } from '../base/keypad-keys.ts';
import type { Secret } from '../base/secret.ts';
import type { Millis } from '../base/units.ts';

export interface ButtonConfiguration {
  /** A line of the board. */
  readonly line: string;
  /** Whom it rings; at least one SIP URI. */
  readonly call: readonly string[];
  readonly held?: HeldConfiguration;
}

/** What a button does that is held. */
export interface HeldConfiguration {
  /** From when on it is. */
  readonly after: Millis;
  /** Whom it rings then, in place of the others. */
  readonly call?: readonly string[];
  /** An output of the board that is on for a while. */
  readonly switch?: string;
  readonly switchFor: Millis;
  /** A door; only with `inside`. */
  readonly open?: string;
  readonly inside?: boolean;
}

/** Everybody whom a button calls. */
export function calledBy({ call, held }: ButtonConfiguration): readonly string[] {
  return held?.call === undefined ? call : [...call, ...held.call];
}

export interface DoorConfiguration {
  /** A line of the board. */
  readonly relay: string;
  readonly openFor: Millis;
  /** Absent: prolong. */
  readonly openAgain?: 'prolong' | 'close';
  /** Shut at least for so long before it opens again. */
  readonly rest?: Millis;
  /** Doors that must be shut while this one is open. */
  readonly interlock?: readonly string[];
  /** Active while the door is shut. */
  readonly contact?: { readonly line: string; readonly leftOpenAfter: Millis };
  /** Line of a button inside. */
  readonly exit?: string;
  /** 1 to 16 of 0-9 * # A-D; `#` only as the last. Absent: no digits open this door. */
  readonly code?: Secret;
  /** What `readCardNumber` reads. */
  readonly cards?: readonly Secret[];
}

/** A serial device, and how characters travel. */
export interface SerialDeviceConfiguration {
  /** A path. */
  readonly device: string;
  readonly baud: number;
  readonly dataBits: 7 | 8;
  readonly parity: 'none' | 'even' | 'odd';
  readonly stopBits: 1 | 2;
}

/** A keypad of rows and columns. */
export interface MatrixConfiguration {
  /** Lines of the board; outputs. */
  readonly rows: readonly string[];
  /** Inputs. */
  readonly columns: readonly string[];
  /** One text a row, one character a column; `.`: no key. */
  readonly keys: readonly string[];
}

export interface KeypadConfiguration extends Omit<SerialDeviceConfiguration, 'device'> {
  /** A path; this, or `matrix`. */
  readonly device?: string;
  readonly matrix?: MatrixConfiguration;
  readonly protocol: 'ascii' | 'scancodes';
  /** The maker's own scan codes, in decimal or hexadecimal (`0x1b`) → the key; absent: those of set 2. */
  readonly keys?: Readonly<Record<string, KeypadKey>>;
  /** Absent: every door. */
  readonly doors?: readonly string[];
  /** In place of the doors' codes. */
  readonly code?: Secret;
  /** Keys that ring as a button does, while no code has been begun. */
  readonly rings?: readonly { readonly key: KeypadKey; readonly button: string }[];
}

/** A module of relays and inputs beside the board. */
export interface ModuleConfiguration extends SerialDeviceConfiguration {
  readonly protocol: 'lcus' | 'modbus';
  readonly relays: number;
  readonly inputs: number;
  /** Of `modbus`: its number on the line. */
  readonly unit: number;
  readonly poll: Millis;
  readonly answerWithin: Millis;
}

export interface ReaderConfiguration extends SerialDeviceConfiguration {
  readonly protocol: 'rdm6300' | 'wiegand';
  readonly bits: 26 | 34 | 37;
  readonly framing: 'hex' | 'bytes' | 'number';
  /** Absent: every door. */
  readonly doors?: readonly string[];
}

export interface TamperConfiguration {
  readonly line: string;
  /** No door opens for so long afterwards, but by its exit button; absent: none is blocked. */
  readonly blockFor?: Millis;
}

export interface MotionConfiguration {
  readonly line: string;
  /** Rings as this button does. */
  readonly button?: string;
  readonly rest: Millis;
}

export type LampPattern = 'off' | 'on' | 'blink' | 'fast' | 'flash';

export interface LampConfiguration {
  readonly line: string;
  readonly idle: LampPattern;
  readonly ringing: LampPattern;
  readonly talking: LampPattern;
  readonly open: LampPattern;
  readonly fault: LampPattern;
  readonly offline: LampPattern;
}

/** How a line is wired; what is left out is as the board has it. */
export interface LineConfiguration {
  /** Which line it is; absent: its own name. */
  readonly at?: string;
  readonly active?: 'low' | 'high';
  readonly bias?: 'pull-up' | 'pull-down' | 'none' | 'as-is';
  readonly drive?: 'push-pull' | 'open-drain' | 'open-source';
  readonly debounce?: Millis;
}
