// AES in counter mode with a preset key of 128 or 256 bits (SP 800-38A §6.5), as SRTP's AES-CM uses it (RFC 3711 §4.1.1,
// RFC 6188 §2). The key is expanded once; a packet costs an IV and the cipher, no allocation.

#ifndef DOORPHONE_CRYPTO_AES_CTR_H
#define DOORPHONE_CRYPTO_AES_CTR_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define AES_128_KEY_BYTES 16
#define AES_256_KEY_BYTES 32
#define AES_CTR_IV_BYTES 16

struct evp_cipher_ctx_st;

/** A cipher with its key. One owner; zero-initialised means closed. */
struct aes_ctr {
  struct evp_cipher_ctx_st *context;
};

/**
 * Sets the key. Allocates (OpenSSL): not on the media thread.
 * @param key_bytes AES_128_KEY_BYTES or AES_256_KEY_BYTES
 * @return DP_OK, DP_INVALID_ARGUMENT, DP_CRYPTO
 */
dp_error aes_ctr_init(struct aes_ctr *cipher, const uint8_t *key, size_t key_bytes);

/**
 * XORs the keystream that starts at the counter block `iv` over `length` bytes, in place. Encrypts and decrypts.
 * The counter runs over the whole block as a big-endian number. Does not allocate.
 * @return DP_OK, DP_INVALID_ARGUMENT, DP_CRYPTO
 */
dp_error aes_ctr_apply(struct aes_ctr *cipher, const uint8_t iv[AES_CTR_IV_BYTES], uint8_t *bytes, size_t length);

/** Wipes and frees. Harmless when closed already. Not on the media thread. */
void aes_ctr_close(struct aes_ctr *cipher);

#endif
