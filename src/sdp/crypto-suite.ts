// The crypto suites that the engine has, by their names in SDP: RFC 4568 §6.2, RFC 6188 §4, RFC 7714 §14.1.

export type CryptoSuite =
  | 'AES_CM_128_HMAC_SHA1_80'
  | 'AES_CM_128_HMAC_SHA1_32'
  | 'AES_256_CM_HMAC_SHA1_80'
  | 'AES_256_CM_HMAC_SHA1_32'
  | 'AEAD_AES_128_GCM'
  | 'AEAD_AES_256_GCM';

/** Master key and salt, one behind the other, in octets. */
const MASTER_OCTETS: Readonly<Record<CryptoSuite, number>> = {
  AES_CM_128_HMAC_SHA1_80: 30,
  AES_CM_128_HMAC_SHA1_32: 30,
  AES_256_CM_HMAC_SHA1_80: 46,
  AES_256_CM_HMAC_SHA1_32: 46,
  AEAD_AES_128_GCM: 28,
  AEAD_AES_256_GCM: 44,
};

export const masterOctets = (suite: CryptoSuite): number => MASTER_OCTETS[suite];

/** Names are compared without case (RFC 4568 §9.1: ABNF strings). */
const SUITES: ReadonlyMap<string, CryptoSuite> = new Map([
  ...Object.keys(MASTER_OCTETS)
    .filter(isSuite)
    .map((suite) => [suite, suite] as const),
  // What RFC 6188 was called as a draft; rtpengine, FreeSWITCH and others write it so.
  ['AES_CM_256_HMAC_SHA1_80', 'AES_256_CM_HMAC_SHA1_80'],
  ['AES_CM_256_HMAC_SHA1_32', 'AES_256_CM_HMAC_SHA1_32'],
]);

function isSuite(name: string): name is CryptoSuite {
  return name in MASTER_OCTETS;
}

/** The suite of a name, which may be an older one; undefined: none of ours. */
export const suiteNamed = (name: string): CryptoSuite | undefined => SUITES.get(name.toUpperCase());
