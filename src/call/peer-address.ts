// Who the other party is, as a person reads it and as wrong codes are counted by.

const SIP_URI = /^(sips?):(?:([^@:]*)(?::[^@]*)?@)?([^;?>\s]+)/i;

/** A URI of SIP without password, parameters and headers, its host in lower case; any other URI as it stands. */
export function peerAddress(uri: string): string {
  const match = SIP_URI.exec(uri);
  if (match === null) return uri;
  const [, scheme = '', user, host = ''] = match;
  return `${scheme.toLowerCase()}:${user === undefined ? '' : `${user}@`}${host.toLowerCase()}`;
}
