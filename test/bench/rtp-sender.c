#include "rtp-sender.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sched.h>
#include <srtp2/srtp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { HEADER = 12, SAMPLES = 160, INTERVAL_NS = 20000000, PRIORITY = 50, ALAW_SILENCE = 0xd5 };

struct rtp_sender {
  pthread_t thread;
  atomic_bool ending;
  int descriptor;
  struct rtp_order order;
  srtp_t srtp; /* NULL: not encrypted */
};

static void write_header(uint8_t *packet, uint8_t payload_type, uint16_t sequence) {
  uint16_t number = htons(sequence);
  uint32_t timestamp = htonl((uint32_t)sequence * SAMPLES);
  uint32_t source = htonl(0x1badcafe);
  packet[0] = 0x80;
  packet[1] = payload_type;
  memcpy(packet + 2, &number, 2);
  memcpy(packet + 4, &timestamp, 4);
  memcpy(packet + 8, &source, 4);
}

static void *send_paced(void *argument) {
  struct rtp_sender *sender = argument;
  struct sockaddr_in to = {.sin_family = AF_INET};
  memcpy(&to.sin_addr, sender->order.address, 4);
  memcpy(&to.sin_port, sender->order.port, 2);
  struct timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  for (uint16_t sequence = 1; !atomic_load(&sender->ending); sequence++) {
    uint8_t packet[HEADER + SAMPLES + SRTP_MAX_TRAILER_LEN];
    int length = HEADER + SAMPLES;
    write_header(packet, sender->order.payload_type, sequence);
    memset(packet + HEADER, ALAW_SILENCE, SAMPLES);
    if (sender->srtp != NULL && srtp_protect(sender->srtp, packet, &length) != srtp_err_status_ok) abort();
    next.tv_nsec += INTERVAL_NS;
    if (next.tv_nsec >= 1000000000) {
      next.tv_nsec -= 1000000000;
      next.tv_sec++;
    }
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) != 0) continue;
    sendto(sender->descriptor, packet, (size_t)length, 0, (struct sockaddr *)&to, sizeof to);
  }
  return NULL;
}

static bool open_srtp(struct rtp_sender *sender) {
  static bool initialised;
  if (!initialised && srtp_init() != srtp_err_status_ok) return false;
  initialised = true;
  srtp_policy_t policy = {.ssrc = {.type = ssrc_any_outbound}, .key = sender->order.key};
  srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
  srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
  return srtp_create(&sender->srtp, &policy) == srtp_err_status_ok;
}

struct rtp_sender *rtp_sender_start(int descriptor, const struct rtp_order *order) {
  struct rtp_sender *sender = calloc(1, sizeof *sender);
  if (sender == NULL) return NULL;
  sender->descriptor = descriptor;
  sender->order = *order;
  if (order->encrypted && !open_srtp(sender)) goto failed;
  if (pthread_create(&sender->thread, NULL, send_paced, sender) != 0) goto failed;
  const struct sched_param parameters = {.sched_priority = PRIORITY};
  if (order->realtime && pthread_setschedparam(sender->thread, SCHED_FIFO, &parameters) != 0) {
    rtp_sender_stop(sender);
    return NULL;
  }
  return sender;
failed:
  free(sender);
  return NULL;
}

void rtp_sender_stop(struct rtp_sender *sender) {
  atomic_store(&sender->ending, true);
  pthread_join(sender->thread, NULL);
  if (sender->srtp != NULL) srtp_dealloc(sender->srtp);
  free(sender);
}
