// See secure.h.

#include "crypto/secure.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

void secure_wipe(void *bytes, size_t length) { OPENSSL_cleanse(bytes, length); }

bool secure_equal(const uint8_t *left, const uint8_t *right, size_t length) {
  return CRYPTO_memcmp(left, right, length) == 0;
}

dp_error secure_random(uint8_t *bytes, size_t length) {
  if (length > INT_MAX) return DP_INVALID_ARGUMENT;
  return RAND_bytes(bytes, (int)length) == 1 ? DP_OK : DP_CRYPTO;
}
