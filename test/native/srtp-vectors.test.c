// SRTP against the vectors of RFC 3711 appendix B, RFC 6188 §7, RFC 7714 §16 and §17, and against packets that libsrtp2
// made with every suite.

#include "srtp/srtp.h"
#include "support/check.h"
#include "vectors/srtp-vectors.h"

enum { BUFFER = 700 };

// ---- RFC 3711 appendix B, RFC 6188 §7 ----

struct keystream {
  const char *key;
  const char *first;
  const char *last;
};

/** Counter blocks …0000 to …0002 and …fefe to …ff01 of the salt F0F1…FD. */
static void check_keystream(const struct keystream *vector) {
  struct srtp_session_keys keys = {0};
  uint8_t key[32];
  static uint8_t stream[1044512];
  uint8_t expected[48];
  memset(stream, 0, sizeof stream);
  size_t key_bytes = test_from_hex(vector->key, key, sizeof key);
  test_from_hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD", keys.salt, sizeof keys.salt);
  CHECK_EQUAL(aes_ctr_init(&keys.cipher, key, key_bytes), DP_OK);
  const struct srtp_frame frame = {.bytes = stream, .length = sizeof stream};
  CHECK_EQUAL(srtp_apply_keystream(&keys, &frame), DP_OK);
  test_from_hex(vector->first, expected, sizeof expected);
  CHECK_BYTES(stream, expected, 48);
  test_from_hex(vector->last, expected, sizeof expected);
  CHECK_BYTES(stream + sizeof stream - 48, expected, 48);
  srtp_session_keys_close(&keys);
}

static void keystream_is_that_of_b_2(void) {
  static const struct keystream vector = {
      "2B7E151628AED2A6ABF7158809CF4F3C",
      "E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0",
      "EC8CDF7398607CB0F2D21675EA9EA1E4 362B7C3C6773516318A077D7FC5073AE 6A2CC3787889374FBEB4C81B17BA6C44"};
  check_keystream(&vector);
}

static void keystream_is_that_of_rfc_6188(void) {
  static const struct keystream vector = {
      "57f82fe3613fd170a85ec93c40b1f092 2ec4cb0dc025b58272147cc438944a98",
      "92bdd28a93c3f52511c677d08b5515a4 9da71b2378a854f67050756ded165bac 63c4868b7096d88421b563b8c94c9a31",
      "cea518c90fd91ced9cbb18c078a54711 3dbc4814f4da5f00a08772b63c6a046d 6eb246913062a16891433e97dd01a57f"};
  check_keystream(&vector);
}

static void check_derived(const struct srtp_policy *policy, enum srtp_label label, const char *hex) {
  uint8_t derived[94], expected[94];
  size_t length = test_from_hex(hex, expected, sizeof expected);
  CHECK_EQUAL(srtp_derive_bytes(policy, label, derived, length), DP_OK);
  CHECK_BYTES(derived, expected, length);
}

static void derives_the_keys_of_b_3(void) {
  struct srtp_policy policy = {.suite = SRTP_AES_CM_128_HMAC_SHA1_80};
  test_from_hex("E1F97A0D3E018BE0D64FA32C06DE4139", policy.master_key, sizeof policy.master_key);
  test_from_hex("0EC675AD498AFEEBB6960B3AABE6", policy.master_salt, sizeof policy.master_salt);
  check_derived(&policy, SRTP_LABEL_RTP_ENCRYPTION, "C61E7A93744F39EE10734AFE3FF7A087");
  check_derived(&policy, SRTP_LABEL_RTP_SALT, "30CBBC08863D8C85D49DB34A9AE1");
  check_derived(&policy, SRTP_LABEL_RTP_AUTHENTICATION,
                "CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE E049646C43D9327AD175578EF7227098"
                "6371C10C9A369AC2F94A8C5FBCDDDC25 6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2");
}

static void derives_the_keys_of_rfc_6188(void) {
  struct srtp_policy policy = {.suite = SRTP_AES_256_CM_HMAC_SHA1_80};
  test_from_hex("f0f04914b513f2763a1b1fa130f10e29 98f6f6e43e4309d1e622a0e332b9f1b6", policy.master_key,
                sizeof policy.master_key);
  test_from_hex("3b04803de51ee7c96423ab5b78d2", policy.master_salt, sizeof policy.master_salt);
  check_derived(&policy, SRTP_LABEL_RTP_ENCRYPTION, "5ba1064e30ec51613cad926c5a28ef73 1ec7fb397f70a960653caf06554cd8c4");
  check_derived(&policy, SRTP_LABEL_RTP_SALT, "fa31791685ca444a9e07c6c64e93");
  check_derived(&policy, SRTP_LABEL_RTP_AUTHENTICATION, "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05");
}

// ---- RFC 7714 §16, §17: session keys are given, not derived ----

