// libre, on which baresip stands: SRTP AES_CM_128_HMAC_SHA1_80, ns a packet of 172 octets; SIP messages, ns a message.
// The messages are the files named as arguments.

#include <re/re.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timing.h"

enum { ROOM = 256, KEY_OCTETS = 30, MESSAGES = 1000 };

static struct mbuf *packets[PACKETS];

static void time_srtp(void) {
  static const uint8_t key[KEY_OCTETS] = {1, 2, 3};
  struct srtp *sender, *receiver;
  if (srtp_alloc(&sender, SRTP_AES_CM_128_HMAC_SHA1_80, key, sizeof key, 0) != 0 ||
      srtp_alloc(&receiver, SRTP_AES_CM_128_HMAC_SHA1_80, key, sizeof key, 0) != 0) {
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
  printf("\"protect_ns\": %.0f, \"unprotect_ns\": %.0f, ", (double)protect / PACKETS, (double)unprotect / PACKETS);
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
  time_srtp();
  printf("\"INVITE_ns\": %.0f, ", time_messages(arguments[1]));
  printf("\"401_ns\": %.0f}\n", time_messages(arguments[2]));
  return 0;
}
