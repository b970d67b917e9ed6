// RTP profiles by their names in m= lines: RFC 3551, RFC 4585 (feedback), RFC 3711 and RFC 5124 (secure).

const PLAIN: readonly string[] = ['RTP/AVP', 'RTP/AVPF'];
const SECURE: readonly string[] = ['RTP/SAVP', 'RTP/SAVPF'];

/** RFC 3551's, or RFC 4585's with its quicker RTCP. */
export type RtpProfile = 'avp' | 'avpf';

export const isSecure = (protocol: string): boolean => SECURE.includes(protocol);

export const isKnownProfile = (protocol: string): boolean => PLAIN.includes(protocol) || isSecure(protocol);

/** The name of a profile. */
export function protocolOf(profile: RtpProfile, secure: boolean): string {
  return `RTP/${secure ? 'S' : ''}${profile === 'avpf' ? 'AVPF' : 'AVP'}`;
}