static struct srtp_session_keys gcm_keys(enum srtp_suite suite, enum aes_gcm_use use) {
  struct srtp_session_keys keys = {.suite = srtp_suite_parameters(suite)};
  uint8_t key[32];
  for (size_t i = 0; i < sizeof key; i++) key[i] = (uint8_t)i;
  test_from_hex("517569642070726f2071756f", keys.salt, sizeof keys.salt);
  if (aes_gcm_init(&keys.aead, use, key, keys.suite->key_bytes) != DP_OK) abort();
  return keys;
}

static const char rtp_plain[] =
    "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e697320646976697361"
    "20696e207061727465732074726573";

static const struct {
  enum srtp_suite suite;
  const char *sealed;
} rtp_cases[] = {
    {SRTP_AEAD_AES_128_GCM,  // §16.1.1, §16.1.2
     "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f"
     "42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce"},
    {SRTP_AEAD_AES_256_GCM,  // §16.2.1, §16.2.2
     "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3"
     "b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13"},
};

static void gcm_rtp_is_that_of_rfc_7714(void) {
  for (size_t i = 0; i < sizeof rtp_cases / sizeof rtp_cases[0]; i++) {
    uint8_t packet[BUFFER], plain[BUFFER], sealed[BUFFER];
    size_t length = test_from_hex(rtp_plain, plain, sizeof plain);
    size_t sealed_length = test_from_hex(rtp_cases[i].sealed, sealed, sizeof sealed);
    CHECK_EQUAL(sealed_length, length + 16);
    const struct srtp_frame frame = {
        .bytes = packet, .clear = 12, .length = length, .ssrc = 0x5501a0b2, .index = 0xf17b};
    memcpy(packet, plain, length);
    struct srtp_session_keys keys = gcm_keys(rtp_cases[i].suite, AES_GCM_SEALS);
    CHECK_EQUAL(srtp_seal_rtp(&keys, &frame), DP_OK);
    CHECK_BYTES(packet, sealed, sealed_length);
    srtp_session_keys_close(&keys);
    keys = gcm_keys(rtp_cases[i].suite, AES_GCM_OPENS);
    CHECK_EQUAL(srtp_open_rtp(&keys, &frame), DP_OK);
    CHECK_BYTES(packet, plain, length);
    srtp_session_keys_close(&keys);
  }
}

static const char rtcp_plain[] =
    "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeef"
    "deadbeefdeadbeefdeadbeefdeadbeef";

static const struct {
  enum srtp_suite suite;
  const char *sealed;
} rtcp_cases[] = {
    {SRTP_AEAD_AES_128_GCM,  // §17.1
     "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1"
     "730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4"},
    {SRTP_AEAD_AES_256_GCM,  // §17.2
     "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1"
     "110555be8415f658c61de0476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4"},
    {SRTP_AEAD_AES_128_GCM,  // §17.3: not encrypted
     "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeef"
     "deadbeefdeadbeefdeadbeefdeadbeef841dd9683dd78ec92ae58790125f62b3000005d4"},
    {SRTP_AEAD_AES_256_GCM,  // §17.4: not encrypted
     "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeef"
     "deadbeefdeadbeefdeadbeefdeadbeef91db4afbfeee5a978fab4393ed2615fe000005d4"},
};

static void gcm_rtcp_is_that_of_rfc_7714(void) {
  for (size_t i = 0; i < sizeof rtcp_cases / sizeof rtcp_cases[0]; i++) {
    uint8_t packet[BUFFER], plain[BUFFER], sealed[BUFFER];
    size_t length = test_from_hex(rtcp_plain, plain, sizeof plain);
    size_t sealed_length = test_from_hex(rtcp_cases[i].sealed, sealed, sizeof sealed);
    CHECK_EQUAL(sealed_length, length + 20);
    const struct srtp_frame frame = {.bytes = packet, .clear = 8, .length = length, .ssrc = 0x4d617273, .index = 0x5d4};
    struct srtp_session_keys keys = gcm_keys(rtcp_cases[i].suite, AES_GCM_OPENS);
    memcpy(packet, sealed, sealed_length);
    CHECK_EQUAL(srtp_open_rtcp(&keys, &frame), DP_OK);
    CHECK_BYTES(packet, plain, length);
    srtp_session_keys_close(&keys);
    if (sealed[length + 16] != 0x80) continue;  // What we send is always encrypted.
    keys = gcm_keys(rtcp_cases[i].suite, AES_GCM_SEALS);
    CHECK_EQUAL(srtp_seal_rtcp(&keys, &frame), DP_OK);
    CHECK_BYTES(packet, sealed, sealed_length);
    srtp_session_keys_close(&keys);
  }
}

// ---- libsrtp2 ----

static struct srtp_policy vector_policy(enum srtp_suite suite) {
  uint8_t master[SRTP_MAX_MASTER_BYTES];
  struct srtp_policy policy;
  test_from_hex(vector_master, master, sizeof master);
  if (srtp_policy_init(&policy, suite, master) != DP_OK) abort();
  return policy;
}

static enum srtp_suite suite_of(const struct srtp_vectors *vectors) {
  enum srtp_suite suite = SRTP_AES_CM_128_HMAC_SHA1_80;
  CHECK_EQUAL(srtp_suite_named(vectors->suite, &suite), DP_OK);
  return suite;
}

