// See srtp-suite.h.

#include "srtp/srtp-suite.h"

#include <string.h>

/** The short tag is RTP's alone: RTCP keeps 80 bits (RFC 4568 §6.2.2, RFC 6188 §4.2; RFC 3711 §5.2). */
static const struct srtp_suite_parameters suites[SRTP_SUITES] = {
    [SRTP_AES_CM_128_HMAC_SHA1_80] = {"AES_CM_128_HMAC_SHA1_80", false, 16, 14, 10, 10},
    [SRTP_AES_CM_128_HMAC_SHA1_32] = {"AES_CM_128_HMAC_SHA1_32", false, 16, 14, 4, 10},
    [SRTP_AES_256_CM_HMAC_SHA1_80] = {"AES_256_CM_HMAC_SHA1_80", false, 32, 14, 10, 10},
    [SRTP_AES_256_CM_HMAC_SHA1_32] = {"AES_256_CM_HMAC_SHA1_32", false, 32, 14, 4, 10},
    [SRTP_AEAD_AES_128_GCM] = {"AEAD_AES_128_GCM", true, 16, 12, 16, 16},
    [SRTP_AEAD_AES_256_GCM] = {"AEAD_AES_256_GCM", true, 32, 12, 16, 16},
};

const struct srtp_suite_parameters *srtp_suite_parameters(enum srtp_suite suite) {
  return (unsigned)suite < SRTP_SUITES ? &suites[suite] : NULL;
}

dp_error srtp_suite_named(const char *name, enum srtp_suite *suite) {
  for (unsigned at = 0; at < SRTP_SUITES; at++) {
    if (strcmp(suites[at].name, name) != 0) continue;
    *suite = (enum srtp_suite)at;
    return DP_OK;
  }
  return DP_NOT_FOUND;
}

size_t srtp_suite_master_bytes(enum srtp_suite suite) {
  const struct srtp_suite_parameters *parameters = srtp_suite_parameters(suite);
  return parameters ? (size_t)parameters->key_bytes + parameters->salt_bytes : 0;
}
