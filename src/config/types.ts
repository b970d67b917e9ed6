// The configuration as the rest of the program sees it: checked, defaults filled in, secrets read, paths absolute,
// durations in milliseconds. `schema.ts` says what a file may hold; the compiler checks that it yields this.

import type { KeypadKey } from '../base/keypad-keys.ts';
import type { Secret } from '../base/secret.ts';
import type { Millis } from '../base/units.ts';

/** One identity of the door. Fits the SIP agent's Account as it is. */
export interface AccountConfiguration {
  /** Address of record, `sip:door@example.com`. */
  readonly uri: string;
  /** Digest user; absent: the user of `uri`. */
  readonly username?: string;
  readonly password?: Secret;
  /** For the realms that want others. */
  readonly credentials?: readonly { readonly realm: string; readonly username: string; readonly password: Secret }[];
  /** Absent: located from `uri` (RFC 3263). */
  readonly registrar?: string;
  /** In place of `registrar`: groups, the best first; none of the lists is empty. */
  readonly registrars?: readonly (readonly string[])[];
  readonly outboundProxy?: string;
  /** In place of `outboundProxy`. */
  readonly outboundProxies?: readonly string[];
  /** 0 to 1, three decimals at most. */
  readonly preference?: number;
  readonly gruu?: boolean;
  readonly expires: Millis;
  /** False: peer to peer, no REGISTER. */
  readonly register: boolean;
  /** What is watched at the server; absent: nothing. */
  readonly subscribe?: readonly ('reg' | 'message-summary')[];
}

export type ListenTransport = 'udp' | 'tcp' | 'tls';

/** `udp:0.0.0.0:5060`. Port 0: the system chooses. IPv6 addresses without brackets. */
export interface ListenAddress {
  readonly transport: ListenTransport;
  readonly address: string;
  readonly port: number;
}

/** Who may call in: the servers that the accounts were located at, a network, a host by its name, who knows a password. */
export type AcceptRule =
  | { readonly kind: 'registrar' }
  | { readonly kind: 'network'; readonly address: string; readonly prefixLength: number }
  | { readonly kind: 'host'; readonly name: string }
  | { readonly kind: 'credentials'; readonly username: string; readonly password: Secret };

/** PEM texts: the files have been read and fit each other. */
export interface TlsConfiguration {
  /** The authorities that are trusted; absent: those that Node.js brings. */
  readonly ca?: string;
  readonly certificate?: string;
  /** There whenever the certificate is. */
  readonly key?: Secret;
}

export interface SipConfiguration {
  readonly listen: readonly ListenAddress[];
  readonly tls?: TlsConfiguration;
  /** DNS servers; absent: the system's. */
  readonly resolvers?: readonly { readonly address: string; readonly port: number }[];
  /** Absent: the registrars and the hosts that buttons call. */
  readonly accept?: readonly AcceptRule[];
  /** By what callers are asked for the passwords in `accept`, the first preferred. */
  readonly digest: readonly ('SHA-256' | 'MD5')[];
  /** What calls into the door get. */
  readonly answer: 'automatic' | 'on-request' | 'manual' | 'never';
  /** To whom peers may hand a visitor over: see TransferPolicy. */
  readonly transfer: 'known' | 'any' | 'off';
  /** What phones that may call in are told of the door's calls. */
  readonly watchers: 'calls' | 'state' | 'off';
  /** What is published of the door at the servers of its accounts. */
  readonly publish: 'off' | 'presence';
  /** Whether who may call in may have the door call somebody. */
  readonly clickToDial: boolean;
  readonly sessionExpires: Millis | 'off';
  readonly outbound: 'auto' | 'off';
  /** How we send digits; every way is received. */
  readonly dtmf: 'rtp' | 'info';
}

export type CodecName = 'PCMA' | 'PCMU';

export type CryptoSuiteName =
  | 'AES_CM_128_HMAC_SHA1_80'
  | 'AES_CM_128_HMAC_SHA1_32'
  | 'AES_256_CM_HMAC_SHA1_80'
  | 'AES_256_CM_HMAC_SHA1_32'
  | 'AEAD_AES_128_GCM'
  | 'AEAD_AES_256_GCM';

/** Without a port it is looked for by SRV (RFC 8489 §8.1). IPv6 addresses without brackets. */
export interface StunServer {
  readonly host: string;
  readonly port: number | undefined;
}

export interface MediaConfiguration {
  /** In the order of preference. */
  readonly codecs: readonly CodecName[];
  readonly srtp: 'off' | 'optional' | 'required';
  /** SRTP's crypto suites, in the order of preference. */
  readonly suites: readonly CryptoSuiteName[];
  readonly keying: readonly ('sdes' | 'dtls')[];
  readonly profile: 'avp' | 'avpf';
  /** RTP and RTCP ports, both ends included; `first` is even. */
  readonly ports: { readonly first: number; readonly last: number };
  /** None: calls are told our own address, whatever NAT there is. */
  readonly stun: readonly StunServer[];
  /** 10 to 60 ms in steps of 10. */
  readonly packetTime: Millis;
}

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

/** Where the address of a profile server may come from. */
/** What there are profiles for (RFC 6080 §5.1.1). */
export type ProfileType = 'local-network' | 'device' | 'user';

export type SourceKind = 'configured' | 'remembered' | 'dhcp' | 'pnp' | 'registrar';

/** Where a device has its profile from, and what it demands of it. */
export interface ProvisioningConfiguration {
  /** `auto`, `pnp`, `off`, or an address. */
  readonly server: string;
  readonly order: readonly SourceKind[];
  /** Codes of DHCPv4. */
  readonly dhcpOptions: readonly number[];
  readonly profiles: readonly ProfileType[];
  /** Of the network that the board is in; absent: as DHCP says. */
  readonly localDomain?: string;
  /** Whether profiles may come in the clear. */
  readonly http: boolean;
  readonly username?: string;
  readonly password?: Secret;
  readonly tls?: TlsConfiguration & { readonly pin: readonly string[] };
  /** Ed25519, base64; absent: profiles need no signature. */
  readonly trust?: readonly string[];
  readonly keep: readonly string[];
  readonly redirects: 'same-host' | 'private' | 'any';
  readonly proveWithin: Millis;
  readonly pnp: 'unprovisioned' | 'always';
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
