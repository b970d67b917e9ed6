// Any bytes as SRTP and SRTCP in every suite: refused, and nothing has changed, neither packet nor receiver. (A forgery
// that fits by chance is one in 2^80; a short tag, one in 2^32, is let be.)

#include <stdlib.h>
#include <string.h>

#include "srtp/srtp.h"

extern const char fuzz_name[];
const char fuzz_name[] = "fuzz srtp";
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
  if (!holds) abort();
}

static void try_suite(enum srtp_suite suite, const uint8_t *data, size_t size) {
  const struct srtp_policy policy = {.suite = suite, .master_key = {1}, .master_salt = {2}};
  struct srtp_receiver receiver;
  struct srtp_sender sender;
  require(srtp_receiver_init(&receiver, &policy) == DP_OK && srtp_sender_init(&sender, &policy) == DP_OK);
  struct srtp_receiver before = receiver;

  uint8_t *copy = malloc(size + SRTP_MAX_RTCP_OVERHEAD);
  memcpy(copy, data, size);
  size_t length = size;
  require(srtp_unprotect_rtp(&receiver, copy, &length) != DP_OK);
  require(srtp_unprotect_rtcp(&receiver, copy, &length) != DP_OK);
  require(length == size && memcmp(copy, data, size) == 0 && memcmp(&receiver, &before, sizeof before) == 0);

  // What a sender takes, its receiver gives back.
  if (srtp_protect_rtp(&sender, copy, &length, size + SRTP_MAX_RTP_OVERHEAD) == DP_OK) {
    require(srtp_unprotect_rtp(&receiver, copy, &length) == DP_OK);
    require(length == size && memcmp(copy, data, size) == 0);
  }
  if (srtp_protect_rtcp(&sender, copy, &length, size + SRTP_MAX_RTCP_OVERHEAD) == DP_OK) {
    require(srtp_unprotect_rtcp(&receiver, copy, &length) == DP_OK);
    require(length == size && memcmp(copy, data, size) == 0);
  }
  free(copy);
  srtp_sender_close(&sender);
  srtp_receiver_close(&receiver);
}

/** The same with keys that packets name, of as many bytes as the input's first says; two of the names are in it. */
static void try_names(enum srtp_suite suite, const uint8_t *data, size_t size) {
  size_t mki_bytes = size == 0 ? 1 : 1 + data[0] % SRTP_MAX_MKI_BYTES;
  if (size < 2 * mki_bytes) return;
  struct srtp_policy policy = {.suite = suite, .master_key = {1}, .mki = {data, mki_bytes}};
  struct srtp_receiver receiver;
  require(srtp_receiver_init(&receiver, &policy) == DP_OK);
  policy.mki.data = data + size - mki_bytes;
  (void)srtp_receiver_add_key(&receiver, &policy);
  struct srtp_receiver before = receiver;
  uint8_t *copy = malloc(size);
  memcpy(copy, data, size);
  size_t length = size;
  require(srtp_unprotect_rtp(&receiver, copy, &length) != DP_OK);
  require(srtp_unprotect_rtcp(&receiver, copy, &length) != DP_OK);
  require(length == size && memcmp(copy, data, size) == 0 && memcmp(&receiver, &before, sizeof before) == 0);
  free(copy);
  srtp_receiver_close(&receiver);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  for (unsigned suite = 0; suite < SRTP_SUITES; suite++) {
    try_suite((enum srtp_suite)suite, data, size);
    try_names((enum srtp_suite)suite, data, size);
  }
  return 0;
}
