// What the listeners and the sockets ask of an address of ours. Every address here is numeric already.

export const isIpv6 = (address: string): boolean => address.includes(':');
/** Any address of the family. */
export const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::';
