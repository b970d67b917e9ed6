// What both programs need that have engines talk to each other: encrypted calls over loopback, and time that passes.

#ifndef DOORPHONE_BENCH_CALL_H
#define DOORPHONE_BENCH_CALL_H

#include <stdint.h>
#include <time.h>

#include "engine/engine.h"

static const uint8_t left_key[SRTP_MAX_MASTER_BYTES] = {1};
static const uint8_t right_key[SRTP_MAX_MASTER_BYTES] = {2};

/** PCMA in packets of 20 ms to a port of this machine. */
static inline struct engine_stream bench_stream(uint16_t port, const uint8_t *send, const uint8_t *receive) {
  return (struct engine_stream){.remote_address = "127.0.0.1",
                                .remote_port = port,
                                .remote_rtcp_port = (uint16_t)(port + 1),
                                .codec = CODEC_PCMA,
                                .payload_type = 8,
                                .event_payload_type = -1,
                                .received_event_payload_type = -1,
                                .packet_time_ms = 20,
                                .sends = true,
                                .receives = true,
                                .send_suite = SRTP_AES_CM_128_HMAC_SHA1_80,
                                .receive_suite = SRTP_AES_CM_128_HMAC_SHA1_80,
                                .send_key = send,
                                .receive_key = receive};
}

static inline void pass(long ms) {
  const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
  nanosleep(&time, NULL);
}

#endif