typedef dp_error (*protect_h)(struct srtp_sender *sender, uint8_t *packet, size_t *length, size_t capacity);
typedef dp_error (*unprotect_h)(struct srtp_receiver *receiver, uint8_t *packet, size_t *length);

static void check_protects(struct srtp_sender *sender, protect_h protect, const char *plain, const char *protected) {
  uint8_t packet[BUFFER], expected[BUFFER];
  size_t length = test_from_hex(plain, packet, BUFFER);
  size_t expected_length = test_from_hex(protected, expected, BUFFER);
  CHECK_EQUAL(protect(sender, packet, &length, expected_length), DP_OK);
  CHECK_EQUAL(length, expected_length);
  CHECK_BYTES(packet, expected, expected_length);
}

static void check_unprotects(struct srtp_receiver *receiver, unprotect_h unprotect, const char *protected,
                             const char *plain) {
  uint8_t packet[BUFFER], expected[BUFFER];
  size_t length = test_from_hex(protected, packet, BUFFER);
  size_t expected_length = test_from_hex(plain, expected, BUFFER);
  CHECK_EQUAL(unprotect(receiver, packet, &length), DP_OK);
  CHECK_EQUAL(length, expected_length);
  CHECK_BYTES(packet, expected, expected_length);
}

static void protects_as_libsrtp2_does(void) {
  for (size_t at = 0; at < VECTOR_SUITES; at++) {
    const struct srtp_vectors *vectors = &suite_vectors[at];
    const struct srtp_policy policy = vector_policy(suite_of(vectors));
    struct srtp_sender sender;
    CHECK_EQUAL(srtp_sender_init(&sender, &policy), DP_OK);
    for (size_t i = 0; i < VECTOR_RTP; i++) {
      check_protects(&sender, srtp_protect_rtp, plain_vectors.rtp[i], vectors->rtp[i]);
    }
    // Its first SRTCP index is 1, ours 0 (RFC 3711 §3.4: "set to zero before the first packet").
    uint8_t first[BUFFER] = {0x80, 0xC9, 0, 1, 0xCA, 0xFE, 0xBA, 0xBE};
    size_t first_length = 8;
    CHECK_EQUAL(srtp_protect_rtcp(&sender, first, &first_length, BUFFER), DP_OK);
    for (size_t i = 0; i < VECTOR_RTCP; i++) {
      check_protects(&sender, srtp_protect_rtcp, plain_vectors.rtcp[i], vectors->rtcp[i]);
    }
    srtp_sender_close(&sender);
  }
}

static void unprotects_what_libsrtp2_made(void) {
  for (size_t at = 0; at < VECTOR_SUITES; at++) {
    const struct srtp_vectors *vectors = &suite_vectors[at];
    const struct srtp_policy policy = vector_policy(suite_of(vectors));
    struct srtp_receiver receiver;
    CHECK_EQUAL(srtp_receiver_init(&receiver, &policy), DP_OK);
    for (size_t i = 0; i < VECTOR_RTP; i++) {
      check_unprotects(&receiver, srtp_unprotect_rtp, vectors->rtp[i], plain_vectors.rtp[i]);
    }
    for (size_t i = 0; i < VECTOR_RTCP; i++) {
      check_unprotects(&receiver, srtp_unprotect_rtcp, vectors->rtcp[i], plain_vectors.rtcp[i]);
    }
    srtp_receiver_close(&receiver);
  }
}

static void every_suite_has_its_vectors_and_its_name(void) {
  CHECK_EQUAL(VECTOR_SUITES, SRTP_SUITES);
  for (unsigned at = 0; at < SRTP_SUITES; at++) CHECK_EQUAL(suite_of(&suite_vectors[at]), at);
  enum srtp_suite suite;
  CHECK_EQUAL(srtp_suite_named("AES_192_CM_HMAC_SHA1_80", &suite), DP_NOT_FOUND);
  CHECK_EQUAL(srtp_suite_named("", &suite), DP_NOT_FOUND);
  CHECK(!srtp_suite_parameters((enum srtp_suite)SRTP_SUITES));
  CHECK_EQUAL(srtp_suite_master_bytes((enum srtp_suite)SRTP_SUITES), 0);
  const struct srtp_policy unknown = {.suite = (enum srtp_suite)SRTP_SUITES};
  struct srtp_sender sender;
  CHECK_EQUAL(srtp_sender_init(&sender, &unknown), DP_INVALID_ARGUMENT);
}

int main(void) {
  TEST(keystream_is_that_of_b_2);
  TEST(keystream_is_that_of_rfc_6188);
  TEST(derives_the_keys_of_b_3);
  TEST(derives_the_keys_of_rfc_6188);
  TEST(gcm_rtp_is_that_of_rfc_7714);
  TEST(gcm_rtcp_is_that_of_rfc_7714);
  TEST(every_suite_has_its_vectors_and_its_name);
  TEST(protects_as_libsrtp2_does);
  TEST(unprotects_what_libsrtp2_made);
  return test_summary("srtp-vectors");
}
