// Session keys from a master key (RFC 3711 §4.3, key derivation rate 0; RFC 6188 §3; RFC 7714 §11).
// Derivation allocates (OpenSSL): not on the media thread.

#ifndef DOORPHONE_SRTP_SRTP_KEYS_H
#define DOORPHONE_SRTP_SRTP_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/aes-ctr.h"
#include "crypto/aes-gcm.h"
#include "crypto/hmac-sha1.h"
#include "srtp/srtp-suite.h"

/** RFC 3711 §8.2: n_a, 160 bits. */
#define SRTP_AUTHENTICATION_KEY_BYTES 20
/** RFC 4568 §6.1: the longest master key identifier. */
#define SRTP_MAX_MKI_BYTES 128

/** Labels of §4.3.1 and §4.3.2. */
enum srtp_label {
  SRTP_LABEL_RTP_ENCRYPTION = 0x00,
  SRTP_LABEL_RTP_AUTHENTICATION = 0x01,
  SRTP_LABEL_RTP_SALT = 0x02,
  SRTP_LABEL_RTCP_ENCRYPTION = 0x03,
  SRTP_LABEL_RTCP_AUTHENTICATION = 0x04,
  SRTP_LABEL_RTCP_SALT = 0x05
};

/** A master key and its limits. Key and salt are as long as the suite says. */
struct srtp_policy {
  enum srtp_suite suite;
  uint8_t master_key[SRTP_MAX_KEY_BYTES];
  uint8_t master_salt[SRTP_MAX_SALT_BYTES];
  uint64_t lifetime; /**< RTP packets, and RTCP packets, that the key may protect (RFC 4568 §6.1); 0: the maxima. */
  struct byte_view mki; /**< What packets name it by (RFC 3711 §3.1), of somebody else's; empty: they do not. */
};

/** The session keys of RTP or of RTCP (RFC 3711 §4.3). */
struct srtp_session_keys {
  const struct srtp_suite_parameters *suite;
  struct aes_ctr cipher;           /**< Of suites with HMAC. */
  struct hmac_sha1 authentication; /**< The same. */
  struct aes_gcm aead;             /**< Of the others. */
  uint8_t salt[SRTP_MAX_SALT_BYTES];
};

/** Fills a policy from what SDES carries: key, then salt (RFC 4568 §6.1), srtp_suite_master_bytes long.
 * @return DP_OK, DP_INVALID_ARGUMENT (no such suite) */
dp_error srtp_policy_init(struct srtp_policy *policy, enum srtp_suite suite, const uint8_t *master);

/** How many packets the key may protect, of a transform that allows `most`. */
uint64_t srtp_policy_lifetime(const struct srtp_policy *policy, uint64_t most);

/** Derives `length` bytes of one label. @return DP_OK, DP_INVALID_ARGUMENT (no such suite), DP_CRYPTO */
dp_error srtp_derive_bytes(const struct srtp_policy *policy, enum srtp_label label, uint8_t *bytes, size_t length);

/**
 * Derives what RTP (`first_label` 0) or RTCP (3) needs.
 * @param seals the keys protect; else they unprotect
 * @return DP_OK, DP_INVALID_ARGUMENT (no such suite), DP_CRYPTO
 */
dp_error srtp_session_keys_init(struct srtp_session_keys *keys, const struct srtp_policy *policy,
                                enum srtp_label first_label, bool seals);

/** Wipes and frees; harmless when zero-initialised or closed already. */
void srtp_session_keys_close(struct srtp_session_keys *keys);

#endif
