// HMAC-SHA1 (RFC 2104, RFC 3711 §4.2.1) with the two pads hashed once: what is kept of the key are the two states of
// SHA-1 after a block each, so that a packet costs neither allocation nor pad. No state but the key's; any thread may
// compute with the same key at once.

#ifndef DOORPHONE_CRYPTO_HMAC_SHA1_H
#define DOORPHONE_CRYPTO_HMAC_SHA1_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

#define HMAC_SHA1_BYTES 20

/** The key as SHA-1's chaining values after the inner and the outer pad. Secret: wipe with hmac_sha1_close. */
struct hmac_sha1 {
  uint32_t inner[5];
  uint32_t outer[5];
};

/** Takes the key, of any length. Does not allocate. @return DP_OK, DP_INVALID_ARGUMENT, DP_CRYPTO */
dp_error hmac_sha1_init(struct hmac_sha1 *hmac, const uint8_t *key, size_t key_bytes);

/**
 * The digest over the parts, one after another. Does not allocate.
 * @param parts `count` views; a length of 0 is allowed
 * @return DP_OK, DP_INVALID_ARGUMENT, DP_CRYPTO
 */
dp_error hmac_sha1_compute(const struct hmac_sha1 *hmac, const struct byte_view *parts, size_t count,
                           uint8_t digest[HMAC_SHA1_BYTES]);

/** Wipes the key. */
void hmac_sha1_close(struct hmac_sha1 *hmac);

#endif
