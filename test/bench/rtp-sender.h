// Sends G.711 silence as RTP or SRTP every 20 ms from a thread of its own: the far end of a measured call, and, at a
// real-time priority, the yardstick of how well this machine lets anybody pace.

#ifndef RTP_SENDER_H
#define RTP_SENDER_H

#include <stdint.h>

enum { RTP_KEY_OCTETS = 30 };

/** What to send, and where. */
struct rtp_order {
  uint8_t address[4];
  uint8_t port[2]; /* network order */
  uint8_t payload_type;
  uint8_t realtime; /* 1: SCHED_FIFO 50 */
  uint8_t encrypted; /* 1: AES_CM_128_HMAC_SHA1_80 with `key` (master key and salt) */
  uint8_t key[RTP_KEY_OCTETS];
};

struct rtp_sender;

/** Starts to send on the socket, which stays the caller's. @return NULL when it cannot be */
struct rtp_sender *rtp_sender_start(int descriptor, const struct rtp_order *order);

/** Ends the thread and frees the sender. */
void rtp_sender_stop(struct rtp_sender *sender);

#endif
