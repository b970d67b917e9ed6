// Who the other party is, as a person reads it and as wrong codes are counted by.

/** No address of record is longer; what a caller makes up may be as long as a datagram. */
const LONGEST = 200;

const SIP_URI = /^(sips?):(?:([^@:]*)(?::[^@]*)?@)?([^;?>\s]+)/i;

/** A URI of SIP without password, parameters and headers, its host in lower case; any other URI as it stands; not without end. */
export function peerAddress(uri: string): string {
  const match = SIP_URI.exec(uri);
  if (match === null) return uri.slice(0, LONGEST);
  const [, scheme = '', user, host = ''] = match;
  return `${scheme.toLowerCase()}:${user === undefined ? '' : `${user}@`}${host.toLowerCase()}`.slice(0, LONGEST);
}
