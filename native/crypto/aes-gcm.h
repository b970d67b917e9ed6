// AES in Galois/counter mode with a preset key of 128 or 256 bits, an IV of 96 bits and a tag of 128 (SP 800-38D,
// RFC 5116 §5.1, §5.2), as SRTP uses it (RFC 7714). A context either seals or opens. The key is expanded once; a packet
// costs no allocation.

#ifndef DOORPHONE_CRYPTO_AES_GCM_H
#define DOORPHONE_CRYPTO_AES_GCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

#define AES_GCM_IV_BYTES 12
#define AES_GCM_TAG_BYTES 16
/** Pieces of associated data that a text may have. */
#define AES_GCM_ASSOCIATED 2

struct evp_cipher_ctx_st;

/** A cipher with its key. One owner; zero-initialised means closed. */
struct aes_gcm {
  struct evp_cipher_ctx_st *context;
  bool takes_iv; /**< As a parameter, which is the shorter way. */
};

enum aes_gcm_use { AES_GCM_SEALS, AES_GCM_OPENS };

/** What is sealed or opened, in place. */
struct aes_gcm_text {
  uint8_t iv[AES_GCM_IV_BYTES];
  struct byte_view associated[AES_GCM_ASSOCIATED]; /**< Authenticated only, one behind the other; may be empty. */
  uint8_t *bytes;
  size_t length;
  uint8_t *tag; /**< AES_GCM_TAG_BYTES: written by seal, read by open. */
};

/**
 * Sets the key. Allocates (OpenSSL): not on the media thread.
 * @param key_bytes 16 or 32
 * @return DP_OK, DP_INVALID_ARGUMENT, DP_CRYPTO
 */
dp_error aes_gcm_init(struct aes_gcm *cipher, enum aes_gcm_use use, const uint8_t *key, size_t key_bytes);

/** Encrypts and writes the tag. The same IV must never come twice (SP 800-38D §8). @return DP_OK, DP_INVALID_ARGUMENT,
 * DP_CRYPTO */
dp_error aes_gcm_seal(struct aes_gcm *cipher, const struct aes_gcm_text *text);

/** Decrypts and checks the tag; where it does not fit, `bytes` are as before. @return DP_OK, DP_NOT_AUTHENTIC,
 * DP_INVALID_ARGUMENT, DP_CRYPTO */
dp_error aes_gcm_open(struct aes_gcm *cipher, const struct aes_gcm_text *text);

/** Wipes and frees. Harmless when closed already. Not on the media thread. */
void aes_gcm_close(struct aes_gcm *cipher);

#endif
