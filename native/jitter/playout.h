// From RTP payloads to the sound that is due now: jitter buffer, decoder, concealment, stretching and a short queue, so that
// the player can take any number of samples whatever the packets' length. 8 or 16 kHz, as the codec has it. One thread; no allocation.

#ifndef DOORPHONE_JITTER_PLAYOUT_H
#define DOORPHONE_JITTER_PLAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/codec.h"
#include "codec/comfort-noise.h"
#include "jitter/concealment.h"
#include "jitter/jitter-buffer.h"
#include "jitter/time-scale.h"

#define PLAYOUT_MAX_READ 960
/** The longest read and the longest frame fit, stretched. */
#define PLAYOUT_QUEUE (PLAYOUT_MAX_READ + CODEC_PAYLOAD_SAMPLES + TIME_SCALE_MAX_SAMPLES)
/** 20 ms at 16 kHz. */
#define PLAYOUT_TAIL 320

/** How long packets may wait to be played. */
struct playout_limits {
  uint64_t min_delay_ns;
  uint64_t max_delay_ns;
  uint32_t read_ms; /**< What is read at a time; 0: 20 ms. */
};

/** Where nobody asks for others. */
extern const struct playout_limits playout_usual_limits;

/** Fields are the playout's own; `buffer.counters`, `shortened` and `lengthened` may be read. */
struct playout {
  struct playout_limits limits;
  bool waits_for_copies; /**< Packets wait longer than that by one. */
  struct jitter_buffer buffer;
  struct concealment concealment;
  struct codec_decoder decoder;
  uint32_t rate_hz;   /**< Of the sound. */
  bool sounds_quiet;  /**< What was decoded last. */
  bool pausing;       /**< Noise is heard in the place of silence, as the sender has described it. */
  struct comfort_noise_maker noise;
  int16_t queue[PLAYOUT_QUEUE];
  size_t queued;
  uint64_t shortened; /**< Samples that were left out, so that the delay fell. */
  uint64_t lengthened;
  int16_t tail[PLAYOUT_TAIL]; /**< How the sound of another rate ends. */
  size_t tail_length;
};

/** @param codec one that needs no supply @return DP_OK, DP_INVALID_ARGUMENT */
dp_error playout_init(struct playout *playout, const struct playout_limits *limits, enum codec codec);

/** Other delays from now on; what is read at a time stays. The delay moves between them as it does for jitter. @return DP_OK, DP_INVALID_ARGUMENT */
dp_error playout_set_limits(struct playout *playout, const struct playout_limits *limits);

/**
 * Changes the codec of packets from now on (a re-INVITE): what is buffered is dropped, and what is heard fades; where the
 * rate changes too, playout_take_tail has how. The same codec changes nothing.
 * @param supply see codec_decoder_init; null: none
 */
void playout_set_codec(struct playout *playout, enum codec codec, const struct codec_supply *supply);

/**
 * What is left to be heard at the other rate since this one is in force: 20 ms, not all at once.
 * @param most what is taken of it at most @return how many; 0: nothing is left
 */
size_t playout_take_tail(struct playout *playout, int16_t *samples, size_t most);

/** Takes an RTP packet of the sound's payload type. @param arrival_ns monotonic */
enum jitter_put playout_put(struct playout *playout, const struct rtp_packet *packet, uint64_t arrival_ns);

/** Takes a packet of comfort noise (RFC 3389): it is heard from its turn on until sound comes. @param arrival_ns monotonic */
enum jitter_put playout_put_pause(struct playout *playout, const struct rtp_packet *packet, uint64_t arrival_ns);

/** A pause is silent from now on, until it is described anew: nothing says that the sender is still there. */
void playout_end_pause(struct playout *playout);

/**
 * Exactly `count` samples for now: sound, made-up sound or silence.
 * @param count 1 to PLAYOUT_MAX_READ
 * @return DP_OK, DP_INVALID_ARGUMENT (then `samples` is untouched)
 */
dp_error playout_read(struct playout *playout, uint64_t now_ns, int16_t *samples, size_t count);

#endif
