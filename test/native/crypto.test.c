// Known answers: RFC 2202 §3 (HMAC-SHA1), SP 800-38A F.5.1 and FIPS-197 C.1 (AES-128), and what secure.h promises.

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "crypto/aes-ctr.h"
#include "crypto/aes-gcm.h"
#include "crypto/hmac-sha1.h"
#include "crypto/secure.h"
#include "crypto/self-test.h"
#include "support/check.h"

struct hmac_case {
  const char *key;
  const char *data;
  const char *digest;
};

/** `byte` repeated, as hexadecimal text. */
static const char *repeated(const char *byte, int times, char *text) {
  text[0] = '\0';
  for (int i = 0; i < times; i++) strcat(text, byte);
  return text;
}

static void hmac_sha1_gives_rfc_2202_answers(void) {
  char aa20[64], aa80[200], dd50[128], cd50[128], c20[64], b20[64];
  const struct hmac_case cases[] = {
      {repeated("0b", 20, b20), "4869205468657265", "b617318655057264e28bc0b6fb378c8ef146be00"},
      {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
       "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
      {repeated("aa", 20, aa20), repeated("dd", 50, dd50), "125d7342b9ac11cd91a39af48aa17b4f63f175d3"},
      {"0102030405060708090a0b0c0d0e0f10111213141516171819", repeated("cd", 50, cd50),
       "4c9007f4026250c6bc8414f9bf50c86c2d7235da"},
      {repeated("0c", 20, c20), "546573742057697468205472756e636174696f6e", "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"},
      {repeated("aa", 80, aa80),
       "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
       "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
      {aa80,
       "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b657920616e64204c6172676572205468616e204f6"
       "e65"
       "20426c6f636b2d53697a652044617461",
       "e8e99d0f45237d786d6bbaa7965c7808bbff1a91"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint8_t key[100], data[100], expected[20], digest[20];
    size_t key_bytes = test_from_hex(cases[i].key, key, sizeof key);
    size_t data_bytes = test_from_hex(cases[i].data, data, sizeof data);
    test_from_hex(cases[i].digest, expected, sizeof expected);
    struct hmac_sha1 hmac;
    CHECK_EQUAL(hmac_sha1_init(&hmac, key, key_bytes), DP_OK);
    // However the data is cut, and twice with the same key.
    for (size_t cut = 0; cut <= data_bytes; cut++) {
      const struct byte_view parts[] = {{data, cut}, {data + cut, data_bytes - cut}};
      CHECK_EQUAL(hmac_sha1_compute(&hmac, parts, 2, digest), DP_OK);
      CHECK_BYTES(digest, expected, 20);
    }
    hmac_sha1_close(&hmac);
    static const struct hmac_sha1 wiped;
    CHECK_BYTES(&hmac, &wiped, sizeof hmac);
  }
}

/** Every way in which a message can end within a block, cut anywhere near a block's end. */
static void hmac_sha1_is_openssls_at_every_length(void) {
  uint8_t data[300], digest[HMAC_SHA1_BYTES], expected[HMAC_SHA1_BYTES];
  for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 37 + 11);
  struct hmac_sha1 hmac;
  CHECK_EQUAL(hmac_sha1_init(&hmac, data, 20), DP_OK);
  static const size_t cuts[] = {0, 1, 12, 63, 64, 65, 127, 128, 172};
  for (size_t length = 0; length <= sizeof data; length++) {
    CHECK(HMAC(EVP_sha1(), data, 20, data, length, expected, NULL) != NULL);
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
      size_t cut = cuts[i] < length ? cuts[i] : length;
      const struct byte_view parts[] = {{data, cut}, {data + cut, 0}, {data + cut, length - cut}};
      CHECK_EQUAL(hmac_sha1_compute(&hmac, parts, 3, digest), DP_OK);
      CHECK_BYTES(digest, expected, HMAC_SHA1_BYTES);
    }
  }
  hmac_sha1_close(&hmac);
}

static void aes_ctr_gives_sp_800_38a_answers(void) {
  uint8_t key[16], counter[16], text[64], expected[64];
  test_from_hex("2b7e151628aed2a6abf7158809cf4f3c", key, sizeof key);
  test_from_hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", counter, sizeof counter);
  const char *plain =
      "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
      "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
  test_from_hex(
      "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
      "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee",
      expected, sizeof expected);
  struct aes_ctr cipher;
  CHECK_EQUAL(aes_ctr_init(&cipher, key, sizeof key), DP_OK);
  for (size_t length = 0; length <= 64; length++) {
    uint8_t whole[64];
    test_from_hex(plain, whole, sizeof whole);
    memcpy(text, whole, 64);
    CHECK_EQUAL(aes_ctr_apply(&cipher, counter, text, length), DP_OK);
    CHECK_BYTES(text, expected, length);
    CHECK_BYTES(text + length, whole + length, 64 - length);
  }
  aes_ctr_close(&cipher);
  aes_ctr_close(&cipher);
  CHECK_EQUAL(aes_ctr_apply(&cipher, counter, text, 16), DP_INVALID_ARGUMENT);
}

/** FIPS-197 C.1: a block of zeros in counter mode yields the cipher's output for the counter block. */
/** Where OpenSSL takes no IV as a parameter the longer way is gone: both give the same, one packet after another. */
static void aes_gcm_takes_its_iv_either_way(void) {
  uint8_t key[16], header[12] = {0x80}, plain[160], texts[2][160], tags[2][AES_GCM_TAG_BYTES];
  struct aes_gcm sealers[2], openers[2];
  CHECK_EQUAL(secure_random(key, sizeof key), DP_OK);
  CHECK_EQUAL(secure_random(plain, sizeof plain), DP_OK);
  for (int way = 0; way < 2; way++) {
    CHECK_EQUAL(aes_gcm_init(&sealers[way], AES_GCM_SEALS, key, sizeof key), DP_OK);
    CHECK_EQUAL(aes_gcm_init(&openers[way], AES_GCM_OPENS, key, sizeof key), DP_OK);
  }
  sealers[1].takes_iv = openers[1].takes_iv = false;
  for (uint8_t packet = 0; packet < 3; packet++) {
    struct aes_gcm_text text = {.iv = {1, 2, packet}, .associated = {{header, sizeof header}}, .length = sizeof plain};
    for (int way = 0; way < 2; way++) {
      memcpy(texts[way], plain, sizeof plain);
      text.bytes = texts[way];
      text.tag = tags[way];
      CHECK_EQUAL(aes_gcm_seal(&sealers[way], &text), DP_OK);
    }
    CHECK_BYTES(texts[0], texts[1], sizeof plain);
    CHECK_BYTES(tags[0], tags[1], AES_GCM_TAG_BYTES);
    for (int way = 0; way < 2; way++) {
      text.bytes = texts[way];
      text.tag = tags[way];
      tags[way][3] ^= 1;
      CHECK_EQUAL(aes_gcm_open(&openers[way], &text), DP_NOT_AUTHENTIC);
      tags[way][3] ^= 1;
      CHECK_EQUAL(aes_gcm_open(&openers[way], &text), DP_OK);
      CHECK_BYTES(texts[way], plain, sizeof plain);
    }
  }
  for (int way = 0; way < 2; way++) {
    aes_gcm_close(&sealers[way]);
    aes_gcm_close(&openers[way]);
  }
}

static void aes_is_that_of_fips_197(void) {
  uint8_t key[16], block[16], expected[16], zeros[16] = {0};
  test_from_hex("000102030405060708090a0b0c0d0e0f", key, sizeof key);
  test_from_hex("00112233445566778899aabbccddeeff", block, sizeof block);
  test_from_hex("69c4e0d86a7b0430d8cdb78070b4c55a", expected, sizeof expected);
  struct aes_ctr cipher;
  CHECK_EQUAL(aes_ctr_init(&cipher, key, sizeof key), DP_OK);
  CHECK_EQUAL(aes_ctr_apply(&cipher, block, zeros, sizeof zeros), DP_OK);
  CHECK_BYTES(zeros, expected, 16);
  aes_ctr_close(&cipher);
}

static void compares_every_byte(void) {
  uint8_t left[20], right[20];
  for (size_t i = 0; i < 20; i++) left[i] = right[i] = (uint8_t)i;
  CHECK(secure_equal(left, right, 20));
  CHECK(secure_equal(left, right, 0));
  for (size_t i = 0; i < 20; i++) {
    for (int bit = 0; bit < 8; bit++) {
      right[i] ^= (uint8_t)(1 << bit);
      CHECK(!secure_equal(left, right, 20));
      right[i] ^= (uint8_t)(1 << bit);
    }
  }
}

static void random_bytes_differ(void) {
  uint8_t first[16] = {0}, second[16] = {0};
  CHECK_EQUAL(secure_random(first, sizeof first), DP_OK);
  CHECK_EQUAL(secure_random(second, sizeof second), DP_OK);
  CHECK(!secure_equal(first, second, sizeof first));
}

static void self_test_passes(void) { CHECK_EQUAL(crypto_self_test(), DP_OK); }

int main(void) {
  TEST(hmac_sha1_gives_rfc_2202_answers);
  TEST(hmac_sha1_is_openssls_at_every_length);
  TEST(aes_ctr_gives_sp_800_38a_answers);
  TEST(aes_gcm_takes_its_iv_either_way);
  TEST(aes_is_that_of_fips_197);
  TEST(compares_every_byte);
  TEST(random_bytes_differ);
  TEST(self_test_passes);
  return test_summary("crypto");
}
