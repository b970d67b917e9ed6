// A device's hardware address, as profile servers write and read it.

/** Twelve lower-case hexadecimal digits; undefined where the text is no such address. Takes `B8:27:EB:01:02:03` too. */
export function readMac(text: string): string | undefined {
  const plain = text.replace(/[:.-]/g, '').toLowerCase();
  return /^[0-9a-f]{12}$/.test(plain) ? plain : undefined;
}

/** How devices of the field write theirs into a PnP request's URI; responders know one or another. */
export const PNP_SPELLINGS = ['MAC%3a', 'MAC%3A', 'MAC'] as const;

/** The address in the user part of a PnP URI, whatever its spelling: `MAC%3a…`, `MAC=…`, `MAC…`, or the digits alone. */
export function macOfUser(user: string): string | undefined {
  const unescaped = user.replace(/%3a|%3d/gi, ':');
  const [, digits = ''] = /^(?:MAC)?[:=]?([0-9a-f:.-]{12,17})$/i.exec(unescaped) ?? [];
  return readMac(digits);
}
