// RTP profiles by their names in m= lines: RFC 3551, RFC 4585 (feedback), RFC 3711 and RFC 5124 (secure), RFC 5764 (keys by
// DTLS).

const PLAIN: readonly string[] = ['RTP/AVP', 'RTP/AVPF'];
const SECURE: readonly string[] = ['RTP/SAVP', 'RTP/SAVPF'];
const DTLS: readonly string[] = ['UDP/TLS/RTP/SAVP', 'UDP/TLS/RTP/SAVPF'];

/** RFC 3551's, or RFC 4585's with its quicker RTCP. */
export type RtpProfile = 'avp' | 'avpf';

/** How SRTP keys come about: in the description (RFC 4568), or by a handshake on the media ports (RFC 5763). */
export type KeyingMethod = 'sdes' | 'dtls';

/** Whether a profile is SRTP's, whichever way its keys come. */
export const isSecure = (protocol: string): boolean => SECURE.includes(protocol) || isDtls(protocol);

/** Whether a profile names DTLS (RFC 5764 §8). */
export const isDtls = (protocol: string): boolean => DTLS.includes(protocol);

export const isKnownProfile = (protocol: string): boolean => PLAIN.includes(protocol) || isSecure(protocol);

/** The name of a profile. @param keying undefined: a plain one */
export function protocolOf(profile: RtpProfile, keying: KeyingMethod | undefined): string {
  const plain = profile === 'avpf' ? 'AVPF' : 'AVP';
  if (keying === undefined) return `RTP/${plain}`;
  return keying === 'dtls' ? `UDP/TLS/RTP/S${plain}` : `RTP/S${plain}`;
}
