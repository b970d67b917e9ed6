// libre, on which baresip stands: SRTP by suite, ns a packet of 172 octets; SIP messages, ns a message.
// The messages are the files named as arguments.

#include <re/re.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timing.h"

enum { ROOM = 256, MESSAGES = 1000 };

struct suite {
  const char *name;
  enum srtp_suite suite;
  size_t key_octets; /* with the salt */
};

static const struct suite suites[] = {
    {"AES_CM_128_HMAC_SHA1_80", SRTP_AES_CM_128_HMAC_SHA1_80, 30},
    {"AEAD_AES_128_GCM", SRTP_AES_128_GCM, 28},
    {"AEAD_AES_256_GCM", SRTP_AES_256_GCM, 44},
};

static struct mbuf *packets[PACKETS];

static void time_srtp(const struct suite *suite) {
  static const uint8_t key[44] = {1, 2, 3};
  struct srtp *sender, *receiver;
  if (srtp_alloc(&sender, suite->suite, key, suite->key_octets, 0) != 0 ||
      srtp_alloc(&receiver, suite->suite, key, suite->key_octets, 0) != 0) {
    abort();
  }
  for (size_t i = 0; i < PACKETS; i++) {
    packets[i] = mbuf_alloc(ROOM);
    if (packets[i] == NULL) abort();
  }
  uint64_t protect = UINT64_MAX, unprotect = UINT64_MAX;
  uint16_t sequence = 0;
  for (int run = 0; run < RUNS; run++) {
    for (size_t i = 0; i < PACKETS; i++) {
      memset(packets[i]->buf, 0, 12);
      packets[i]->buf[0] = 0x80;
      packets[i]->buf[2] = (uint8_t)(sequence >> 8);
      packets[i]->buf[3] = (uint8_t)sequence;
      sequence++;
      packets[i]->pos = 0;
      packets[i]->end = PACKET_OCTETS;
    }
    uint64_t start = timing_now_ns();
    for (size_t i = 0; i < PACKETS; i++) {
      if (srtp_encrypt(sender, packets[i]) != 0) abort();
    }
    uint64_t middle = timing_now_ns();
    for (size_t i = 0; i < PACKETS; i++) packets[i]->pos = 0;
    uint64_t third = timing_now_ns();
    for (size_t i = 0; i < PACKETS; i++) {
      if (srtp_decrypt(receiver, packets[i]) != 0) abort();
    }
    timing_keep_best(&unprotect, third, timing_now_ns());
    timing_keep_best(&protect, start, middle);
  }
  for (size_t i = 0; i < PACKETS; i++) mem_deref(packets[i]);
  mem_deref(sender);
  mem_deref(receiver);
  printf("\"%s_protect_ns\": %.0f, ", suite->name, (double)protect / PACKETS);
  printf("\"%s_unprotect_ns\": %.0f, ", suite->name, (double)unprotect / PACKETS);
}

static double time_messages(const char *path) {
  static uint8_t text[65536];
  FILE *file = fopen(path, "r");
  if (file == NULL) abort();
  size_t length = fread(text, 1, sizeof text, file);
  fclose(file);
  struct mbuf *bytes = mbuf_alloc(length);
  if (bytes == NULL || mbuf_write_mem(bytes, text, length) != 0) abort();
  uint64_t best = UINT64_MAX;
  for (int run = 0; run < RUNS / 4; run++) {
    uint64_t start = timing_now_ns();
    for (int i = 0; i < MESSAGES; i++) {
      struct sip_msg *message;
      bytes->pos = 0;
      if (sip_msg_decode(&message, bytes) != 0) abort();
      mem_deref(message);
    }
    timing_keep_best(&best, start, timing_now_ns());
  }
  mem_deref(bytes);
  return (double)best / MESSAGES;
}

int main(int count, char **arguments) {
  if (count != 3 || libre_init() != 0) return 2;
  printf("{");
  for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) time_srtp(&suites[i]);
  printf("\"INVITE_ns\": %.0f, ", time_messages(arguments[1]));
  printf("\"401_ns\": %.0f}\n", time_messages(arguments[2]));
  return 0;
}
