// Session descriptions as phones write them (RFC 8866, RFC 3264), made here and not by the code under test.

export interface PeerSdpOptions {
  readonly address?: string;
  readonly port?: number;
  /** Payload types in the order of the m line: 8 PCMA, 0 PCMU, 18 G729, 101 telephone-event. */
  readonly formats?: readonly number[];
  readonly direction?: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
  /** Base64 of 30 bytes: makes it RTP/SAVP with one crypto line (RFC 4568). */
  readonly key?: string;
  readonly cryptoTag?: number;
  readonly version?: number;
}

const MAPS: Readonly<Record<number, readonly string[]>> = {
  0: ['a=rtpmap:0 PCMU/8000'],
  8: ['a=rtpmap:8 PCMA/8000'],
  18: ['a=rtpmap:18 G729/8000'],
  101: ['a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15'],
};

/** The description of a peer with one audio stream. */
export function peerSdp(options: PeerSdpOptions = {}): string {
  const { address = '192.0.2.20', port = 4000, formats = [8, 101], direction = 'sendrecv', version = 1 } = options;
  const profile = options.key === undefined ? 'RTP/AVP' : 'RTP/SAVP';
  const crypto =
    options.key === undefined
      ? []
      : [`a=crypto:${options.cryptoTag ?? 1} AES_CM_128_HMAC_SHA1_80 inline:${options.key}`];
  return [
    'v=0',
    `o=- 20518 ${version} IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} ${profile} ${formats.join(' ')}`,
    ...formats.flatMap((format) => MAPS[format] ?? []),
    ...crypto,
    'a=ptime:20',
    `a=${direction}`,
    '',
  ].join('\r\n');
}

/** The value of the first line that begins so, as `m=` or `a=crypto:1 `. */
export function lineOf(sdp: string, prefix: string): string | undefined {
  const line = sdp.split('\r\n').find((candidate) => candidate.startsWith(prefix));
  return line?.slice(prefix.length);
}
