// See hmac-sha1.h. OpenSSL's SHA1_* are deprecated in favour of EVP, which allocates for each digest; they are the only
// ones that let a state be put in. The deprecation is silenced in this file alone. What makes blocks of a message is our
// own: a packet's few octets go through SHA1_Update and SHA1_Final a sixth slower.

#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/hmac-sha1.h"

#include <openssl/sha.h>
#include <string.h>

#include "crypto/secure.h"

enum { INNER_PAD = 0x36, OUTER_PAD = 0x5C };  // RFC 2104 §2
enum { LENGTH_BYTES = 8 };

static void keep_state(const SHA_CTX *hash, uint32_t state[5]) {
  state[0] = hash->h0;
  state[1] = hash->h1;
  state[2] = hash->h2;
  state[3] = hash->h3;
  state[4] = hash->h4;
}

static void resume(SHA_CTX *hash, const uint32_t state[5]) {
  hash->h0 = state[0];
  hash->h1 = state[1];
  hash->h2 = state[2];
  hash->h3 = state[3];
  hash->h4 = state[4];
}

/** A message's octets that do not fill a block yet, and zeros behind them. */
struct remainder {
  uint8_t block[SHA_CBLOCK];
  size_t filled;
};

static void take(SHA_CTX *hash, struct remainder *rest, struct byte_view part) {
  while (part.length > 0) {
    if (rest->filled == 0 && part.length >= SHA_CBLOCK) {
      SHA1_Transform(hash, part.data);
      part = (struct byte_view){part.data + SHA_CBLOCK, part.length - SHA_CBLOCK};
      continue;
    }
    size_t room = SHA_CBLOCK - rest->filled;
    size_t taken = part.length < room ? part.length : room;
    memcpy(rest->block + rest->filled, part.data, taken);
    rest->filled += taken;
    part = (struct byte_view){part.data + taken, part.length - taken};
    if (rest->filled < SHA_CBLOCK) return;
    SHA1_Transform(hash, rest->block);
    *rest = (struct remainder){.filled = 0};
  }
}

/** FIPS 180-4 §5.1.1: a one, zeros, and how many bits there were, `length` octets and the pad's block. */
static void finish(SHA_CTX *hash, struct remainder *rest, uint64_t length) {
  rest->block[rest->filled] = 0x80;
  if (rest->filled >= SHA_CBLOCK - LENGTH_BYTES) {
    SHA1_Transform(hash, rest->block);
    *rest = (struct remainder){.filled = 0};
  }
  bytes_store_u64(rest->block + SHA_CBLOCK - LENGTH_BYTES, (SHA_CBLOCK + length) * 8);
  SHA1_Transform(hash, rest->block);
}

static void write_digest(const SHA_CTX *hash, uint8_t digest[HMAC_SHA1_BYTES]) {
  bytes_store_u32(digest, hash->h0);
  bytes_store_u32(digest + 4, hash->h1);
  bytes_store_u32(digest + 8, hash->h2);
  bytes_store_u32(digest + 12, hash->h3);
  bytes_store_u32(digest + 16, hash->h4);
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
  struct remainder rest = {.filled = 0};
  uint64_t length = 0;
  resume(&hash, hmac->inner);
  for (size_t i = 0; i < count; i++) {
    take(&hash, &rest, parts[i]);
    length += parts[i].length;
  }
  finish(&hash, &rest, length);
  rest = (struct remainder){.filled = HMAC_SHA1_BYTES};
  write_digest(&hash, rest.block);
  resume(&hash, hmac->outer);
  finish(&hash, &rest, HMAC_SHA1_BYTES);
  write_digest(&hash, digest);
  return DP_OK;
}

void hmac_sha1_close(struct hmac_sha1 *hmac) { secure_wipe(hmac, sizeof *hmac); }
