// See aes-gcm.h.

#include "crypto/aes-gcm.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "crypto/aes-ctr.h"

/**
 * Gives the context a whole IV, length -1, in the place of a fixed part (EVP_CTRL_GCM_SET_IV_FIXED). EVP_CipherInit_ex, which is
 * meant for keys as well, looks at so much else that it takes a quarter of the time of a packet.
 */
static bool put_iv(EVP_CIPHER_CTX *context, const uint8_t *iv) {
  const OSSL_PARAM parameters[] = {
      {OSSL_CIPHER_PARAM_AEAD_TLS1_IV_FIXED, OSSL_PARAM_OCTET_STRING, (uint8_t *)iv, (size_t)-1, OSSL_PARAM_UNMODIFIED},
      OSSL_PARAM_END};
  return EVP_CIPHER_CTX_set_params(context, parameters) == 1;
}

dp_error aes_gcm_init(struct aes_gcm *cipher, enum aes_gcm_use use, const uint8_t *key, size_t key_bytes) {
  if (!cipher || !key) return DP_INVALID_ARGUMENT;
  if (key_bytes != AES_128_KEY_BYTES && key_bytes != AES_256_KEY_BYTES) return DP_INVALID_ARGUMENT;
  cipher->context = EVP_CIPHER_CTX_new();
  if (!cipher->context) return DP_CRYPTO;
  // An IV of 96 bits is the mode's own length: none has to be set.
  const EVP_CIPHER *kind = key_bytes == AES_128_KEY_BYTES ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
  if (EVP_CipherInit_ex(cipher->context, kind, NULL, key, NULL, use == AES_GCM_SEALS) != 1) {
    aes_gcm_close(cipher);
    return DP_CRYPTO;
  }
  static const uint8_t no_iv[AES_GCM_IV_BYTES];
  cipher->takes_iv = put_iv(cipher->context, no_iv);
  return DP_OK;
}

static bool begin(const struct aes_gcm *cipher, const uint8_t *iv) {
  if (cipher->takes_iv) return put_iv(cipher->context, iv);
  // Neither cipher nor key given, direction -1: all of them stay.
  return EVP_CipherInit_ex(cipher->context, NULL, NULL, NULL, iv, -1) == 1;
}

/** IV, associated data and text through the cipher, up to the tag. */
static dp_error run(struct aes_gcm *cipher, const struct aes_gcm_text *text) {
  if (!cipher->context || text->length > INT_MAX) return DP_INVALID_ARGUMENT;
  if (!begin(cipher, text->iv)) return DP_CRYPTO;
  int written = 0;
  for (size_t i = 0; i < AES_GCM_ASSOCIATED; i++) {
    const struct byte_view *part = &text->associated[i];
    if (part->length > INT_MAX) return DP_INVALID_ARGUMENT;
    if (part->length == 0) continue;
    if (EVP_CipherUpdate(cipher->context, NULL, &written, part->data, (int)part->length) != 1) return DP_CRYPTO;
  }
  if (text->length == 0) return DP_OK;
  if (EVP_CipherUpdate(cipher->context, text->bytes, &written, text->bytes, (int)text->length) != 1) return DP_CRYPTO;
  return written == (int)text->length ? DP_OK : DP_CRYPTO;
}

/** The tag as a parameter: what EVP_CIPHER_CTX_ctrl would make of it for each packet, by a longer way. */
#define TAG_PARAMETER(tag) {OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, AES_GCM_TAG_BYTES), OSSL_PARAM_END}

dp_error aes_gcm_seal(struct aes_gcm *cipher, const struct aes_gcm_text *text) {
  dp_error error = run(cipher, text);
  if (error) return error;
  uint8_t rest[AES_GCM_TAG_BYTES];  // Counter mode leaves nothing over, but the call wants a place for it.
  int written = 0;
  if (EVP_CipherFinal_ex(cipher->context, rest, &written) != 1) return DP_CRYPTO;
  OSSL_PARAM parameters[] = TAG_PARAMETER(text->tag);
  return EVP_CIPHER_CTX_get_params(cipher->context, parameters) == 1 ? DP_OK : DP_CRYPTO;
}

dp_error aes_gcm_open(struct aes_gcm *cipher, const struct aes_gcm_text *text) {
  dp_error error = run(cipher, text);
  if (error) return error;
  OSSL_PARAM parameters[] = TAG_PARAMETER(text->tag);
  if (EVP_CIPHER_CTX_set_params(cipher->context, parameters) != 1) return DP_CRYPTO;
  uint8_t rest[AES_GCM_TAG_BYTES];
  int written = 0;
  if (EVP_CipherFinal_ex(cipher->context, rest, &written) == 1) return DP_OK;
  // The same keystream once more takes it off again: a forged packet costs twice, a good one no copy.
  error = run(cipher, text);
  return error ? error : DP_NOT_AUTHENTIC;
}

void aes_gcm_close(struct aes_gcm *cipher) {
  EVP_CIPHER_CTX_free(cipher->context);  // Wipes; takes null.
  cipher->context = NULL;
}
