// See srtp-keys.h.

#include "srtp/srtp-keys.h"

#include <string.h>

#include "crypto/secure.h"

dp_error srtp_policy_init(struct srtp_policy *policy, enum srtp_suite suite, const uint8_t *master) {
  const struct srtp_suite_parameters *parameters = srtp_suite_parameters(suite);
  if (!parameters) return DP_INVALID_ARGUMENT;
  *policy = (struct srtp_policy){.suite = suite};
  memcpy(policy->master_key, master, parameters->key_bytes);
  memcpy(policy->master_salt, master + parameters->key_bytes, parameters->salt_bytes);
  return DP_OK;
}

uint64_t srtp_policy_lifetime(const struct srtp_policy *policy, uint64_t most) {
  return policy->lifetime == 0 || policy->lifetime > most ? most : policy->lifetime;
}

dp_error srtp_derive_bytes(const struct srtp_policy *policy, enum srtp_label label, uint8_t *bytes, size_t length) {
  const struct srtp_suite_parameters *suite = srtp_suite_parameters(policy->suite);
  if (!suite) return DP_INVALID_ARGUMENT;
  // §4.3.1: key_id = label || index DIV rate, of which the latter is 48 zero bits; right-aligned it is XORed into the
  // salt, so the label meets the salt's byte 7. §4.3.3: times 2^16 leaves the low bytes to the block counter.
  // The salt of GCM, 96 bits, ends with zeros instead: its bytes stand where those of a long one do (RFC 7714 §11).
  uint8_t counter[AES_CTR_IV_BYTES] = {0};
  memcpy(counter, policy->master_salt, suite->salt_bytes);
  counter[7] ^= (uint8_t)label;

  struct aes_ctr cipher;
  if (aes_ctr_init(&cipher, policy->master_key, suite->key_bytes) != DP_OK) return DP_CRYPTO;
  memset(bytes, 0, length);
  dp_error error = aes_ctr_apply(&cipher, counter, bytes, length);
  aes_ctr_close(&cipher);
  secure_wipe(counter, sizeof counter);
  return error == DP_OK ? DP_OK : DP_CRYPTO;
}

/** Cipher and HMAC of RFC 3711 §4.1.1, §4.2.1. */
static dp_error init_counter_mode(struct srtp_session_keys *keys, const struct srtp_policy *policy,
                                  enum srtp_label first_label, const uint8_t *encryption) {
  uint8_t authentication[SRTP_AUTHENTICATION_KEY_BYTES];
  dp_error error = srtp_derive_bytes(policy, first_label + 1, authentication, sizeof authentication);
  if (!error) error = aes_ctr_init(&keys->cipher, encryption, keys->suite->key_bytes);
  if (!error) error = hmac_sha1_init(&keys->authentication, authentication, sizeof authentication);
  secure_wipe(authentication, sizeof authentication);
  return error;
}

dp_error srtp_session_keys_init(struct srtp_session_keys *keys, const struct srtp_policy *policy,
                                enum srtp_label first_label, bool seals) {
  memset(keys, 0, sizeof *keys);
  keys->suite = srtp_suite_parameters(policy->suite);
  if (!keys->suite) return DP_INVALID_ARGUMENT;
  uint8_t encryption[SRTP_MAX_KEY_BYTES];
  size_t key_bytes = keys->suite->key_bytes;
  dp_error error = srtp_derive_bytes(policy, first_label, encryption, key_bytes);
  if (!error) error = srtp_derive_bytes(policy, first_label + 2, keys->salt, keys->suite->salt_bytes);
  if (!error && keys->suite->aead) {
    error = aes_gcm_init(&keys->aead, seals ? AES_GCM_SEALS : AES_GCM_OPENS, encryption, key_bytes);
  } else if (!error) {
    error = init_counter_mode(keys, policy, first_label, encryption);
  }
  secure_wipe(encryption, sizeof encryption);
  if (error) srtp_session_keys_close(keys);
  return error;
}

void srtp_session_keys_close(struct srtp_session_keys *keys) {
  aes_ctr_close(&keys->cipher);
  aes_gcm_close(&keys->aead);
  secure_wipe(keys, sizeof *keys);
}
