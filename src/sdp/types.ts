// A session description as an object (RFC 8866 §5). Every line has its place; attributes that nobody here knows are kept.

/** Where something is: `nettype SP addrtype SP address` (§5.2, §5.7). */
export interface NetworkAddress {
  /** `IN` */
  readonly networkType: string;
  /** `IP4`, `IP6` */
  readonly addressType: string;
  /** Numeric or a name; in `c=` a multicast address may go on with `/ttl/count`. */
  readonly address: string;
}

/** `o=` (§5.2). The numbers are decimal text: they may be larger than a number holds. */
export interface Origin extends NetworkAddress {
  readonly username: string;
  readonly sessionId: string;
  readonly sessionVersion: string;
}

/** `a=name` or `a=name:value` (§5.13). */
export interface Attribute {
  readonly name: string;
  readonly value: string | undefined;
}

/** `b=type:kilobits` (§5.8). */
export interface Bandwidth {
  readonly type: string;
  readonly value: string;
}

/** `t=start stop` with its `r=` lines (§5.9, §5.10). */
export interface TimeDescription {
  readonly start: string;
  readonly stop: string;
  readonly repeats: readonly string[];
}

/** `m=` and the lines that belong to it (§5.14). */
export interface MediaDescription {
  /** `audio`, `video` … */
  readonly media: string;
  /** 0: refused, or switched off. */
  readonly port: number;
  /** Count of ports behind the `/`. */
  readonly portCount: number | undefined;
  /** `RTP/AVP`, `RTP/SAVP` … */
  readonly protocol: string;
  /** Payload types, for RTP; at least one. */
  readonly formats: readonly string[];
  readonly information: string | undefined;
  readonly connections: readonly NetworkAddress[];
  readonly bandwidths: readonly Bandwidth[];
  readonly key: string | undefined;
  readonly attributes: readonly Attribute[];
}

export interface SessionDescription {
  readonly origin: Origin;
  readonly sessionName: string;
  readonly information: string | undefined;
  readonly uri: string | undefined;
  readonly emails: readonly string[];
  readonly phones: readonly string[];
  readonly connection: NetworkAddress | undefined;
  readonly bandwidths: readonly Bandwidth[];
  readonly times: readonly TimeDescription[];
  readonly timeZones: string | undefined;
  readonly key: string | undefined;
  readonly attributes: readonly Attribute[];
  readonly media: readonly MediaDescription[];
}

/** Why a text is no session description. */
export interface SdpError {
  /** `empty`, `version`, `line`, `field`, `missing`, `duplicate`, `too-long`, `too-many-lines`. */
  readonly code: string;
  /** The line at fault, from 1; 0 for the whole. */
  readonly line: number;
  /** One sentence. It quotes nothing of the text, which may hold keys. */
  readonly message: string;
}
