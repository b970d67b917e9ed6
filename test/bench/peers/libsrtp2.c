// SRTP AES_CM_128_HMAC_SHA1_80 by libsrtp2: ns a packet of 172 octets.

#include <arpa/inet.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timing.h"

static uint8_t packets[PACKETS][PACKET_OCTETS + SRTP_MAX_TRAILER_LEN];
static uint8_t key[SRTP_MAX_KEY_LEN] = {1, 2, 3};

static srtp_t open_context(srtp_ssrc_type_t direction) {
  srtp_t context;
  srtp_policy_t policy = {.ssrc = {.type = direction}, .key = key, .window_size = 128};
  srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
  srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
  if (srtp_create(&context, &policy) != srtp_err_status_ok) abort();
  return context;
}

int main(void) {
  if (srtp_init() != srtp_err_status_ok) abort();
  srtp_t sender = open_context(ssrc_any_outbound), receiver = open_context(ssrc_any_inbound);
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
  printf("{\"protect_ns\": %.0f, \"unprotect_ns\": %.0f}\n", (double)protect / PACKETS, (double)unprotect / PACKETS);
  return 0;
}
