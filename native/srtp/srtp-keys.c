// See srtp-keys.h.

#include "srtp/srtp-keys.h"

#include <string.h>

#include "base/bytes.h"
#include "crypto/secure.h"

uint64_t srtp_policy_lifetime(const struct srtp_policy *policy, uint64_t most) {
  return policy->lifetime == 0 || policy->lifetime > most ? most : policy->lifetime;
}

dp_error srtp_derive_bytes(const struct srtp_policy *policy, enum srtp_label label, uint8_t *bytes, size_t length) {
  // §4.3.1: key_id = label || index DIV rate, of which the latter is 48 zero bits; right-aligned it is XORed into the
  // salt, so the label meets the salt's byte 7. §4.3.3: times 2^16 leaves the low bytes to the block counter.
  uint8_t counter[AES_CTR_IV_BYTES] = {0};
  memcpy(counter, policy->master_salt, SRTP_MASTER_SALT_BYTES);
  counter[7] ^= (uint8_t)label;

  struct aes_ctr cipher;
  if (aes_ctr_init(&cipher, policy->master_key) != DP_OK) return DP_CRYPTO;
  memset(bytes, 0, length);
  dp_error error = aes_ctr_apply(&cipher, counter, bytes, length);
  aes_ctr_close(&cipher);
  secure_wipe(counter, sizeof counter);
  return error == DP_OK ? DP_OK : DP_CRYPTO;
}

dp_error srtp_session_keys_init(struct srtp_session_keys *keys, const struct srtp_policy *policy,
                                enum srtp_label first_label) {
  uint8_t encryption[AES_CTR_KEY_BYTES];
  uint8_t authentication[SRTP_AUTHENTICATION_KEY_BYTES];
  memset(keys, 0, sizeof *keys);
  dp_error error = srtp_derive_bytes(policy, first_label, encryption, sizeof encryption);
  if (!error) error = srtp_derive_bytes(policy, first_label + 1, authentication, sizeof authentication);
  if (!error) error = srtp_derive_bytes(policy, first_label + 2, keys->salt, sizeof keys->salt);
  if (!error) error = aes_ctr_init(&keys->cipher, encryption);
  if (!error) error = hmac_sha1_init(&keys->authentication, authentication, sizeof authentication);
  secure_wipe(encryption, sizeof encryption);
  secure_wipe(authentication, sizeof authentication);
  if (error) srtp_session_keys_close(keys);
  return error;
}

void srtp_session_keys_close(struct srtp_session_keys *keys) {
  aes_ctr_close(&keys->cipher);
  secure_wipe(keys, sizeof *keys);
}

dp_error srtp_apply_keystream(struct srtp_session_keys *keys, uint32_t ssrc, uint64_t index, uint8_t *bytes,
                              size_t length) {
  // §4.1.1: IV = (k_s * 2^16) XOR (SSRC * 2^64) XOR (i * 2^16).
  uint8_t iv[AES_CTR_IV_BYTES];
  memcpy(iv, keys->salt, SRTP_MASTER_SALT_BYTES);
  iv[14] = 0;
  iv[15] = 0;
  bytes_store_u32(iv + 4, bytes_load_u32(iv + 4) ^ ssrc);
  bytes_store_u64(iv + 8, bytes_load_u64(iv + 8) ^ (index << 16));
  dp_error error = aes_ctr_apply(&keys->cipher, iv, bytes, length);
  return error == DP_OK ? DP_OK : DP_CRYPTO;
}
