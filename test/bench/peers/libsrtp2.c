// SRTP by libsrtp2, by suite: ns a packet of 172 octets.

#include <arpa/inet.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timing.h"

static uint8_t packets[PACKETS][PACKET_OCTETS + SRTP_MAX_TRAILER_LEN];
static uint8_t key[SRTP_MAX_KEY_LEN] = {1, 2, 3};

struct suite {
  const char *name;
  void (*set)(srtp_crypto_policy_t *policy);
};

static const struct suite suites[] = {
    {"AES_CM_128_HMAC_SHA1_80", srtp_crypto_policy_set_rtp_default},
    {"AEAD_AES_128_GCM", srtp_crypto_policy_set_aes_gcm_128_16_auth},
    {"AEAD_AES_256_GCM", srtp_crypto_policy_set_aes_gcm_256_16_auth},
};

static srtp_t open_context(const struct suite *suite, srtp_ssrc_type_t direction) {
  srtp_t context;
  srtp_policy_t policy = {.ssrc = {.type = direction}, .key = key, .window_size = 128};
  suite->set(&policy.rtp);
  suite->set(&policy.rtcp);
  if (srtp_create(&context, &policy) != srtp_err_status_ok) abort();
  return context;
}

static void time_suite(const struct suite *suite) {
  srtp_t sender = open_context(suite, ssrc_any_outbound), receiver = open_context(suite, ssrc_any_inbound);
  uint64_t protect = UINT64_MAX, unprotect = UINT64_MAX;
  uint16_t sequence = 0;
  for (int run = 0; run < RUNS; run++) {
    int lengths[PACKETS];
    for (size_t i = 0; i < PACKETS; i++) {
      uint16_t number = htons(sequence++);
      packets[i][0] = 0x80;
      memset(packets[i] + 1, 0, 11);
      memcpy(packets[i] + 2, &number, 2);
      lengths[i] = PACKET_OCTETS;
    }
    uint64_t start = timing_now_ns();
    for (size_t i = 0; i < PACKETS; i++) {
      if (srtp_protect(sender, packets[i], &lengths[i]) != srtp_err_status_ok) abort();
    }
    uint64_t middle = timing_now_ns();
    for (size_t i = 0; i < PACKETS; i++) {
      if (srtp_unprotect(receiver, packets[i], &lengths[i]) != srtp_err_status_ok) abort();
    }
    timing_keep_best(&unprotect, middle, timing_now_ns());
    timing_keep_best(&protect, start, middle);
  }
  printf("\"%s_protect_ns\": %.0f, ", suite->name, (double)protect / PACKETS);
  printf("\"%s_unprotect_ns\": %.0f", suite->name, (double)unprotect / PACKETS);
  srtp_dealloc(sender);
  srtp_dealloc(receiver);
}

int main(void) {
  if (srtp_init() != srtp_err_status_ok) abort();
  printf("{");
  for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
    if (i > 0) printf(", ");
    time_suite(&suites[i]);
  }
  printf("}\n");
  return 0;
}
