// See self-test.h.

#include "crypto/self-test.h"

#include <string.h>

#include "crypto/aes-ctr.h"
#include "crypto/aes-gcm.h"
#include "crypto/hmac-sha1.h"

/** SP 800-38A F.5.1, first block. */
static dp_error test_aes_ctr(void) {
  static const uint8_t key[AES_128_KEY_BYTES] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
                                                 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
  static const uint8_t counter[AES_CTR_IV_BYTES] = {0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7,
                                                    0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff};
  static const uint8_t expected[16] = {0x87, 0x4d, 0x61, 0x91, 0xb6, 0x20, 0xe3, 0x26,
                                       0x1b, 0xef, 0x68, 0x64, 0x99, 0x0d, 0xb6, 0xce};
  uint8_t text[16] = {0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a};
  struct aes_ctr cipher;
  if (aes_ctr_init(&cipher, key, sizeof key) != DP_OK) return DP_CRYPTO;
  dp_error error = aes_ctr_apply(&cipher, counter, text, sizeof text);
  aes_ctr_close(&cipher);
  return error == DP_OK && memcmp(text, expected, sizeof text) == 0 ? DP_OK : DP_CRYPTO;
}

/** McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, test case 2. */
static dp_error test_aes_gcm(void) {
  static const uint8_t key[AES_128_KEY_BYTES] = {0};
  static const uint8_t expected[32] = {0x03, 0x88, 0xda, 0xce, 0x60, 0xb6, 0xa3, 0x92, 0xf3, 0x28, 0xc2,
                                       0xb9, 0x71, 0xb2, 0xfe, 0x78, 0xab, 0x6e, 0x47, 0xd4, 0x2c, 0xec,
                                       0x13, 0xbd, 0xf5, 0x3a, 0x67, 0xb2, 0x12, 0x57, 0xbd, 0xdf};
  uint8_t bytes[32] = {0};
  struct aes_gcm cipher;
  if (aes_gcm_init(&cipher, AES_GCM_SEALS, key, sizeof key) != DP_OK) return DP_CRYPTO;
  const struct aes_gcm_text text = {.bytes = bytes, .length = 16, .tag = bytes + 16};
  dp_error error = aes_gcm_seal(&cipher, &text);
  aes_gcm_close(&cipher);
  return error == DP_OK && memcmp(bytes, expected, sizeof bytes) == 0 ? DP_OK : DP_CRYPTO;
}

/** RFC 2202 §3, test case 2. */
static dp_error test_hmac_sha1(void) {
  static const char data[] = "what do ya want for nothing?";
  static const uint8_t expected[HMAC_SHA1_BYTES] = {0xef, 0xfc, 0xdf, 0x6a, 0xe5, 0xeb, 0x2f, 0xa2, 0xd2, 0x74,
                                                    0x16, 0xd5, 0xf1, 0x84, 0xdf, 0x9c, 0x25, 0x9a, 0x7c, 0x79};
  struct hmac_sha1 hmac;
  if (hmac_sha1_init(&hmac, (const uint8_t *)"Jefe", 4) != DP_OK) return DP_CRYPTO;
  const struct byte_view part = {(const uint8_t *)data, sizeof data - 1};
  uint8_t digest[HMAC_SHA1_BYTES];
  dp_error error = hmac_sha1_compute(&hmac, &part, 1, digest);
  return error == DP_OK && memcmp(digest, expected, sizeof digest) == 0 ? DP_OK : DP_CRYPTO;
}

dp_error crypto_self_test(void) {
  dp_error error = test_aes_ctr();
  if (error == DP_OK) error = test_aes_gcm();
  return error == DP_OK ? test_hmac_sha1() : error;
}
