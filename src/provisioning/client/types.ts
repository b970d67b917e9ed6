// What the parts of a device's provisioning hand to each other: who may have a profile for it, that there is one, its text,
// and what became of it.

import type { Millis } from '../../base/units.ts';
import type { SourceKind } from '../../config/index.ts';
import type { ProfileType } from '../event/index.ts';

/** A server that may hold our profile. */
export interface ServerFound {
  readonly from: SourceKind;
  /** sip:, sips:, https: or http: */
  readonly uri: string;
  /** For people: `the configuration`, `a multicast answer of 192.0.2.1`. */
  readonly by: string;
}

/** Somebody whom we trust to say so says that there is a profile, or a changed one. */
export type ProfileOffer = {
  readonly server: ServerFound;
  readonly type: ProfileType;
  /** How long the change may wait (RFC 6080 §6.2.3); undefined: as the device likes. */
  readonly effectiveBy?: Millis;
} & (
  | {
      readonly kind: 'url';
      readonly url: string;
      /** In the time of day. */
      readonly expires?: Date;
      /** SHA-1 or SHA-256, lower-case hexadecimal. */
      readonly hash?: string;
      /** In bytes. */
      readonly size?: number;
      readonly contentId?: string;
    }
  | { readonly kind: 'body'; readonly contentType: string; readonly data: Buffer }
  /** Subscribed, and there is no profile yet. */
  | { readonly kind: 'none' }
);

/** A profile's text as it came: checked for where it comes from, not for what it says. */
export interface ProfileText {
  /** YAML, or JSON, which is YAML too. */
  readonly text: string;
  /** For people and faults: no password, no query, nothing that opens it. */
  readonly where: string;
  readonly server: ServerFound;
  /** The signature by a key of `provisioning.trust` was right. */
  readonly signed: boolean;
  readonly effectiveBy?: Millis;
}

/** What became of a profile. */
export type Verdict =
  | { readonly kind: 'applied' | 'unchanged' | 'waiting' }
  | { readonly kind: 'rejected'; readonly faults: readonly string[] };
