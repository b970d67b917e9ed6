// What numeric addresses say of where a host is.

/** Loopback, link-local and private addresses: RFC 1122 §3.2.1.3, RFC 1918, RFC 3927, RFC 4193, RFC 4291. */
export function isOfTheHouse(address: string): boolean {
  if (address.includes(':')) return /^(::1$|f[cd]|fe[89ab])/i.test(address);
  const [first = 0, second = 0] = address.split('.').map(Number);
  if (first === 10 || first === 127) return true;
  return (
    (first === 192 && second === 168) ||
    (first === 172 && second >= 16 && second <= 31) ||
    (first === 169 && second === 254)
  );
}

/**
 * Whether a host that is reached at `known` says that it is somewhere that only its own side of a NAT can reach: a
 * private or a carrier's shared address (RFC 6598), and another one.
 */
export function isBehindNat(stated: string, known: string): boolean {
  return stated !== known && (isOfTheHouse(stated) || isShared(stated));
}

/**
 * Whether an address is one that a host on the Internet can have: of none of the networks that are not reached from there
 * (RFC 6890), nor a group's. Those of documents count as well.
 */
export function isPublic(address: string): boolean {
  if (address.includes(':')) return !isOfTheHouse(address) && !/^(::|ff)/i.test(address);
  const [first = 0] = address.split('.').map(Number);
  return first > 0 && first < 224 && !isOfTheHouse(address) && !isShared(address);
}

function isShared(address: string): boolean {
  const [first = 0, second = 0] = address.split('.').map(Number);
  return first === 100 && second >= 64 && second <= 127;
}
