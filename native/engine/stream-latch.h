// Who may speak for the peer in plain RTP, and where our packets follow it to (symmetric RTP, RFC 4961). With SRTP the
// tag decides, with ICE its checks; then this decides nothing. See stream-latch.c for the rules.

#ifndef DOORPHONE_ENGINE_STREAM_LATCH_H
#define DOORPHONE_ENGINE_STREAM_LATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/sockets.h"

/** Sources that are watched at once; of more, the one that was quiet for longest is forgotten. */
#define LATCH_CANDIDATES 4

/** Somebody who may be the peer: what has come from there in sequence. */
struct latch_candidate {
  struct sockaddr_storage source;
  uint32_t ssrc;
  uint16_t next;     /**< The number of its next packet. */
  uint32_t packets;  /**< In sequence so far; 0: this place is free. */
  uint64_t last_ns;
};

struct stream_latch {
  bool signalled; /**< The agreed host has been heard: there is no NAT in between. */
  uint64_t since_ns;
  struct latch_candidate candidates[LATCH_CANDIDATES];
};

struct rtp_header;
struct stream;

/** Forgets what was seen: the agreement is another. */
void stream_latch_reset(struct stream *stream);

/**
 * Whether a plain packet's source may speak for the peer. Only to be asked of packets that are RTP with an agreed payload
 * type, since they count towards being believed.
 */
bool stream_latch_admits(struct stream *stream, const struct rtp_header *header,
                         const struct sockets_datagram *datagram);

/** Follows the peer to where an accepted packet came from. */
void stream_latch_follow(struct stream *stream, const struct sockets_datagram *datagram);

#endif
