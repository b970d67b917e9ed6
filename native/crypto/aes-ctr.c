// See aes-ctr.h.

#include "crypto/aes-ctr.h"

#include <limits.h>
#include <openssl/evp.h>

dp_error aes_ctr_init(struct aes_ctr *cipher, const uint8_t *key, size_t key_bytes) {
  if (!cipher || !key) return DP_INVALID_ARGUMENT;
  if (key_bytes != AES_128_KEY_BYTES && key_bytes != AES_256_KEY_BYTES) return DP_INVALID_ARGUMENT;
  cipher->context = EVP_CIPHER_CTX_new();
  if (!cipher->context) return DP_CRYPTO;
  const EVP_CIPHER *kind = key_bytes == AES_128_KEY_BYTES ? EVP_aes_128_ctr() : EVP_aes_256_ctr();
  if (EVP_EncryptInit_ex(cipher->context, kind, NULL, key, NULL) != 1) {
    aes_ctr_close(cipher);
    return DP_CRYPTO;
  }
  return DP_OK;
}

dp_error aes_ctr_apply(struct aes_ctr *cipher, const uint8_t iv[AES_CTR_IV_BYTES], uint8_t *bytes, size_t length) {
  if (!cipher->context || length > INT_MAX) return DP_INVALID_ARGUMENT;
  // Neither cipher nor key given: both stay, only the counter block is set anew.
  if (EVP_EncryptInit_ex(cipher->context, NULL, NULL, NULL, iv) != 1) return DP_CRYPTO;
  int written = 0;
  if (EVP_EncryptUpdate(cipher->context, bytes, &written, bytes, (int)length) != 1) return DP_CRYPTO;
  return written == (int)length ? DP_OK : DP_CRYPTO;
}

void aes_ctr_close(struct aes_ctr *cipher) {
  EVP_CIPHER_CTX_free(cipher->context);  // Wipes; takes null.
  cipher->context = NULL;
}
