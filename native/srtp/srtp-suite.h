// The crypto suites that are spoken, by the names that SDP has for them: RFC 4568 §6.2, RFC 6188 §4, RFC 7714 §12, §14.1.

#ifndef DOORPHONE_SRTP_SRTP_SUITE_H
#define DOORPHONE_SRTP_SRTP_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum srtp_suite {
  SRTP_AES_CM_128_HMAC_SHA1_80 = 0,
  SRTP_AES_CM_128_HMAC_SHA1_32 = 1,
  SRTP_AES_256_CM_HMAC_SHA1_80 = 2,
  SRTP_AES_256_CM_HMAC_SHA1_32 = 3,
  SRTP_AEAD_AES_128_GCM = 4,
  SRTP_AEAD_AES_256_GCM = 5,
};

#define SRTP_SUITES 6

/** The longest of any suite. */
#define SRTP_MAX_KEY_BYTES 32
#define SRTP_MAX_SALT_BYTES 14
#define SRTP_MAX_MASTER_BYTES (SRTP_MAX_KEY_BYTES + SRTP_MAX_SALT_BYTES)
#define SRTP_MAX_TAG_BYTES 16

struct srtp_suite_parameters {
  const char *name;
  bool aead; /**< RFC 7714: one cipher encrypts and authenticates; else counter mode and HMAC-SHA1 (RFC 3711). */
  uint8_t key_bytes;
  uint8_t salt_bytes;
  uint8_t rtp_tag_bytes;
  uint8_t rtcp_tag_bytes;
};

/** @return null: there is no such suite */
const struct srtp_suite_parameters *srtp_suite_parameters(enum srtp_suite suite);

/** Finds a suite by its name, letter by letter. @return DP_OK, DP_NOT_FOUND */
dp_error srtp_suite_named(const char *name, enum srtp_suite *suite);

/** What SDES carries in Base64 (RFC 4568 §6.1): key, then salt. 0: there is no such suite. */
size_t srtp_suite_master_bytes(enum srtp_suite suite);

#endif
