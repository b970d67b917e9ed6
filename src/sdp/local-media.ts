// What we bring to a session: what its descriptions are made of, and what the peer's are held against.

import type { Millis } from '../base/units.ts';
import type { Direction } from './audio.ts';
import type { Codec, PayloadTypes } from './codec.ts';
import type { CryptoLine } from './crypto-attribute.ts';
import type { LocalDtls } from './dtls.ts';
import type { LocalIce } from './ice.ts';
import type { KeyingMethod, RtpProfile } from './profile.ts';
import type { MappedPlace } from './rtcp.ts';

/** Whether media are encrypted: never, when the peer can, or else not at all. */
export type SrtpPolicy = 'off' | 'optional' | 'required';

/** What we have to offer, and what we answer with. */
export interface LocalMedia {
  readonly origin: {
    /** Stays the same in every description of a session. */
    readonly sessionId: number;
    /** Grows by one with every description that differs from the one before (RFC 3264 §8). */
    readonly version: number;
    readonly address: string;
  };
  /** Where we receive: numeric. */
  readonly address: string;
  /** RTP; RTCP is the next one. */
  readonly port: number;
  /** Where a NAT shows these ports to the peer, which is told of that place. */
  readonly mapped?: MappedPlace | undefined;
  /** In our order of preference. */
  readonly codecs: readonly Codec[];
  readonly telephoneEvent: boolean;
  /** Numbers that the session has bound: what later offers name has them still (RFC 3264 §8.3.2). None at first. */
  readonly payloadTypes?: PayloadTypes | undefined;
  /** What we send where the peer states nothing, and what we ask for. */
  readonly packetTime: Millis;
  /** What we want to do. */
  readonly direction: Direction;
  readonly srtp: SrtpPolicy;
  readonly profile: RtpProfile;
  /** The profile that the session has already, by its name in m=: later offers keep it. */
  readonly protocol?: string | undefined;
  /** Ways to keys, in our order; `sdes` by default. The first is offered, each is accepted. */
  readonly keying?: readonly KeyingMethod[] | undefined;
  /** A suite with its key each, in our order of preference. To be there for `sdes`. */
  readonly crypto?: readonly CryptoLine[] | undefined;
  /** To be there for `dtls`. */
  readonly dtls?: LocalDtls | undefined;
  /** To be there where offers with ICE are to be answered with ICE. */
  readonly ice?: LocalIce | undefined;
}
