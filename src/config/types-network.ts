// What of a configuration is of the network: accounts, signalling, media, provisioning, as the rest of the program sees it: see types.ts.

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

export type CodecName = 'PCMA' | 'PCMU' | 'G722' | 'L16/8000' | 'L16/16000' | 'opus';

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
  /** How long packets wait to be played. */
  readonly playoutDelay: { readonly least: Millis; readonly most: Millis };
  /** Whether digits count that come as tones in the sound. */
  readonly inbandDigits: boolean;
}

/** What there are profiles for (RFC 6080 §5.1.1). */
export type ProfileType = 'local-network' | 'device' | 'user';

/** Where the address of a profile server may come from. */
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
