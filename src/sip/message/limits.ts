// How much of a message is read before it is refused. Each bound has its own failure code.

/** Bounds on what one message may cost. */
export interface MessageLimits {
  /** Octets of the whole message; above it `too-long`. */
  readonly messageBytes: number;
  /** Octets of one header field with its folded lines, or of the start line; above it `line-too-long`. */
  readonly lineLength: number;
  /** Header fields; above it `too-many-headers`. */
  readonly headerCount: number;
  /** Parameters of one Via, From or To, a name that comes again counted again; above it `too-many-parameters`. */
  readonly parameterCount: number;
}

/** What a datagram can hold, and several times what phones and proxies send. */
export const DEFAULT_LIMITS: MessageLimits = {
  messageBytes: 65_535,
  lineLength: 8192,
  headerCount: 256,
  parameterCount: 64,
};
