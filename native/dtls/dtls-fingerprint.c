// See dtls-fingerprint.h.

#include "dtls/dtls-fingerprint.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "crypto/secure.h"

_Static_assert(DTLS_HASH_BYTES <= EVP_MAX_MD_SIZE, "a digest of OpenSSL's has room for our longest");

size_t dtls_hash_bytes(enum dtls_hash hash) {
  switch (hash) {
    case DTLS_SHA256:
      return 32;
    case DTLS_SHA384:
      return 48;
    case DTLS_SHA512:
      return 64;
  }
  return 0;
}

static const EVP_MD *digest_of(enum dtls_hash hash) {
  if (hash == DTLS_SHA512) return EVP_sha512();
  return hash == DTLS_SHA384 ? EVP_sha384() : EVP_sha256();
}

/** The hash to compare by: the strongest that is there. */
static enum dtls_hash strongest(const struct dtls_fingerprints *announced) {
  enum dtls_hash hash = DTLS_SHA256;
  for (size_t at = 0; at < announced->count; at++) {
    if (announced->list[at].hash > hash) hash = announced->list[at].hash;
  }
  return hash;
}

bool dtls_fingerprints_match(const struct dtls_fingerprints *announced, const struct x509_st *certificate) {
  if (!certificate || announced->count == 0 || announced->count > DTLS_FINGERPRINTS) return false;
  enum dtls_hash hash = strongest(announced);
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (X509_digest(certificate, digest_of(hash), digest, &length) != 1 || length != dtls_hash_bytes(hash)) return false;
  bool match = false;
  for (size_t at = 0; at < announced->count; at++) {
    const struct dtls_fingerprint *candidate = &announced->list[at];
    if (candidate->hash == hash && secure_equal(candidate->bytes, digest, length)) match = true;
  }
  return match;
}
