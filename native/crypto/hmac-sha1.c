// See hmac-sha1.h. OpenSSL's SHA1_* are deprecated in favour of EVP, which allocates for each digest; they are the only
// ones that let a state be put in. The deprecation is silenced in this file alone.

#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/hmac-sha1.h"

#include <openssl/sha.h>
#include <string.h>

#include "crypto/secure.h"

enum { INNER_PAD = 0x36, OUTER_PAD = 0x5C };  // RFC 2104 §2

static void keep_state(const SHA_CTX *hash, uint32_t state[5]) {
  state[0] = hash->h0;
  state[1] = hash->h1;
  state[2] = hash->h2;
  state[3] = hash->h3;
  state[4] = hash->h4;
}

/** A hash that has taken one block, the pad, and stands in `state`. */
static int resume(SHA_CTX *hash, const uint32_t state[5]) {
  if (SHA1_Init(hash) != 1) return 0;
  hash->h0 = state[0];
  hash->h1 = state[1];
  hash->h2 = state[2];
  hash->h3 = state[3];
  hash->h4 = state[4];
  hash->Nl = SHA_CBLOCK * 8;  // Bits taken so far.
  return 1;
}

/** SHA-1's state after the key, filled up with zeros, XOR the pad. */
static int hash_pad(const uint8_t block[SHA_CBLOCK], uint8_t pad, uint32_t state[5]) {
  uint8_t padded[SHA_CBLOCK];
  for (size_t i = 0; i < SHA_CBLOCK; i++) padded[i] = block[i] ^ pad;
  SHA_CTX hash;
  int done = SHA1_Init(&hash) == 1 && SHA1_Update(&hash, padded, sizeof padded) == 1;
  if (done) keep_state(&hash, state);
  secure_wipe(padded, sizeof padded);
  secure_wipe(&hash, sizeof hash);
  return done;
}

dp_error hmac_sha1_init(struct hmac_sha1 *hmac, const uint8_t *key, size_t key_bytes) {
  if (!hmac || (!key && key_bytes > 0)) return DP_INVALID_ARGUMENT;
  uint8_t block[SHA_CBLOCK] = {0};
  // RFC 2104 §2: a key longer than a block is hashed first.
  int done = 1;
  if (key_bytes > SHA_CBLOCK)
    done = SHA1(key, key_bytes, block) != NULL;
  else if (key_bytes > 0)
    memcpy(block, key, key_bytes);
  done = done && hash_pad(block, INNER_PAD, hmac->inner) && hash_pad(block, OUTER_PAD, hmac->outer);
  secure_wipe(block, sizeof block);
  if (!done) hmac_sha1_close(hmac);
  return done ? DP_OK : DP_CRYPTO;
}

dp_error hmac_sha1_compute(const struct hmac_sha1 *hmac, const struct byte_view *parts, size_t count,
                           uint8_t digest[HMAC_SHA1_BYTES]) {
  if (!hmac || (!parts && count > 0)) return DP_INVALID_ARGUMENT;
  SHA_CTX hash;
  int done = resume(&hash, hmac->inner);
  for (size_t i = 0; done && i < count; i++) {
    if (parts[i].length > 0) done = SHA1_Update(&hash, parts[i].data, parts[i].length) == 1;
  }
  uint8_t inner[HMAC_SHA1_BYTES];
  done = done && SHA1_Final(inner, &hash) == 1 && resume(&hash, hmac->outer) &&
         SHA1_Update(&hash, inner, sizeof inner) == 1 && SHA1_Final(digest, &hash) == 1;
  return done ? DP_OK : DP_CRYPTO;
}

void hmac_sha1_close(struct hmac_sha1 *hmac) { secure_wipe(hmac, sizeof *hmac); }
