// From RTP payloads to the sound that is due now: jitter buffer, G.711 decoder, concealment and a short queue, so that
// the player can take any number of samples whatever the packets' length. 8 kHz. One thread; no allocation.

#ifndef DOORPHONE_JITTER_PLAYOUT_H
#define DOORPHONE_JITTER_PLAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/g711.h"
#include "jitter/concealment.h"
#include "jitter/jitter-buffer.h"

/** The longest frame and the longest read fit (120 ms each). */
#define PLAYOUT_QUEUE 1920
#define PLAYOUT_MAX_READ 960

/** Fields are the playout's own; `buffer.counters` may be read. */
struct playout {
  struct jitter_buffer buffer;
  struct concealment concealment;
  enum g711_law law;
  struct g711_codec codec;
  int16_t queue[PLAYOUT_QUEUE];
  size_t queued;
};

/** @param options clock_rate_hz must be 8000 @return DP_OK, DP_INVALID_ARGUMENT, DP_UNSUPPORTED */
dp_error playout_init(struct playout *playout, const struct jitter_buffer_options *options, enum g711_law law);

/** Changes the law of packets from now on (a re-INVITE); what is buffered is dropped. The same law changes nothing. */
void playout_set_law(struct playout *playout, enum g711_law law);

/** Takes an RTP packet of the sound's payload type. @param arrival_ns monotonic */
enum jitter_put playout_put(struct playout *playout, const struct rtp_packet *packet, uint64_t arrival_ns);

/**
 * Exactly `count` samples for now: sound, made-up sound or silence.
 * @param count 1 to PLAYOUT_MAX_READ
 * @return DP_OK, DP_INVALID_ARGUMENT (then `samples` is untouched)
 */
dp_error playout_read(struct playout *playout, uint64_t now_ns, int16_t *samples, size_t count);

#endif
