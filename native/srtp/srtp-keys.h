// Session keys from a master key (RFC 3711 §4.3, key derivation rate 0) and the counter block of a packet (§4.1.1).
// Derivation allocates (OpenSSL): not on the media thread.

#ifndef DOORPHONE_SRTP_SRTP_KEYS_H
#define DOORPHONE_SRTP_SRTP_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "crypto/aes-ctr.h"
#include "crypto/hmac-sha1.h"

#define SRTP_MASTER_KEY_BYTES 16
#define SRTP_MASTER_SALT_BYTES 14
/** RFC 3711 §8.2: n_a, 160 bits. */
#define SRTP_AUTHENTICATION_KEY_BYTES 20

/** Labels of §4.3.1 and §4.3.2. */
enum srtp_label {
  SRTP_LABEL_RTP_ENCRYPTION = 0x00,
  SRTP_LABEL_RTP_AUTHENTICATION = 0x01,
  SRTP_LABEL_RTP_SALT = 0x02,
  SRTP_LABEL_RTCP_ENCRYPTION = 0x03,
  SRTP_LABEL_RTCP_AUTHENTICATION = 0x04,
  SRTP_LABEL_RTCP_SALT = 0x05
};

/** A master key and its limits. */
struct srtp_policy {
  uint8_t master_key[SRTP_MASTER_KEY_BYTES];
  uint8_t master_salt[SRTP_MASTER_SALT_BYTES];
  uint64_t lifetime; /**< RTP packets, and RTCP packets, that the key may protect (RFC 4568 §6.1); 0: the maxima. */
};

/** The session keys of one of the two transforms (RFC 3711 §4.3). */
struct srtp_session_keys {
  struct aes_ctr cipher;
  struct hmac_sha1 authentication;
  uint8_t salt[SRTP_MASTER_SALT_BYTES];
};

/** How many packets the key may protect, of a transform that allows `most`. */
uint64_t srtp_policy_lifetime(const struct srtp_policy *policy, uint64_t most);

/** Derives `length` bytes of one label. @return DP_OK, DP_CRYPTO */
dp_error srtp_derive_bytes(const struct srtp_policy *policy, enum srtp_label label, uint8_t *bytes, size_t length);

/** Derives cipher, authentication and salt of RTP (`first_label` 0) or RTCP (3). @return DP_OK, DP_CRYPTO */
dp_error srtp_session_keys_init(struct srtp_session_keys *keys, const struct srtp_policy *policy,
                                enum srtp_label first_label);

/** Wipes and frees; harmless when zero-initialised or closed already. */
void srtp_session_keys_close(struct srtp_session_keys *keys);

/** Encrypts or decrypts in place (§4.1.1). @param index 48 bits (RTP) or 31 bits (RTCP) @return DP_OK, DP_CRYPTO */
dp_error srtp_apply_keystream(struct srtp_session_keys *keys, uint32_t ssrc, uint64_t index, uint8_t *bytes,
                              size_t length);

#endif
